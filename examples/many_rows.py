"""
Many rows: from Parquet through Dask to a page
==============================================

Twenty million texts with labels lie in Parquet files. They are not read into memory together: Dask
reads them block by block, in as many processes as there are cores, or on the cluster whose address
is given. Naive Bayes counts words, the counts of all blocks are added up, and each row is judged by
the counts of all other rows. This reads the texts twice. What comes back from the processes is
small: labels as codes, and for each row what the audit keeps.

.. code-block:: console

    $ python many_rows.py                # 20 million rows, which it makes up
    $ python many_rows.py --rows 100000  # fewer
    $ python many_rows.py --scheduler tcp://scheduler:8786
"""

import argparse
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dask.distributed import Client
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor

TOPICS = np.array(["economy", "music", "science", "sports"])
ROWS_PER_FILE = 500_000


def write_texts(folder: Path, n_rows: int) -> None:
    """Make up texts of ten words, half of them of their topic; about 4 % of labels are wrong."""
    folder.mkdir()
    for number, start in enumerate(range(0, n_rows, ROWS_PER_FILE)):
        rng = np.random.default_rng(number)
        n = min(ROWS_PER_FILE, n_rows - start)
        topic = rng.integers(len(TOPICS), size=n)
        kind = np.where(rng.random((n, 10)) < 0.5, topic[:, None], len(TOPICS))
        words = rng.integers(2_000, size=(n, 10))
        texts = [
            " ".join(f"word{k}x{w}" for k, w in zip(*pair, strict=True))
            for pair in zip(kind.tolist(), words.tolist(), strict=True)
        ]
        label = np.where(rng.random(n) < 0.05, rng.integers(len(TOPICS), size=n), topic)
        table = pa.table({"text": texts, "label": TOPICS[label]})
        pq.write_table(table, folder / f"{number:05}.parquet")


def main(arguments: list[str] | None = None) -> LabelAuditor:
    """Audit the texts, and write the page."""
    parser = argparse.ArgumentParser(description="Audit many texts in Parquet files with Dask.")
    parser.add_argument("--rows", type=int, default=20_000_000, help="how many (%(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("many-rows"), help="of the files")
    parser.add_argument("--scheduler", help="of a cluster; by default, processes of this machine")
    options = parser.parse_args(arguments)
    texts = options.folder / "texts"
    if not texts.exists():
        options.folder.mkdir(exist_ok=True)
        write_texts(texts, options.rows)
    frame = dd.read_parquet(texts)

    vectorizer = HashingVectorizer(n_features=2**18, alternate_sign=False, norm=None)
    pipeline = make_pipeline(vectorizer, MultinomialNB(alpha=0.1))
    here = {"threads_per_worker": 1, "dashboard_address": ":0"}
    with Client(options.scheduler) if options.scheduler else Client(**here):
        auditor = LabelAuditor(pipeline, cv="loo", rank_by="log_margin")
        auditor.fit(frame["text"], frame["label"])
        print(auditor.audit_)
        print(auditor.audit_.summary())

        # The page shows the 50,000 rows at the top: of the texts, it asks the workers for these.
        auditor.to_html(
            options.folder / "review.html", inputs=frame["text"], title="Topics of texts"
        )
    return auditor


if __name__ == "__main__":
    main()
