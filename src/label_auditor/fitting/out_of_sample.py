"""Out-of-sample probabilities by the settings of an auditor: over folds or from one fit."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.fitting.bagging import out_of_bag
from label_auditor.fitting.columns import place_columns
from label_auditor.fitting.folds import cross_fit
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from label_auditor.fitting.shared_steps import Shared
from label_auditor.fitting.splits import split_rows
from label_auditor.fitting.training_labels import train_as_decided
from label_auditor.fitting.votes import SharedVote, share_label_free

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.utils import Bunch

    from label_auditor.fitting.training_labels import TrainingLabels

# Values of `cv` that need no folds, what callbacks call them, and what gives the probabilities.
FROM_ONE_FIT = {"oob": ("out-of-bag", out_of_bag), "loo": ("leave-one-out", leave_one_out)}


class Settings(NamedTuple):
    """The parameters of an auditor that say how rows are held out and predicted."""

    cv: Any
    train_on: str | None
    n_jobs: int | None
    memory: Any
    verbose: int


def share(
    estimator: Any,
    X: Any,
    fit_params: dict[str, Any],
    cv: Any,
    share_preprocessing: Any,
) -> Shared | SharedVote:
    """Fit the label-free steps of a pipeline, or of a vote's members, once, if that is wanted.

    Parameters
    ----------
    estimator : estimator
        The classifier, a vote, or a pipeline that ends in one of these.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    fit_params : dict
        The metadata that go to the classifier.
    cv : int, splitter, iterable, "oob", "loo" or None
        How rows are held out.
    share_preprocessing : bool or "auto"
        Whether to share; "auto": if `cv` is None, an int, "oob" or "loo".

    Returns
    -------
    Shared or SharedVote
        The estimator cut in two; with nothing in the first part if nothing is shared.
    """
    if share_preprocessing == "auto":
        share_preprocessing = cv is None or isinstance(cv, (Integral, str))
    if not share_preprocessing:
        return Shared(None, X, estimator)
    return share_label_free(estimator, X, fit_params, read_once=not isinstance(cv, str))


def predict_out_of_sample(
    settings: Settings,
    shared: Shared | SharedVote,
    X: Any,
    labels: TrainingLabels,
    classes: NDArray[Any],
    routed: Bunch,
    task: Any,
) -> tuple[NDArray[np.floating], NDArray[np.bool_], Any]:
    """Predict each row with models that did not see its label.

    Parameters
    ----------
    settings : Settings
        How rows are held out.
    shared : Shared
        The classifier, and the data that it is fitted on.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data as they were given, for the splitter.
    labels : TrainingLabels
        The labels that are judged, and those that models are fitted on.
    classes : ndarray of shape (n_classes,)
        The sorted classes.
    routed : Bunch
        The metadata of fit: `fit` for the classifier, `split` for the splitter.
    task : Task or Silent
        Is told of the progress.

    Returns
    -------
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        The probabilities; NaN where a row was never held out.
    judged : ndarray of bool, shape (n_samples,)
        The rows whose label can be judged by them.
    trained : classifier or None
        The classifier fitted on all rows that train, if `train_on` is "all", or `cv` is "oob" or
        "loo".
    """
    if isinstance(settings.cv, str):
        name, hold_out = FROM_ONE_FIT[settings.cv]
        with task.part(name):
            # A class of which decisions leave no row is none for the classifier.
            used = labels.used
            known = np.flatnonzero(np.bincount(used[used >= 0]))
            if len(known) < len(classes):
                used = np.where(used < 0, -1, np.searchsorted(known, used))
            trained, found = hold_out(shared.rest, shared.X, used, classes[known], routed.fit)
        pred_probs = place_columns(found, known, len(classes), 0)
        pred_probs[np.isnan(found[:, 0])] = np.nan
        held_out = ~np.isnan(pred_probs[:, 0])
    else:
        splits = split_rows(settings.cv, X, labels.given, classes, routed.split)
        if labels.reviewed.any():
            splits = train_as_decided(splits, labels)
        fits_all = settings.train_on == "all"
        whole, fits = task.folds(len(splits), final=fits_all)
        with whole:
            pred_probs, n_predictions, trained = cross_fit(
                shared.rest,
                shared.X,
                classes[labels.used],
                classes=classes,
                splits=splits,
                fit_params=routed.fit,
                n_jobs=settings.n_jobs,
                memory=settings.memory,
                verbose=settings.verbose,
                progress=fits,
                final_rows=np.flatnonzero(labels.used >= 0) if fits_all else None,
            )
        held_out = n_predictions > 0
    # Whoever holds out the only member of a class can't know the class.
    given, used = labels.given, labels.used
    n_others = np.bincount(used[used >= 0], minlength=len(classes))[given] - (used == given)
    return pred_probs, (given >= 0) & (n_others > 0) & held_out, trained
