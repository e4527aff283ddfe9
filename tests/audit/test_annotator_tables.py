"""The tables of an audit of several annotators."""

import numpy as np
import pandas as pd
import pytest

from crowds import make_crowd
from label_auditor import audit_annotators

LABELS = pd.DataFrame(
    {
        "ann": ["x", "y", "x", "y", None],
        "bob": ["x", "x", "x", "x", None],
        "eve": ["x", "y", "x", "y", None],
        "out": [None, None, None, None, None],
    },
    index=list("rstuv"),
)


@pytest.fixture(scope="module")
def audit():
    return audit_annotators(LABELS, method="majority")


def test_rows(audit):
    table = audit.consensus()
    assert table.index.tolist() == list("rstuv")
    assert table["consensus_label"].tolist()[:4] == ["x", "y", "x", "y"]
    assert pd.isna(table.loc["v", "consensus_label"])
    assert table["n_labels"].tolist() == [3, 3, 3, 3, 0]
    np.testing.assert_allclose(table["agreement"], [1, 2 / 3, 1, 2 / 3, np.nan])
    np.testing.assert_allclose(table["consensus_quality"], [1, 2 / 3, 1, 2 / 3, np.nan])


def test_labels(audit):
    table = audit.each_label()
    assert len(table) == 12
    assert table.loc[~table["is_consensus"], ["row", "annotator", "label"]].to_numpy().tolist() == [
        ["s", "bob", "x"],
        ["u", "bob", "x"],
    ]
    np.testing.assert_allclose(table.loc[~table["is_consensus"], "label_quality"], 1 / 3)


def test_annotators(audit):
    table = audit.annotators()
    assert table.index.tolist() == ["ann", "bob", "eve", "out"]
    assert table["n_labels"].tolist() == [4, 4, 4, 0]
    np.testing.assert_allclose(table["agreement_with_consensus"], [1, 0.5, 1, np.nan])
    np.testing.assert_allclose(table["agreement_with_others"], [0.75, 0.5, 0.75, np.nan])
    assert table.loc[
        "bob", ["most_confused_given", "most_confused_with", "n_confused"]
    ].tolist() == [
        "x",
        "y",
        2,
    ]
    assert pd.isna(table.loc["ann", "most_confused_with"])
    assert table.loc["ann", "n_confused"] == 0
    assert np.isnan(table.loc["out", "quality"])


def test_the_commonest_confusion_of_each_annotator():
    crowd = make_crowd(300, 6, n_classes=3)
    audit = audit_annotators(crowd.table)
    table = audit.annotators()
    for who in range(6):
        counts = audit.confusion(who).to_numpy().copy()
        assert counts.sum() == (crowd.votes.annotators == who).sum()
        np.fill_diagonal(counts, 0)
        row = table.loc[who]
        assert counts.max() == row["n_confused"]
        assert (
            counts[int(row["most_confused_with"]), int(row["most_confused_given"])] == counts.max()
        )


def test_confusion(audit):
    table = audit.confusion("bob")
    assert table.loc["y", "x"] == 2
    assert table.loc["x", "x"] == 2
    assert (table.index.name, table.columns.name) == ("consensus", "label")
    with pytest.raises(ValueError, match="there is no annotator 'zoe'"):
        audit.confusion("zoe")


def test_rows_that_another_label_would_help_most():
    labels = [[0, 0, 0, 0], [0, 1, None, None], [1, 1, 1, None], [None] * 4]
    audit = audit_annotators(labels, method="majority")
    order = audit.rows_to_label()
    assert set(order[:2]) == {1, 3}
    assert set(order[2:]) == {0, 2}
    assert audit.rows_to_label(1).tolist() == order[:1].tolist()


def test_more_labels_where_they_help_make_the_consensus_better():
    crowd = make_crowd(1000, 20, per_row=5)
    table = crowd.table
    few = table.copy()
    for row in few:
        row[np.flatnonzero(row != np.array(None))[2:]] = None
    audit = audit_annotators(few)
    before = (audit.labels == crowd.true).mean()

    def with_one_more(rows):
        more = few.copy()
        for row in rows:
            left = np.flatnonzero((table[row] != np.array(None)) & (few[row] == np.array(None)))
            more[row, left[0]] = table[row, left[0]]
        return (audit_annotators(more).labels == crowd.true).mean()

    helped = with_one_more(audit.rows_to_label(250))
    random = with_one_more(np.random.default_rng(0).permutation(1000)[:250])
    assert helped > random + 0.02 > before
