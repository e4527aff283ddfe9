"""Leave-one-out as it is defined: as many fits as there are rows."""

import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from label_auditor.fitting.leave_one_out.registry import leave_one_out

SINGULAR = "The covariance matrix of class .* is not full rank"  # an error in newer versions


def fit_without_each(classifier, X, codes, sample_weight=None):
    """Predict each row with a clone fitted on all others; NaN where there is no such model."""
    X = X.tocsr() if issparse(X) else X
    n_classes = codes.max() + 1
    pred_probs = np.full((len(codes), n_classes), np.nan)
    for row in range(len(codes)):
        others = np.delete(np.arange(len(codes)), row)
        if codes[row] not in codes[others]:
            continue
        params = {} if sample_weight is None else {"sample_weight": sample_weight[others]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(classifier, QuadraticDiscriminantAnalysis):
                warnings.filterwarnings("error", SINGULAR)
            try:
                fitted = clone(classifier).fit(X[others], codes[others], **params)
                pred_probs[row] = fitted.predict_proba(X[[row]])[0]
            except (ValueError, IndexError, Warning, np.linalg.LinAlgError):
                pred_probs[row] = np.nan
    return pred_probs


def assert_leaves_one_out(
    classifier, X, codes, sample_weight=None, tolerance=1e-9, forms=(lambda same: same,)
):
    """Compare with as many fits as there are rows, NaN for NaN; the fitted one is of all rows."""
    params = {} if sample_weight is None else {"sample_weight": sample_weight}
    expected = fit_without_each(classifier, X, codes, sample_weight)
    for form in forms:
        given = form(X)
        fitted, pred_probs = leave_one_out(classifier, given, codes, np.unique(codes), params)
        np.testing.assert_allclose(pred_probs, expected, rtol=0, atol=tolerance)
        whole = clone(classifier).fit(given, codes, **params)
        np.testing.assert_array_equal(fitted.predict_proba(given), whole.predict_proba(given))
