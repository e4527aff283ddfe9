"""What blocks of rows add to a naive Bayes: counts or moments, which add up."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.utils.validation import validate_data

from label_auditor._sklearn import _safe_indexing
from label_auditor.fitting.leave_one_out.gaussian import (
    Known,
    find_moments,
    join_moments,
    stack_moments,
)
from label_auditor.fitting.leave_one_out.naive_bayes import (
    count_adding_rows,
    count_rows_of_categories,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from label_auditor.fitting.leave_one_out.arithmetic import Data
    from label_auditor.fitting.leave_one_out.gaussian import Moments


class Counts:
    """The counts of a MultinomialNB, ComplementNB or BernoulliNB.

    Parameters
    ----------
    model : classifier
        Fitted by its counts; its logarithms may be older, until `finish` is called.
    n_rows : ndarray of int, shape (n_classes, n_features)
        How many rows add something to each count.
    """

    needs_others = False

    def __init__(self, model: Any, n_rows: Any) -> None:
        self.model = model
        self.n_rows = n_rows

    @classmethod
    def of_rows(cls, classifier: Any, data: Data) -> Counts:
        """Count rows."""
        weighs = bool(data.weights.any())
        weights = data.weights if weighs else None  # scikit-learn refuses rows without any weight
        y = data.classes[data.codes]
        with np.errstate(divide="ignore", invalid="ignore"):  # of logarithms, not used here
            model = clone(classifier)
            model.partial_fit(data.X, y, classes=data.classes, sample_weight=weights)
        if not weighs:
            for counts in [model.class_count_, *cls._of_features(model)]:
                counts[:] = 0
        return cls(model, cls._count_rows(model, data))

    def add(self, others: Sequence[Any]) -> Counts:
        """Give the sum with the counts of other rows."""
        model = deepcopy(self.model)
        for each in others:
            model.class_count_ += each.model.class_count_
            model.feature_count_ += each.model.feature_count_
        return Counts(model, sum((each.n_rows for each in others), self.n_rows))

    def finish(self) -> Counts:
        """Let the model find the logarithms of its counts.

        It learns from two equal rows whose weights are opposite, and so add nothing.
        """
        import pandas as pd

        model = deepcopy(self.model)
        rows = np.tile(self._find_row(), (2, 1))
        names = getattr(model, "feature_names_in_", None)
        X = rows if names is None else pd.DataFrame(rows, columns=names)
        model.partial_fit(X, model.classes_[[0, 0]], sample_weight=[1.0, -1.0])
        return type(self)(model, self.n_rows)

    def know(self, others: Sequence[Any]) -> Any:  # noqa: ARG002 - as for all
        """Give what is to be known beside the model to judge some of its rows."""
        return self.n_rows

    @staticmethod
    def _of_features(model: Any) -> list[NDArray[np.float64]]:
        return [model.feature_count_]

    @staticmethod
    def _count_rows(model: Any, data: Data) -> Any:
        return count_adding_rows(model, data)

    def _find_row(self) -> Any:
        """Give a row that the model takes."""
        return np.zeros(self.model.n_features_in_)


class CategoryCounts(Counts):
    """The counts of a CategoricalNB. Blocks may know different numbers of categories.

    Parameters
    ----------
    model : CategoricalNB
        As for `Counts`.
    n_rows : list of ndarray of int
        What `count_rows_of_categories` gives.
    """

    def add(self, others: Sequence[Any]) -> CategoryCounts:
        """Give the sum with the counts of other rows."""
        model = deepcopy(self.model)
        everything = [self, *others]
        model.class_count_ = np.sum([each.model.class_count_ for each in everything], axis=0)
        model.category_count_ = _add_padded([each.model.category_count_ for each in everything])
        return CategoryCounts(model, _add_padded([each.n_rows for each in everything]))

    @staticmethod
    def _of_features(model: Any) -> list[NDArray[np.float64]]:
        counts: list[NDArray[np.float64]] = model.category_count_
        return counts

    @staticmethod
    def _count_rows(model: Any, data: Data) -> Any:
        return count_rows_of_categories(model, data)

    def _find_row(self) -> Any:
        return np.array([counts.shape[1] - 1 for counts in self.model.category_count_])


class ClassMoments:
    """The means and variances of a GaussianNB.

    Parameters
    ----------
    model : GaussianNB
        What is known of all its rows is wrong, until `finish` is called.
    moments : Moments
        Those of the classes, and last of all rows, where weights don't count.
    """

    needs_others = True

    def __init__(self, model: Any, moments: Moments) -> None:
        self.model = model
        self.moments = moments

    @classmethod
    def of_rows(cls, classifier: Any, data: Data) -> ClassMoments:
        """Find the moments of rows."""
        first = data.classes[data.codes[:1]]
        model = clone(classifier)
        model.partial_fit(_safe_indexing(data.X, [0]), first, classes=data.classes)
        model.theta_ = model.var_ = None  # of one row, and kept for each block
        X = validate_data(model, data.X, reset=False).astype(np.float64, copy=False)
        return cls(model, find_moments(X, data))

    def add(self, others: Sequence[Any]) -> ClassMoments:
        """Give the moments of these and other rows."""
        together = stack_moments([self.moments, *(each.moments for each in others)])
        return ClassMoments(self.model, join_moments(together))

    def finish(self) -> ClassMoments:
        """Give the model its moments."""
        model = deepcopy(self.model)
        classes, everything = self.moments.of(slice(-1)), self.moments.of(-1)
        model.epsilon_ = model.var_smoothing * everything.variances.max()
        model.class_count_, model.theta_ = classes.sizes, classes.means
        model.var_ = classes.variances + model.epsilon_
        if model.priors is None:
            model.class_prior_ = classes.sizes / classes.sizes.sum()
        return ClassMoments(model, self.moments)

    def know(self, others: Sequence[Any]) -> Known:
        """Give what is to be known beside the model to judge the rows that are not in others."""
        elsewhere = others[0].add(others[1:]).moments if others else None
        return Known(self.moments, elsewhere)


COUNTING: dict[type, type[Counts | ClassMoments]] = {
    MultinomialNB: Counts,
    ComplementNB: Counts,
    BernoulliNB: Counts,
    CategoricalNB: CategoryCounts,
    GaussianNB: ClassMoments,
}


def _add_padded(counts: list[list[NDArray[Any]]]) -> list[NDArray[Any]]:
    """Add counts feature by feature, some of which have more columns than others."""
    return [_add_of_feature(of_feature) for of_feature in zip(*counts, strict=True)]


def _add_of_feature(counts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    total = np.zeros((len(counts[0]), max(each.shape[1] for each in counts)), counts[0].dtype)
    for each in counts:
        total[:, : each.shape[1]] += each
    return total
