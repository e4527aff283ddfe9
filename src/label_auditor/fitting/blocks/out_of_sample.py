"""Out-of-sample probabilities of blocks: over folds of them, or by the counts of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.messages import quote_values, warn
from label_auditor.fitting.blocks.counting import count_blocks, leave_out_blocks
from label_auditor.fitting.blocks.estimators import divide_blocks
from label_auditor.fitting.blocks.learning import Fit, learn_in_blocks
from label_auditor.fitting.blocks.prediction import hold_probabilities
from label_auditor.fitting.blocks.reading import name_block
from label_auditor.fitting.blocks.scheduler import task
from label_auditor.fitting.blocks.steps import learn_own_steps
from label_auditor.fitting.columns import read_probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.estimators import Learner
    from label_auditor.fitting.blocks.reading import Blocks
    from label_auditor.fitting.training_labels import TrainingLabels


def predict_blocks(
    learner: Learner, blocks: Blocks, labels: TrainingLabels, cv: Any, *, final: bool
) -> tuple[Any, NDArray[np.bool_], Any]:
    """Predict each row with models that did not see its label.

    Parameters
    ----------
    learner : Learner
        The classifier, and the steps before it.
    blocks : Blocks
        The data.
    labels : TrainingLabels
        The labels that are judged, and those that models learn from.
    cv : int, "loo" or None
        How rows are held out.
    final : bool
        Whether a classifier of all rows is wanted.

    Returns
    -------
    pred_probs : ndarray or dask array of shape (n_samples, n_classes)
        The probabilities.
    judged : ndarray of bool, shape (n_samples,)
        The rows whose label can be judged by them.
    trained : estimator or None
        The whole estimator, fitted on all rows that train.

    Warns
    -----
    UserWarning
        If all rows of a class that has several are in one fold.
    """
    given, used = labels.given, labels.used
    sizes = np.bincount(used[used >= 0], minlength=len(blocks.classes))
    if cv == "loo":
        known = np.flatnonzero(sizes)
        model, pred_probs, missing = leave_out_blocks(learner, blocks, used, known)
        trained = learner.join([], model) if final else None
    else:
        pred_probs, missing, trained = _predict_folds(learner, blocks, used, cv, final=final)
    # Whoever holds out the only member of a class can't know the class.
    others = (sizes > 1)[given] | ((sizes == 1)[given] & (used != given))
    judged = (given >= 0) & others
    judged[missing] = False
    return pred_probs, judged, trained


def train_on_blocks(learner: Learner, blocks: Blocks, used: NDArray[np.intp], cv: Any) -> Any:
    """Fit the whole estimator on all rows that have a code in `used`."""
    if cv == "loo":
        return learner.join([], count_blocks(learner, blocks, used))
    known = np.unique(used[used >= 0])
    fit = Fit("the final fit", np.ones(len(blocks), bool), known, blocks.parts)
    [fit], [model] = _learn_fits(learner, blocks, used, [fit])
    return learner.join(fit.steps, model)


def _learn_fits(
    learner: Learner, blocks: Blocks, used: NDArray[np.intp], fits: Sequence[Fit]
) -> tuple[list[Fit], list[Any]]:
    """Learn the steps of each fit, and its classifier."""
    fits = learn_own_steps(learner, blocks, used, fits)
    return fits, learn_in_blocks(learner.last, blocks, used, fits)


def _predict_folds(
    learner: Learner, blocks: Blocks, used: NDArray[np.intp], cv: Any, *, final: bool
) -> tuple[Any, NDArray[np.intp], Any]:
    """Fit a model for each fold on the blocks of all others, and predict the fold's own blocks."""
    folds = divide_blocks(cv, len(blocks))
    n_folds = int(folds[-1]) + 1
    held_out = np.zeros((n_folds, len(blocks.classes)), np.intp)
    for block, fold in enumerate(folds):
        codes = used[blocks.rows(block)]
        held_out[fold] += np.bincount(codes[codes >= 0], minlength=len(blocks.classes))
    left = held_out.sum(axis=0) - held_out
    _warn_of_absent_classes(left, blocks.classes)
    fits = [
        Fit(
            f"fold {fold + 1} of {n_folds}",
            folds != fold,
            np.flatnonzero(left[fold]),
            blocks.parts,
        )
        for fold in range(n_folds)
    ]
    if final:
        fits.append(
            Fit("the final fit", folds >= 0, np.flatnonzero(held_out.any(axis=0)), blocks.parts)
        )
    fits, models = _learn_fits(learner, blocks, used, fits)

    def predict(block: int) -> Any:
        model, fit = models[folds[block]], fits[folds[block]]
        where = f" in {fit.name}, {name_block(block, len(blocks))}"
        first = int(blocks.starts[block])
        return task(
            _predict_block, model, fit.parts[block], first, blocks.classes, fit.known, where
        )

    pred_probs, missing = hold_probabilities(blocks, predict)
    return pred_probs, missing, learner.join(fits[-1].steps, models[-1]) if final else None


def _predict_block(
    model: Any,
    X: Any,
    first: int,
    classes: NDArray[Any],
    known: NDArray[np.intp],
    where: str,
) -> NDArray[np.floating]:
    """Predict a block, and check the prediction."""
    output = model.predict_proba(X)
    rows = np.arange(first, first + len(output))
    return read_probabilities(model, output, rows, classes, where=where, trained_on=classes[known])[
        0
    ]


def _warn_of_absent_classes(left: NDArray[np.intp], classes: NDArray[Any]) -> None:
    """Warn of classes of which a fold has all rows; those of one row have no other way."""
    total = left.sum(axis=0) // max(len(left) - 1, 1)
    absent = (left == 0) & (total > 1)
    if absent.any():
        names = quote_values(classes[absent.any(axis=0)])
        warn(
            f"{int(absent.any(axis=1).sum())} of {len(left)} training folds lack a class "
            f"({names}); its probability is 0 there, so that its rows look wrong. Folds are runs "
            "of blocks here: if rows are sorted by class, store them in random order first; or "
            "merge or drop the class.",
        )
