"""Files that are whole at every moment: what is written takes their place at the end."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path_ = str | os.PathLike[str]


@contextmanager
def atomic_write(path: Path_) -> Iterator[IO[bytes]]:
    """Open a file to write bytes to; one already there stays as it is until the new one is whole.

    Parameters
    ----------
    path : str or path
        The file. If it is a symbolic link, the file that it points to is written. A file that is
        replaced hands its permissions on to the new one.

    Yields
    ------
    binary file
        It takes the place of `path` at the end, unless an exception is raised before.
    """
    with atomic_paths(path) as (part,), part.open("wb") as file:
        yield file


@contextmanager
def atomic_paths(*paths: Path_) -> Iterator[tuple[Path, ...]]:
    """Give paths to write to, which take the place of files once all of them have been written.

    Parameters
    ----------
    *paths : str or path
        The files, as for :func:`atomic_write`.

    Yields
    ------
    tuple of Path
        For each file an empty one in the same folder, of a name that no other process and no
        other thread has. If an exception is raised, these are removed, and `paths` stay as they
        are. What is not a regular file, such as a pipe or ``/dev/null``, is given as it is.
    """
    targets = [Path(path) if _is_special(path) else Path(os.path.realpath(path)) for path in paths]
    made: dict[Path, Path] = {}
    try:
        for target in targets:
            if not _is_special(target):
                made[target] = _make_part(target)
        yield tuple(made.get(target, target) for target in targets)
        for target, part in list(made.items()):
            part.replace(target)
            del made[target]
    finally:
        for part in made.values():
            part.unlink(missing_ok=True)


def _is_special(path: Path_) -> bool:
    """Tell whether something is there that is no regular file: it can't be replaced."""
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113 (links loop)


def _make_part(target: Path) -> Path:
    """Make an empty file beside the target, which nobody may read who may not read the target."""
    # A name has room for 255 bytes, and a character takes at most 4 of them.
    part = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.part")
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else 0o600))
    if mode is not None:
        try:
            part.chmod(mode)
        except OSError:
            part.unlink()
            raise
    return part
