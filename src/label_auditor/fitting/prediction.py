"""Predictions of a meta-estimator by the classifier inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from label_auditor.data.messages import quote_values
from label_auditor.data.tables import is_table
from label_auditor.data.values import in_memory
from label_auditor.fitting.columns import (
    find_output_columns,
    name_estimator,
    place_columns,
    read_probabilities,
    to_array,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

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


def _of_the_estimator(function: Method) -> Method:
    """Make a method of LabelAuditor, where its estimator has it; errors call it so, too."""
    function.__qualname__ = f"LabelAuditor.{function.__name__}"
    return available_if(_estimator_has(function.__name__))(function)


class PredictionMixin:
    """The methods of the classifier in `estimator_`, each where it has it."""

    estimator_: Any
    classes_: NDArray[Any]

    @_of_the_estimator
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
        return _as_labels(self.estimator_.predict(in_memory(X)), self.classes_)

    @_of_the_estimator
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
        return self._by_class("predict_proba", X)

    @_of_the_estimator
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
        return self._by_class("predict_log_proba", X)

    @_of_the_estimator
    def decision_function(self, X: Any) -> NDArray[np.floating]:
        """Give the decision function of `estimator_`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of float, shape (n_samples,) or (n_samples, n_classes)
            In the order of `classes_`; for two classes, high for the second. An SVC that gives one
            column for each pair of classes gives them in its own order.
        """
        check_is_fitted(self)
        return self._by_class("decision_function", X)

    def _by_class(self, method: str, X: Any) -> NDArray[np.floating]:
        """Give what a method of `estimator_` does, in the order of `classes_`."""
        output = getattr(self.estimator_, method)(in_memory(X))
        found = np.asarray(self.estimator_.classes_)
        same = np.array_equal(found, self.classes_) and not is_table(output)
        if method == "decision_function":
            return output if same else _order_decisions(self.estimator_, output, self.classes_)
        if same and np.shape(output) == (len(output), len(found)):
            return output  # type: ignore[no-any-return]
        rows = np.arange(len(output))
        if method == "predict_proba":
            return read_probabilities(self.estimator_, output, rows, self.classes_)[0]
        columns = find_output_columns(self.estimator_, output, self.classes_)
        known = columns >= 0
        output = to_array(output)[:, known]
        return place_columns(output, columns[known], len(self.classes_), -np.inf)


def _as_labels(predicted: Any, classes: NDArray[Any]) -> NDArray[Any]:
    """Give predictions as a vector of y's own values: CatBoost gives a column, XGBoost ints."""
    labels: NDArray[Any] = np.asarray(predicted)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.ndim != 1 or labels.dtype.kind == classes.dtype.kind:
        return labels
    place = {value: position for position, value in enumerate(classes.tolist())}
    codes = [place.get(value, -1) for value in labels.tolist()]
    return labels if -1 in codes else classes[codes]


def _order_decisions(estimator: Any, output: Any, classes: NDArray[Any]) -> NDArray[np.floating]:
    """Put the columns of a decision function in order; for two classes, see to its sign."""
    columns = find_output_columns(estimator, output, classes)
    decisions: NDArray[np.floating] = to_array(output)
    if decisions.ndim == 1 and columns.tolist() in ([0, 1], [1, 0]):
        return decisions if columns[0] == 0 else -decisions
    if decisions.shape != (len(decisions), len(columns)) or (columns < 0).any():
        raise ValueError(
            f"decision_function of {name_estimator(estimator)} gave shape {decisions.shape}, whose "
            f"columns can't be matched to the classes {quote_values(classes)}; use predict_proba."
        )
    return place_columns(decisions, columns, len(classes), -np.inf)
