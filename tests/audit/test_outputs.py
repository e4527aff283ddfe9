"""Each method hands on to a function, with all that the function takes."""

import inspect
from importlib import import_module
from unittest import mock

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.audit.outputs import Outputs

# Where the function of each method is, and its name where that is another.
FUNCTIONS = {
    "to_rubrix": ("label_auditor.export.rubrix", "to_rubrix"),
    "push_to_rubrix": ("label_auditor.export.rubrix", "push_to_rubrix"),
    "to_argilla": ("label_auditor.export.argilla", "to_argilla"),
    "push_to_argilla": ("label_auditor.export.argilla", "push_to_argilla"),
    "to_datasets": ("label_auditor.export.hub", "to_datasets"),
    "to_html": ("label_auditor.report.page", "write_page"),
    "plan_review": ("label_auditor.review.plan", "plan_review"),
    "estimate": ("label_auditor.review.estimate", "estimate_label_errors"),
}


def function_of(method):
    module, name = FUNCTIONS[method]
    return getattr(import_module(module), name)


def public_methods():
    return [name for name in dir(Outputs) if not name.startswith("_")]


def test_every_method_has_its_function():
    assert set(public_methods()) == set(FUNCTIONS)


@pytest.mark.parametrize("method", FUNCTIONS)
def test_a_method_takes_what_its_function_takes(method):
    of_method = inspect.signature(getattr(Outputs, method)).parameters
    of_function = inspect.signature(function_of(method)).parameters
    # In place of the audit, a method has itself. A page is written to a path, which comes first.
    taken = {name: each for name, each in of_method.items() if name != "self"}
    wanted = {name: each for name, each in of_function.items() if name != "audit"}
    assert set(taken) == set(wanted)
    for name, parameter in taken.items():
        assert parameter.default == wanted[name].default, name
        assert parameter.kind == wanted[name].kind, name
        assert parameter.annotation == wanted[name].annotation, name
    if method != "to_html":
        assert list(taken) == list(wanted)
    assert (
        inspect.signature(getattr(Outputs, method)).return_annotation
        == inspect.signature(function_of(method)).return_annotation
    )


@pytest.mark.parametrize("method", FUNCTIONS)
def test_a_method_hands_on_all_that_it_is_given(method):
    module, name = FUNCTIONS[method]
    audit = audit_labels([0, 1], np.array([[0.9, 0.1], [0.2, 0.8]]))
    function = function_of(method)
    parameters = list(inspect.signature(getattr(Outputs, method)).parameters)[1:]
    values = {parameter: object() for parameter in parameters}
    with mock.patch.object(import_module(module), name, autospec=True) as called:
        result = getattr(audit, method)(**values)
    bound = inspect.signature(function).bind(*called.call_args.args, **called.call_args.kwargs)
    assert bound.arguments == {"audit": audit, **values}
    if method != "to_html":
        assert result is called.return_value


@pytest.mark.parametrize("method", FUNCTIONS)
def test_an_argument_that_there_is_not_is_an_error(method):
    audit = audit_labels([0, 1], np.array([[0.9, 0.1], [0.2, 0.8]]))
    with pytest.raises(TypeError, match="unexpected keyword argument 'caption'"):
        getattr(audit, method)(caption="x")
