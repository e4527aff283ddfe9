import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor.confident_learning.joint import count_joint
from label_auditor.confident_learning.kept import Entries, Whole
from label_auditor.confident_learning.selection import (
    NoiseCells,
    cell_margins,
    group_cuts,
    rank_by_noise_rate,
    rank_in_group,
    smallest,
    smallest_of_each_group,
)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    # Few large groups are split, many small ones are sorted.
    sizes=st.sampled_from([(0, 3), (50, 1), (50, 30), (3000, 2), (3000, 400)]),
    distinct=st.sampled_from([1, 5, 10**9]),
)
def test_smallest_of_each_group(seed, sizes, distinct):
    n, n_groups = sizes
    rng = np.random.default_rng(seed)
    values = rng.integers(0, distinct, n).astype(rng.choice(["f4", "f8"]))
    values *= rng.choice([-1, 1], n)  # -0 is equal to 0
    groups = rng.integers(0, n_groups, n)
    numbers = rng.integers(0, 2 * n // n_groups + 2, n_groups)
    picked = np.zeros(n, bool)
    cuts = np.empty(n_groups)
    for group, number in enumerate(numbers):
        members = np.flatnonzero(groups == group)
        members = members[values[members].argsort(kind="stable")]
        picked[members[:number]] = True
        last = values[members[number - 1]] if 0 < number <= members.size else None
        cuts[group] = -np.inf if number == 0 else np.inf if last is None else last
    np.testing.assert_array_equal(smallest_of_each_group(values, groups, numbers), picked)
    np.testing.assert_array_equal(group_cuts(values, groups, numbers), cuts)


def test_smallest_takes_the_first_of_equal_values():
    values = np.array([2.0, np.nan, 1, 2, 0, 2])
    np.testing.assert_array_equal(np.sort(smallest(values, 3)), [0, 2, 4])
    np.testing.assert_array_equal(np.sort(smallest(values, 4)), [0, 2, 3, 4])
    assert smallest(values, 0).size == 0


def test_rank_in_group_goes_by_the_keys_then_by_position():
    groups = np.array([1, 0, 1, 1, 0, 1])
    first = np.array([2, 5, 1, 1, 5, 1])
    second = np.array([0, 0, 9, 3, 0, 3])
    np.testing.assert_array_equal(rank_in_group(groups, first, second), [3, 0, 2, 0, 1, 1])
    np.testing.assert_array_equal(rank_in_group(groups), [0, 0, 1, 2, 1, 3])


@pytest.mark.parametrize("n_cells", [3, 40, 380])
def test_cell_margins(n_cells):
    rng = np.random.default_rng(n_cells)
    n, n_classes = 500, 20
    probs = rng.dirichlet(np.ones(n_classes), 3 * n)
    rows = np.sort(rng.choice(3 * n, n, replace=False))
    codes = rng.integers(0, n_classes, n)
    given_prob = probs[rows, codes]
    off_diagonal = np.flatnonzero(~np.eye(n_classes, dtype=bool))
    pairs = np.sort(rng.choice(off_diagonal, n_cells, replace=False))
    lower = rng.uniform(-0.1, 0.2, n_cells)
    cells = NoiseCells(pairs, np.ones(n_cells, int), lower, n_classes)
    assert cells.dense == (n_cells > 50)
    found = cell_margins(rows, codes, given_prob, Whole(probs), cells)
    expected = {
        (row, cell, probs[row, pairs[cell] % n_classes] - given_prob[i])
        for i, row in enumerate(rows.tolist())
        for cell in np.flatnonzero(pairs // n_classes == codes[i]).tolist()
        if probs[row, pairs[cell] % n_classes] - given_prob[i] >= lower[cell]
    }
    triples = zip(found.row.tolist(), found.cell.tolist(), found.margin.tolist(), strict=True)
    assert set(triples) == expected
    assert found.row.size == len(expected)
    # Of what isn't kept no margin is above 0.
    above = NoiseCells(pairs, np.ones(n_cells, int), np.maximum(lower, 1e-9), n_classes)
    some = np.flatnonzero(np.arange(3 * n) % 7)
    rows, codes, given_prob = (each[rows % 7 > 0] for each in (rows, codes, given_prob))
    place = np.flatnonzero(probs[some] > 0.01)
    value = probs[some].ravel()[place]
    kept = Entries(some.astype(np.int32), place.astype(np.int32), value, n_classes, 0.01)
    for sparse, whole in zip(
        cell_margins(rows, codes, np.maximum(given_prob, 0.01), kept, above),
        cell_margins(rows, codes, np.maximum(given_prob, 0.01), Whole(probs), above),
        strict=True,
    ):
        np.testing.assert_array_equal(sparse, whole)


def test_places_go_by_noise_rates():
    # Given class 0, two rows are expected to be of class 1 for every one of class 2.
    counts = count_joint(np.zeros(3, int), np.array([1, 1, 2]), 4)
    predicted = np.array([1, 2, 1, 2, 1, 3, 1, 2])
    margin = np.array([0.5, 0.1, 0.6, 0.9, 0.2, 0.95, 0.1, 0.8])
    rank = rank_by_noise_rate(np.zeros(8, int), predicted, margin, counts)
    by_rank = np.array(rank).argsort()
    np.testing.assert_array_equal(predicted[by_rank], [1, 2, 1, 1, 2, 1, 2, 3])
    for k in (1, 2):
        assert (np.diff(margin[by_rank][predicted[by_rank] == k]) < 0).all()
