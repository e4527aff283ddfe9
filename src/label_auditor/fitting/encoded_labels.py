"""Labels as the numbers 0, 1, 2, …, for a classifier that takes no others, such as XGBoost's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.metaestimators import available_if

from label_auditor.data.messages import quote_values
from label_auditor.fitting.columns import (
    find_output_columns,
    name_estimator,
    place_columns,
    to_array,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.utils import Tags

CLASS_WEIGHTS = {"class_weight", "class_weights"}


class LabelForm:
    """Whether a classifier gets the labels as they are, or as codes.

    It gets them as they are until a fit raises. Codes are then tried, once: if that fit succeeds,
    all later ones use codes; if not, the labels were not to blame, and the first error stands.
    """

    def __init__(self) -> None:
        self.encoded: bool | None = None

    def fit(self, estimator: Any, X: Any, y: NDArray[Any], params: dict[str, Any]) -> Any:
        """Fit a classifier that nobody has fitted; give it, or one of codes that stands for it."""
        if self.encoded:
            return encode_last(estimator).fit(X, y, **params)
        try:
            estimator.fit(X, y, **params)
        except Exception as refusal:
            classes = np.unique(y)
            are_codes = classes.dtype.kind in "iu" and _counts_from_0(classes)
            if self.encoded is False or are_codes or isinstance(refusal, MemoryError):
                raise
            self.encoded = False
            with suppress(Exception):  # the first error stands
                fitted = encode_last(clone(estimator)).fit(X, y, **params)
                self.encoded = True
                return fitted
            raise
        return estimator


def _counts_from_0(classes: NDArray[Any]) -> bool:
    """Say whether classes are 0, 1, 2, … without gaps."""
    return np.array_equal(classes, np.arange(len(classes)))


def encode_last(estimator: Any) -> Any:
    """Give a classifier its labels as codes; in a pipeline, its last step alone."""
    if not isinstance(estimator, Pipeline):
        return EncodedLabels(estimator)
    name, last = estimator.steps[-1]
    pipeline = clone(estimator)
    pipeline.steps[-1] = (name, encode_last(last))
    return pipeline


def _has(method: str) -> Any:
    """Say whether the classifier inside has a method."""

    def check(self: Any) -> bool:
        getattr(self.__dict__.get("estimator_", self.estimator), method)
        return True

    return check


class EncodedLabels(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that is fitted on codes, and speaks of labels.

    Everything that it does not have itself, such as `feature_importances_`, is that of the fitted
    classifier inside.

    Parameters
    ----------
    estimator : classifier
        Cloned, and fitted on the position of each label among the sorted labels. Where its
        `class_weight` is a dict, the labels in it are encoded too.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier of codes.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> encoded = EncodedLabels(GaussianNB()).fit([[0.0], [0.1], [1.0], [1.1]], list("aabb"))
    >>> encoded.estimator_.classes_, encoded.predict([[0.9]])
    (array([0, 1]), array(['b'], dtype='<U1'))
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, **params: Any) -> EncodedLabels:
        """Fit the classifier inside on codes."""
        classes, codes = np.unique(np.asarray(y), return_inverse=True)
        estimator = clone(self.estimator, safe=False)
        translated = _encode_weights(estimator.get_params(deep=True), classes)
        if translated:
            estimator.set_params(**translated)
        self.estimator_ = estimator
        estimator.fit(X, codes, **params)
        self.classes_ = classes
        return self

    @property
    def encoded_name(self) -> str:
        """The name of the classifier inside, for messages."""
        return name_estimator(self.estimator)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict labels."""
        codes = np.asarray(self.estimator_.predict(X)).astype(np.intp)
        return self.classes_[codes]

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, in the order of `classes_`."""
        return self._in_order(self.estimator_.predict_proba(X), 0)

    @available_if(_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> Any:
        """Predict log probabilities, in the order of `classes_`."""
        return self._in_order(self.estimator_.predict_log_proba(X), -np.inf)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Give the decision function of the classifier inside."""
        return self.estimator_.decision_function(X)

    def get_metadata_routing(self) -> Any:
        """Say which metadata the classifier inside requests."""
        return get_routing_for_object(self.estimator)

    def _in_order(self, probs: Any, fill: float) -> Any:
        """Put columns in the order of `classes_`; other shapes are for the caller to refuse."""
        columns = find_output_columns(self.estimator_, probs, np.arange(len(self.classes_)))
        shape: tuple[int, ...] = np.shape(probs)
        if len(shape) == 2 and shape[1] > len(columns):
            raise ValueError(
                f"{self.encoded_name} has {shape[1]} outputs, but it was fitted on "
                f"{len(self.classes_)} classes ({quote_values(self.classes_)}) as the codes 0, 1, "
                "2, …, so that nothing says which class each output is. Give it an output for each "
                "class of y; if it has, and only these rows lack a class, pass y as codes of your "
                "own, LabelEncoder().fit_transform(y): then the label 2 is output 2 everywhere."
            )
        if shape != (len(probs), len(columns)) or (columns < 0).any():
            return probs
        return place_columns(to_array(probs), columns, len(self.classes_), fill)

    def __getattr__(self, name: str) -> Any:
        # Called for what is not found. Before fit and in copy and pickle there is nothing inside.
        fitted = self.__dict__.get("estimator_")
        if fitted is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(fitted, name)

    def __sklearn_is_fitted__(self) -> bool:
        return "classes_" in self.__dict__

    def __sklearn_tags__(self) -> Tags:
        return get_tags(self.estimator)


def _encode_weights(params: dict[str, Any], classes: NDArray[Any]) -> dict[str, Any]:
    """Translate parameters that give a weight to each label; those of absent labels are dropped."""
    code = {value: position for position, value in enumerate(classes.tolist())}
    return {
        name: {code[label]: weight for label, weight in value.items() if label in code}
        for name, value in params.items()
        if name.rpartition("__")[2] in CLASS_WEIGHTS and isinstance(value, dict)
    }
