"""Each row of the files in docs/inputs.md is run."""

import gzip
import io
import re
from pathlib import Path

import pandas as pd
import pytest

from label_auditor.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "inputs.md"
ROW = re.compile(r"^\| .* \| `(t\..+?)` \| `(.+)` \| (accepted|`.+`) \|$", re.MULTILINE)


def parquet(**columns):
    sink = io.BytesIO()
    pd.DataFrame(columns).convert_dtypes().to_parquet(sink)
    return sink.getvalue()


SECTION = PAGE.read_text(encoding="utf-8").split("\n## Files\n")[1].split("\n## ")[0]
ROWS = [(name, code, result.strip("`")) for name, code, result in ROW.findall(SECTION)]


def test_every_row_is_read():
    assert len(ROWS) == SECTION.count("\n| ") - 1  # the head


@pytest.mark.parametrize(("name", "code", "result"), ROWS)
def test_what_the_table_says_happens(in_tmp, capsys, name, code, result):
    content = eval(code, {"gzip": gzip, "parquet": parquet})
    (in_tmp / name).write_bytes(content)
    status = main([name, "--text", "text", "--label", "label", "--cv", "2"])
    said = capsys.readouterr().err
    if result == "accepted":
        assert status == 0, said
    else:
        assert status == 2
        assert result in said
        assert said.count("\n") == 1
