"""Running tasks by dask, here or on a cluster, few enough at a time to fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def task(function: Any, *args: Any, **options: Any) -> Any:
    """Give a call that dask makes later; arguments of dask are computed before it."""
    from dask import delayed

    return delayed(function, pure=False)(*args, **options)


def compute(tasks: Sequence[Any]) -> list[Any]:
    """Run tasks, and give their results."""
    import dask

    return list(dask.compute(*tasks))


def hold(tasks: Sequence[Any]) -> list[Any]:
    """Run tasks, and keep each result where it was made: on a worker, or in this process."""
    import dask

    held = list(dask.persist(*tasks))
    # A cluster works on while its client goes on; this waits for it.
    compute([task(_end, each) for each in held])
    return held


def find_client() -> Any:
    """Give the client of a cluster that runs dask's tasks; None if it is this process."""
    from dask.base import get_scheduler

    owner = getattr(get_scheduler(), "__self__", None)
    return owner if hasattr(owner, "nthreads") else None


def in_turns(n_blocks: int) -> Iterator[range]:
    """Divide blocks into runs of as many as can be worked on at once.

    All blocks in one graph would be read ahead of the models that learn from one after another,
    and would fill the memory.
    """
    import dask
    from dask.system import CPU_COUNT

    client = find_client()
    if client is None:
        n_threads = int(dask.config.get("num_workers", None) or CPU_COUNT)
    else:
        n_threads = sum(client.nthreads().values())
    step = max(n_threads, 1)
    return (range(start, min(start + step, n_blocks)) for start in range(0, n_blocks, step))


def _end(_: Any) -> None:
    """Do nothing, once something else is done."""
