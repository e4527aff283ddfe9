"""Type checkers find wrong names and wrong choices in calls, and let right calls pass."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Each line that ends with a comment is wrong; no other line is.
CALLS = """\
import numpy as np
from sklearn.linear_model import LogisticRegression

import label_auditor
from label_auditor import Corrections, LabelAudit, LabelAuditor, audit_labels, plan_review
from label_auditor.plots import ConfidentJointDisplay
from label_auditor.report import write_page

texts = ["first text", "second text"]
y = np.array(["no", "yes"])
P = np.array([[0.9, 0.1], [0.2, 0.8]])

audit: LabelAudit = audit_labels(y, P)
audit_labels(y, P, filter_by="both", rank_by="normalized_margin")
audit_labels(y, P, filter_by="both_")  # not a rule
audit_labels(y, P, rank_by="margin")  # not a score
audit_labels(y, P, frac_nois=1.0)  # not a parameter
sets: label_auditor.MultiLabelAudit = audit_labels(y, P, multi_label=True)
sets = audit_labels(y, P)  # another result

audit.to_html("x", texts, title="x", max_rows=10)
audit.to_html("x", texts, caption="x")  # not a parameter
audit.to_html("x", texts, max_rows="10")  # not a number
write_page(audit, texts, "x", title="x")
write_page(audit, texts, "x", caption="x")  # not a parameter
audit.push_to_rubrix(texts, "name", api_url="http://localhost:6900", overwrite_reviewed=True)
audit.push_to_rubrix(texts, "name", overwrite_review=True)  # not a parameter
audit.push_to_argilla(texts, "name", n_reviewers=2)
audit.push_to_argilla(texts, "name", n_reviewer=2)  # not a parameter
audit.to_datasets(texts, ids=["a", "b"])
audit.to_datasets(texts, id=["a", "b"])  # not a parameter

plan = audit.plan_review(10, goal="count", random_state=0)
audit.plan_review(10, goal="counts")  # not a goal
plan_review(audit, 10, reviewed={0: "no"}, random_state=np.random.RandomState(0))
plan_review(audit, 10, random_state="0")  # no seed
first: int = plan[0]
goal: label_auditor.review.Goal = plan.goal
estimate = audit.estimate({first: "no"}, plan=plan)
audit.estimate({first: "no"}, plan=[first])  # not a plan
low: int = estimate.by_class["no"].low
estimate.lower  # not an attribute
audit.to_html("x", texts, estimate=estimate)

ConfidentJointDisplay.from_audit(audit, max_classes=5).plot(cmap="Blues")
ConfidentJointDisplay.from_audit(audit, n_classes=5)  # not a parameter

auditor = LabelAuditor(LogisticRegression(), filter_by="both", rank_by="self_confidence")
LabelAuditor(LogisticRegression(), filter_by="both_")  # not a rule
auditor.fit(P, y).to_html("x", texts, title="x")
auditor.to_html("x", texts, caption="x")  # not a parameter
auditor.predict(P).astype(str)
auditor.predict(P).astypes(str)  # not a method of arrays

report = label_auditor.apply_corrections(y, Corrections([]))[1]
report.nothing  # not an attribute
"""


@pytest.fixture
def calls(tmp_path):
    path = tmp_path / "calls.py"
    path.write_text(CALLS)
    return path


def run(*command):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout


def lines_of(messages):
    """Give the source of the lines that messages are about, with the messages."""
    found = {}
    for line, message in messages:
        found.setdefault(CALLS.splitlines()[line], []).append(message)
    return found


def assert_only_wrong_lines(found):
    wrong = {line for line in CALLS.splitlines() if "  # " in line}
    assert wrong - found.keys() == set()
    assert {line: found[line] for line in found.keys() - wrong} == {}


def test_mypy_finds_wrong_calls(calls, tmp_path):
    pytest.importorskip("mypy")
    config = Path(__file__).parents[1] / "pyproject.toml"
    options = ["--config-file", config, "--cache-dir", tmp_path, "--no-error-summary"]
    shown = run("mypy", *options, "--allow-untyped-calls", calls)
    messages = re.findall(r"calls\.py:(\d+): error: (.*)", shown)
    assert messages, shown
    assert_only_wrong_lines(lines_of((int(line) - 1, text) for line, text in messages))


def test_pyright_finds_wrong_calls(calls):
    pytest.importorskip("pyright")
    shown = run("pyright", "--pythonpath", sys.executable, "--outputjson", calls)
    messages = json.loads(shown)["generalDiagnostics"]
    found = [(m["range"]["start"]["line"], m["message"]) for m in messages]
    assert_only_wrong_lines(lines_of(found))
