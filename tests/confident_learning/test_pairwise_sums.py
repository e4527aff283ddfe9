import pickle
from itertools import pairwise

import numpy as np
import pytest

from label_auditor.confident_learning.pairwise_sums import join_sums, numpy_sums_so, sum_part, total


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 7, 8, 127, 128, 129, 256, 257, 1000, 4096, 100_003])
def test_sums_of_parts_are_numpys_to_the_last_bit(n, dtype):
    rng = np.random.default_rng(n)
    values = rng.random(n).astype(dtype)
    for n_cuts in (0, 1, 5, 40):
        cuts = [0, *np.sort(rng.integers(0, n + 1, n_cuts)).tolist(), n]
        ends = list(pairwise(cuts))
        parts = [sum_part(values[start:stop], start, n) for start, stop in ends]
        found = total(join_sums(pickle.loads(pickle.dumps(parts))))
        if n <= 4096 or numpy_sums_so():
            assert found == values.sum()
        assert found.dtype == dtype
        # Neighbours may be joined first, as on a cluster.
        pairs = [join_sums(parts[k : k + 2]) for k in range(0, len(parts), 2)]
        assert total(join_sums(pairs)) == found


def test_joined_parts_are_small():
    values = np.random.default_rng(0).random(10**6)
    parts = [sum_part(values[k : k + 999], k, values.size) for k in range(0, values.size, 999)]
    joined = join_sums(parts)
    assert (len(joined.sums), joined.pieces) == (1, [])
    half = join_sums(parts[100:900])
    assert len(half.sums) < 60
    assert sum(len(piece) for _, piece in half.pieces) < 256


def test_newer_numpy_sums_so():
    # NumPy 1 took 8192 values at a time.
    assert numpy_sums_so() or np.__version__.startswith("1.")
