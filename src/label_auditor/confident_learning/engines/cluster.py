"""The engine of a Dask cluster: every block is worked on where its chunk lies.

The probabilities never leave the workers. A task reads a chunk and keeps the state of its rows; all
other tasks go by that state, so that only sums, disputed rows and what a result holds of every row
travel to the client. Of many rows the latter stays on the workers too, as arrays of dask. Where a
worker is lost, Dask computes its chunks again, from the graph.
"""

from __future__ import annotations

import pickle
import sys
import warnings
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.engines.packing import pack, unpack
from label_auditor.confident_learning.pairwise_sums import (
    PartialSum,
    join_sums,
    numpy_sums_so,
    sum_part,
    total,
)
from label_auditor.confident_learning.row_blocks import class_means
from label_auditor.confident_learning.scan import ABSENT, float_dtype, group_by_class
from label_auditor.confident_learning.scores import SCORES, ScoreName, score_rows
from label_auditor.confident_learning.steps import (
    BlockState,
    first_scores,
    given_probs,
    keep_more,
    scan_block,
)
from label_auditor.data.divided import join_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.row_blocks import LabelledRows

Array = npt.NDArray[Any]
Result = TypeVar("Result")

# So many results are merged by a task.
FAN_IN = 16
# More bytes than this are sent to each worker once, fewer with each task.
SHARED = 2**16
# Of more rows than this, the client sorts nothing, and fetches nothing of each row.
MOST_GATHERED = 10**8


def find_client(array: Any) -> Any:
    """Give the client of the cluster that is in charge of a dask array; None if there is none."""
    if not type(array).__module__.startswith("dask.array") or "distributed" not in sys.modules:
        return None
    import distributed
    from dask.base import get_scheduler

    try:
        distributed.get_worker()
    except ValueError:
        scheduler: Any = get_scheduler
        client = getattr(scheduler(collections=[array]), "__self__", None)
        known = isinstance(client, distributed.Client) and not client.asynchronous
        return client if known else None
    return None  # A task that waited for tasks would keep its worker from them.


def is_far(n_rows: int) -> bool:
    """Tell whether rows are so many that what there is of each stays on the workers."""
    return n_rows > MOST_GATHERED


class Report(NamedTuple):
    """What the client needs of a block that was read.

    Attributes
    ----------
    invalid : ndarray of shape (n_invalid,), intp
        Positions of the rows that hold no probabilities.
    bound : float
        All probabilities from here on are kept.
    given_prob : ndarray of shape (n,), float, or None
        Probabilities of the given labels, unless they stay with the block.
    scores : ndarray of shape (n,), float64, or None
        Label quality scores, where the first reading gives them and they don't stay with the block.
    """

    invalid: Array
    bound: float
    given_prob: Array | None
    scores: Array | None


