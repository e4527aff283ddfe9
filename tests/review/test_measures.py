"""What the queue measures of each row."""

import numpy as np
import pytest

from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.review.measures import measure


class Lazy:
    """Rows that are read in slices, and how many were."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.n_read = values, values.shape, values.dtype, 0

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.n_read += len(self.values[rows])
        return self.values[rows]


@pytest.mark.parametrize("n_classes", [1, 2, 5, 20, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_lazy_source_is_read_once_and_measured_as_an_array_is(n_classes, dtype):
    rng = np.random.default_rng(0)
    n = 20_000
    probs = rng.dirichlet(np.full(n_classes, 0.3), n).astype(dtype)
    codes = rng.integers(-1, n_classes, n)
    sizes = rng.integers(1, 100, n_classes).astype(float)
    n_each = n_classes if n_classes <= 20 else 0
    found = {}
    lazy = Lazy(probs)
    for source in (probs, lazy):
        other = np.empty(n, np.int8)
        found[source is lazy] = [
            *measure(LabelledRows(codes, source), sizes, other, n_each),
            other,
        ]
    assert lazy.n_read == n
    for in_memory, streamed in zip(found[False], found[True], strict=True):
        np.testing.assert_array_equal(in_memory, streamed)
    p = probs.astype(float)
    p /= p.sum(axis=1, keepdims=True)
    columns = found[True]
    assert len(columns) == 5 + n_each + 1
    for k in range(n_each):
        np.testing.assert_array_equal(columns[5 + k], p[:, k].astype(np.float32))
    given = np.maximum(codes, 0)
    np.testing.assert_array_equal(columns[0], p[np.arange(n), given].astype(np.float32))
    q = p / sizes
    q /= q.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(columns[2], q[np.arange(n), given].astype(np.float32))
    p[np.arange(n), given] = -1
    np.testing.assert_array_equal(columns[-1], p.argmax(axis=1))
