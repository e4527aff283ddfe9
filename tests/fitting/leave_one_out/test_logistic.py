import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from label_auditor.fitting.leave_one_out import arithmetic
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import fit_without_each

X, codes = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)[::2]
codes = codes[::2]
weights = np.random.default_rng(0).uniform(0.5, 2, len(codes))


@pytest.mark.parametrize("labels", [codes, np.minimum(codes, 1)], ids=["three", "two"])
@pytest.mark.parametrize(
    ("params", "sample_weight"),
    [
        ({}, None),
        ({}, weights),
        ({"class_weight": "balanced"}, None),
        ({"class_weight": "balanced"}, weights),
        ({"class_weight": {0: 3.0, 1: 0.5}}, None),
        ({"fit_intercept": False}, None),
    ],
    ids=str,
)
def test_a_newton_step_comes_close(params, sample_weight, labels):
    classifier = LogisticRegression(C=0.3, tol=1e-8, max_iter=1000, **params)
    some = np.r_[0 : len(labels) : 2]
    data = X[some], labels[some]
    sample_weight = None if sample_weight is None else sample_weight[some]
    given = {} if sample_weight is None else {"sample_weight": sample_weight}
    fitted, pred_probs = leave_one_out(classifier, *data, np.unique(labels), given)
    expected = fit_without_each(classifier, *data, sample_weight)
    error = np.abs(pred_probs - expected)
    unjudged = np.abs(fitted.predict_proba(data[0]) - expected)
    assert error.max() < 0.01
    assert error.mean() < unjudged.mean() / 20


def test_the_error_falls_with_the_square_of_the_number_of_rows():
    rng = np.random.default_rng(1)
    errors = []
    for n_rows in (40, 160):
        some = rng.integers(0, 2, n_rows)
        features = rng.normal(size=(n_rows, 2)) + some[:, None]
        classifier = LogisticRegression(tol=1e-10, max_iter=1000)
        _, pred_probs = leave_one_out(classifier, features, some, np.arange(2))
        errors.append(np.abs(pred_probs - fit_without_each(classifier, features, some)).mean())
    assert errors[1] < errors[0] / 8


def test_blocks_of_rows_change_nothing(monkeypatch):
    classifier = LogisticRegression(class_weight="balanced")
    _, whole = leave_one_out(classifier, X, codes, np.arange(3))
    monkeypatch.setattr(arithmetic, "BLOCK_CELLS", 50)
    _, in_blocks = leave_one_out(classifier, X, codes, np.arange(3))
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-8)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"solver": "liblinear"}, "solver='liblinear' penalises the intercept"),
        ({"solver": "saga", "l1_ratio": 1.0, "penalty": "l1"}, "its penalty has a corner"),
        ({"solver": "saga", "l1_ratio": 0.5, "penalty": "elasticnet"}, "its penalty has a corner"),
        ({"C": np.inf}, "without a penalty"),
    ],
)
def test_losses_without_a_newton_step_are_refused(params, reason):
    with pytest.raises(ValueError, match=f"LogisticRegression: {reason}"):
        leave_one_out(LogisticRegression(**params), X, codes, np.arange(3))


def test_sparse_features_are_refused():
    with pytest.raises(ValueError, match="X is sparse; make the features dense"):
        leave_one_out(LogisticRegression(), sparse.csr_matrix(X), codes, np.arange(3))