class ClusterEngine:
    """Works on the chunks of a dask array, on the workers of its cluster.

    Parameters
    ----------
    data : LabelledRows
        The labels, and the dask array of probabilities.
    client : distributed.Client
        The client in charge.
    """

    given_prob: Any

    def __init__(self, data: LabelledRows, client: Any) -> None:
        self.data = data
        self.far = is_far(data.codes.size)
        self._client = client
        array = data.pred_probs.rechunk({1: -1})
        ends = np.cumsum(array.chunks[0]).tolist()
        self.starts = [0, *ends[:-1]]
        self._blocks = [slice(*each) for each in zip(self.starts, ends, strict=True)]
        self._chunks = array.to_delayed().ravel().tolist()
        self._states: list[Any] = []
        self._groups: list[list[int]] = []
        self._scores: Any = None
        # An adjusted score, and the thresholds of the classes that it takes.
        self._adjusted: tuple[ScoreName, Array] | None = None

    def scan(self, score: ScoreName | None) -> Array:
        """Read all blocks, keep their states, and give the rows that hold no probabilities."""
        import distributed

        codes = [self.data.codes[rows] for rows in self._blocks]
        self._states = self._read(_scan_chunk, codes, score)
        wait: Any = distributed.wait
        wait(self._states)
        self._groups = self._group()
        blocks = self.ask(_report_in_short if self.far else _report)
        self._bounds = [block.bound for block in blocks]
        invalid = np.concatenate(
            [block.invalid + start for block, start in zip(blocks, self.starts, strict=True)]
        )
        if self.far:
            self.given_prob = self.column(given_probs, float_dtype(self.data.dtype))
            self._scores = None if score is None else self.column(first_scores, np.float64)
        else:
            self.given_prob = np.concatenate([block.given_prob for block in blocks])
            if score is not None:
                self._scores = np.concatenate([block.scores for block in blocks])
        return invalid

    def class_means(self, sizes: Array) -> list[Any]:
        """Average the self-confidence of each class; ABSENT without rows."""
        if not (self.far and numpy_sums_so()):
            return class_means(self.data, np.asarray(self.given_prob), sizes)
        counts = [
            np.bincount(self.data.codes[rows] + 1, minlength=sizes.size + 1)[1:]
            for rows in self._blocks
        ]
        before = np.cumsum(counts, axis=0) - counts
        parts = self._client.map(_sum_classes, self._states, list(before), sizes=sizes, pure=False)
        sums = zip(self._fold(parts, _join_classes), sizes, strict=True)
        # Divided as NumPy's mean is.
        return [
            (whole := total(each)).dtype.type(whole / np.intp(size)) if size else ABSENT
            for each, size in sums
        ]

    def know_from(self, bound: float) -> None:
        """Read the blocks again if probabilities from this bound on were not kept."""
        lacking = [k for k, known in enumerate(self._bounds) if known > bound]
        states = self._read(_keep_more, [self._states[k] for k in lacking], bound, which=lacking)
        for k, state in zip(lacking, states, strict=True):
            self._states[k] = state

    def let_go(self) -> None:
        """Keep the states as they are, on the workers."""

    def ask(
        self, step: Callable[..., Result], *known: Any, each: Sequence[Any] | None = None
    ) -> list[Result]:
        """Give what a step makes of the state of each block, and of what is known of it."""
        found = self._client.gather(self._submit(_pack_all, step, known, each))
        by_block = dict(zip(chain(*self._groups), chain(*found), strict=True))
        return [unpack(by_block[k]) for k in range(len(self._states))]

    def fold(
        self, step: Callable[..., Result], merge: Callable[[Sequence[Result]], Result], *known: Any
    ) -> Result:
        """Do the same, and merge what the blocks gave on the workers."""
        folded: Result = self._fold(self._submit(merge, step, known), merge)
        return folded

    def read_again(self, step: Callable[..., Result], *known: Any) -> list[Result]:
        """Give what a step makes of the state and the probabilities of each block."""
        futures = self._read(_read_and_pack, self._states, step, *known)
        return [unpack(found) for found in self._client.gather(futures)]

    def score_when_read(self, score: ScoreName, thresholds: Array) -> None:
        """Compute an adjusted score when the blocks are next read."""
        if SCORES[score].adjusted:
            self._adjusted = (score, thresholds)

    def scores(self) -> Any:
        """Give the scores that were asked for: an array, of dask where the rows are `far`."""
        if self._adjusted is None:
            return self._scores
        if self.far:
            return self._join(self._read(_score_chunk, self._states, *self._adjusted), np.float64)
        return np.concatenate(self.read_again(_score_rows, *self._adjusted))

    def column(
        self,
        step: Callable[..., Array],
        dtype: npt.DTypeLike,
        each: Sequence[Any] | None = None,
    ) -> Any:
        """Give what a step makes of each row, as an array of dask whose blocks stay here."""
        mine: list[Any] = [()] * len(self._states) if each is None else [(one,) for one in each]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            made = self._client.map(_take, self._states, mine, step=step, pure=False)
        return self._join(made, dtype)

    def _join(self, blocks: list[Any], dtype: npt.DTypeLike) -> Any:
        """Give an array of dask of tasks that give a value for each row of a block."""
        import distributed

        wait: Any = distributed.wait
        wait(blocks)
        return join_blocks(blocks, [rows.stop - rows.start for rows in self._blocks], dtype)

    def _group(self) -> list[list[int]]:
        """Group the blocks so that each thread of the workers has one task for all that it holds.

        A task costs about as much as the work on a block.
        """
        holders = self._client.who_has(self._states)
        threads = self._client.nthreads()
        blocks: dict[Any, list[int]] = defaultdict(list)
        for k, state in enumerate(self._states):
            # Nobody holds a state whose chunk can't be read; the next task fails as that did.
            blocks[next(iter(holders[state.key]), None)].append(k)
        return [
            mine[first :: threads.get(worker, 1)]
            for worker, mine in blocks.items()
            for first in range(min(threads.get(worker, 1), len(mine)))
        ]

    def _submit(
        self,
        collect: Callable[[list[Any]], Any],
        step: Callable[..., Any],
        known: tuple[Any, ...],
        each: Sequence[Any] | None = None,
    ) -> list[Any]:
        """Start a step for the blocks of each group, with what is known of all and of each."""
        if len(pickle.dumps(known)) > SHARED:
            known = self._client.submit(_share, *known, pure=False)
        states = [[self._states[k] for k in group] for group in self._groups]
        mine = [None if each is None else [each[k] for k in group] for group in self._groups]
        how = {"step": step, "known": known, "collect": collect}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return list(self._client.map(_take_all, states, mine, **how, pure=False))

    def _read(
        self,
        step: Callable[..., Any],
        first: Sequence[Any],
        *known: Any,
        which: Sequence[int] | None = None,
    ) -> list[Any]:
        """Start a step for each chunk, or for some, and what belongs to it."""
        from dask.delayed import delayed

        chunks = self._chunks if which is None else [self._chunks[k] for k in which]
        task = delayed(step, pure=False)
        tasks = [task(each, chunk, *known) for each, chunk in zip(first, chunks, strict=True)]
        with warnings.catch_warnings():
            # The labels are in the graph, so that it has all that lost tasks need.
            warnings.filterwarnings("ignore", "Sending large graph")
            return list(self._client.compute(tasks))

    def _fold(self, parts: list[Any], merge: Callable[[Sequence[Any]], Any]) -> Any:
        """Merge the results of tasks, neighbours first, and fetch what comes out."""
        while len(parts) > 1:
            groups = [parts[k : k + FAN_IN] for k in range(0, len(parts), FAN_IN)]
            parts = [self._client.submit(merge, group, pure=False) for group in groups]
        return self._client.gather(parts[0])


