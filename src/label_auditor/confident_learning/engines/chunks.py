"""How the chunks of a dask array are shared out among tasks.

A task of Dask costs a millisecond or two, whatever it does, and as much again for each task that it
waits for. So a task reads several chunks, one after another, where each can be read on its own.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# A task reads no more than this, so that other workers can help one that is slow or lost.
MOST_READ = 2**28
# Larger data in the graph of an array are sent once, not with each task.
SMALL_DATA = 2**16


class Part(NamedTuple):
    """Neighbouring chunks that a task reads.

    Attributes
    ----------
    blocks : range
        Numbers of the chunks.
    chunks : list
        For each of them a function without parameters that reads it, or its task in the graph.
    alone : bool
        Whether these are functions.
    """

    blocks: range
    chunks: list[Any]
    alone: bool


def share_chunks(array: Any, n_threads: int) -> list[Part]:
    """Share out the chunks of a dask array that is cut by rows alone.

    Parameters
    ----------
    array : dask array of shape (n, K)
    n_threads : int
        Of all workers. Each gets a part, or more parts if these would be large.
    """
    n_chunks = array.numblocks[0]
    readers = _find_readers(array)
    if readers is None:
        tasks = array.to_delayed().ravel().tolist()
        return [Part(range(k, k + 1), [task], alone=False) for k, task in enumerate(tasks)]
    n_parts = min(n_chunks, max(n_threads, -(-array.nbytes // MOST_READ)))
    ends = np.linspace(0, n_chunks, n_parts + 1).astype(int).tolist()
    ranges = map(range, ends[:-1], ends[1:])
    return [Part(blocks, readers[blocks.start : blocks.stop], alone=True) for blocks in ranges]


def _find_readers(array: Any) -> list[Callable[[], Any]] | None:
    """Give a function that reads each chunk; None where chunks have work or data in common.

    None as well where a worker holds something that they need, or how tasks run was annotated.
    """
    import dask
    from dask.core import flatten
    from dask.optimization import cull
    from dask.sizeof import sizeof
    from distributed import client

    futures_of: Any = client.futures_of
    if futures_of(array) or any(layer.annotations for layer in array.dask.layers.values()):
        return None
    (lean,) = dask.optimize(array)
    graph = dict(lean.dask)
    needed = chain.from_iterable(getattr(node, "dependencies", ()) for node in graph.values())
    if not graph.keys() >= set(needed):
        return None
    data = {key: getattr(node, "value", node) for key, node in graph.items() if not _is_work(node)}
    if any(sizeof(value) > SMALL_DATA for value in data.values()):
        return None
    keys = list(flatten(lean.__dask_keys__()))
    graphs = [cull(graph, [key])[0] for key in keys]
    work = [key for part in graphs for key in part if key not in data]
    if len(set(work)) < len(work):
        return None
    return [partial(dask.get, part, key) for key, part in zip(keys, graphs, strict=True)]


def _is_work(node: Any) -> bool:
    """Tell whether a node of a graph is a task, or a name of another one, and no data."""
    if hasattr(node, "dependencies"):
        return not hasattr(node, "value")
    return isinstance(node, tuple | list | str)  # as they were written before dask 2024.12
