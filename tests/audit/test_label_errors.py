"""Rubrix's own cases, and those it got wrong; cleanlab is the oracle."""

import dataclasses
import enum

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_label_issues as find_multilabel_issues
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import audit_labels, find_label_errors
from label_auditor.audit import label_errors
from label_auditor.audit.label_errors import MissingPredictionError, NoRecordsError
from label_auditor.export.records import make_records
from oracle import ask


@dataclasses.dataclass
class Plain:
    """A record as Rubrix's and Argilla's clients have it."""

    prediction: list[tuple[str, float]] | None = None
    annotation: str | list[str] | None = None
    multi_label: bool = False
    id: int = 0
    metadata: dict = dataclasses.field(default_factory=dict)


def single():
    """Give Rubrix's own twelve records: all wrong, the even ones more.

    One of each label is kept: there is always an example that is counted as clean.
    """
    predictions = [[("bad", 0.9), ("good", 0.1)], [("good", 0.8), ("bad", 0.2)]]
    return [Plain([*predictions[i % 2]], ["good", "bad"][i % 2], id=i) for i in range(12)]


def multi():
    """Give Rubrix's own twelve multi-label records."""
    predictions = [[("bad", 0.1), ("good", 0.9)], [("good", 0.9), ("bad", 0.01)]]
    annotations = [["bad"], ["bad", "good"]]
    return [
        Plain([*predictions[i % 2]], annotations[i % 2], multi_label=True, id=i) for i in range(12)
    ]


def make_records_of(pred_probs, annotations, *, multi_label=False):
    labels = [f"l{k}" for k in range(pred_probs.shape[1])]
    return [
        Plain(list(zip(labels, row.tolist(), strict=True))[::-1], annotation, multi_label, id=i)
        for i, (row, annotation) in enumerate(zip(pred_probs, annotations, strict=True))
    ]


def ids(records):
    return [record.id for record in records]


@pytest.fixture
def seen(monkeypatch):
    """Give what the audit is called with."""
    calls = []

    def spy(*args, **options):
        calls.append((*args, options))
        return audit_labels(*args, **options)

    monkeypatch.setattr(label_errors, "audit_labels", spy)
    return calls


def test_worst_first_and_equal_ones_in_the_order_given():
    records = single()
    found = find_label_errors(records)
    assert ids(found) == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    assert all(record is records[record.id] for record in found)
    assert [record.metadata for record in found] == [
        {"label_error_candidate": rank} for rank in range(10)
    ]


def test_multi_label():
    # "bad" is in every record, so nothing is known of records without it: cleanlab raises.
    records = multi()
    found = find_label_errors(records, filter_by="predicted_neq_given")
    assert ids(found) == [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]
    assert found[6] is records[1]
    assert found[3].metadata == {"label_error_candidate": 3}
    assert ids(find_label_errors(multi())) == [0, 2, 4, 6, 8]


def test_an_order_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"'mock'.*'likelihood', 'prediction', 'none'"):
        find_label_errors(single(), sort_by="mock")


def test_no_records():
    records = [Plain(prediction=[("mock", 0.0)]), Plain(annotation="test"), Plain([], "test")]
    with pytest.raises(NoRecordsError, match="none of your records have a prediction AND annot"):
        find_label_errors(records)
    with pytest.raises(NoRecordsError):
        find_label_errors([])


def test_incomplete_records_are_left_out():
    records = single()
    records.insert(0, Plain(annotation="good", id=98))
    records.insert(5, Plain([("other", 1.0)], id=99))
    assert ids(find_label_errors(records)) == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    assert records[0].metadata == {}


def test_multi_label_is_what_the_records_say(seen):
    record = Plain([("mock", 0.0), ("mock2", 0.0)], ["mock", "mock2"], multi_label=True)
    with pytest.warns(UserWarning, match="the kwarg 'multi_label', but it is determined autom"):
        find_label_errors([record], multi_label="True")
    with pytest.warns(UserWarning, match="the records say False"):
        find_label_errors(single(), multi_label=True)
    assert [options.get("multi_label") for *_, options in seen] == [True, None]


@pytest.mark.parametrize("records", [single, multi])
@pytest.mark.parametrize(
    ("sort_by", "rank_by"),
    [("likelihood", "normalized_margin"), ("prediction", "self_confidence")],
)
def test_orders(seen, records, sort_by, rank_by):
    find_label_errors(records(), sort_by)
    assert seen[0][-1]["rank_by"] == rank_by


def test_members_of_rubrixs_enumeration_are_orders():
    SortBy = enum.Enum("SortBy", {"NONE": "none"})
    assert ids(find_label_errors(single(), SortBy.NONE)) == list(range(10))


def test_no_order_leaves_metadata_alone():
    found = find_label_errors(single(), sort_by="none")
    assert ids(found) == list(range(10))
    assert all(record.metadata == {} for record in found)


