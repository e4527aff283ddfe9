"""Predictions of a meta-estimator by the classifier inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    Method = TypeVar("Method", bound=Callable[..., Any])

    def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
        """Keep the type of the method, which scikit-learn's decorator loses."""

else:
    from sklearn.utils.metaestimators import available_if


def _estimator_has(method: str) -> Any:
    """Say whether the wrapped estimator, fitted if it is, has a method; else raise as it does."""

    def check(self: Any) -> bool:
        if self.train_on is None:
            raise AttributeError(
                f"LabelAuditor has no {method} with train_on=None, which fits no final classifier; "
                "pass train_on='all'."
            )
        getattr(getattr(self, "estimator_", self._base()), method)
        return True

    return check


class PredictionMixin:
    """The methods of the classifier in `estimator_`, each where it has it."""

    estimator_: Any

    @available_if(_estimator_has("predict"))
    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes with `estimator_`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predicted classes, in y's own values.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)  # type: ignore[no-any-return]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Predict probabilities with `estimator_`.

        These are no out-of-sample probabilities for the rows given to `fit`: for those see
        `cv_probabilities_`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)  # type: ignore[no-any-return]

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> NDArray[np.floating]:
        """Predict log probabilities with `estimator_`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            Natural logarithms of the probabilities, in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)  # type: ignore[no-any-return]

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> NDArray[np.floating]:
        """Give the decision function of `estimator_`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of float, shape (n_samples,) or (n_samples, n_classes)
            As the classifier gives it.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)  # type: ignore[no-any-return]
