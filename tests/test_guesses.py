"""What a newcomer tries first, who knows pandas, scikit-learn or cleanlab.

Each guess works, or the error says what to write.
"""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import label_auditor
from label_auditor import Corrections, LabelAudit, LabelAuditor, MultiLabelAudit, audit_labels

P = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
LABELS = ["cat", "cat", "dog", "dog", "dog"]
TEXTS = ["purrs", "meows", "barks", "howls", "scratches"]


@pytest.fixture(scope="module")
def things():
    X = np.arange(20.0).reshape(-1, 1)
    audit = audit_labels(LABELS, P)
    return {
        "label_auditor": label_auditor,
        "audit": audit,
        "auditor": LabelAuditor().fit(X, np.repeat([0, 1], 10)),
        "plan": audit.plan_review(3, goal="count", random_state=0),
        "corrections": Corrections([]),
        "texts": TEXTS,
        "X": X,
        "y": np.repeat([0, 1], 10),
    }


# What the guess gives.
WORKS = {
    "label_auditor.__version__[0]": "0",
    "len(audit)": 5,
    "audit.issues.sum()": 1,
    "audit.n_issues": 1,
    "len(list(plan))": 3,
    "plan.to_frame()['row'].tolist() == list(plan)": True,
    "audit.to_frame(texts)['text'].tolist() == texts": True,
    "audit.to_frame(texts, only_issues=True, sort=True)['text'].tolist()": ["scratches"],
    "audit.scores.shape": (5,),
    "auditor.to_frame().shape": (20, 5),
    "label_auditor.plots.ConfidentJointDisplay.__name__": "ConfidentJointDisplay",
}
# What the error says to write.
HINTS = {
    "audit.get_issues()": "write to_frame(inputs, only_issues=True, sort=True) for the flagged",
    "audit.find_issues()": "write to_frame(inputs, only_issues=True, sort=True)",
    "audit.to_csv('issues.csv')": "write to_frame(inputs).to_csv, as to_frame gives a pandas.Dat",
    "audit.to_pandas()": "write to_frame(inputs), which gives a pandas.DataFrame",
    "audit.head()": "write to_frame(inputs).head",
    "audit.plot()": "write label_auditor.plots.ConfidentJointDisplay.from_audit(audit)",
    "audit.label_quality": "LabelAudit has no 'label_quality'; write scores.",
    "audit.report()": "write summary() for a table of the classes, or to_html(path, inputs)",
    "[row for row in audit]": "can't be iterated over; write audit.to_frame(inputs, only_issues=",
    "auditor.label_quality": "LabelAuditor has no 'label_quality'; write label_scores_.",
    "auditor.fit_predict(X, y)": "write fit(X, y).label_issues_ for the flags",
    "auditor.find_label_issues(X, y)": "write fit(X, y), and then to_frame(inputs, only_issues=T",
    "auditor.get_label_issues()": "write fit(X, y), and then to_frame(inputs, only_issues=True",
    "auditor.issues_": "write label_issues_ or ranked_issues_",
    "auditor.summary()": "write audit_.summary",
    "auditor.save('audit.npz')": "write audit_.save",
    "auditor.plot()": "write label_auditor.plots.ConfidentJointDisplay.from_audit(auditor.audit_)",
    "auditor.transform(X)": "write fit_resample(X, y) for the unflagged rows",
    "audit.n_errors": "write estimate(reviewed, plan=plan), after plan_review(n, goal='count')",
    "audit.worst": "write to_frame(inputs, only_issues=True, sort=True)",
    "plan.to_csv('plan.csv')": "ReviewPlan has no 'to_csv'; write to_frame()",
    "corrections.apply(y)": "write label_auditor.apply_corrections(y, corrections)",
    "corrections.to_dict()": "write decisions, by the ids of records",
    "label_auditor.CleanLearning": "write LabelAuditor(classifier).fit(X, y)",
    "label_auditor.find_label_issues": "write audit_labels(labels, pred_probs), whose ranked",
    "label_auditor.Correction": "write label_auditor.corrections.Correction",
}


@pytest.mark.parametrize("guess", WORKS)
def test_a_guess_that_works(things, guess):
    assert eval(guess, things) == WORKS[guess]


@pytest.mark.parametrize("guess", HINTS)
def test_a_guess_whose_error_says_what_to_write(things, guess):
    with pytest.raises((AttributeError, TypeError)) as caught:
        eval(guess, things)
    assert HINTS[guess] in str(caught.value)


def test_what_the_hints_name_is_there(things):
    """The first word of each hint on an audit is a name that an audit has."""
    for name, kind in (("audit", LabelAudit), ("auditor", LabelAuditor)):
        assert not set(kind._HINTS) & set(dir(things[name])), "what is there needs no hint"
        for hint in kind._HINTS.values():
            first = hint.split("(")[0].split(",")[0].split()[0].split(".")
            if first[0] == "LabelAudit":
                assert hasattr(LabelAudit, first[1])
            elif first[0] != "label_auditor":
                assert hasattr(things[name], first[0]), hint
                assert first[0] != "audit_" or hasattr(things["audit"], first[1]), hint


