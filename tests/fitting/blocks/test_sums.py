"""What blocks add up to is what all rows have, however hard their numbers are."""

from itertools import pairwise

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB

from label_auditor.fitting.blocks.counting import leave_out_blocks
from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.sums import COUNTING
from label_auditor.fitting.blocks.weights import weigh_blocks
from label_auditor.fitting.leave_one_out.arithmetic import Data
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import fit_without_each

rng = np.random.default_rng(0)
N = 41
# Class 3 has two rows, which are in the first and the last block.
CODES = np.r_[0, 1, 2, 3, rng.integers(0, 3, N - 5), 3]
WEIGHTS = rng.uniform(0.2, 3, N)
WEIGHTS[14:21] = 0  # a whole block
PLAIN = rng.normal(size=(N, 4)) + CODES[:, None]
ODD = PLAIN * [1, 1e-3, 1e3, 1]  # other scales, constant in a class or in all, a row far out
ODD[:, 3], ODD[CODES == 1, 0], ODD[8, 0] = 0.1, 3.3, 1e6
COUNTS = rng.poisson(1, (N, 4))


def leave_out(classifier, X, weights):
    blocks = read_blocks(da.from_array(X, chunks=(7, -1)), CODES, allow_missing=False)
    blocks = weigh_blocks(blocks, None, weights, CODES)
    learner = cut_estimator(classifier, "loo", "dask Array", share=True)
    return leave_out_blocks(learner, blocks, CODES, np.arange(4))[1]


GAUSSIAN = GaussianNB()


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize(
    ("classifier", "X", "tolerance", "of_fits"),
    [
        (GAUSSIAN, PLAIN, 1e-13, 1e-13),
        (GAUSSIAN, ODD, 1e-13, 1e-13),
        (GaussianNB(priors=[0.1, 0.2, 0.3, 0.4]), ODD, 1e-13, 1e-13),
        (GAUSSIAN, PLAIN.astype(np.float32), 1e-13, 1e-13),
        (GAUSSIAN, np.eye(N), 1e-13, 1e-5),  # a row makes a variance alone: fits lose digits
        (GAUSSIAN, PLAIN + 1e8, 1e-7, 1e-7),  # of which 8 digits are left
    ],
    ids=["plain", "odd", "priors", "32 bits", "diagonal", "far from 0"],
)
def test_moments_of_blocks_leave_one_out(classifier, X, tolerance, of_fits, weights):
    found = leave_out(classifier, X, weights)
    params = {} if weights is None else {"sample_weight": weights}
    _, in_memory = leave_one_out(classifier, X, CODES, np.arange(4), params)
    np.testing.assert_allclose(found, in_memory, rtol=0, atol=tolerance)
    expected = fit_without_each(classifier, X.astype(float), CODES, weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=of_fits)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize(
    "classifier",
    [CategoricalNB(min_categories=9), ComplementNB(), BernoulliNB(binarize=1, alpha=0.1)],
    ids=str,
)
def test_counts_of_blocks_leave_one_out(classifier, weights):
    expected = fit_without_each(classifier, COUNTS, CODES, weights)
    np.testing.assert_allclose(leave_out(classifier, COUNTS, weights), expected, atol=1e-13)


@pytest.mark.filterwarnings("ignore:cv='loo' can't judge row")
def test_the_only_row_of_the_highest_category_is_not_judged():
    X = COUNTS.copy()
    X[30, 2] = 9
    expected = fit_without_each(CategoricalNB(), X, CODES)
    assert np.isnan(expected[30]).all()
    np.testing.assert_allclose(leave_out(CategoricalNB(), X, None), expected, atol=1e-13)


def test_a_row_whose_class_has_no_other_weight_is_not_judged():
    weights = np.where(np.arange(N) == 3, 0, WEIGHTS)
    found = leave_out(GaussianNB(), PLAIN, weights)
    assert np.flatnonzero(np.isnan(found[:, 0])).tolist() == [40]
    X = np.minimum(COUNTS, 2)
    X[3, 2] = 9  # this row has no weight, and so is not alone, but the only one of its category
    with pytest.warns(UserWarning, match="can't judge row 3: CategoricalNB"):
        found = leave_out(CategoricalNB(), X, weights)
    assert {3, 40} == set(np.flatnonzero(np.isnan(found[:, 0])))


@pytest.mark.parametrize(
    "classifier",
    [GaussianNB(), GaussianNB(priors=[0.1, 0.2, 0.3, 0.4]), CategoricalNB(), ComplementNB()],
    ids=str,
)
def test_sums_of_parts_make_the_model_of_all_rows(classifier):
    X = pd.DataFrame(COUNTS, columns=list("pqrs"))
    classes = np.array(list("abcd"))
    parts = [
        COUNTING[type(classifier)].of_rows(
            classifier, Data(X[a:b], CODES[a:b], classes, np.ones(b - a), {})
        )
        for a, b in pairwise([0, 3, 4, 30, N])
    ]
    model = parts[0].add(parts[1:]).finish().model
    expected = clone(classifier).fit(X, classes[CODES])
    assert vars(model).keys() == vars(expected).keys()
    for name, value in vars(expected).items():
        # In a list, there is an array for each feature.
        of_both = getattr(model, name), value
        found, wanted = map(np.hstack, of_both) if isinstance(value, list) else of_both
        if np.asarray(wanted).dtype.kind == "f":
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
        else:
            np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
