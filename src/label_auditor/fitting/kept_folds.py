"""Predictions of finished folds, kept in a folder so that an interrupted fit resumes."""

from __future__ import annotations

import os
import uuid
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import joblib
import sklearn
from sklearn.utils.validation import check_memory

from label_auditor.fitting.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


class Entry(NamedTuple):
    """What is kept of a fold.

    Attributes
    ----------
    pred_probs : ndarray of float, shape (n_rows, n_classes)
        The probabilities of the rows that it holds out.
    known : ndarray of int
        Positions of the classes that its classifier knows.
    checksum : str
        A hash of both, by which damage is found.
    run : str
        Which run of a fit computed it.
    """

    pred_probs: NDArray[np.floating]
    known: NDArray[np.intp]
    checksum: str
    run: str


class KeptFolds:
    """The folds of one fit: taken from the folder where they are there, else computed and kept.

    Parameters
    ----------
    memory : str, path, joblib.Memory or None
        The folder. With None, nothing is kept.
    estimator, X, y, fit_params : object
        All that decides the predictions of a fold, but its rows.

    Raises
    ------
    ValueError
        If one of them can't be hashed, so that nobody could tell whether it has changed.
    """

    def __init__(self, memory: Any, estimator: Any, X: Any, y: Any, fit_params: Any) -> None:
        self.memory = check_memory(os.fspath(memory) if isinstance(memory, os.PathLike) else memory)
        self.keeps = getattr(self.memory, "location", None) is not None
        # Hashed once, not once per fold.
        self.key = _hash_all(estimator, X, y, fit_params) if self.keeps else ""
        self.run = uuid.uuid4().hex

    def predict(
        self,
        compute: Callable[[], tuple[NDArray[np.floating], NDArray[np.intp]]],
        train: NDArray[np.intp],
        test: NDArray[np.intp],
    ) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
        """Give the predictions of a fold, and the classes that its classifier knows.

        Parameters
        ----------
        compute : callable
            Fits and predicts the fold.
        train, test : ndarray of int
            Its rows.

        Returns
        -------
        pred_probs : ndarray of float, shape (n_rows, n_classes)
        known : ndarray of int

        Warns
        -----
        UserWarning
            If what is kept is damaged; the fold is computed again.
        """
        if not self.keeps:
            return compute()
        find = self.memory.cache(_compute_entry, ignore=["compute", "run"])
        arguments = (compute, self.run, self.key, train, test)
        was_there = find.check_call_in_cache(*arguments)
        entry = find(*arguments)
        damaged = not _is_intact(entry)
        if damaged:
            find.call_and_shelve(*arguments).clear()
            entry = find(*arguments)
        if damaged or (was_there and entry.run == self.run):
            warnings.warn(
                f"memory ({self.memory.location}) holds a damaged entry for a fold; the fold was "
                "computed again, and replaces it.",
                UserWarning,
                stacklevel=2,
            )
        return entry.pred_probs, entry.known


def _compute_entry(
    compute: Callable[[], tuple[NDArray[np.floating], NDArray[np.intp]]],
    run: str,
    key: str,  # noqa: ARG001 - these stand for what `compute` does
    train: NDArray[np.intp],  # noqa: ARG001
    test: NDArray[np.intp],  # noqa: ARG001
) -> Entry:
    """Compute a fold, and seal it."""
    pred_probs, known = compute()
    return Entry(pred_probs, known, joblib.hash((pred_probs, known)), run)


def _is_intact(entry: Any) -> bool:
    """Say whether an entry is what was kept."""
    return isinstance(entry, Entry) and entry.checksum == joblib.hash(tuple(entry[:2]))


def _hash_all(estimator: Any, X: Any, y: Any, fit_params: dict[str, Any]) -> str:
    """Hash all that decides the predictions of a fold, but its rows."""
    everything = {"estimator": estimator, "X": X, "y": y, "the parameters of fit": fit_params}
    try:
        return fingerprint(sklearn.__version__, *everything.values())
    except Exception as error:
        params = estimator.get_params(deep=True)
        everything = {f"estimator's parameter {name}": params[name] for name in params} | everything
        name = next(filter(lambda name: not _can_be_hashed(everything[name]), everything), "them")
        raise ValueError(
            f"memory can't tell whether the estimator and the data have changed since a fold was "
            f"kept: {name} can't be hashed ({type(error).__name__}: {str(error)[:200]}). Fit "
            "without memory, or give it in a form that can be pickled."
        ) from error


def _can_be_hashed(value: Any) -> bool:
    """Say whether a value has contents to hash."""
    try:
        fingerprint(value)
    except Exception:  # noqa: BLE001 - whatever its own pickling raises
        return False
    return True
