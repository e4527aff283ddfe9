import numpy as np
import pandas as pd
import pytest
from cleanlab.rank import get_label_quality_scores

from label_auditor import audit_labels
from label_auditor.audit import from_probabilities
from optional import dask_frames, needs_dask_frames
from oracle import make_noisy

NAMES = np.array(["World", "Sports", "Business", "Sci/Tech"])


def test_labels_are_values_of_classes_in_the_order_of_the_columns():
    given, pred_probs = make_noisy()
    audit = audit_labels(NAMES[given], pred_probs, classes=NAMES)
    by_code = audit_labels(given, pred_probs)
    np.testing.assert_array_equal(audit.ranked, by_code.ranked)
    np.testing.assert_array_equal(audit.suggested_labels, NAMES[by_code.suggested_labels])
    order = np.argsort(NAMES)
    in_order = audit_labels(NAMES[given], pred_probs[:, order])
    np.testing.assert_array_equal(in_order.ranked, audit.ranked)


def test_ints_that_are_not_positions():
    given, pred_probs = make_noisy(n_classes=3)
    odd = np.array([7, -1, 3])
    audit = audit_labels(odd[given], pred_probs, classes=[7, -1, 3])
    np.testing.assert_array_equal(audit.issues, audit_labels(given, pred_probs).issues)
    assert set(audit.suggested_labels) <= {7, -1, 3}


def test_a_class_that_never_occurs():
    given, pred_probs = make_noisy()
    kept = given != 2
    audit = audit_labels(given[kept], pred_probs[kept], classes=range(4))
    assert audit.summary().loc[2, "given"] == 0
    with pytest.raises(ValueError, match="pred_probs has 4 columns but labels has 3 classes"):
        audit_labels(given[kept], pred_probs[kept])


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (["a", "b", "c"], ["a", "b"], r"labels holds 'c' \(row 2\), not among the classes"),
        ([0, 1, 0], ["a", "b"], r"labels holds 0, 1 \(rows 0, 1, 2\).*never column positions"),
        (["a", "b", "a"], ["a", "a"], "classes must name each column of pred_probs once"),
        (["a", "b", "a"], ["a", "b", "c"], "pred_probs has 2 columns but classes has 3"),
        (["a", None, "b"], None, r"labels is missing .* for 1 of 3 rows: row 1; drop"),
        ([["a"], ["b"], ["a"]], None, r"labels has shape \(3, 1\), but one label per row"),
        ([], None, "labels is empty"),
        (["a", 1, "b"], None, "(labels|y) mixes strings with other values"),
    ],
)
def test_what_is_wrong_with_labels_is_said(labels, classes, message):
    pred_probs = np.full((3, 2), 0.5)
    with pytest.raises(ValueError, match=message):
        audit_labels(np.array(labels, dtype=object), pred_probs, classes=classes)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="3 rows but there are 2 labels"):
        audit_labels(["a", "b"], np.full((3, 2), 0.5))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5, 1.5, 0.2])
def test_rows_that_are_no_probabilities_are_named(bad):
    given, pred_probs = make_noisy()
    pred_probs[17, 1] = bad
    with pytest.raises(ValueError, match=r"pred_probs.*row 17"):
        audit_labels(given, pred_probs)


@pytest.mark.parametrize(
    ("keyword", "message"),
    [
        ({"filter_by": "magic"}, "filter_by.*'magic'.*prune_by_noise_rate"),
        ({"rank_by": "magic"}, "rank_by.*'magic'.*self_confidence"),
        ({"index": [1, 2]}, "index has 2 names but there are 400 labels"),
        (
            {"rank_by": lambda codes, p: p[0]},
            "rank_by must give one number for each of the 400",
        ),
        ({"num_to_remove_per_class": [1]}, "num_to_remove_per_class"),
    ],
)
def test_what_is_wrong_with_options_is_said(keyword, message):
    with pytest.raises(ValueError, match=message):
        audit_labels(*make_noisy(), **keyword)


def test_rank_by_a_function_of_codes_and_probabilities():
    given, pred_probs = make_noisy()

    def square(codes, probs):
        return probs[np.arange(len(codes)), codes] ** 2

    audit = audit_labels(NAMES[given], pred_probs, classes=NAMES, rank_by=square)
    np.testing.assert_array_equal(audit.scores, square(given, pred_probs))
    assert audit.rank_by == "square"


