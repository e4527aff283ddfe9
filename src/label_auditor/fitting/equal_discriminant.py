"""Linear discriminant analysis to which all classes are equally likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class EqualDiscriminant(LinearDiscriminantAnalysis):
    """Linear discriminant analysis to which all classes are equally likely.

    It is scikit-learn's with `priors` of 1 / n_classes, which also give each class the same share
    in the covariance. The number of classes need not be known in advance, and may differ between
    folds where a class has few rows.

    Parameters
    ----------
    shrinkage : float
        How far the covariance is drawn towards that of a sphere, from 0 to 1. With 1, a row
        belongs to the class whose mean is nearest.
    """

    def __init__(self, shrinkage: float) -> None:
        super().__init__(solver="lsqr", shrinkage=shrinkage)

    def fit(self, X: Any, y: ArrayLike) -> EqualDiscriminant:
        """Fit the means of the classes and the covariance that they share.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : array-like of shape (n_samples,)
            The labels.

        Returns
        -------
        EqualDiscriminant
            The classifier itself, fitted.
        """
        n_classes = len(np.unique(np.asarray(y)))
        self.priors = np.full(n_classes, 1 / n_classes)
        super().fit(X, y)
        return self
