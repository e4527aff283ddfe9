"""Leave-one-out naive Bayes over texts that are counted anew each time that they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.naive_bayes import MultinomialNB

from label_auditor.fitting.leave_one_out.arithmetic import normalise
from label_auditor.fitting.leave_one_out.naive_bayes import (
    Entries,
    judge_multinomial,
    log_prior,
    read_alpha,
)

if TYPE_CHECKING:
    from label_auditor.fitting.counted_texts import CountedTexts
    from label_auditor.fitting.leave_one_out.naive_bayes import Codes, Floats


class CountedNB(MultinomialNB):  # type: ignore[misc]
    """MultinomialNB that finds the logarithms of its sums when it is asked for them.

    With many terms, each of the two takes much memory, and the sums alone tell all.
    """

    @property
    def feature_log_prob_(self) -> Floats:
        """The logarithm of the share that each term has of a class, shape (n_classes, n_terms)."""
        # In the order in which rows are multiplied by them, so that no copy is made for that.
        alpha = read_alpha(self, self.feature_count_.shape[1])
        shares: Floats = np.add(self.feature_count_.T, alpha[:, np.newaxis], order="C")
        totals = shares.sum(axis=0)
        np.log(shares, out=shares)
        shares -= np.log(totals)
        return shares.T

    @feature_log_prob_.setter
    def feature_log_prob_(self, values: Floats) -> None:
        """Keep nothing: `fit` sets what can be found again."""


def leave_out_counted(
    estimator: MultinomialNB,
    X: CountedTexts,
    codes: Codes,
    classes: Any,
    fit_params: dict[str, Any],
) -> tuple[CountedNB, Floats]:
    """Fit naive Bayes, and predict each row as a model of all other rows would, in two passes.

    The sums of each class add up over blocks of rows; then each row is taken out of them again.

    Parameters
    ----------
    estimator : MultinomialNB
        Not fitted; it has some smoothing.
    X : CountedTexts
        The texts.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none: the model of all rows that
        have one predicts that row.
    classes : ndarray of shape (n_classes,)
        The sorted classes.
    fit_params : dict
        Empty: weights of rows are not known here.

    Returns
    -------
    fitted : CountedNB
        Fitted on all rows that have a label.
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        NaN for the only row of a class.
    """
    if fit_params:
        raise ValueError(f"texts that are counted when they are read take no {list(fit_params)}.")
    fitted = _fit_counted(estimator, X, codes, classes)
    judge = judge_multinomial(fitted)
    log_probs = fitted.feature_log_prob_.T if (codes < 0).any() else None
    pred_probs = np.empty((len(codes), len(classes)))

    def judge_rows(rows: slice) -> None:
        texts, found, of_rows = X[rows], pred_probs[rows], codes[rows]
        unlabelled = of_rows < 0
        if unlabelled.any():
            found[unlabelled] = texts[unlabelled] @ log_probs + fitted.class_log_prior_
        for code in np.unique(of_rows[~unlabelled]):
            of_class = np.flatnonzero(of_rows == code)
            ones = np.ones(len(of_class))
            entries = Entries(texts[of_class], of_class, code, ones)
            found[of_class] = judge(entries) + log_prior(fitted, of_rows[of_class], ones)
        found[:] = normalise(found)

    for _ in X.over_blocks(judge_rows):
        pass
    alone = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(classes)) == 1)
    pred_probs[np.isin(codes, alone)] = np.nan
    return fitted, pred_probs


def _fit_counted(
    estimator: MultinomialNB, X: CountedTexts, codes: Codes, classes: Any
) -> CountedNB:
    """Fit by the sums of each class."""
    sums = np.zeros((len(classes), X.shape[1]))

    def add_up(rows: slice) -> Any:
        labelled = np.flatnonzero(codes[rows] >= 0)
        cells = codes[rows][labelled], labelled
        shape = len(classes), rows.stop - rows.start
        return (csr_matrix((np.ones(len(labelled)), cells), shape=shape) @ X[rows]).tocoo()

    for found in X.over_blocks(add_up):
        sums[found.row, found.col] += found.data
    # What a model knows of its classes is the same with any columns.
    n_rows = np.bincount(codes[codes >= 0], minlength=len(classes))
    fitted = CountedNB(**estimator.get_params())
    fitted.fit(np.zeros((len(classes), 1)), classes, sample_weight=n_rows)
    fitted.n_features_in_ = X.shape[1]
    fitted.feature_count_ = sums
    return fitted
