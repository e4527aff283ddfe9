"""Evidence by the model that has judged: its vectors find neighbours, its terms words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.fitting.counted_texts import CountedTexts
from label_auditor.fitting.members import find_members
from label_auditor.review.evidence import Evidence, Neighbors, find_neighbors, read_rows
from label_auditor.review.side_by_side import SideBySide
from label_auditor.review.words import find_speaking_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.fitting.members import Member


class GathersEvidence:
    """The method of a fitted auditor that gives evidence for a review."""

    def evidence(self, X: Any, rows: ArrayLike | None = None, *, k: int = 5) -> Evidence:
        """Gather what speaks for and against labels: similar rows, and words.

        The neighbours of a row are those with the largest cosine, by the vectors that the
        classifier is fitted on: in a pipeline, those after its transformers. Of texts, near twins
        that have another label come in place of nearer ones that have the same.

        Words come from a CountVectorizer or TfidfVectorizer before naive Bayes or a linear model.
        Naive Bayes gives what each word adds to the log-odds of the suggested label against the
        given one in the model of all other rows, a linear model its coefficients times the values.
        In a vote, it is the mean of the members; from other classifiers no words come. Rows whose
        suggested label is the given one have none.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data that the auditor was fitted on.
        rows : array-like of int or bool, default=None
            Positions of the rows for which evidence is gathered, or a mask; None: all rows.
        k : int, default=5
            How many neighbours a row has at most.

        Returns
        -------
        Evidence
            For :meth:`LabelAuditor.to_html`.

        Raises
        ------
        ValueError
            If `train_on` is not "all", so that there is no model of all rows; if X is of another
            length than in fit; or if the classifier is fitted on something else than numbers.

        Examples
        --------
        >>> from sklearn.feature_extraction.text import CountVectorizer
        >>> from sklearn.naive_bayes import MultinomialNB
        >>> from sklearn.pipeline import make_pipeline
        >>> from label_auditor import LabelAuditor
        >>> texts = ["lost card", "card is lost", "my lost card", "want refund", "refund me"]
        >>> labels = ["card", "card", "refund", "refund", "refund"]
        >>> model = make_pipeline(CountVectorizer(), MultinomialNB())
        >>> auditor = LabelAuditor(model, cv="loo").fit(texts, labels)
        >>> words = auditor.evidence(texts, [2]).words
        >>> [texts[2][start:stop] for start, stop in zip(words.starts, words.stops)]
        ['lost', 'card']
        """
        audit: Findings = self._held_audit()  # type: ignore[attr-defined]
        taught = label_taught(self)
        estimator = self.estimator_  # type: ignore[attr-defined]
        members = list(find_members(estimator, X))
        of = read_rows(rows, len(audit))
        return gather_evidence(
            audit, members, X, of, taught=taught, classes=estimator.classes_, k=k
        )


def label_taught(auditor: Any) -> NDArray[np.intp]:
    """Give the position of the label that each row has taught a fitted auditor's classifier."""
    taught: NDArray[np.intp] | None = getattr(auditor, "_taught", None)
    if taught is None or auditor.train_on != "all":
        otherwise = " and X was of dask, or metadata were given"
        raise ValueError(
            "evidence needs the model of all rows, fitted in memory and without sample weights or "
            f"other metadata, with train_on='all', but train_on is {auditor.train_on!r}"
            f"{otherwise if auditor.train_on == 'all' else ''}; fit so, or find "
            "neighbours by vectors of your own: audit_.neighbors(vectors)."
        )
    return taught


def gather_evidence(
    audit: Findings,
    members: Sequence[Member],
    texts: Any,
    rows: NDArray[np.intp],
    *,
    taught: NDArray[np.intp],
    classes: NDArray[Any],
    vectors: Any = None,
    twin_cosine: float | None = None,
    k: int = 5,
) -> Evidence:
    """Find neighbours by the vectors that members have seen, and words by their terms.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    members : sequence of Member
        The classifiers that have judged.
    texts : sequence of str of length n_samples
        The texts; anything else if no member has read texts.
    rows : ndarray of int
        The rows for which evidence is gathered.
    taught : ndarray of int, shape (n_samples,)
        The position in `audit.classes` of what each row has taught; -1 where nothing.
    classes : ndarray
        The classes that the model knows.
    vectors : array or sparse matrix, default=None
        What neighbours are found by; None: what the members have seen.
    twin_cosine : float, default=None
        The cosine from which they are near twins, where that is known of these vectors.
    k : int, default=5
        How many neighbours.

    Returns
    -------
    Evidence
        Neighbours and words.
    """
    vectors = _join([member.X for member in members]) if vectors is None else vectors
    neighbors = find_neighbors(audit, vectors, rows, 2 * k)
    if twin_cosine is not None:
        neighbors = replace(neighbors, twin_cosine=twin_cosine)
    words = find_speaking_words(audit, members, texts, rows, taught=taught, classes=classes)
    return Evidence(_choose(audit, neighbors, k), words)


def _join(seen: list[Any]) -> Any:
    """Put side by side what members have seen; beside sparse vectors, only other sparse ones."""
    sparse_ones = [x for x in seen if sparse.issparse(x) or isinstance(x, CountedTexts)]
    if sparse_ones:
        return SideBySide(sparse_ones)
    different = list({id(each): each for each in seen}.values())
    return different[0] if len(different) == 1 else np.hstack([np.asarray(x) for x in different])


def _choose(audit: Findings, neighbors: Neighbors, k: int) -> Neighbors:
    """Keep the k nearest, but near twins with another label rather than any others."""
    given = np.append(audit.codes, -1)
    differs = (given[neighbors.rows] != given[neighbors.of][:, None]) & (neighbors.rows >= 0)
    least = np.inf if neighbors.twin_cosine is None else neighbors.twin_cosine
    is_twin = np.nan_to_num(neighbors.cosines) >= least
    order = np.argsort(~(differs & is_twin), axis=1, kind="stable")[:, :k]
    order.sort(axis=1)
    rows = np.take_along_axis(neighbors.rows, order, axis=1)
    cosines = np.take_along_axis(neighbors.cosines, order, axis=1)
    return replace(neighbors, rows=rows, cosines=cosines)
