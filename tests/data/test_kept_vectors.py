import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

from label_auditor.data.kept_vectors import KeptVectors, cache_folder

KEYS = [b"first", b"second"]
VECTORS = np.array([[1, 2, 3], [0.5, -1, 0]], dtype=np.float16)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "of" / "the user" / "vectors.sqlite"


def find(path, keys=KEYS, n_columns=3):
    with KeptVectors.open(path, n_columns) as kept:
        found = dict(kept.find(keys))
    return found, kept.problem


def keep(path):
    with KeptVectors.open(path, 3) as kept:
        kept.add(KEYS, VECTORS)
    assert kept.problem is None


def test_what_is_kept_is_found_again(path):
    assert find(path) == ({}, None)
    keep(path)
    found, problem = find(path, [b"second", b"unknown", b"first"])
    assert problem is None
    assert set(found) == set(KEYS)
    np.testing.assert_array_equal([found[key] for key in KEYS], VECTORS)
    assert found[b"first"].dtype == np.float16


def test_more_keys_than_a_query_takes(path):
    keys = [str(number).encode() for number in range(1203)]
    vectors = np.arange(1203, dtype=np.float16)[:, None]
    with KeptVectors.open(path, 1) as kept:
        kept.add(keys, vectors)
        found = dict(kept.find(keys))
    np.testing.assert_array_equal([found[key] for key in keys], vectors)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_only_the_owner_can_look_into_the_folder(path):
    keep(path)
    assert path.parent.stat().st_mode & 0o77 == 0


def test_all_or_none_is_kept(path):
    with KeptVectors.open(path, 3) as kept, pytest.raises(ValueError, match="shorter"):
        kept.add(KEYS, VECTORS[:1])
    assert find(path) == ({}, None)


def test_two_processes_at_a_time(path):
    with KeptVectors.open(path, 3) as one, KeptVectors.open(path, 3) as other:
        one.add(KEYS[:1], VECTORS[:1])
        other.add(KEYS[1:], VECTORS[1:])
        assert set(dict(one.find(KEYS))) == set(dict(other.find(KEYS))) == set(KEYS)


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + bytes(100)])
def test_a_damaged_file_is_replaced(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert find(path) == ({}, None)
    keep(path)
    assert set(find(path)[0]) == set(KEYS)


def test_a_file_that_is_damaged_further_on_is_replaced(path):
    with KeptVectors.open(path, 3) as kept:
        kept.add([bytes([n, m]) for n in range(32) for m in range(32)], np.zeros((1024, 3), "f2"))
    content = path.read_bytes()
    assert len(content) > 20_000
    path.write_bytes(content[:8192] + bytes(range(256)) * ((len(content) - 8192) // 256))
    with KeptVectors.open(path, 3) as kept:
        list(kept.find([bytes([n, 1]) for n in range(32)]))
        kept.add(KEYS, VECTORS)
    assert kept.problem is None
    assert set(find(path)[0]) == set(KEYS)


@pytest.mark.parametrize("cell", [b"short", "text", None, np.float16([1, np.nan, 0]).tobytes()])
def test_what_is_no_vector_is_not_found(path, cell):
    keep(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema=ON")
    if cell is None:
        cell = 7
    connection.execute("UPDATE vectors SET vector = ? WHERE key = ?", (cell, KEYS[0]))
    connection.commit()
    connection.close()
    assert set(find(path)[0]) == {KEYS[1]}


def test_vectors_of_another_length_are_not_found(path):
    keep(path)
    assert find(path, n_columns=4) == ({}, None)


def test_where_nothing_can_be_kept_nothing_is_found(tmp_path):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "vectors.sqlite"
    with KeptVectors.open(path, 3) as kept:
        kept.add(KEYS, VECTORS)
        assert list(kept.find(KEYS)) == []
    assert kept.problem.startswith(f"{path}: ")


def test_a_full_disk_ends_the_keeping(path):
    with KeptVectors.open(path, 3) as kept:
        kept._connection.execute("PRAGMA max_page_count = 3")
        kept.add([bytes([n, m]) for n in range(32) for m in range(32)], np.zeros((1024, 3), "f2"))
        assert kept.problem == f"{path}: database or disk is full"
        kept.add(KEYS, VECTORS)
    assert find(path) == ({}, None)


def test_the_folder_of_the_system(monkeypatch):
    for name in ("LABEL_AUDITOR_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == Path("/home/me/.cache/label-auditor")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/label-auditor")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == Path("/home/me/Library/Caches/label-auditor")
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache_folder() == Path("/home/me/AppData/Local/label-auditor")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == Path("/local/label-auditor")
    monkeypatch.setenv("LABEL_AUDITOR_CACHE", "/named")
    assert cache_folder() == Path("/named")
