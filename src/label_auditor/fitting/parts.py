"""An X for each member of a vote, cut by rows together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object

from label_auditor._sklearn import _num_samples, _safe_indexing
from label_auditor.fitting.counted_texts import CountedTexts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.utils import Tags


class Parts:
    """Several X of the same rows.

    Parameters
    ----------
    parts : list of array-like, sparse matrix, DataFrame or Parts
        All equally long.
    """

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return int(_num_samples(self.parts[0]))

    @property
    def dtypes(self) -> list[Any]:
        """The types of all columns, as a table has them; None for what has no type."""
        return [
            dtype
            for part in self.parts
            for dtype in (
                [part.dtype] if hasattr(part, "dtype") else getattr(part, "dtypes", [None])
            )
        ]

    def __getitem__(self, rows: NDArray[Any]) -> Parts:
        """Give some rows of each."""
        if np.ndim(rows) == 0:
            # scikit-learn would take the length of a row for the number of features.
            raise TypeError("Parts are cut by arrays of rows; they have no single rows")
        return Parts([take_rows(part, rows) for part in self.parts])


def take_rows(X: Any, rows: NDArray[Any]) -> Any:
    """Give some rows of what any classifier here is fitted on."""
    return X[rows] if isinstance(X, (Parts, CountedTexts)) else _safe_indexing(X, rows)


class OnPart(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A member of a vote that is given `Parts`, and takes its own.

    Parameters
    ----------
    estimator : classifier
        The member; cloned.
    part : int
        Which part of the X it is fitted on.

    Attributes
    ----------
    estimator_ : classifier
        The fitted member.
    """

    def __init__(self, estimator: Any, part: int) -> None:
        self.estimator = estimator
        self.part = part

    def fit(self, X: Parts, y: Any, **params: Any) -> OnPart:
        """Fit the member on its part."""
        self.estimator_ = clone(self.estimator).fit(X.parts[self.part], y, **params)
        return self

    def predict_proba(self, X: Parts) -> Any:
        """Predict probabilities from its part."""
        return self.estimator_.predict_proba(X.parts[self.part])

    def get_metadata_routing(self) -> Any:
        """Say which metadata the member requests."""
        return get_routing_for_object(self.estimator)

    def __sklearn_tags__(self) -> Tags:
        return get_tags(self.estimator)
