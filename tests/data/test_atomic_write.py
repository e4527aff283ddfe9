"""Files that are whole at every moment."""

import os
import threading

import pytest

from label_auditor.data.atomic_write import atomic_paths, atomic_write


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "a.txt"


@pytest.fixture(autouse=True)
def folder(path):
    path.parent.mkdir()
    return path.parent


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def write(path, content=b"new"):
    with atomic_write(path) as file:
        file.write(content)


def write_half(*paths, error):
    """Write the first of the files, and fail."""
    with atomic_paths(*paths) as parts:
        parts[0].write_bytes(b"new")
        raise error


@pytest.mark.parametrize("kind", [str, os.fspath, lambda path: path])
def test_the_file_is_there_once_it_is_whole(path, kind):
    with atomic_write(kind(path)) as file:
        file.write(b"new")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names_in(path.parent) == ["a.txt"]


def test_an_exception_leaves_what_was_there_and_nothing_else(path):
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_half(path, error=KeyboardInterrupt)
    assert path.read_bytes() == b"old"
    assert names_in(path.parent) == ["a.txt"]


def test_what_another_process_left_is_neither_in_the_way_nor_removed(path):
    litter = path.with_name(f".a.txt.{os.getpid()}.part")
    litter.touch()
    write(path)
    assert path.read_bytes() == b"new"
    assert litter.exists()


def test_threads_that_write_one_file_all_succeed(path):
    contents = [bytes([65 + i]) * 100_000 for i in range(8)]
    failed = []

    def run(content):
        try:
            write(path, content)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_bytes() in contents
    assert names_in(path.parent) == ["a.txt"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_permissions_are_kept(path, mode):
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_write(path) as file:
        # Nobody can read the part who may not read the file.
        (part,) = path.parent.glob(".*.part")
        assert part.stat().st_mode & 0o777 == mode
        file.write(b"new")
    assert path.stat().st_mode & 0o777 == mode


def test_a_new_file_has_the_permissions_of_any_new_file(path):
    old = os.umask(0o027)
    try:
        write(path)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("there", [True, False])
def test_the_target_of_a_link_is_written(path, tmp_path, there):
    target = tmp_path / "target.txt"
    if there:
        target.write_bytes(b"old")
    path.symlink_to(target)
    write(path)
    assert path.is_symlink()
    assert target.read_bytes() == b"new"
    assert names_in(path.parent) == ["a.txt"]


@pytest.mark.parametrize("name", ["a" * 255, "語" * 85])
def test_names_as_long_as_the_system_takes(path, name):
    write(path.with_name(name))
    assert names_in(path.parent) == [name]


def test_what_is_no_regular_file_is_written_to_and_not_replaced(path):
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    write(path)
    reader.join()
    assert read == [b"new"]
    assert path.is_fifo()


def test_a_folder_and_a_folder_that_is_missing_are_errors(path):
    with pytest.raises(IsADirectoryError):
        write(path.parent)
    with pytest.raises(FileNotFoundError):
        write(path.parent / "none" / "a.txt")
    assert names_in(path.parent) == []


def test_several_files_are_replaced_together_or_not_at_all(path):
    paths = [path, path.with_name("b.txt")]
    for each in paths:
        each.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_half(*paths, error=FileExistsError)
    assert [each.read_bytes() for each in paths] == [b"old", b"old"]
    with atomic_paths(*paths) as parts:
        for part in parts:
            part.write_bytes(b"new")
    assert [each.read_bytes() for each in paths] == [b"new", b"new"]
    assert names_in(path.parent) == ["a.txt", "b.txt"]
    with pytest.raises(FileNotFoundError), atomic_paths(path, path.parent / "none" / "b.txt"):
        pytest.fail("a part can't be made")
    assert names_in(path.parent) == ["a.txt", "b.txt"]
