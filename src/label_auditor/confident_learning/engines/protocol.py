"""What an engine does: it keeps a state for each block of rows, and runs steps over the blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from label_auditor.confident_learning.row_blocks import LabelledRows
    from label_auditor.confident_learning.scores import ScoreName

Result = TypeVar("Result")


class Engine(Protocol):
    """Works on the blocks of rows, where they are.

    Attributes
    ----------
    data : LabelledRows
        The labels and the probabilities.
    starts : list of int
        Position of the first row of each block.
    far : bool
        Whether blocks are worked on elsewhere, and have so many rows that what there is of each row
        stays there.
    predicted : array, or None
        Code of the likeliest class of each row, once the rows are read; -1 where there are no
        probabilities. Of dask where the rows are `far`; None where the doubts tell it.
    """

    data: LabelledRows
    starts: list[int]
    far: bool
    predicted: Any

    @property
    def given_prob(self) -> Any:
        """Probability of the given label of each row; NaN where the row is not judged.

        An array, of dask where the rows are `far`.
        """
        ...

    def scan(self, score: ScoreName | None) -> npt.NDArray[np.intp]:
        """Read all blocks, keep their states, and give the rows that hold no probabilities."""
        ...

    def class_means(self, sizes: npt.NDArray[np.intp]) -> list[Any]:
        """Average the self-confidence of each class, as NumPy does; ABSENT without rows."""
        ...

    def know_from(self, bound: float) -> None:
        """Read the blocks again of which probabilities from this bound on were not kept."""
        ...

    def let_go(self) -> None:
        """Forget the highest probability of each row, which no other step needs."""
        ...

    def ask(
        self, step: Callable[..., Result], *known: Any, each: Sequence[Any] | None = None
    ) -> list[Result]:
        """Give what a step makes of the state of each block, and of what is known of all.

        Between the two it takes what is known of each block, if there is anything.
        """
        ...

    def fold(
        self, step: Callable[..., Result], merge: Callable[[Sequence[Result]], Result], *known: Any
    ) -> Result:
        """Do the same, and merge what the blocks gave before it is handed out."""
        ...

    def read_again(self, step: Callable[..., Result], *known: Any) -> list[Result]:
        """Give what a step makes of the state and the probabilities of each block."""
        ...

    def score_when_read(self, score: ScoreName, thresholds: npt.NDArray[np.floating]) -> None:
        """Compute an adjusted score when the blocks are next read, for whatever reason."""
        ...

    def scores(self) -> Any:
        """Give the scores that were asked for: an array, of dask where the rows are `far`."""
        ...

    def mark(self, rows: npt.NDArray[np.integer]) -> Any:
        """Mark some rows among all: an array of bool, of dask where the rows are `far`."""
        ...
