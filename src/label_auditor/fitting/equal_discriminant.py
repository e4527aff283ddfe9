"""Linear discriminant analysis to which all classes are equally likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class EqualDiscriminant(LinearDiscriminantAnalysis):
    """Linear discriminant analysis to which all classes are equally likely.

    The parameter `priors` of scikit-learn's class wants to know how many classes there are, which
    differs between folds where a class has few rows. It also weighs the covariances of the classes,
    and these are here weighed by their rows, as they are without `priors`.

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
        fitted: Any = super().fit(X, y)
        frequency = np.log(fitted.priors_)
        # Of two classes, scikit-learn keeps the difference only.
        fitted.intercept_ -= frequency if len(frequency) > 2 else np.diff(frequency)
        fitted.priors_ = np.full(len(frequency), 1 / len(frequency))
        return self
