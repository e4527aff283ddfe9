"""Vectors that are kept in a file between runs, so that they are computed once."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

FOLDER_VARIABLE = "LABEL_AUDITOR_CACHE"
SECONDS_FOR_OTHERS = 30.0  # for which another process may write
KEYS_PER_QUERY = 500  # SQLite takes 999 in its oldest versions


def cache_folder() -> Path:
    """Give the folder for what can be computed again, where the system keeps such files.

    Returns
    -------
    Path
        What the environment variable LABEL_AUDITOR_CACHE names; else a folder of this package in
        that of the user: ``~/.cache`` or what XDG_CACHE_HOME names, ``~/Library/Caches`` on macOS,
        ``%LOCALAPPDATA%`` on Windows. It need not exist.
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    if sys.platform == "darwin":
        folder = Path("~/Library/Caches")
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.path.expanduser(folder)) / "label-auditor"  # noqa: PTH111 - it never raises


class KeptVectors:
    """Vectors by their keys, in a file that is whole at every moment.

    The file is a database of SQLite: several processes may use it at a time, and what is being
    added when a process is killed is there as a whole or not at all. A damaged file is replaced.
    Where no file can be read or written, nothing is found and nothing is kept.

    Parameters
    ----------
    path : Path
        The file. Its folder is made if need be, so that only its owner can look into it.
    n_columns : int
        The length of the vectors.

    Attributes
    ----------
    problem : str or None
        Why vectors are not kept; None if they are.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "vectors.sqlite")
    >>> with KeptVectors.open(path, 2) as kept:
    ...     kept.add([b"a"], np.array([[0.5, 1]], dtype=np.float16))
    >>> with KeptVectors.open(path, 2) as kept:
    ...     list(kept.find([b"a", b"b"]))
    [(b'a', array([0.5, 1. ], dtype=float16))]
    """

    def __init__(self, path: Path, n_columns: int) -> None:
        self.problem: str | None = None
        self._path = path
        self._n_columns = n_columns
        self._connection: sqlite3.Connection | None = None

    @classmethod
    @contextmanager
    def open(cls, path: Path, n_columns: int) -> Iterator[KeptVectors]:
        """Open a file, and close it at the end."""
        kept = cls(path, n_columns)
        with kept._watch():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept._connect()
        try:
            yield kept
        finally:
            kept._close()

    def find(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, NDArray[np.float16]]]:
        """Give those keys that have a vector, each with its vector."""
        with self._watch():
            for start in range(0, len(keys), KEYS_PER_QUERY):
                yield from self._select(keys[start : start + KEYS_PER_QUERY])

    def add(self, keys: Sequence[bytes], vectors: NDArray[np.float16]) -> None:
        """Keep vectors, a row for each key: all of them, or none."""
        with self._watch():
            if self._connection is not None:
                rows = zip(keys, map(_to_bytes, vectors), strict=True)
                with self._connection:
                    self._connection.executemany("REPLACE INTO vectors VALUES (?, ?)", rows)

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self._path, timeout=SECONDS_FOR_OTHERS)
        with self._connection:
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
            )

    def _select(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, NDArray[np.float16]]]:
        """Give the vectors of some keys, as long as they are vectors."""
        if self._connection is None:
            return
        marks = ", ".join("?" * len(keys))
        query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - marks only
        for key, content in self._connection.execute(query, keys):
            if isinstance(content, bytes) and len(content) == 2 * self._n_columns:
                vector = np.frombuffer(content, dtype="<f2").astype(np.float16)
                if np.isfinite(vector).all():
                    yield key, vector

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Go on without a file where there is something wrong with it."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:  # no permission, no space, locked
            self._give_up(error)
        except sqlite3.DatabaseError:  # what is there is no database, or a damaged one
            self._close()
            try:
                self._path.unlink()
                self._connect()
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._close()
        self.problem = f"{self._path}: {getattr(error, 'strerror', None) or error}"

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _to_bytes(vector: NDArray[np.float16]) -> bytes:
    return vector.astype("<f2").tobytes()
