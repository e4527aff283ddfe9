"""Predictions of finished folds, kept in a folder so that an interrupted fit resumes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import joblib
import sklearn
from sklearn.utils.validation import check_memory

from label_auditor.data.messages import warn
from label_auditor.fitting.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    # The probabilities of the rows that a fold holds out, and the classes its classifier knows.
    Predictions = tuple[NDArray[np.floating], NDArray[np.intp]]


class Entry(NamedTuple):
    """What is kept of a fold: the predictions, and a hash of them by which damage is found."""

    predictions: Predictions
    checksum: str


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

    def predict(
        self,
        compute: Callable[[], Predictions],
        train: NDArray[np.intp],
        test: NDArray[np.intp],
    ) -> Predictions:
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
        made: list[Predictions] = []

        def compute_noted() -> Predictions:
            made.append(compute())
            return made[-1]

        find = self.memory.cache(_compute_entry, ignore=["compute"]).call_and_shelve
        kept = find(compute_noted, self.key, train, test)
        if made:
            return made[-1]
        entry = _load(kept)
        if _is_intact(entry):
            predictions: Predictions = entry.predictions
            return predictions
        warn(
            f"memory ({self.memory.location}) holds a damaged entry for a fold; the fold is "
            "computed again, and the entry replaced.",
        )
        kept.clear()
        find(compute_noted, self.key, train, test)
        return made[-1]


def _compute_entry(
    compute: Callable[[], Predictions],
    key: str,  # noqa: ARG001 - these stand for what `compute` does
    train: NDArray[np.intp],  # noqa: ARG001
    test: NDArray[np.intp],  # noqa: ARG001
) -> Entry:
    """Compute a fold, and seal it."""
    predictions = compute()
    return Entry(predictions, joblib.hash(predictions))


def _load(kept: Any) -> Any:
    """Give an entry; None if it can't be read."""
    try:
        return kept.get()
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, the fold is computed again
        return None


def _is_intact(entry: Any) -> bool:
    """Say whether an entry is what was kept."""
    return isinstance(entry, Entry) and entry.checksum == joblib.hash(entry.predictions)


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
