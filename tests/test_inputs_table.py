"""Each row of docs/inputs.md, which says what is accepted or refused with which words, is run."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB

from label_auditor import LabelAuditor, audit_labels

PAGE = Path(__file__).parents[1] / "docs" / "inputs.md"
NAMES = ["art", "news", "sport"]
LABELS = NAMES * 2
PROBS = np.tile(np.eye(3) * 0.7 + 0.1, (2, 1))
X = np.tile(5 * np.eye(3), (2, 1)) + np.arange(6)[:, np.newaxis] / 100
FOLDS = [([0, 1, 2], [3, 4, 5]), ([3, 4, 5], [0, 1, 2])]
SCOPE = {
    "X": X, "folds": FOLDS,
    "StratifiedKFold": StratifiedKFold, "RepeatedStratifiedKFold": RepeatedStratifiedKFold,
    "np": np, "pd": pd, "pl": pl, "pa": pa, "sparse": sparse,
    "labels": LABELS, "names": NAMES, "p": PROBS,
}  # fmt: skip
# How what a section's rows hold is passed.
CALLS = {
    "Labels": lambda value: audit_labels(value, PROBS),
    "Classes": lambda value: audit_labels(LABELS, PROBS, classes=value),
    "Names of classes": lambda value: audit_labels(value[0], PROBS, class_names=value[1]),
    "Probabilities": lambda value: audit_labels(LABELS, value),
    "Index": lambda value: audit_labels(LABELS, PROBS, index=value),
    "X": lambda value: LabelAuditor(GaussianNB(), cv=2).fit(value, LABELS).audit_,
    "cv": lambda value: LabelAuditor(GaussianNB(), cv=value).fit(X, LABELS).audit_,
}


def read_rows():
    """Give section, code and result of each row of the tables that `CALLS` knows."""
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if title in CALLS:
            for row in re.findall(r"^\| .*\| `(.+?)` \| (.+) \|$", text, re.MULTILINE):
                yield title, *row


ROWS = list(read_rows())


def test_every_row_of_every_section_is_read():
    text = PAGE.read_text(encoding="utf-8")
    in_sections = [part for part in text.split("\n## ")[1:] if part.partition("\n")[0] in CALLS]
    lines = [line for part in in_sections for line in part.splitlines() if line.startswith("| ")]
    assert len(in_sections) == len(CALLS)
    assert len(ROWS) == len(lines) - len(CALLS)  # the heads of the tables


@pytest.mark.parametrize(("section", "code", "result"), ROWS, ids=[code for _, code, _ in ROWS])
def test_what_the_table_says_happens(section, code, result):
    if "StringDType" in code and not hasattr(getattr(np, "dtypes", None), "StringDType"):
        pytest.skip("this NumPy has no strings of variable length")
    value = eval(code, dict(SCOPE))
    if result == "accepted":
        found = CALLS[section](value)
        assert len(found) == len(LABELS)
        assert found.n_issues == 0
        np.testing.assert_array_equal(found.codes, found.predicted)
    else:
        with pytest.raises((ValueError, TypeError), match=re.escape(result.strip("`"))):
            CALLS[section](value)
