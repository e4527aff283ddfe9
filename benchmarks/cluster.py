"""An audit on the workers of a Dask cluster: CPU seconds, and the bytes that reach the client.

    python benchmarks/cluster.py 1000000x10 10000000x10 1000000x100

Two worker processes of one thread each on this machine. The probabilities, float32, lie in a file
that the workers map. Beside it stands the audit of the same array in memory, on one thread; the two
results are compared to the last bit. Bytes are those of all results that the client fetches,
pickled, as a share of the probabilities.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
import time
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
from distributed import Client, LocalCluster

from confident_learning import make
from label_auditor import LabelAudit, audit_labels

CHUNK_BYTES = 2e7


class CountingClient(Client):
    """A client that counts what it fetches."""

    fetched = 0

    def gather(self, futures: Any, *args: Any, **options: Any) -> Any:
        found = super().gather(futures, *args, **options)
        CountingClient.fetched += len(pickle.dumps(found))
        return found


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


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


def run(client: Client, path: Path, n: int, n_classes: int) -> None:
    codes, pred_probs = make(n, n_classes, "float32")
    np.save(path, pred_probs)
    start = cpu_seconds()
    expected = audit_labels(codes, pred_probs, n_jobs=1)
    in_memory = cpu_seconds() - start
    lazy = open_chunks(path, n, n_classes)
    CountingClient.fetched = 0
    before = sum(client.run(cpu_seconds).values())
    start, wall = cpu_seconds(), time.perf_counter()
    found = audit_labels(codes, lazy)
    wall, here = time.perf_counter() - wall, cpu_seconds() - start
    workers = sum(client.run(cpu_seconds).values()) - before
    compare(found, expected)
    share = CountingClient.fetched / pred_probs.nbytes
    print(
        f"{f'{n} x {n_classes}':>15} {lazy.numblocks[0]:7} {in_memory:10.2f} {here:8.2f} "
        f"{workers:9.2f} {(here + workers) / in_memory:7.1f} {wall:7.1f} {share:7.1%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", default=["1000000x10", "1000000x100"])
    options = parser.parse_args()
    print(
        f"{'rows x classes':>15} {'chunks':>7} {'in memory':>10} {'client':>8} {'workers':>9} "
        f"{'times':>7} {'wall':>7} {'bytes':>7}"
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
