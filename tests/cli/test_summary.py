"""The summary as JSON."""

import json

import numpy as np
import pandas as pd

from label_auditor import audit_labels
from label_auditor.cli.decisions import Decided
from label_auditor.cli.outputs import Found
from label_auditor.cli.summary import count_undecided, describe_rows, summarize

P = np.array([[0.4, 0.6], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
TWINS = pd.DataFrame({"n_twins": [2, 2, 2, 0], "n_twins_other_label": [1, 1, 2, 0]})


def make(**options):
    return audit_labels(["a", "a", "b", "b"], P, filter_by="predicted_neq_given", **options)


def test_what_the_terminal_shows_is_in_it(tmp_path):
    shown = pd.DataFrame({"text": ["t0", "t1", "t2", "t3"]})
    found = Found(make(), shown, [tmp_path / "a.csv"], Decided(None, frozenset([1])), TWINS)
    assert count_undecided(found) == 1
    assert json.loads(json.dumps(summarize(found, ["a note"]), allow_nan=False)) == {
        "n_rows": 4,
        "n_classes": 2,
        "n_flagged": 2,
        "n_flagged_undecided": 1,
        "n_not_judged": 0,
        "n_without_label": 0,
        "agreement": 0.5,
        "n_decided": 1,
        "n_with_twins": 3,
        "n_with_twins_of_another_label": 3,
        "most_confused": [{"given": "a", "suggested": "b", "n_rows": 2, "n_flagged": 2}],
        "worst": [
            {
                "row": 0,
                "given_label": "a",
                "suggested_label": "b",
                "label_quality": 0.4,
                "inputs": {"text": "t0"},
            }
        ],
        "warnings": ["a note"],
        "files": [str(tmp_path / "a.csv")],
    }


def test_cells_of_any_kind_are_values_of_json():
    cells = {"n": [1, 2, 3, 4], "x": [0.5, np.nan, np.inf, 1], "o": [[1], None, "t", True]}
    rows = describe_rows(make(index=list("wxyz")), [0, 1, 2, 3], pd.DataFrame(cells))
    assert [each["id"] for each in rows] == list("wxyz")
    assert [each["inputs"] for each in rows] == [
        {"n": 1, "x": 0.5, "o": "[1]"},
        {"n": 2, "x": None, "o": None},
        {"n": 3, "x": "inf", "o": "t"},
        {"n": 4, "x": 1.0, "o": True},
    ]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert "inputs" not in describe_rows(make(), [0], None)[0]
