import platform
import subprocess
import sys

import pytest

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.memory import check_memory, free_memory, give_back, return_large


@pytest.mark.skipif(sys.platform != "linux", reason="others don't tell what is free")
def test_what_is_free_is_less_than_a_limit_of_the_shell():
    assert free_memory() > 2**20
    code = "from label_auditor.cli.memory import free_memory; print(free_memory())"
    done = subprocess.run(
        ["bash", "-c", f'ulimit -v 200000; "{sys.executable}" -c "{code}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0 < int(done.stdout) < 200_000 * 1024


def test_what_does_not_fit_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 2 * 10**9)
    check_memory(1.9e9, "in.csv")
    with pytest.raises(InputError, match=r"^in\.csv takes at least 2\.1 GB of memory, and only 2"):
        check_memory(2.1e9, "in.csv")
    with pytest.raises(InputError, match=r"only 2\.0 GB are free; take less\.$"):
        check_memory(2.1e9, "in.csv", "take less")


def test_where_nothing_tells_what_is_free_nothing_is_refused(monkeypatch):
    for name in ("_free_of_machine", "_free_of_container", "_free_of_process"):
        monkeypatch.setattr(memory, name, lambda: None)
    assert free_memory() is None
    check_memory(1e30, "in.csv")


@pytest.mark.parametrize("limit", ["max", "1000000"])
def test_the_limit_of_a_container(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(memory, "Path", lambda *parts: tmp_path.joinpath(*parts[1:]))
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("900000")
    monkeypatch.setattr(memory, "_read_sizes", lambda path: {"inactive_file": 200_000})
    assert memory._free_of_container() == (None if limit == "max" else 300_000)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others give back what is free")
def test_what_is_free_again_goes_back_to_the_system():
    code = """
import ctypes
from pathlib import Path
from label_auditor.cli.memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

blocks = [bytearray(100_000) for _ in range(1000)]  # each too small to be given back by itself
last = bytearray(100_000)  # what lies below it is not at the end
del blocks
before = resident()
give_back()
print(before - resident())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 4096 > 50_000_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others give back what is free")
def test_large_blocks_go_back_to_the_system_by_themselves():
    code = """
from pathlib import Path
from label_auditor.cli.memory import return_large

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

bytes(30_000_000)  # once such a block has been let go, glibc keeps blocks of this size
return_large()
blocks = [bytearray(b"x") * 10_000_000 for _ in range(10)]
last = bytearray(b"x") * 10_000_000  # what lies below it is not at the end
before = resident()
del blocks
print(before - resident())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 4096 > 90_000_000


def test_where_the_library_of_c_has_no_such_function_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    give_back()
    return_large()
