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


def test_json_has_the_numbers_of_python(audit, capsys):
    assert main(["estimate", "audit.npz", "c.json", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = audit.estimate(Corrections.from_json("c.json"))
    assert (found["n_planned"], found["confidence"]) == (200, 0.95)
    parts = [(found, expected), (found["flagged"], expected.flagged)]
    assert [each["given_label"] for each in found["by_class"]] == list(expected.by_class)
    for numbers, part in [*parts, *zip(found["by_class"], expected.by_class.values(), strict=True)]:
        for name in ("n_rows", "n_reviewed", "n_discarded", "low", "high"):
            assert numbers[name] == getattr(part, name)
        assert numbers["n_errors"] == pytest.approx(part.n_errors, abs=1e-6)
    assert main(["estimate", "audit.npz", "c.json", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_audits_of_sets_are_estimated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    true = rng.random((300, 3)) < 0.4
    audit = audit_labels(
        true ^ (rng.random(true.shape) < 0.1), np.where(true, 0.8, 0.2), multi_label=True
    )
    audit.save("sets.npz")
    plan = plan_review(audit, 200, goal="count", random_state=0)
    names = [tuple(str(k) for k in np.flatnonzero(row)) for row in true]
    decided = [Correction(str(row), names[row]) for row in plan[:50]]
    Corrections(decided, PageSample(0, tuple(plan[:]), tuple(plan[:50]))).to_json("sets.json")
    assert main(["estimate", "sets.npz", "sets.json"]) == 0
    expected = audit.estimate(Corrections.from_json("sets.json"))
    assert f"{expected.low} to {expected.high} of 300 labels" in capsys.readouterr().out