@pytest.mark.parametrize("name", ["audit", "auditor"])
def test_a_hint_is_no_attribute(things, name):
    thing = things[name]
    assert not hasattr(thing, "to_csv")
    assert getattr(thing, "get_issues", None) is None
    with pytest.raises(AttributeError, match="object has no attribute 'nothing'"):
        thing.nothing  # noqa: B018
    for again in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
        pd.testing.assert_frame_equal(again.to_frame(), thing.to_frame())


@pytest.mark.parametrize("name", label_auditor._HINTS)
def test_a_hint_is_in_the_error_of_an_import(name):
    with pytest.raises(ImportError, match=f"cannot import name '{name}' from 'label_auditor'; wri"):
        exec(f"from label_auditor import {name}")
    assert not hasattr(label_auditor, name)
    assert getattr(label_auditor, name, None) is None


def test_imports_without_a_hint_are_as_everywhere():
    from label_auditor import cli, plots

    assert cli.main
    assert plots.ConfidentJointDisplay
    with pytest.raises(ImportError, match=r"cannot import name 'nothing' from 'label_auditor' \("):
        from label_auditor import nothing  # noqa: F401


def test_scikit_learn_finds_no_methods_that_are_hinted_at():
    auditor = clone(LabelAuditor())
    pipeline = make_pipeline(auditor)
    for name in ("fit_predict", "transform", "fit_transform"):
        assert not hasattr(auditor, name)
        assert not hasattr(pipeline, name)


def test_an_error_of_a_property_is_not_hidden():
    class Broken(LabelAudit):
        @property
        def labels(self):
            raise AttributeError("what has failed inside")

    broken = Broken(
        **{name: None for name in LabelAudit.__dataclass_fields__ if name != "multi_label"}
    )
    with pytest.raises(AttributeError, match="what has failed inside"):
        broken.labels  # noqa: B018


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda audit, auditor: audit.to_html(), r"LabelAudit\.to_html\(\) missing 1"),
        (lambda audit, auditor: audit.save(), r"LabelAudit\.save\(\) missing 1"),
        (lambda audit, auditor: LabelAudit.load(), r"LabelAudit\.load\(\) missing 1"),
        (lambda audit, auditor: MultiLabelAudit.load(), r"MultiLabelAudit\.load\(\) missing 1"),
        (lambda audit, auditor: audit.to_frame(only=1), r"LabelAudit\.to_frame\(\) got an unexp"),
        (lambda audit, auditor: audit.to_rubrix(), r"LabelAudit\.to_rubrix\(\) missing 1"),
        (lambda audit, auditor: audit.plan_review(), r"LabelAudit\.plan_review\(\) missing 1"),
        (lambda audit, auditor: auditor.to_html(), r"LabelAuditor\.to_html\(\) missing 1"),
        (lambda audit, auditor: auditor.estimate(), r"LabelAuditor\.estimate\(\) missing 1 "),
        (lambda audit, auditor: auditor.predict(), r"LabelAuditor\.predict\(\) missing 1"),
        (lambda audit, auditor: Corrections.from_records(), r"Corrections\.from_records\(\) missi"),
        (lambda audit, auditor: Corrections.from_mapping(), r"Corrections\.from_mapping\(\) missi"),
    ],
)
def test_errors_name_what_was_called(things, call, named):
    with pytest.raises(TypeError, match=named):
        call(things["audit"], things["auditor"])


def test_what_writes_a_file_says_where(things, tmp_path):
    audit, auditor, plan = things["audit"], things["auditor"], things["plan"]
    written = [
        audit.to_html(str(tmp_path / "a.html"), TEXTS),
        auditor.to_html(tmp_path / "b.html", [str(row) for row in range(20)]),
        audit.save(str(tmp_path / "c.npz")),
        plan.save(tmp_path / "d.json"),
        Corrections([]).to_json(tmp_path / "e.json"),
        Corrections([]).to_csv(tmp_path / "f.csv"),
    ]
    assert written == sorted(tmp_path.iterdir())


def test_what_is_listed_is_public_and_there():
    listed = dir(label_auditor)
    assert {"LabelAuditor", "plots", "scores", "__version__"} <= set(listed)
    for name in listed:
        assert getattr(label_auditor, name) is not None
    assert not {"import_module", "TYPE_CHECKING", "Any", "annotations"} & set(listed)


def test_a_fitted_auditor_shows_in_a_notebook_what_it_found(things):
    for shown in (
        things["auditor"]._repr_html_(),
        things["auditor"]._repr_mimebundle_()["text/html"],
    ):
        assert "<b>20</b> rows, <b>2</b> classes" in shown
        assert "LabelAuditor" in shown
    unfitted = LabelAuditor()
    assert "classes" not in unfitted._repr_mimebundle_()["text/html"].split("</style>")[-1]
    assert "label-audit" not in unfitted._repr_html_()
