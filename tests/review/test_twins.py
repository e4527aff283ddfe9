"""Twins: near-identical rows, and the labels they have."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from label_auditor import audit_labels
from label_auditor.fitting.ngrams import SingleWords, split_texts
from label_auditor.review import describe_twins, find_twins
from label_auditor.review.twins import find_twins_by_words

COLUMNS = ["n_twins", "n_twins_other_label", "twin_label", "n_twin_label"]


def audit_of(labels, **options):
    classes = sorted(set(labels))
    pred_probs = np.full((len(labels), len(classes)), 1 / len(classes))
    return audit_labels(labels, pred_probs, classes=classes, **options)


def rows_of(twins):
    return [tuple(row) for row in twins[COLUMNS].itertuples(index=False, name=None)]


def test_equal_texts_are_twins():
    texts = ["the same", "the same ", "another one", "the same", "!", "!", "", " "]
    twins = find_twins(audit_of(list("ababaaab")), texts)
    assert rows_of(twins) == [
        (2, 2, "b", 2),
        (2, 1, "a", 1),
        (0, 0, None, 0),
        (2, 1, "a", 1),
        (1, 0, None, 0),
        (1, 0, None, 0),
        (0, 0, None, 0),
        (0, 0, None, 0),
    ]


def test_near_texts_are_counted_as_by_hand():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(30)]
    texts = [" ".join(rng.choice(words, 8)) for _ in range(60)]
    texts += [f"{text} {rng.choice(words)}" for text in texts[:40]] + texts[:20]
    labels = rng.choice(list("abc"), len(texts))
    twins = find_twins(audit_of(labels.tolist()), texts)
    different = list(dict.fromkeys(texts))
    X = TfidfVectorizer().fit(different).transform(texts).toarray()
    alike = X @ X.T >= 0.8 - 1e-6
    for row in range(len(texts)):
        others = np.flatnonzero(alike[row] & (np.arange(len(texts)) != row))
        different_label = labels[others][labels[others] != labels[row]]
        names, counts = np.unique(different_label, return_counts=True)
        assert twins["n_twins"].iloc[row] == len(others)
        assert twins["n_twins_other_label"].iloc[row] == len(different_label)
        if len(names):
            assert twins["n_twin_label"].iloc[row] == counts.max()
            assert twins["twin_label"].iloc[row] == names[counts.argmax()]
    assert twins["n_twins_other_label"].gt(0).sum() > 40


def test_words_that_were_counted_before_give_the_same():
    texts = ["the red car", "The red car!", "a blue van, a van", "the red car", "", "a van? a van"]
    audit = audit_of(list("abbbaa"))
    words = SingleWords(split_texts(texts))
    expected = find_twins(audit, texts)
    pd.testing.assert_frame_equal(find_twins_by_words(audit, texts, words), expected)
    assert expected["n_twins"].tolist() == [2, 2, 1, 2, 0, 1]
    nothing = find_twins_by_words(audit, [""] * 6, SingleWords(split_texts([""] * 6)))
    assert nothing["n_twins"].sum() == 0


def test_vectors_take_the_place_of_words():
    vectors = np.array([[1, 0.1], [1, 0], [0, 1], [-1, 0]])
    twins = find_twins(audit_of(list("abab")), ["u", "v", "w", "x"], vectors=vectors)
    assert rows_of(twins) == [(1, 1, "b", 1), (1, 1, "a", 1), (0, 0, None, 0), (0, 0, None, 0)]


def test_rows_of_a_table_are_twins_if_they_are_equal():
    table = pd.DataFrame({"x": [1.0, 1.0, 2.0, np.nan, np.nan], "kind": list("aabcc")})
    twins = find_twins(audit_of([1, 0, 0, 1, 1]), table)
    assert rows_of(twins) == [
        (1, 1, 0, 1),
        (1, 1, 1, 1),
        (0, 0, None, 0),
        (1, 0, None, 0),
        (1, 0, None, 0),
    ]


def test_the_index_is_that_of_the_audit():
    labels = pd.Series(["a", "b"], index=["x", "y"])
    twins = find_twins(audit_labels(labels, np.full((2, 2), 0.5)), ["t", "t"])
    assert twins.index.tolist() == ["x", "y"]
    assert twins["twin_label"].tolist() == ["b", "a"]


def test_nothing_to_compare():
    for texts in (["", ""], ["!", "?"]):
        assert find_twins(audit_of(["a", "b"]), texts)["n_twins"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (["one"], {}, "inputs has 1 values but 2 labels"),
        (["one", "two"], {"vectors": np.eye(3)}, "vectors has 3 values but 2 labels"),
    ],
)
def test_what_does_not_fit_is_refused(inputs, options, message):
    with pytest.raises(ValueError, match=message):
        find_twins(audit_of(["a", "b"]), inputs, **options)


@pytest.mark.parametrize("missing", [None, float("nan"), 3])
def test_what_is_no_text_is_refused_unless_vectors_are_compared(missing):
    audit, inputs = audit_of(list("aba")), ["a text", missing, missing]
    with pytest.raises(TypeError, match=rf"a {type(missing).__name__} in row 1, .* vectors="):
        find_twins(audit, inputs)
    assert len(find_twins(audit, inputs, vectors=np.eye(3))) == 3


def test_label_sets_are_refused():
    sets = audit_labels([["a"], ["a", "b"]], np.full((2, 2), 0.4), multi_label=True)
    with pytest.raises(TypeError, match="one label per row"):
        find_twins(sets, ["s", "t"])


def test_in_words():
    table = pd.DataFrame(
        [
            (0, 0, None, 0),
            (1, 0, None, 0),
            (3, 0, None, 0),
            (1, 1, "x", 1),
            (3, 2, "x", 2),
            (5, 4, "y", 2),
        ],
        columns=COLUMNS,
    )
    assert describe_twins(table) == [
        None,
        "its near twin has the same label",
        "all 3 have the same label",
        "1 of 1 near twin is labelled x",
        "2 of 3 near twins are labelled x",
        "4 of 5 near twins have other labels, most often y",
    ]
