"""An audit as a table, with the inputs beside the labels."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels

P = np.array([[0.4, 0.6], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05], [0.3, 0.7]])
LABELS = pd.Series(["cat", "cat", "dog", "dog", "dog", "cat"], index=list("uvwxyz"))
TEXTS = ["t0", "t1", "t2", "t3", "t4", "t5"]
OWN = ["given_label", "suggested_label", "label_quality", "is_label_issue", "rank"]


@pytest.fixture(scope="module")
def audit():
    return audit_labels(LABELS, P, filter_by="predicted_neq_given")


def test_all_rows_are_in_the_order_of_the_data(audit):
    frame = audit.to_frame()
    assert frame.columns.tolist() == OWN
    assert frame.index.tolist() == list("uvwxyz")
    assert frame["rank"].tolist() == [2, pd.NA, pd.NA, pd.NA, 0, 1]
    assert frame["rank"].dtype == "Int64"
    assert frame["given_label"].tolist() == LABELS.tolist()
    assert frame["suggested_label"].tolist() == ["dog", "cat", "dog", "dog", "cat", "dog"]
    np.testing.assert_array_equal(frame["label_quality"], audit.scores)


def test_the_flagged_rows_alone_and_the_worst_first(audit):
    assert audit.to_frame(only_issues=True).index.tolist() == list("uyz")
    assert audit.to_frame(only_issues=True, sort=True).index.tolist() == list("yzu")
    assert audit.to_frame(sort=True).index.tolist()[:3] == list("yzu")
    assert audit.to_frame(sort=True)["label_quality"].tolist()[3:] == [0.8, 0.8, 0.9]


@pytest.mark.parametrize(
    "inputs",
    [TEXTS, tuple(TEXTS), np.array(TEXTS), pd.Series(TEXTS, index=LABELS.index), {"text": TEXTS}],
)
def test_texts_stand_beside_their_labels(audit, inputs):
    frame = audit.to_frame(inputs, only_issues=True, sort=True)
    assert frame.columns.tolist() == [*OWN, "text"]
    assert frame["text"].tolist() == ["t4", "t5", "t0"]


def test_columns_keep_their_names_and_types(audit):
    table = pd.DataFrame({"a": range(6), "b": pd.Categorical(TEXTS)}, index=LABELS.index)
    frame = audit.to_frame(table)
    pd.testing.assert_frame_equal(frame[["a", "b"]], table)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (TEXTS[:5], ValueError, "inputs has 5 values but 6 labels were audited"),
        ({"rank": TEXTS}, ValueError, "inputs has a column 'rank', which the table has itself"),
        ("text", TypeError, "inputs is a str"),
        (pd.Series(TEXTS, index=list("zyxwvu")), ValueError, "inputs has the rows of the audit in"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(audit, inputs, error, message):
    with pytest.raises(error, match=message):
        audit.to_frame(inputs)