@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
def test_rank_by_scores_adjusted_for_class_imbalance(method):
    given, pred_probs = make_noisy()
    audit = audit_labels(given, pred_probs, rank_by=f"adjusted_{method}")
    expected = get_label_quality_scores(given, pred_probs, method=method, adjust_pred_probs=True)
    np.testing.assert_allclose(audit.scores, expected, rtol=0, atol=1e-12)
    assert not np.allclose(audit.scores, audit_labels(given, pred_probs, rank_by=method).scores)


def test_the_rows_are_read_in_place():
    given, pred_probs = make_noisy()
    assert audit_labels(given, pred_probs).pred_probs is pred_probs


def test_scores_of_a_function_come_from_the_evaluated_rows_alone():
    given, pred_probs = make_noisy()
    judged = np.where(np.arange(400) < 100, -1, given)
    pred_probs[:100] = np.nan
    seen = []

    def score(codes, probs):
        seen.append((codes, probs))
        return probs[np.arange(len(codes)), codes]

    audit = from_probabilities.audit_codes(
        given,
        from_probabilities.LabelledRows(judged, pred_probs),
        from_probabilities.Rule(),
        classes=np.arange(4),
        rank_by=score,
        index=None,
    )
    np.testing.assert_array_equal(seen[0][0], given[100:])
    np.testing.assert_array_equal(seen[0][1], pred_probs[100:])
    assert np.isnan(audit.scores[:100]).all()
    assert audit.evaluated.tolist() == [False] * 100 + [True] * 300
    assert audit.index == range(400)


@pytest.mark.parametrize("multi_label", [False, True])
def test_options_are_checked_before_any_probability_is_read(multi_label):
    class Unread:
        shape = (2, 2)

        def __getitem__(self, rows):
            assert rows == slice(None, 0), "the probabilities are read"
            return np.empty((0, 2))

    labels = [["a"], ["b"]] if multi_label else ["a", "b"]
    for options in ({"rank_by": "magic"}, {"filter_by": "magic"}, {"index": ["x"]}, {"index": {1}}):
        with pytest.raises(ValueError, match=next(iter(options))):
            audit_labels(labels, Unread(), multi_label=multi_label, **options)


@needs_dask_frames
def test_the_index_of_a_dask_series_is_kept():
    given, pred_probs = make_noisy()
    names = [f"r{i:03}" for i in range(400)]
    series = dask_frames.from_pandas(pd.Series(given, index=names), npartitions=3)
    audit = audit_labels(series, pred_probs)
    assert list(audit.index) == names
    assert audit.to_frame().index.tolist() == names
    np.testing.assert_array_equal(audit.ranked, audit_labels(given, pred_probs).ranked)


def test_bools_and_ints_are_other_labels_though_python_holds_them_equal():
    pred_probs = np.array([[0.9, 0.1], [0.2, 0.8]])
    with pytest.raises(ValueError, match=r"labels holds False, True .* not among the classes 0, 1"):
        audit_labels([False, True], pred_probs, classes=[0, 1])
    with pytest.raises(ValueError, match=r"labels holds '0', '1' .* not among the classes 0, 1"):
        audit_labels(["0", "1"], pred_probs, classes=[0, 1])


def test_large_ints_are_found_among_classes_of_another_type():
    labels, pred_probs = [2**53, 2**53 + 1], np.array([[0.9, 0.1], [0.2, 0.8]])
    for classes in (np.array(labels, np.uint64), np.array(labels, dtype=object), labels):
        audit = audit_labels(labels, pred_probs, classes=classes)
        assert audit.codes.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"labels holds 9007199254740993 .* not among the classes"):
        audit_labels(labels, pred_probs, classes=[2.0**53, 0.5])


@pytest.mark.parametrize("score", [lambda codes, p: p[:, :1], lambda codes, p: [np.nan] * len(p)])
def test_what_a_function_gives_as_scores_is_checked(score):
    with pytest.raises(ValueError, match="rank_by must give one number for each of the 400 rows"):
        audit_labels(*make_noisy(), rank_by=score)
