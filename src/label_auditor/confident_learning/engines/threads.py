"""The engine of one process: threads share the blocks of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.row_blocks import class_means
from label_auditor.confident_learning.scan import RowScan, code_dtype, float_dtype
from label_auditor.confident_learning.scores import SCORES, ScoreName, score_rows
from label_auditor.confident_learning.steps import BlockState, keep_more, mark, scan_block

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.row_blocks import LabelledRows

Array = npt.NDArray[Any]
Result = TypeVar("Result")


class ThreadEngine:
    """Works on blocks of rows on threads.

    Parameters
    ----------
    data : LabelledRows
        The labels, the probabilities, and the number of threads.
    """

    given_prob: Array
    predicted: Array
    far = False

    def __init__(self, data: LabelledRows) -> None:
        self.data = data
        self._blocks = data.blocks
        self.starts = [rows.start for rows in self._blocks]
        self._states: list[BlockState] = []
        self._scores = np.empty(0)
        # An adjusted score that is to be computed when the blocks are next read.
        self._pending: tuple[ScoreName, Array] | None = None

    def scan(self, score: ScoreName | None) -> Array:
        """Read all blocks, keep their states, and give the rows that hold no probabilities."""
        data, n_rows, in_memory = self.data, self.data.codes.size, self.data.in_memory
        self.given_prob = np.empty(n_rows, float_dtype(data.dtype))
        highest = np.empty_like(self.given_prob)
        self.predicted = np.empty(n_rows, code_dtype(data.n_classes))
        self._scores = np.empty(0 if score is None else n_rows)

        def scan_rows(rows: slice) -> BlockState:
            probs = data.read(rows)
            state = scan_block(data.codes[rows], probs, in_memory=in_memory, score=score)
            # The states are views of whole columns, so that no column is copied in the end.
            views = RowScan(
                self.given_prob[rows], highest[rows], self.predicted[rows], state.scan.invalid
            )
            for view, values in zip(views[:3], state.scan[:3], strict=True):
                view[:] = values
            if state.scores is not None:
                self._scores[rows] = state.scores
            return state._replace(scan=views, scores=None)

        self._states = data.map_over(scan_rows, self._blocks)
        found = zip(self._states, self.starts, strict=True)
        return np.concatenate([state.scan.invalid + start for state, start in found])

    def class_means(self, sizes: Array) -> list[Any]:
        """Average the self-confidence of each class; ABSENT without rows."""
        return class_means(self.data, self.given_prob, sizes)

    def know_from(self, bound: float) -> None:
        """Read the blocks again if probabilities from this bound on were not kept."""

        def more(state: BlockState, probs: Array) -> BlockState:
            return keep_more(state, probs, bound) if state.kept.bound > bound else state

        lacking = [k for k, state in enumerate(self._states) if state.kept.bound > bound]
        if lacking and self._pending is not None:
            self._states = self.read_again(more)
            return

        def more_of(k: int) -> None:
            self._states[k] = more(self._states[k], self.data.read(self._blocks[k]))

        self.data.map_over(more_of, lacking)

    def let_go(self) -> None:
        """Forget the highest probability of each row."""
        none = np.empty(0, self.given_prob.dtype)
        self._states = [
            state._replace(scan=state.scan._replace(highest=none)) for state in self._states
        ]

    def ask(
        self, step: Callable[..., Result], *known: Any, each: Sequence[Any] | None = None
    ) -> list[Result]:
        """Give what a step makes of the state of each block, and of what is known of it."""
        if each is None:
            return self.data.map_over(lambda state: step(state, *known), self._states)
        return self.data.map_over(lambda state, one: step(state, one, *known), self._states, each)

    def fold(
        self, step: Callable[..., Result], merge: Callable[[Sequence[Result]], Result], *known: Any
    ) -> Result:
        """Do the same, and merge what the blocks gave."""
        return merge(self.ask(step, *known))

    def read_again(self, step: Callable[..., Result], *known: Any) -> list[Result]:
        """Give what a step makes of the state and the probabilities of each block."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._scores = np.empty(self.data.codes.size)

        def read(state: BlockState, rows: slice) -> Result:
            probs = self.data.read(rows)
            if pending is not None:
                self._scores[rows] = score_rows(state.codes, probs, *pending)
            return step(state, probs, *known)

        return self.data.map_over(read, self._states, self._blocks)

    def mark(self, rows: Array) -> Array:
        """Mark some rows among all."""
        return mark(self.data.codes.size, rows)

    def score_when_read(self, score: ScoreName, thresholds: Array) -> None:
        """Compute an adjusted score when the blocks are next read."""
        if SCORES[score].adjusted:
            self._pending = (score, thresholds)

    def scores(self) -> Array:
        """Give the scores that were asked for."""
        if self._pending is not None:
            self.read_again(lambda _state, _probs: None)
        return self._scores
