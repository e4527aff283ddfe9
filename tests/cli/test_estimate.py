"""`label-audit estimate`."""

import json

import numpy as np
import pytest

from label_auditor import Corrections, audit_labels, estimate_label_errors, plan_review
from label_auditor.cli.command_line import main
from label_auditor.corrections.collection import Correction
from label_auditor.data.decisions import PageSample


@pytest.fixture
def audit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 900)
    labels = np.where(rng.random(900) < 0.2, rng.integers(0, 3, 900), true)
    probs = rng.dirichlet(np.ones(3), 900) + 0.7 * np.eye(3)[true]
    audit = audit_labels(labels, probs / probs.sum(axis=1, keepdims=True), classes=range(3))
    audit.save("audit.npz")
    plan = plan_review(audit, 200, goal="count", random_state=0)
    decided = [Correction(str(row), str(true[row])) for row in plan[:120]]
    Corrections(decided, PageSample(0, tuple(plan[:]), tuple(plan[:120]))).to_json("c.json")
    return audit


def test_the_numbers_are_pythons(audit, capsys):
    assert main(["estimate", "audit.npz", "c.json"]) == 0
    out = capsys.readouterr().out
    corrections = Corrections.from_json("c.json")
    plan = plan_review(audit, 200, goal="count", random_state=0)
    expected = estimate_label_errors(audit, corrections.by_row(audit), plan=plan)
    assert f"{expected.low} to {expected.high} of 900 labels are wrong" in out
    assert "120 of the 200 rows of the random sample are reviewed; 0 of them were discarded" in out
    assert "confidence so far" in out
    rows = {line.rsplit(None, 5)[0]: line.split()[-5:] for line in out.splitlines() if "  " in line}
    parts = {"all rows": expected, "flagged rows": expected.flagged}
    parts |= {f"given {label}": each for label, each in expected.by_class.items()}
    for name, each in parts.items():
        counts = (each.n_rows, each.n_reviewed, round(each.n_errors), each.low, each.high)
        assert rows[name.strip()] == [str(count) for count in counts]


def test_python_takes_the_sample_of_the_corrections(audit):
    corrections = Corrections.from_json("c.json")
    assert audit.estimate(corrections).n_reviewed == 120
    assert audit.estimate(corrections[:50]).n_reviewed == 50
    with pytest.raises(ValueError, match="plan is None, and reviewed holds no random sample"):
        audit.estimate(Corrections(corrections))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan": None}, "c.json holds no random sample; click on “Count them”"),
        ({"plan": {"goal": "find", "seed": 0, "rows": []}}, "the goal is 'find'"),
        ({"plan": {"goal": "count", "rows": []}}, "is not that of a review page ('seed')"),
        ({"plan": {"goal": "count", "seed": 0, "rows": ["1"]}}, "needs a whole number"),
        ({"plan": {"goal": "count", "seed": 0, "rows": [1, 2]}}, "was not drawn from this audit"),
        ({"corrections": []}, "0 of the 200 planned rows are reviewed"),
    ],
)
def test_a_file_without_a_sample_of_this_audit(audit, tmp_path, capsys, change, message):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert main(["estimate", "audit.npz", "c.json"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_sample_survives_a_round_trip_as_json(audit, tmp_path):
    corrections = Corrections.from_json("c.json")
    corrections.to_json("again.json")
    assert Corrections.from_json("again.json") == corrections
    assert corrections != Corrections(corrections)