def test_metadata_key():
    (first, *_) = find_label_errors(single(), metadata_key="rank")
    assert first.metadata == {"rank": 0}


@pytest.mark.parametrize("records", [single, multi])
def test_keyword_arguments_go_to_the_filter(seen, records):
    rule = {
        "filter_by": "prune_by_class",
        "frac_noise": 0.5,
        "min_examples_per_class": 2,
        "num_to_remove_per_class": [1, 1],
    }
    find_label_errors(records(), n_jobs=2, **rule)
    options = seen[0][-1]
    assert options == rule | {"rank_by": "normalized_margin", "n_jobs": 2, "classes": [
        "bad", "good",
    ]} | ({"multi_label": True} if records is multi else {})  # fmt: skip
    find_label_errors(records(), n_jobs=None)
    assert seen[1][-1]["n_jobs"] == -1


@pytest.mark.parametrize("name", ["return_indices_ranked_by", "sorted_index_method"])
def test_the_order_by_its_names_in_cleanlab_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' kwarg is not supported, please use 'sort_by'"):
        find_label_errors(single(), **{name: "self_confidence"})


def test_unknown_keyword_arguments_are_named():
    with pytest.raises(TypeError, match="no argument 'mock', 'verbose'; the filter takes 'filter"):
        find_label_errors(single(), mock=1, verbose=True)


def test_what_the_audit_is_given(seen):
    find_label_errors(single()[:2])
    labels, pred_probs, options = seen[0]
    assert labels == ["good", "bad"]
    assert options["classes"] == ["bad", "good"]
    np.testing.assert_array_equal(pred_probs, [[0.9, 0.1], [0.2, 0.8]])
    find_label_errors(multi()[:2])
    sets, pred_probs, options = seen[1]
    assert sets == [("bad",), ("bad", "good")]
    np.testing.assert_array_equal(pred_probs, [[0.1, 0.9], [0.01, 0.9]])


def test_missing_predictions():
    records = [Plain([("mock2", 0.1)], "mock", id=7)]
    with pytest.raises(
        MissingPredictionError,
        match=r"It seems predictions are missing for the label 'mock'.* 7 is",
    ):
        find_label_errors(records)
    records.append(Plain([("mock", 0.1)], "mock"))
    with pytest.raises(
        MissingPredictionError,
        match=r"It seems a prediction for 'mock' is missing in the following record: .*id=7",
    ):
        find_label_errors(records)
    with pytest.raises(MissingPredictionError, match=r"missing for the label 'c'"):
        find_label_errors([Plain([("a", 0.1), ("b", 0.2)], ["a", "c"], multi_label=True)])


def test_an_empty_annotation_is_one_of_a_multi_label_record_only():
    rng = np.random.default_rng(0)
    records = make_records_of(rng.uniform(0, 0.2, (20, 2)), [["l0"], []] * 10, multi_label=True)
    records[3].prediction = [("l0", 0.9), ("l1", 0.1)]
    records[4].annotation = None
    found = find_label_errors(records, filter_by="predicted_neq_given", sort_by="none")
    assert ids(found) == [0, 2, 3, 6, 8, 10, 12, 14, 16, 18]


def test_one_label_in_a_list_and_a_text_in_a_multi_label_record():
    records = single()
    records[0].annotation = ["good"]
    assert ids(find_label_errors(records))[0] == 0
    records[0].annotation = ["good", "bad"]
    with pytest.raises(ValueError, match=r"record 0 has the annotation .*one label"):
        find_label_errors(records)
    records = multi()
    records[0].annotation = "bad"
    assert ids(find_label_errors(records)) == [0, 2, 4, 6, 8]


def test_records_of_both_kinds_are_refused():
    with pytest.raises(ValueError, match="single-label and multi-label ones"):
        find_label_errors([*single(), *multi()])


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize("records", [single, multi])
def test_scores_that_are_no_probabilities_are_refused(records, score):
    records = records()
    records[5].prediction[0] = (records[5].prediction[0][0], score)
    with pytest.raises(ValueError, match=r"1 records have predictions with scores.*0 to 1: 5;"):
        find_label_errors(records)


def test_rounded_scores_are_normalised(seen):
    records = make_records_of(np.array([[0.3, 0.6], [0.5, 0.5004]]), ["l0", "l1"])
    find_label_errors(records)
    np.testing.assert_allclose(seen[0][1], [[1 / 3, 2 / 3], [0.5, 0.5004]], rtol=1e-15)
    records[1].prediction = [("l0", 0.0), ("l1", 0.0)]
    with pytest.raises(ValueError, match=r"1 records have predictions whose scores are all 0: 1;"):
        find_label_errors(records)


