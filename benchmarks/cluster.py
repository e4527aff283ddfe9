"""An audit on the workers of a Dask cluster: CPU seconds, and the bytes that reach the client.

    python benchmarks/cluster.py 1000000x10 10000000x10 1000000x100

Two worker processes of one thread each on this machine. The probabilities, float32, lie in a file
that the workers map. Beside it stands the audit of the same array in memory, on one thread; the two
results are compared to the last bit. Bytes are those of all results that the client fetches,
pickled, as a share of the probabilities.

CPU is that of the client, with the scheduler, and of the workers. It holds all that these processes
do meanwhile. A cluster that has no work takes CPU too, for each second of wall time; so much of it
is shown as "idle", and the last but one column leaves it out. Both audits are run in turn, and all
figures are medians.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array
import numpy as np
from distributed import Client, LocalCluster

from confident_learning import make
from label_auditor import LabelAudit, audit_labels

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_BYTES, REPEAT = 2e7, 9


class CountingClient(Client):
    """A client that counts what it fetches, when it is told to; to count takes CPU too."""

    counts, fetched = False, 0

    def gather(self, futures: Any, *args: Any, **options: Any) -> Any:
        found = super().gather(futures, *args, **options)
        if CountingClient.counts:
            CountingClient.fetched += len(pickle.dumps(found))
        return found


def open_chunks(path: Path, n: int, n_classes: int) -> dask.array.Array:
    """Give a lazy array whose chunks are read from the file by whoever needs them."""
    n_chunks = max(4, int(4 * n * n_classes / CHUNK_BYTES))
    ends = np.linspace(0, n, n_chunks + 1).astype(int)

    def read(block_info: Any = None) -> np.ndarray:
        start, stop = block_info[None]["array-location"][0]
        return np.load(path, mmap_mode="r")[start:stop]

    chunks = (tuple(np.diff(ends).tolist()), (n_classes,))
    return dask.array.map_blocks(
        read, chunks=chunks, dtype=np.float32, meta=np.empty((0, 0), np.float32)
    )


def compare(one: LabelAudit, other: LabelAudit) -> None:
    for field in ("codes", "predicted", "issues", "quality", "ranked", "confident_joint"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


class Cost(NamedTuple):
    """CPU seconds of the client and of the workers, and wall time."""

    here: float
    workers: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.here + self.workers


def measure(client: Client, step: Callable[[], Any]) -> tuple[Cost, Any]:
    before = sum(client.run(time.process_time).values())
    start, wall = time.process_time(), time.perf_counter()
    found = step()
    here, wall = time.process_time() - start, time.perf_counter() - wall
    return Cost(here, sum(client.run(time.process_time).values()) - before, wall), found


def run(client: Client, path: Path, n: int, n_classes: int) -> None:
    codes, pred_probs = make(n, n_classes, "float32")
    np.save(path, pred_probs)
    lazy = open_chunks(path, n, n_classes)
    in_memory, costs = [], []
    for _ in range(REPEAT):
        start = time.process_time()
        expected = audit_labels(codes, pred_probs, n_jobs=1)
        in_memory.append(time.process_time() - start)
        cost, found = measure(client, lambda: audit_labels(codes, lazy))
        costs.append(cost)
        compare(found, expected)
    memory = statistics.median(in_memory)
    cost = Cost(*map(statistics.median, zip(*costs, strict=True)))
    nothing, _ = measure(client, lambda: time.sleep(2))
    idle = nothing.cpu / nothing.wall * cost.wall
    CountingClient.counts, CountingClient.fetched = True, 0
    audit_labels(codes, lazy)
    CountingClient.counts = False
    share = CountingClient.fetched / pred_probs.nbytes
    print(
        f"{f'{n} x {n_classes}':>15} {lazy.numblocks[0]:7} {memory:10.3f} {cost.here:8.3f} "
        f"{cost.workers:9.3f} {cost.wall:6.2f} {idle:6.3f} {cost.cpu / memory:7.2f} "
        f"{(cost.cpu - idle) / memory:9.2f} {share:7.1%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", default=["1000000x10", "1000000x100"])
    options = parser.parse_args()
    print(
        f"{'rows x classes':>15} {'chunks':>7} {'in memory':>10} {'client':>8} {'workers':>9} "
        f"{'wall':>6} {'idle':>6} {'times':>7} {'- idle':>9} {'bytes':>7}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        CountingClient(cluster) as client,
    ):
        audit_labels([0, 1] * 50, dask.array.full((100, 2), 0.5, chunks=50))  # imports
        for size in options.sizes:
            run(client, Path(folder) / "pred_probs.npy", *map(int, size.split("x")))


if __name__ == "__main__":
    main()
