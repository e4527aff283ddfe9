"""What the page knows of the labels of a row: the classes that its card needs, and no more."""

import base64

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.report.label_columns import (
    N_CANDIDATES,
    N_DOUBTED,
    LabelColumns,
    SetColumns,
    pack,
    pack_shares,
    pack_whole,
)

K = 12


def unpack(data, dtype):
    return np.frombuffer(base64.b64decode(data), dtype)


def unpack_whole(found):
    return unpack(found["values"], f"<i{found['bytes']}")


@pytest.fixture
def probabilities():
    return np.random.default_rng(0).dirichlet(np.ones(K), 5)


def test_numbers_are_little_endian_bytes():
    assert unpack(pack(np.array([1, -1], ">i8"), "<i4"), "<i4").tolist() == [1, -1]


@pytest.mark.parametrize(
    ("low", "high", "size"), [(-128, 127, 1), (0, 128, 2), (-129, 0, 2), (0, 2**15, 4)]
)
def test_whole_numbers_take_as_few_bytes_as_they_need(low, high, size):
    found = pack_whole(np.array([low, 5, high]))
    assert found["bytes"] == size
    assert unpack_whole(found).tolist() == [low, 5, high]
    assert unpack_whole(pack_whole(np.array([], int))).tolist() == []


def test_what_is_not_quite_certain_does_not_become_so():
    values = np.array([0, 1e-12, 0.25, 0.49999, 0.5, 1 - 1e-12, 1])
    shares = unpack(pack_shares(values), "<u2")
    assert shares.tolist()[:2] == [0, 1]
    assert shares.tolist()[-2:] == [65534, 65535]
    np.testing.assert_allclose(shares / 65535, values, rtol=0, atol=1 / 65535)
    assert shares[3] / 65535 < 0.5 <= shares[4] / 65535


def test_the_likeliest_classes_of_one_label(probabilities):
    audit = audit_labels([0, 1, 2, 3, 4], probabilities, classes=range(K))
    columns = LabelColumns(audit, np.array([3, 0]))
    columns.add(0, probabilities[3])
    found = columns.packed()
    top = unpack_whole(found["top"]).reshape(2, N_CANDIDATES)
    assert top[0].tolist() == np.argsort(-probabilities[3])[:N_CANDIDATES].tolist()
    assert top[1].tolist() == [-1] * N_CANDIDATES  # not judged
    assert unpack_whole(found["given"]).tolist() == [3, 0]
    assert unpack_whole(found["suggested"]).tolist() == [probabilities[3].argmax(), -1]
    given = unpack(found["given_probability"], "<f4")
    assert given[0] == np.float32(probabilities[3, 3])
    assert np.isnan(given[1])


def test_of_many_classes_of_a_set_those_in_doubt_and_those_it_has():
    pred_probs = np.full((3, K), 0.1)
    pred_probs[0, :3] = 0.9, 0.2, 0.95
    pred_probs[1] = np.linspace(0.01, 0.45, K)
    audit = audit_labels([[0, 1], [], [5]], pred_probs, classes=range(K), multi_label=True)
    columns = SetColumns(audit, np.arange(3))
    for i, row in enumerate(pred_probs):
        columns.add(i, row)
    found = columns.packed()
    starts, top = unpack_whole(found["starts"]), unpack_whole(found["top"])
    first, second, third = np.split(top, starts[1:-1])
    assert first[:2].tolist() == [2, 1]  # missing, and given
    assert 0 in first  # given, and not in doubt
    assert len(first) == N_DOUBTED + 1
    assert second.tolist() == list(range(K - 1, K - 1 - N_DOUBTED, -1))
    assert third[0] == 5
    assert found["sets"] == [[0, 1], [], [5], [0, 2]]
    assert unpack_whole(found["given"]).tolist() == [0, 1, 2]
    assert unpack_whole(found["suggested"]).tolist() == [3, 1, 1]
