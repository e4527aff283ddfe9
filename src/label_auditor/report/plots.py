"""Plots of an audit and of a review, as scikit-learn's displays. They need matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy import sparse

from label_auditor.data.findings import gather, names_of_classes
from label_auditor.review.decided import decided_rows, number_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D
    from matplotlib.text import Text
    from matplotlib.ticker import Locator
    from numpy.typing import ArrayLike, NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed

N_CLASSES = 20
CELL, SMALLEST, CHARACTER = 0.32, 3.0, 0.1  # inches: of a cell, of the fewest cells, of a letter


def _whole_numbers() -> Locator:
    """Give ticks at whole numbers, because half an error means nothing."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True)


class _Display:
    """What the displays share: axes made on use, and kept."""

    ax_: Axes
    figure_: Figure | SubFigure

    def _axes(self, ax: Axes | None, *, size: tuple[float, float] | None = None) -> Axes:
        if ax is None:
            try:
                import matplotlib.pyplot as plt
            except ImportError as error:
                raise ImportError("plots need matplotlib: pip install matplotlib") from error
            # This layout makes room for all names and numbers beside the axes.
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        return ax


class ConfidentJointDisplay(_Display):
    """The confident joint: given labels against the labels that the models are confident of.

    Parameters
    ----------
    confident_joint : array-like of shape (n_shown, n_shown)
        Counts by given label (row) and confidently predicted label (column).
    display_labels : sequence of length n_shown
        The names of the classes.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Where it was drawn; set by `plot`.
    im_ : matplotlib AxesImage
        The cells.
    text_ : list of matplotlib Text
        Their counts.

    See Also
    --------
    LabelAudit.overlapping_classes : The confused pairs as a table.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> from label_auditor.plots import ConfidentJointDisplay
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> display = ConfidentJointDisplay.from_audit(audit)
    >>> display.confident_joint
    array([[2, 0],
           [1, 2]])
    >>> display.ax_.get_ylabel()
    'Given label'
    """

    confident_joint: NDArray[np.int_]
    display_labels: list[str]
    im_: AxesImage
    text_: list[Text]

    def __init__(self, confident_joint: ArrayLike, *, display_labels: Sequence[str]) -> None:
        self.confident_joint = np.asarray(confident_joint)
        self.display_labels = list(display_labels)

    @classmethod
    def from_audit(
        cls,
        audit: Findings,
        *,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        max_classes: int = N_CLASSES,
        ax: Axes | None = None,
        cmap: str | Colormap = "Oranges",
    ) -> ConfidentJointDisplay:
        """Plot the confident joint of an audit.

        Parameters
        ----------
        audit : LabelAudit
            The audit.
        class_names : mapping or sequence of str, default=None
            The names to show: by class, or in the order of `audit.classes`. None takes
            `audit.class_names`, and where there are none the classes themselves.
        max_classes : int, default=20
            If there are more classes, those that are most confused are shown.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        cmap : str or matplotlib Colormap, default="Oranges"
            The colours of the cells off the diagonal.

        Returns
        -------
        ConfidentJointDisplay
            The display, drawn.
        """
        if audit.multi_label:
            raise TypeError(
                "audit has sets of labels: each class has a joint of its own; to plot one, give"
                " audit.confident_joint[k] to ConfidentJointDisplay, with two display_labels."
            )
        names = list(names_of_classes(audit, class_names).values())
        joint = sparse.csr_array(audit.confident_joint)
        confused = sum(np.ravel(joint.sum(axis=axis)) for axis in (0, 1)) - 2 * joint.diagonal()
        shown = np.sort(np.argsort(-confused, kind="stable")[:max_classes])
        cells = joint[shown][:, shown].toarray()
        display = cls(cells, display_labels=[names[i] for i in shown])
        return display.plot(ax=ax, cmap=cmap)

    def plot(
        self, *, ax: Axes | None = None, cmap: str | Colormap = "Oranges"
    ) -> ConfidentJointDisplay:
        """Draw the cells. The diagonal has no colour, because its counts are far larger.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        cmap : str or matplotlib Colormap, default="Oranges"
            The colours of the cells off the diagonal.

        Returns
        -------
        ConfidentJointDisplay
            This display.
        """
        ax = self._axes(ax, size=self._size())
        off = np.where(np.eye(len(self.confident_joint), dtype=bool), 0, self.confident_joint)
        self.im_ = ax.imshow(off, cmap=cmap, vmin=0, vmax=max(off.max(), 1))
        ticks = _whole_numbers()
        self.figure_.colorbar(self.im_, ax=ax, label="Rows off the diagonal", ticks=ticks)
        self.text_ = [
            ax.text(
                column,
                row,
                f"{count:,}",
                ha="center",
                va="center",
                fontsize="small" if len(off) <= 10 else "x-small",
                color="white" if off[row, column] > 0.6 * max(off.max(), 1) else "black",
            )
            for (row, column), count in np.ndenumerate(self.confident_joint)
            if count
        ]
        at = range(len(self.display_labels))
        ax.set_xticks(at, self.display_labels, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(at, self.display_labels)
        ax.set(xlabel="Confidently predicted label", ylabel="Given label")
        return self

    def _size(self) -> tuple[float, float]:
        """Give the inches of a figure in which cells and names have room."""
        longest = CHARACTER * max(map(len, self.display_labels), default=0)
        side = max(CELL * len(self.display_labels), SMALLEST)
        return side + longest + 2, side + longest * np.sqrt(0.5) + 1


class ScoreDistributionDisplay(_Display):
    """The distribution of label quality scores, with flagged rows in another colour.

    Parameters
    ----------
    scores : array-like of shape (n_evaluated,)
        The scores of the evaluated rows.
    issues : array-like of bool, shape (n_evaluated,)
        Which of them are flagged.
    score_name : str
        The name of the score.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Where it was drawn; set by `plot`.
    bars_ : list of matplotlib BarContainer
        The bars of the rows that aren't flagged, and of those that are.

    See Also
    --------
    ConfidentJointDisplay : Which labels are confused.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> from label_auditor.plots import ScoreDistributionDisplay
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> ScoreDistributionDisplay.from_audit(audit).ax_.get_xlabel()
    'Label quality (self_confidence)'
    """

    scores: NDArray[np.float64]
    issues: NDArray[np.bool_]
    score_name: str
    bars_: list[BarContainer]

    def __init__(self, scores: ArrayLike, issues: ArrayLike, *, score_name: str) -> None:
        self.scores = np.asarray(scores, dtype=np.float64)
        self.issues = np.asarray(issues, dtype=bool)
        self.score_name = score_name

    @classmethod
    def from_audit(
        cls, audit: Findings, *, bins: int = 40, ax: Axes | None = None
    ) -> ScoreDistributionDisplay:
        """Plot the scores of an audit.

        Parameters
        ----------
        audit : LabelAudit
            The audit; rows that weren't evaluated have no score and are left out.
        bins : int, default=40
            The number of bars.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ScoreDistributionDisplay
            The display, drawn.
        """
        judged = audit.evaluated
        display = cls(audit.scores[judged], audit.issues[judged], score_name=audit.rank_by)
        return display.plot(bins=bins, ax=ax)

    def plot(self, *, bins: int = 40, ax: Axes | None = None) -> ScoreDistributionDisplay:
        """Draw stacked bars.

        Parameters
        ----------
        bins : int, default=40
            The number of bars.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ScoreDistributionDisplay
            This display.
        """
        ax = self._axes(ax)
        _, _, bars = ax.hist(
            [self.scores[self.issues], self.scores[~self.issues]],
            bins=bins,
            stacked=True,
            color=["C1", "0.75"],
            label=[f"flagged ({self.issues.sum():,})", f"other ({(~self.issues).sum():,})"],
        )
        self.bars_ = cast("list[BarContainer]", bars)
        # Most labels are right: on a linear scale the flagged rows could not be seen.
        ax.set_yscale("function", functions=(np.sqrt, np.square))
        ax.set(xlabel=f"Label quality ({self.score_name})", ylabel="Rows (square-root scale)")
        ax.yaxis.set_major_locator(_whole_numbers())
        ax.legend()
        return self


class ReviewCurveDisplay(_Display):
    """How many errors a review found, row by row, in the order in which they were looked at.

    Parameters
    ----------
    found : array-like of bool, shape (n_reviewed,)
        For each reviewed row, in order, whether its label was wrong.
    name : str, default=None
        What to call the curve.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Where it was drawn; set by `plot`.
    line_ : matplotlib Line2D
        The curve.

    See Also
    --------
    label_auditor.Corrections : What reviewers decided.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> from label_auditor.plots import ReviewCurveDisplay
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> display = ReviewCurveDisplay.from_audit(audit, {4: "cat", 1: "cat", 2: "dog"})
    >>> display.n_found.tolist()
    [0, 1, 1, 1]
    """

    found: NDArray[np.bool_]
    name: str | None
    line_: Line2D

    def __init__(self, found: ArrayLike, *, name: str | None = None) -> None:
        self.found = np.asarray(found, dtype=bool)
        self.name = name

    @property
    def n_found(self) -> NDArray[np.intp]:
        """The number of errors among the first 0, 1, …, n_reviewed rows."""
        return np.concatenate([[0], np.cumsum(self.found)])

    @classmethod
    def from_audit(
        cls,
        audit: Findings,
        reviewed: Reviewed,
        *,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> ReviewCurveDisplay:
        """Plot the course of a review.

        Parameters
        ----------
        audit : LabelAudit
            The audit.
        reviewed : Corrections, mapping from row position to label, or Series
            What was decided, in that order; None for a discarded row, which counts as looked at.
            Where true labels are known, ``{row: truth[row] for row in audit.ranked}`` is the
            course of a review in the order of the audit.
        name : str, default=None
            What to call the curve.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ReviewCurveDisplay
            The display, drawn.
        """
        rows, codes = decided_rows(audit := gather(audit), reviewed)
        given = number_labels(audit)[rows]
        return cls((codes >= 0) & (given >= 0) & (codes != given), name=name).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ReviewCurveDisplay:
        """Draw the curve, under the line on which every row looked at is an error.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure. Several curves can share axes.

        Returns
        -------
        ReviewCurveDisplay
            This display.
        """
        fresh = ax is None or not ax.lines
        ax = self._axes(ax)
        (self.line_,) = ax.plot(self.n_found, drawstyle="steps-post", label=self.name)
        if fresh:
            ax.axline((0, 0), slope=1, color="0.7", linestyle="--", label="all wrong", zorder=0)
        ax.set(xlabel="Rows looked at", ylabel="Label errors found", xlim=(0, None), ylim=(0, None))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(_whole_numbers())
        ax.legend()
        return self