ORDERS = st.sampled_from(list(label_errors.SORT_BY.items()))
RULES = st.sampled_from(["prune_by_noise_rate", "both", "confident_learning"])


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 200), st.integers(2, 5), st.integers(0, 2**32 - 1), ORDERS, RULES)
def test_single_label_records_are_those_that_cleanlab_finds(n, n_classes, seed, order, filter_by):
    rng = np.random.default_rng(seed)
    pred_probs = rng.dirichlet(np.full(n_classes, 0.5), size=n)
    codes = np.where(
        rng.random(n) < 0.8, pred_probs.argmax(axis=1), rng.integers(n_classes, size=n)
    )
    codes[:n_classes] = np.arange(n_classes)
    sort_by, rank_by = order
    rule = {"filter_by": filter_by}
    expected = ask(
        find_label_issues, codes, pred_probs, return_indices_ranked_by=rank_by, n_jobs=1, **rule
    )
    records = make_records_of(pred_probs, [f"l{code}" for code in codes])
    found = find_label_errors(records, sort_by, **rule)
    assert ids(found) == (
        np.flatnonzero(expected).tolist() if rank_by is None else expected.tolist()
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 200), st.integers(2, 5), st.integers(0, 2**32 - 1), ORDERS, RULES)
def test_multi_label_records_are_those_that_cleanlab_finds(n, n_classes, seed, order, filter_by):
    rng = np.random.default_rng(seed)
    pred_probs = rng.random((n, n_classes))
    indicator = (pred_probs > 0.5) ^ (rng.random(pred_probs.shape) < 0.1)
    indicator[0], indicator[1] = False, True
    sort_by, rank_by = order
    rule = {"filter_by": filter_by}
    codes = [np.flatnonzero(row).tolist() for row in indicator]
    expected = ask(
        find_multilabel_issues,
        codes,
        pred_probs,
        return_indices_ranked_by=rank_by,
        n_jobs=1,
        **rule,
    )
    records = make_records_of(
        pred_probs, [[f"l{code}" for code in row] for row in codes], multi_label=True
    )
    found = find_label_errors(records, sort_by, **rule)
    assert ids(found) == (
        np.flatnonzero(expected).tolist() if rank_by is None else expected.tolist()
    )


@pytest.mark.parametrize("multi_label", [False, True])
def test_neutral_records_give_back_the_audit_they_came_from(multi_label):
    rng = np.random.default_rng(0)
    if multi_label:
        pred_probs = rng.random((100, 3))
        labels = [
            np.flatnonzero(row > 0.5).tolist() for row in pred_probs + rng.normal(size=(100, 3)) / 4
        ]
    else:
        pred_probs = rng.dirichlet([0.3] * 3, size=100)
        labels = np.where(rng.random(100) < 0.8, pred_probs.argmax(axis=1), 1)
    audit = audit_labels(labels, pred_probs, classes=[0, 1, 2], multi_label=multi_label)
    records = sorted(
        make_records(audit, [str(i) for i in range(100)], only_issues=False), key=lambda r: r.id
    )
    found = find_label_errors(records, sort_by="prediction", metadata_key="again")
    assert ids(found) == audit.ranked.tolist()
    assert all(r.metadata["again"] == r.metadata["label_error_candidate"] for r in found)
    assert all(record is records[record.id] for record in found)


@pytest.mark.parametrize(
    ("prediction", "annotation", "message"),
    [
        ([("a", 0.3), ("a", 0.5), ("b", 0.2)], "a", "record 7 has more than one score for a label"),
        ([("a", 0.9), (1, 0.1)], "a", "record 7 has a prediction for 1, but labels are strings"),
        ([(0, 0.9), (1, 0.1)], 0, "record 7 has a prediction for 0, 1, but labels are strings"),
        ([(None, 0.9), ("a", 0.1)], "a", "record 7 has a prediction for None, but labels are"),
        (
            [("a", 0.9), ("b", 0.1)],
            float("nan"),
            "record 7 has the annotation nan, but an annotation",
        ),
        (
            [("a", 0.9), ("b", 0.1)],
            3,
            "record 7 has the annotation 3, but an annotation is the name",
        ),
        ([("a", np.nan), ("b", 0.1)], "a", "scores that aren't from 0 to 1: 7"),
    ],
)
def test_labels_that_could_be_taken_for_others_are_refused(prediction, annotation, message):
    records = [Plain([("a", 0.8), ("b", 0.2)], "a", id=6), Plain(prediction, annotation, id=7)]
    with pytest.raises(ValueError, match=message):
        find_label_errors(records)


def test_a_missing_label_among_several_is_refused():
    records = [Plain([("a", 0.8), ("b", 0.2)], ["a", None], multi_label=True, id=7)]
    with pytest.raises(ValueError, match=r"record 7 has the annotation \['a', None\]"):
        find_label_errors(records)


def test_an_order_that_is_no_name_is_refused():
    with pytest.raises(ValueError, match=r"sort_by is \['likelihood'\]; pass one of"):
        find_label_errors(single(), sort_by=["likelihood"])
