"""Each method is a function of the audit, with all that the function takes."""

import inspect

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from label_auditor import LabelAuditor, audit_labels, estimate_label_errors, export, plan_review
from label_auditor.audit.outputs import Outputs
from label_auditor.audit.tables import to_frame
from label_auditor.export import argilla, label_studio, rubrix
from label_auditor.report import write_page
from label_auditor.report.notebook import preview
from label_auditor.review.evidence import Evidence, find_neighbors
from oracle import make_noisy

FUNCTIONS = {
    "to_frame": to_frame,
    "preview": preview,
    "to_rubrix": rubrix.to_rubrix,
    "push_to_rubrix": rubrix.push_to_rubrix,
    "to_argilla": argilla.to_argilla,
    "push_to_argilla": argilla.push_to_argilla,
    "to_label_studio": label_studio.to_label_studio,
    "push_to_label_studio": label_studio.push_to_label_studio,
    "to_datasets": export.to_datasets,
    "to_html": write_page,
    "plan_review": plan_review,
    "estimate": estimate_label_errors,
    "neighbors": find_neighbors,
}
# What the page has for each option that is left out.
DEFAULTS = {
    name: {name: parameter.default}
    for name, parameter in inspect.signature(write_page).parameters.items()
}


@pytest.fixture
def audit():
    return audit_labels([0, 1], np.array([[0.9, 0.1], [0.2, 0.8]]))


@pytest.fixture
def auditor():
    X = np.arange(20.0).reshape(-1, 1)
    return LabelAuditor().fit(X, np.repeat([0, 1], 10))


def test_every_method_has_its_function():
    methods = {name for name in dir(Outputs) if not name.startswith("_")}
    assert methods == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_method_takes_what_its_function_takes(name, audit):
    of_method = inspect.signature(getattr(audit, name))
    of_function = inspect.signature(FUNCTIONS[name])
    audit_itself, *wanted = of_function.parameters.values()
    assert audit_itself.name == "audit"
    if name == "to_html":  # it is written to a path, which comes first; images need no texts
        wanted[0], wanted[1] = wanted[1], wanted[0].replace(default=None)
    assert list(of_method.parameters.values()) == wanted
    assert of_method.return_annotation == of_function.return_annotation


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"to_html"}))
def test_a_method_is_documented_as_its_function_is(name, audit):
    assert getattr(audit, name).__doc__ == FUNCTIONS[name].__doc__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_argument_that_there_is_not_is_an_error(name, audit):
    with pytest.raises(TypeError, match=rf"{name}.*unexpected keyword argument 'caption'"):
        getattr(audit, name)(caption="x")


@pytest.mark.parametrize("holder", ["audit", "auditor"])
def test_a_page_is_what_its_function_writes(holder, request, tmp_path):
    held = request.getfixturevalue(holder)
    audit = getattr(held, "audit_", held)
    texts = [f"text {row}" for row in range(len(audit))]
    plan = audit.plan_review(1, goal="count", random_state=0)
    options = {
        "ids": range(100, 100 + len(audit)),
        "class_names": ["no", "yes"],
        "metadata": {"source": texts},
        "estimate": audit.estimate({plan[0]: 0}, plan=plan),
        "title": "A title",
        "max_rows": 1,
        "evidence": Evidence(audit.neighbors(np.ones((len(audit), 1)))),
        "class_descriptions": {0: "none"},
    }
    held.to_html(tmp_path / "method.html", texts, **options)
    write_page(audit, texts, tmp_path / "function.html", **options)
    written = (tmp_path / "method.html").read_text()
    assert written == (tmp_path / "function.html").read_text()
    for option in options:
        write_page(audit, texts, tmp_path / "less.html", **(options | DEFAULTS[option]))
        assert written != (tmp_path / "less.html").read_text(), option


def test_an_auditor_hands_on_the_audit_that_it_holds(auditor):
    assert list(auditor.plan_review(3)) == list(plan_review(auditor.audit_, 3))
    with pytest.raises(NotFittedError):
        LabelAuditor().plan_review(3)


def test_an_audit_plans_and_estimates_as_the_functions_do():
    given, pred_probs = make_noisy()
    audit = audit_labels(given, pred_probs)
    plan = audit.plan_review(60, goal="count", random_state=0)
    assert list(plan) == list(plan_review(audit, 60, goal="count", random_state=0))
    reviewed = {row: int(np.argmax(pred_probs[row])) for row in plan}
    found = audit.estimate(reviewed, plan=plan, confidence=0.9)
    expected = estimate_label_errors(audit, reviewed, plan=plan, confidence=0.9)
    assert found == expected
    assert found.confidence == 0.9


def test_the_rows_to_review_first_are_those_that_are_flagged():
    audit = audit_labels(*make_noisy())
    assert set(audit.plan_review(5)) <= set(audit.ranked.tolist())
