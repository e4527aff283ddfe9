"""The engine of a Dask cluster: every block is worked on where its chunk lies.

The probabilities never leave the workers. A task reads some chunks and keeps the states of these
blocks of rows; all other tasks go by the states. So only sums, disputed rows and, unless rows are
many, what a result holds of each travel to the client. What a lost worker had is computed again.
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

from label_auditor.confident_learning.engines.chunks import share_chunks
from label_auditor.confident_learning.engines.packing import pack, unpack
from label_auditor.confident_learning.pairwise_sums import (
    PartialSum,
    join_sums,
    numpy_sums_so,
    sum_part,
    total,
)
from label_auditor.confident_learning.row_blocks import class_means, split_rows
from label_auditor.confident_learning.scan import ABSENT, float_dtype, group_by_class
from label_auditor.confident_learning.scores import SCORES, ScoreName, score_rows
from label_auditor.confident_learning.steps import (
    BlockState,
    first_scores,
    given_probs,
    keep_more,
    likeliest_classes,
    mark,
    mark_rows,
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
    predicted: Any = None

    def __init__(self, data: LabelledRows, client: Any) -> None:
        self.data = data
        self.far = is_far(data.codes.size)
        self._client = client
        array = data.pred_probs.rechunk({1: -1})
        ends = np.cumsum(array.chunks[0]).tolist()
        self.starts = [0, *ends[:-1]]
        self._blocks = [slice(*each) for each in zip(self.starts, ends, strict=True)]
        self._threads = client.nthreads()
        self._parts = share_chunks(array, sum(self._threads.values()))
        # Of each part, a future of the states of its blocks.
        self._states: list[Any] = []
        # Parts that a task works on together.
        self._groups: list[list[int]] = []
        self._scores: Any = None
        # An adjusted score, and the thresholds of the classes that it takes.
        self._adjusted: tuple[ScoreName, Array] | None = None

    def scan(self, score: ScoreName | None) -> Array:
        """Read all blocks, keep their states, and give the rows that hold no probabilities."""
        codes = [[self.data.codes[self._blocks[k]] for k in part.blocks] for part in self._parts]
        self._states = self._read(_scan_chunk, codes, score)
        self._groups = self._group()
        blocks = self.ask(_report_in_short if self.far else _report)
        self._bounds = [block.bound for block in blocks]
        invalid = np.concatenate(
            [block.invalid + start for block, start in zip(blocks, self.starts, strict=True)]
        )
        if self.far:
            self.given_prob = self._column(given_probs, float_dtype(self.data.dtype))
            self.predicted = self._column(likeliest_classes, self.data.codes.dtype)
            self._scores = None if score is None else self._column(first_scores, np.float64)
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
        mine = [[before[k] for k in part.blocks] for part in self._parts]
        parts = self._client.map(_sum_part, self._states, mine, sizes=sizes, pure=False)
        sums = zip(self._fold(parts, _join_classes), sizes, strict=True)
        # Divided as NumPy's mean is.
        return [
            (whole := total(each)).dtype.type(whole / np.intp(size)) if size else ABSENT
            for each, size in sums
        ]

    def know_from(self, bound: float) -> None:
        """Read the blocks again if probabilities from this bound on were not kept."""
        bounds = [max(self._bounds[k] for k in part.blocks) for part in self._parts]
        lacking = [p for p, highest in enumerate(bounds) if highest > bound]
        known = [self._states[p] for p in lacking]
        futures = self._read(keep_more, known, bound, which=lacking)
        for p, states in zip(lacking, futures, strict=True):
            self._states[p] = states

    def let_go(self) -> None:
        """Keep the states as they are, on the workers."""

    def ask(
        self, step: Callable[..., Result], *known: Any, each: Sequence[Any] | None = None
    ) -> list[Result]:
        """Give what a step makes of the state of each block, and of what is known of it."""
        return self._by_block(self._client.gather(self._submit(_pack_all, step, known, each)))

    def fold(
        self, step: Callable[..., Result], merge: Callable[[Sequence[Result]], Result], *known: Any
    ) -> Result:
        """Do the same, and merge what the blocks gave on the workers."""
        folded: Result = self._fold(self._submit(merge, step, known), merge)
        return folded

    def read_again(self, step: Callable[..., Result], *known: Any) -> list[Result]:
        """Give what a step makes of the state and the probabilities of each block."""
        futures = self._read(step, self._states, *known, collect=_pack_all)
        return list(map(unpack, chain(*self._client.gather(futures))))

    def score_when_read(self, score: ScoreName, thresholds: Array) -> None:
        """Compute an adjusted score when the blocks are next read."""
        if SCORES[score].adjusted:
            self._adjusted = (score, thresholds)

    def scores(self) -> Any:
        """Give the scores that were asked for: an array, of dask where the rows are `far`."""
        if self._adjusted is None:
            return self._scores
        if self.far:
            made = self._read(_score_rows, self._states, *self._adjusted, collect=np.concatenate)
            return self._join(made, np.float64)
        return np.concatenate(self.read_again(_score_rows, *self._adjusted))

    def mark(self, rows: Array) -> Any:
        """Mark some rows among all."""
        if not self.far:
            return mark(self.data.codes.size, rows)
        return self._column(mark_rows, bool, split_rows(np.sort(rows), self.starts))

    def _column(self, step: Callable[..., Array], dtype: npt.DTypeLike, each: Any = None) -> Any:
        """Give what a step makes of each row, as an array of dask whose blocks stay here."""
        known: list[Any] = [()] * len(self._blocks) if each is None else [(one,) for one in each]
        mine = [[known[k] for k in part.blocks] for part in self._parts]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            made = self._client.map(_take_rows, self._states, mine, step=step, pure=False)
        return self._join(made, dtype)

    def _join(self, blocks: list[Any], dtype: npt.DTypeLike) -> Any:
        """Give an array of dask of tasks that give a value for each row of a part."""
        import distributed

        wait: Any = distributed.wait
        wait(blocks)
        ends = [rows.stop for rows in self._blocks]
        ends = [0, *(ends[part.blocks[-1]] for part in self._parts)]
        return join_blocks(blocks, np.diff(ends).tolist(), dtype)

    def _group(self) -> list[list[int]]:
        """Group the parts so that each thread of the workers has one task for all that it holds.

        A task costs about as much as the work on a block.
        """
        if len(self._parts) <= sum(self._threads.values()):
            return [[p] for p in range(len(self._parts))]
        import distributed

        wait: Any = distributed.wait
        wait(self._states)
        holders = self._client.who_has(self._states)
        mine: dict[Any, list[int]] = defaultdict(list)
        for p, states in enumerate(self._states):
            mine[next(iter(holders[states.key]), None)].append(p)
        return [
            parts[first :: self._threads.get(worker, 1)]
            for worker, parts in mine.items()
            for first in range(min(self._threads.get(worker, 1), len(parts)))
        ]

    def _by_block(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Put what the blocks of each group gave, packed, into the order of the blocks."""
        order = (k for group in self._groups for p in group for k in self._parts[p].blocks)
        by_block = dict(zip(order, chain(*found), strict=True))
        return [unpack(by_block[k]) for k in range(len(self._blocks))]

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
        states = [[self._states[p] for p in group] for group in self._groups]
        mine = [
            None if each is None else [each[k] for p in group for k in self._parts[p].blocks]
            for group in self._groups
        ]
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
        collect: Callable[[list[Any]], Any] = list,
    ) -> list[Any]:
        """Start a step for the chunks of each part, or of some parts.

        The step takes first what belongs to the chunk.
        """
        from dask.delayed import delayed

        parts = self._parts if which is None else [self._parts[p] for p in which]
        sources = [part.chunks for part in parts]
        how = {"step": step, "known": known, "collect": collect}
        with warnings.catch_warnings():
            # The labels are in the graph, so that it has all that lost tasks need.
            warnings.filterwarnings("ignore", "Sending large graph")
            if all(part.alone for part in parts):  # Quicker than by delayed tasks.
                return list(self._client.map(_read_all, first, sources, **how, pure=False))
            task = delayed(_read_all, pure=False)
            tasks = [task(*each, **how) for each in zip(first, sources, strict=True)]
            return list(self._client.compute(tasks))

    def _fold(self, parts: list[Any], merge: Callable[[Sequence[Any]], Any]) -> Any:
        """Merge the results of tasks, neighbours first, and fetch what comes out."""
        while len(parts) > 1:
            groups = [parts[k : k + FAN_IN] for k in range(0, len(parts), FAN_IN)]
            parts = [self._client.submit(merge, group, pure=False) for group in groups]
        return self._client.gather(parts[0])


