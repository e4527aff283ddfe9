"""The example for many rows runs, with few of them."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optional import needs_dask_frames

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "many_rows.py"


@needs_dask_frames
@pytest.mark.filterwarnings("ignore:The inplace keyword")  # dask uses it as it reads Parquet
def test_the_example_finds_errors_among_the_rows_of_all_files(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", minversion="2025.1")
    main = runpy.run_path(str(EXAMPLE))["main"]
    monkeypatch.setitem(main.__globals__, "ROWS_PER_FILE", 1500)
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 1}
    with distributed.LocalCluster(**options, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        folder = tmp_path / "rows"
        auditor = main(["--rows", "4000", "--folder", str(folder), "--scheduler", address])
    assert len(list((folder / "texts").iterdir())) == 3
    assert len(auditor.audit_) == 4000
    assert 100 < auditor.n_label_issues_ < 400
    frame = pd.concat(map(pd.read_parquet, sorted((folder / "texts").iterdir())))
    topic = frame["text"].map(lambda text: max("0123", key=lambda k: text.count(f"word{k}x")))
    right = np.array(["economy", "music", "science", "sports"])[topic.astype(int)]
    flagged = auditor.ranked_issues_
    assert (auditor.suggested_labels_[flagged] == right[flagged]).mean() > 0.8
    page = (folder / "review.html").read_text(encoding="utf-8")
    assert "Topics of texts" in page
    assert "word" in page
