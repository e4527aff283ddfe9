"""What Argilla can't store is refused before anything is sent."""

import math

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.export.argilla.limits import plan_layout
from label_auditor.export.records import make_records

TEXTS = [f"text {i}" for i in range(12)]


def plan(audit, inputs=TEXTS, agent="us", n_reviewers=1, **options):
    """Plan for every row."""
    records = make_records(audit, inputs, only_issues=False, **options)
    return plan_layout(records, agent, n_reviewers)


def test_a_plan(audit):
    inputs = {"title": ["", *TEXTS[1:]], "body": TEXTS}
    metadata = {
        "n": [1, 2.5] * 6,
        "i": np.arange(12),
        "yes": [True, None] * 6,
        "s": ["x"] * 12,
        "long": ["x", "y" * 201] * 6,
        "big": [1, 2**63] * 6,
    }
    records = make_records(audit, inputs, only_issues=False, metadata=metadata)
    layout = plan_layout(records, "us", 1)
    assert layout.fields == {"title": False, "body": True}
    assert (layout.classes, layout.multi_label) == (["a", "b", "c"], False)
    assert layout.properties == {
        "label_error_candidate": "integer",
        "label_quality": "float",
        "suggested_label": "terms",
        "given_label": "terms",
        "n": "float",
        "i": "integer",
        "yes": "terms",
        "s": "terms",
    }
    worst = layout.metadata(next(iter(records)))
    assert (worst["given_label"], worst["n"], type(worst["n"])) == ("b", 1.0, float)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"agent": ""}, "prediction_agent is ''"),
        ({"agent": "é"}, "prediction_agent is 'é', but in Argilla an agent has 1 to 200 letters"),
        ({"agent": "-"}, "prediction_agent is '-'"),
        ({"agent": "x" * 201}, "prediction_agent is 'xxx"),
        ({"n_reviewers": 0}, "n_reviewers is 0; a whole number of at least 1"),
        ({"n_reviewers": 1.5}, r"n_reviewers is 1\.5"),
        (
            {"class_names": ["a", "b", ""]},
            "class names have 1 to 200 characters in Argilla, but ''",
        ),
        ({"class_names": ["a", "b", "x" * 201]}, "class names .* has 201; rename it"),
        ({"class_names": ["a", "b", "\ud83d"]}, r"class_names '\\ud83d' can't be sent: half of a"),
        ({"ids": [f"\ud83d{i}" for i in range(12)]}, r"ids '\\ud83d4', .* can't be sent: half of"),
        ({"inputs": {"": TEXTS}}, "inputs has fields, whose names have 1 to 200 characters"),
        ({"metadata": {"x" * 201: TEXTS}}, "metadata has columns, whose names have 1 to 200"),
        ({"metadata": {"given_label": TEXTS}}, "metadata has a column 'given_label', which is set"),
        ({"metadata": {"m": [1, "x"] * 6}}, "metadata 'm' is .* but in Argilla it has one type"),
        ({"metadata": {"m": [math.inf] * 12}}, "metadata 'm' is inf in record 4, which JSON can't"),
        ({"explanation": [None] * 12}, "explanation can't be sent: Argilla 2 shows none"),
    ],
)
def test_what_argilla_cannot_store(audit, options, message):
    with pytest.raises(ValueError, match=message):
        plan(audit, **options)


def test_too_many_classes():
    audit = audit_labels(np.arange(501), np.eye(501))
    with pytest.raises(ValueError, match=r"there are 501 classes, but .* has 2 to 500 answers"):
        plan(audit, ["x"] * 501)
