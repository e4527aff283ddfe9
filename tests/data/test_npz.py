import zipfile

import numpy as np
import pytest

from label_auditor.data.npz import (
    Stored,
    check_arrays,
    find_array,
    find_arrays,
    map_array,
    read_array,
    write_arrays,
)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.npz"
    arrays = {
        "x": np.arange(6).reshape(2, 3),
        "f": np.asfortranarray(np.eye(3)),
        "s": np.array("é"),
    }
    np.savez(path, **arrays)
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_arrays_are_found_without_being_read(archive):
    found = find_arrays(archive)
    assert found == {
        "x": Stored((2, 3), np.dtype(np.intp)),
        "f": Stored((3, 3), np.dtype(float), "F"),
        "s": Stored((), np.dtype("<U1")),
    }
    assert find_array(archive, "x") == found["x"]


def test_arrays_are_read_as_they_were(archive):
    np.testing.assert_array_equal(read_array(archive, "x"), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(read_array(archive, "f"), np.eye(3))
    assert str(read_array(archive, "s")) == "é"


def test_an_array_that_is_not_there(archive):
    with pytest.raises(KeyError):
        find_array(archive, "y")


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        with pytest.raises(ValueError, match=r"'x' has .* bytes, but shape"):
            find_arrays(archive)
        with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
            read_array(archive, "x")


FOUND = {"p": Stored((4, 2), np.dtype(float)), "c": Stored((4,), np.dtype(int))}


def test_a_letter_is_the_same_length_everywhere():
    expected = {"p": (("n", "K"), "f"), "c": (("n",), "iu")}
    assert check_arrays(FOUND, expected) == {"n": 4, "K": 2}


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"p": (("n", "n"), "f"), "c": (("n",), "i")}, r"'p' has shape \(4, 2\)"),
        ({"p": (("n", "K"), "f"), "c": (("K",), "i")}, r"'c' has shape \(4,\) .* but shape \(2,\)"),
        ({"p": (("n", "K"), "f"), "c": (("n",), "b")}, "'c' has .* dtype of kind b is needed"),
        ({"p": (("n",), "f"), "c": (("n",), "i")}, r"'p' has shape \(4, 2\)"),
        ({"p": (("n", 3), "f"), "c": (("n",), "i")}, r"'p' has shape \(4, 2\)"),
        ({"p": (("n", "K"), "f")}, "it holds 'c', which no audit has"),
        ({**dict.fromkeys("pcd", ((), "f"))}, "it lacks 'd'"),
    ],
)
def test_arrays_that_do_not_fit(expected, message):
    with pytest.raises(ValueError, match=message):
        check_arrays(FOUND, expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_mapped_where_it_lies(tmp_path, order):
    path = tmp_path / "a.npz"
    values = np.array(np.arange(6).reshape(2, 3), order=order)
    np.savez(path, first=np.zeros(3), x=values)
    with zipfile.ZipFile(path) as archive:
        assert find_array(archive, "x").order == order
        found = map_array(path, archive, "x")
    np.testing.assert_array_equal(found, values)
    assert not found.flags.writeable


class Slices:
    def __init__(self, array):
        self.array, self.shape, self.read = array, array.shape, []

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.read.append(rows)
        return self.array[rows]


def test_what_only_slices_is_written_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr("label_auditor.data.npz.WRITTEN_AT_ONCE", 8)
    lazy = Slices(np.arange(18, dtype=">f4").reshape(9, 2))
    with (tmp_path / "a.npz").open("wb") as file:
        write_arrays(file, {"x": lazy, "n": np.arange(3)})
    assert [rows.start for rows in lazy.read] == [0, 4, 8]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["x"], lazy.array)
        assert stored["x"].dtype == lazy.array.dtype
        assert stored["n"].tolist() == [0, 1, 2]


def test_objects_are_not_written(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file, pytest.raises(ValueError, match="Object arrays"):
        write_arrays(file, {"x": np.array([{}], dtype=object)})