def _share(*known: Any) -> tuple[Any, ...]:
    return known


def _take_rows(
    states: list[BlockState], each: list[tuple[Any, ...]], *, step: Callable[..., Array]
) -> Array:
    return np.concatenate([step(state, *one) for state, one in zip(states, each, strict=True)])


def _take_all(
    parts: list[list[BlockState]],
    each: list[Any] | None,
    *,
    step: Callable[..., Any],
    known: tuple[Any, ...],
    collect: Callable[[list[Any]], Any],
) -> Any:
    states = chain(*parts)
    if each is None:
        return collect([step(state, *known) for state in states])
    return collect([step(state, one, *known) for state, one in zip(states, each, strict=True)])


def _read_all(
    first: list[Any],
    chunks: list[Any],
    *,
    step: Callable[..., Any],
    known: tuple[Any, ...],
    collect: Callable[[list[Any]], Any],
) -> Any:
    """Read chunks, one after another; each is let go before the next one is read."""
    return collect(
        [
            step(each, np.asarray(chunk() if callable(chunk) else chunk), *known)
            for each, chunk in zip(first, chunks, strict=True)
        ]
    )


def _pack_all(found: list[Any]) -> list[Any]:
    return list(map(pack, found))


def _scan_chunk(codes: Array, probs: Array, score: ScoreName | None) -> BlockState:
    return scan_block(codes, probs, in_memory=False, score=score)


def _report(state: BlockState) -> Report:
    return Report(state.scan.invalid, state.kept.bound, state.scan.given_prob, state.scores)


def _report_in_short(state: BlockState) -> Report:
    return _report(state)._replace(given_prob=None, scores=None)


def _score_rows(state: BlockState, probs: Array, score: ScoreName, thresholds: Array) -> Array:
    return score_rows(state.codes, probs, score, thresholds)


def _sum_part(states: list[BlockState], before: list[Array], sizes: Array) -> list[PartialSum]:
    blocks = zip(states, before, strict=True)
    return _join_classes([_sum_classes(state, earlier, sizes) for state, earlier in blocks])


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