def _share(*known: Any) -> tuple[Any, ...]:
    return known


def _take(state: BlockState, known: tuple[Any, ...], *, step: Callable[..., Array]) -> Array:
    return step(state, *known)


def _take_all(
    states: list[BlockState],
    each: list[Any] | None,
    *,
    step: Callable[..., Any],
    known: tuple[Any, ...],
    collect: Callable[[list[Any]], Any],
) -> Any:
    if each is None:
        return collect([step(state, *known) for state in states])
    return collect([step(state, one, *known) for state, one in zip(states, each, strict=True)])


def _pack_all(found: list[Any]) -> list[Any]:
    return list(map(pack, found))


def _read_and_pack(state: BlockState, chunk: Any, step: Callable[..., Any], *known: Any) -> Any:
    return pack(step(state, np.asarray(chunk), *known))


def _scan_chunk(codes: Array, chunk: Any, score: ScoreName | None) -> BlockState:
    return scan_block(codes, np.asarray(chunk), in_memory=False, score=score)


def _keep_more(state: BlockState, chunk: Any, bound: float) -> BlockState:
    return keep_more(state, np.asarray(chunk), bound)


def _report(state: BlockState) -> Report:
    return Report(state.scan.invalid, state.kept.bound, state.scan.given_prob, state.scores)


def _report_in_short(state: BlockState) -> Report:
    return _report(state)._replace(given_prob=None, scores=None)


def _score_rows(state: BlockState, probs: Array, score: ScoreName, thresholds: Array) -> Array:
    return score_rows(state.codes, probs, score, thresholds)


def _score_chunk(state: BlockState, chunk: Any, score: ScoreName, thresholds: Array) -> Array:
    return _score_rows(state, np.asarray(chunk), score, thresholds)


def _sum_classes(state: BlockState, before: Array, sizes: Array) -> list[PartialSum]:
    """Sum the self-confidences of each class in a block; so many are before them."""
    values, here = group_by_class(state.codes, state.scan.given_prob, sizes.size)
    ends = np.append(0, here.cumsum())
    return [
        sum_part(values[ends[k] : ends[k + 1]], int(before[k]), int(sizes[k]))
        for k in range(sizes.size)
    ]


def _join_classes(parts: Sequence[list[PartialSum]]) -> list[PartialSum]:
    return [join_sums(of_class) for of_class in zip(*parts, strict=True)]
