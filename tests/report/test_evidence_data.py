"""Evidence in the page: each row has its own, whatever the order, and nothing is cut unseen."""

import base64

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.export.records import make_records
from label_auditor.report.evidence_data import MOST_CHARACTERS, evidence_data
from label_auditor.review import Evidence, Neighbors, Words

N = 6
TEXTS = ["zero", "one two", "\U0001f600 smile", "x" * 400, "four", "five"]
SHOWN = np.array([2, 0, 1])


def unpack(values, dtype):
    return np.frombuffer(base64.b64decode(values), dtype)


@pytest.fixture(scope="module")
def records():
    audit = audit_labels(list("aabbab"), np.tile([[0.6, 0.4]], (N, 1)), index=list("uvwxyz"))
    return make_records(audit, TEXTS, only_issues=False)


def data_of(records, neighbors=None, words=None, texts=None):
    texts = [[TEXTS[row] for row in SHOWN]] if texts is None else texts
    return evidence_data(Evidence(neighbors, words), records, SHOWN, texts)


def test_neighbors_are_named_by_their_place_in_the_page_or_after_it(records):
    found = Neighbors(
        np.array([0, 1, 5]),
        np.array([[1, 3, -1], [5, 0, 2], [4, -1, -1]]),
        np.array([[0.9, 0.256, np.nan], [1.0000001, 0.5, 0.1], [0.2, np.nan, np.nan]]),
        recall=0.97,
        twin_cosine=0.8,
    )
    data = data_of(records, found)["neighbors"]
    assert data["bytes"] == 2
    none = 2**16 - 1
    rows = unpack(data["rows"], "<u2").reshape(3, 3)
    assert rows.tolist() == [[none] * 3, [2, 3, none], [4, 1, 0]]
    assert unpack(data["cosines"], "u1").reshape(3, 3).tolist() == [
        [0, 0, 0],
        [90, 26, 0],
        [100, 50, 10],
    ]
    assert (data["k"], data["recall"], data["twin"]) == (3, 0.97, 80)
    assert data["outside"] == {
        "ids": ["x", "z"],
        "texts": ["x" * MOST_CHARACTERS + "…", "five"],
        "given": [1, 1],
    }
    assert data_of(records, found)["words"] is None


def test_five_neighbors_are_shown(records):
    rows = np.array([[1, 2, 3, 4, 5, 0]])
    data = data_of(records, Neighbors(np.array([0]), rows, np.linspace(1, 0.5, 6)[None]))
    assert data["neighbors"]["k"] == 5
    assert unpack(data["neighbors"]["rows"], "<u2").reshape(3, 5)[1].tolist() == [2, 0, 3, 4, 5]


def test_words_follow_each_other_in_the_order_of_reading(records):
    words = Words(
        np.array([1, 2, 1, 5]), np.array([4, 2, 0, 0]), np.array([7, 7, 3, 4]),
        np.array([-2.0, 0.5, 1.0, 3.0]),
    )  # fmt: skip
    data = data_of(records, words=words)["words"]
    assert unpack(data["counts"], "<u2").tolist() == [1, 0, 2]
    # JavaScript counts the smiling face as two characters.
    assert unpack(data["gaps"], "<u2").tolist() == [3, 0, 1]
    assert unpack(data["sizes"], "u1").tolist() == [5, 3, 3]
    assert unpack(data["weights"], "i1").tolist() == [127, 64, -127]


def test_what_does_not_fit_into_a_column_is_not_marked(records):
    long = "y" * 70_000 + " end " + "z" * 300
    words = Words(
        np.array([0, 0, 0]),
        np.array([0, 70_001, 70_005]),
        np.array([1, 70_004, 70_300]),
        np.ones(3),
    )
    data = data_of(records, words=words, texts=[["", long, ""]])["words"]
    assert unpack(data["weights"], "i1").tolist() == [127, 0, 0]


def test_words_are_of_one_text(records):
    words = Words(np.array([0]), np.array([0]), np.array([3]), np.array([1.0]))
    assert data_of(records, words=words, texts=[["a"] * 3, ["b"] * 3])["words"] is None


def one_neighbor(of, row):
    return Neighbors(np.array([of]), np.array([[row]]), np.ones((1, 1)))


@pytest.mark.parametrize(
    ("neighbors", "words", "message"),
    [
        (one_neighbor(6, 0), None, "neighbors.of has row 6"),
        (one_neighbor(0, 9), None, "neighbors.rows has row 9"),
        (None, Words(*np.array([[0], [2], [5], [1]])), "row 0 goes from 2 to 5, but its text"),
        (None, Words(*np.array([[0], [2], [2], [1]])), "row 0 goes from 2 to 2"),
        (None, Words(*np.array([[0], [-1], [2], [1]])), "row 0 goes from -1 to 2"),
        (None, Words(*np.array([[7], [0], [2], [1]])), "words.rows has row 7"),
    ],
)  # fmt: skip
def test_evidence_of_something_else_is_refused(records, neighbors, words, message):
    with pytest.raises(ValueError, match=message):
        data_of(records, neighbors, words)


def test_sets_of_labels_outside_of_the_page():
    labels = [["a"], ["b"], ["a", "b"], [], ["b"], ["a"]]
    audit = audit_labels(labels, np.full((N, 2), 0.4), multi_label=True)
    records = make_records(audit, TEXTS, only_issues=False)
    found = Neighbors(np.array([0]), np.array([[5, 3, 4]]), np.array([[0.9, 0.8, 0.7]]))
    outside = data_of(records, found)["neighbors"]["outside"]
    assert outside["given"] == [[], [1], [0]]


def test_a_page_without_neighbors_outside(records):
    none = Neighbors(np.zeros(0, int), np.zeros((0, 2), int), np.zeros((0, 2)))
    empty = Words(*np.zeros((4, 0), int))
    data = data_of(records, none, empty)
    assert data["neighbors"]["outside"] == {"ids": [], "texts": [], "given": []}
    assert unpack(data["words"]["counts"], "<u2").tolist() == [0, 0, 0]


def test_places_among_many_rows_take_four_bytes():
    n = 2**16
    audit = audit_labels(["a", "b"] * (n // 2), np.tile([[0.6, 0.4]], (n, 1)))
    records = make_records(audit, [""] * n, only_issues=False)
    found = Neighbors(np.array([0]), np.array([[n - 1, -1]]), np.array([[0.9, np.nan]]))
    data = evidence_data(Evidence(found), records, np.arange(n), [[""] * n])["neighbors"]
    assert data["bytes"] == 4
    assert unpack(data["rows"], "<u4").reshape(n, 2)[0].tolist() == [n - 1, 2**32 - 1]
