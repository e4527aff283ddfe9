"""Refuse what doesn't fit into memory before memory is gone."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from label_auditor.cli.errors import InputError

_MMAP_THRESHOLD, _LARGE = -3, 2**23  # the first is a constant of glibc
OTHERWISE = (
    "free some, audit a part of the rows, or fit on blocks of the file in Python, as the page "
    '"How far it goes" of the documentation shows'
)


def check_memory(needed: float, what: str, remedy: str = "") -> None:
    """Raise InputError if `what` needs more bytes than are free; `remedy` says what to do then."""
    free = free_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{what} takes at least {needed / 1e9:,.1f} GB of memory, and only "
            f"{free / 1e9:,.1f} GB are free{remedy and f'; {remedy}'}."
        )


def free_memory() -> int | None:
    """Give the number of bytes that this process can still use; None where nothing tells."""
    found = [_free_of_machine(), _free_of_container(), _free_of_process()]
    known = [each for each in found if each is not None]
    return max(0, min(known)) if known else None


def return_large() -> None:
    """From now on, have large blocks go back to the system once they aren't used any more.

    glibc begins to keep those up to 32 MB, which then lie unused between others.
    """
    _call_libc("mallopt", _MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Give memory that is not used any more back to the system; glibc keeps it for later.

    What one stage of the work has used for a moment is then free for the next one.
    """
    _call_libc("malloc_trim", 0)


def _call_libc(name: str, *arguments: int) -> None:
    """Call a function of glibc; other libraries of C don't have it."""
    function = getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None
    if function is not None:
        function(*arguments)


def _free_of_machine() -> int | None:
    """Give what Linux has available; elsewhere all of the memory that the machine has."""
    try:
        return _read_sizes("/proc/meminfo")["MemAvailable:"] * 1024
    except (OSError, KeyError):
        pages = getattr(os, "sysconf_names", {}).get("SC_PHYS_PAGES")
        return None if pages is None else os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")


def _free_of_container() -> int | None:
    """Give what is left of the limit of a container; cached files can be given back."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = int(Path(folder, "memory.max").read_text())
        used = int(Path(folder, "memory.current").read_text())
        return limit - used + _read_sizes(str(folder / "memory.stat")).get("inactive_file", 0)
    except (OSError, ValueError):  # no container, or one that has no limit
        return None


def _free_of_process() -> int | None:
    """Give what is left of the limit that the shell has set with `ulimit -v`."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):  # Windows, macOS
        return None
    return None if limit == resource.RLIM_INFINITY else limit - used


def _read_sizes(path: str) -> dict[str, int]:
    """Read lines that each hold a name and a number."""
    lines = (line.split() for line in Path(path).read_text().splitlines())
    return {cells[0]: int(cells[1]) for cells in lines if len(cells) > 1}
