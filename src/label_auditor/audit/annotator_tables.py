"""The tables of an audit of several annotators: of rows, of labels, and of annotators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.labels import decode_labels
from label_auditor.data.sorting import stable_order

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.data.annotations import Annotations


class AnnotatorTables:
    """The tables of an audit of the consensus, which has these attributes."""

    annotations: Annotations
    codes: Any
    classes: NDArray[Any]
    index: Any

    def consensus(self) -> pd.DataFrame:
        """Give one row for each row of the data: what annotators say of it together.

        Returns
        -------
        pandas.DataFrame
            With the index of the data: `consensus_label` (missing where there is none),
            `consensus_quality` (how likely it is right), `agreement` (the share of the row's
            labels that are the consensus), `n_labels`, and `gain` (how much another label would
            help: the larger, the more).
        """
        import pandas as pd

        found, n_rows = self.annotations, len(self.codes)
        n_labels = np.bincount(found.rows, minlength=n_rows)
        agreeing = np.bincount(found.rows[self._agrees()], minlength=n_rows)
        with np.errstate(invalid="ignore"):
            agreement = np.where(self.codes < 0, np.nan, agreeing / n_labels)
        return pd.DataFrame(
            {
                "consensus_label": decode_labels(self.codes, self.classes),
                "consensus_quality": found.consensus_quality,
                "agreement": agreement,
                "n_labels": n_labels,
                "gain": found.gain,
            },
            index=self.index,
        )

    def each_label(self) -> pd.DataFrame:
        """Give one row for each label that somebody gave.

        Returns
        -------
        pandas.DataFrame
            `row` (the name in the index), `annotator`, `label`, `label_quality` (how likely it is
            right), and `is_consensus` (whether the consensus is the same).
        """
        import pandas as pd

        found = self.annotations
        names = pd.Series(list(found.names), dtype=object).infer_objects()
        return pd.DataFrame(
            {
                "row": pd.Index(self.index)[found.rows],
                "annotator": names.iloc[found.annotators].to_numpy(),
                "label": decode_labels(found.codes, self.classes),
                "label_quality": found.quality,
                "is_consensus": self._agrees(),
            }
        )

    def annotators(self) -> pd.DataFrame:
        """Give one row for each annotator.

        Returns
        -------
        pandas.DataFrame
            Indexed by annotator, in the order in which they were given: `quality` (the estimated
            share of labels that are right), `n_labels`, `agreement_with_consensus`,
            `agreement_with_others` (how often another annotator of the same row has the same
            label), and the confusion that occurs most: `n_confused` labels are
            `most_confused_given` where the consensus is `most_confused_with`. What isn't known is
            missing.
        """
        import pandas as pd

        found = self.annotations
        known = self.codes[found.rows] >= 0
        given, consensus, counts = self._most_confused()
        empty = counts == 0
        return pd.DataFrame(
            {
                "quality": found.annotator_quality,
                "n_labels": np.bincount(found.annotators, minlength=len(found.names)),
                "agreement_with_consensus": self._mean(self._agrees(), known),
                "agreement_with_others": self._agreement_with_others(),
                "most_confused_given": decode_labels(np.where(empty, -1, given), self.classes),
                "most_confused_with": decode_labels(np.where(empty, -1, consensus), self.classes),
                "n_confused": counts,
            },
            index=pd.Index(found.names, name="annotator", tupleize_cols=False),
        )

    def confusion(self, annotator: Any) -> pd.DataFrame:
        """Count the labels of an annotator by what the consensus is.

        Parameters
        ----------
        annotator : object
            The name of the annotator.

        Returns
        -------
        pandas.DataFrame
            A row for each class of the consensus, and a column for each label.

        Raises
        ------
        ValueError
            If there is no such annotator.
        """
        import pandas as pd

        found = self.annotations
        if annotator not in found.names:
            raise ValueError(
                f"there is no annotator {annotator!r:.60}; they are the index of annotators()."
            )
        own = found.annotators == found.names.index(annotator)
        own &= self.codes[found.rows] >= 0
        counts = np.zeros((len(self.classes),) * 2, dtype=np.int64)
        np.add.at(counts, (self.codes[found.rows[own]], found.codes[own]), 1)
        return pd.DataFrame(
            counts,
            index=pd.Index(self.classes, name="consensus"),
            columns=pd.Index(self.classes, name="label"),
        )

    def rows_to_label(self, n: int | None = None) -> NDArray[np.intp]:
        """Give the rows of which another label would help most.

        Parameters
        ----------
        n : int, default=None
            How many rows. None: all of them, those that need it least last.

        Returns
        -------
        ndarray of int
            Positions of rows.

        Notes
        -----
        With Dawid and Skene's method and the majority, rows are in the order in which one more
        label of an average annotator makes it likelier that the consensus is right. A row on which
        many agree has nothing to gain; one on which many disagree has less to gain than one that a
        single label decides. With CROWDLAB, rows are in the order of cleanlab's scores for active
        learning.
        """
        found = self.annotations
        unsure = np.nan_to_num(found.consensus_quality, nan=0.0)
        by_quality = stable_order(unsure)
        order: NDArray[np.intp] = by_quality[stable_order(-found.gain[by_quality])]
        return order[:n]

    def __repr__(self) -> str:
        found, n_rows = self.annotations, len(self.codes)
        n_labels = np.bincount(found.rows, minlength=n_rows)
        said = [
            f"{count:,} {what}"
            for count, what in (
                (int((n_labels == 0).sum()), "without a label"),
                (int(((n_labels > 0) & (self.codes < 0)).sum()), "undecided"),
            )
            if count
        ]
        return (
            f"{super().__repr__()[:-1]}; the consensus of {len(found.names):,} annotators with "
            f"{len(found.rows):,} labels by {found.method}"
            + (f", {' and '.join(said)}>" if said else ">")
        )

    def _agrees(self) -> NDArray[np.bool_]:
        """Tell which labels are the consensus."""
        agrees: NDArray[np.bool_] = self.codes[self.annotations.rows] == self.annotations.codes
        return agrees

    def _mean(self, values: NDArray[Any], votes: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Give the mean of some labels' values for each annotator; NaN where there are none."""
        who, n = self.annotations.annotators[votes], len(self.annotations.names)
        total, count = np.bincount(who, values[votes], minlength=n), np.bincount(who, minlength=n)
        means: NDArray[np.float64] = np.divide(
            total, count, out=np.full(n, np.nan), where=count > 0
        )
        return means

    def _agreement_with_others(self) -> NDArray[np.float64]:
        """Give how often other annotators of the same rows have the same label."""
        found, n_classes = self.annotations, len(self.classes)
        cells, cell_of = np.unique(found.rows * n_classes + found.codes, return_inverse=True)
        same = np.bincount(cell_of.reshape(-1), minlength=len(cells))[cell_of.reshape(-1)] - 1
        others = np.bincount(found.rows, minlength=len(self.codes))[found.rows] - 1
        return self._mean(same / np.maximum(others, 1), others > 0)

    def _most_confused(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Give the label, the consensus and the count of each annotator's commonest confusion."""
        found, n_classes, n = self.annotations, len(self.classes), len(self.annotations.names)
        wrong = ~self._agrees() & (self.codes[found.rows] >= 0)
        who, given = found.annotators[wrong], found.codes[wrong]
        kinds = (who * n_classes + self.codes[found.rows[wrong]]) * n_classes + given
        kinds, counts = np.unique(kinds, return_counts=True)
        commonest = np.lexsort((-counts, kinds // n_classes**2))
        who, pair = np.divmod(kinds[commonest], n_classes**2)
        who, first = np.unique(who, return_index=True)
        result = np.zeros((3, n), dtype=np.intp)
        result[:, who] = pair[first] % n_classes, pair[first] // n_classes, counts[commonest][first]
        return result[0], result[1], result[2]
