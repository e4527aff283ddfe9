"""Write arrays to an npz file; read one of unknown origin, whose contents are checked first."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.lib import format as npy

from label_auditor.data.chunks import cut_rows
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# What reading a damaged or crafted file raises.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    OverflowError,
    OSError,  # a seek before the start of the file
)


# About so many numbers of an array that isn't in memory are written at a time.
WRITTEN_AT_ONCE = 2**22
# What is before each file in an archive: the lengths of its name and of what else is there.
LOCAL_HEADER = struct.Struct("<26xHH")


class Stored(NamedTuple):
    """An array in a file, not yet read.

    Attributes
    ----------
    shape : tuple of int
        Its shape.
    dtype : dtype
        Its type, which holds no objects.
    order : {"C", "F"}
        How it lies in memory: by rows or by columns.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"] = "C"


def write_arrays(file: IO[bytes], arrays: dict[str, Any]) -> None:
    """Write arrays as NumPy's `savez` does, but no objects.

    An array-like that is no array of NumPy, such as one of zarr, h5py or dask, is read in blocks of
    rows, so that it need not fit into memory.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if isinstance(array, np.ndarray):
                    npy.write_array(member, array, allow_pickle=False)
                else:
                    _write_rows(member, array)


def _write_rows(member: IO[bytes], array: Any) -> None:
    """Write an array-like that may be sliced by rows."""
    shape = tuple(map(int, array.shape))
    for rows in cut_rows(array, max(1, WRITTEN_AT_ONCE // shape[1])):
        block = np.ascontiguousarray(array[rows])
        if rows.start == 0:
            descr = npy.dtype_to_descr(block.dtype)
            header = {"descr": descr, "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(member, header)
        member.write(block.data)


def find_arrays(archive: zipfile.ZipFile) -> dict[str, Stored]:
    """Give shapes and types of the arrays in an npz file, as NumPy's `savez` writes it.

    Parameters
    ----------
    archive : ZipFile
        The file, open.

    Returns
    -------
    dict of str to Stored
        The arrays by name. The file has as many bytes for each as its shape and type say.

    Raises
    ------
    ValueError
        If there is something else in the file, or it is compressed or encrypted.
    """
    found = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in found or name == member.filename:
            raise ValueError(f"it holds {member.filename!r:.60}, which is no array or there twice")
        found[name] = find_array(archive, name)
    return found


def find_array(archive: zipfile.ZipFile, name: str) -> Stored:
    """Give shape and type of one array; :func:`find_arrays` says what is refused."""
    member = archive.getinfo(f"{name}.npy")
    if member.flag_bits & 1 or member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name!r:.60} is compressed or encrypted, which save never does")
    with archive.open(member) as file:
        stored = _read_header(file)
        length = member.file_size - file.tell()
    needed = math.prod(stored.shape) * stored.dtype.itemsize
    if stored.dtype.hasobject or min(stored.shape, default=0) < 0 or length != needed:
        raise ValueError(
            f"{name!r:.60} has {length} bytes, but shape {stored.shape} and dtype "
            f"{stored.dtype} take {needed}"
        )
    return stored


def read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read an array that `find_arrays` found."""
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


def map_array(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Map an array that `find_arrays` found: it stays in the file, and is read where it is used.

    Parameters
    ----------
    path : Path
        The file.
    archive : ZipFile
        The same, open.
    name : str
        The array.

    Returns
    -------
    memmap
        It can't be written to.
    """
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as content:
        stored = _read_header(content)
        header_length = content.tell()
    with path.open("rb") as file:
        file.seek(member.header_offset)
        lengths = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    start = member.header_offset + LOCAL_HEADER.size + sum(lengths) + header_length
    return np.memmap(path, stored.dtype, "r", start, stored.shape, stored.order)


def check_arrays(found: dict[str, Stored], expected: dict[str, tuple[Any, str]]) -> dict[str, int]:
    """Check that a file has the arrays that are expected, and no others.

    Parameters
    ----------
    found : dict of str to Stored
        The arrays in the file.
    expected : dict of str to tuple
        Of each array its shape and the kinds of its dtype. A letter in a shape stands for a length
        that is the same wherever the letter is.

    Returns
    -------
    dict of str to int
        The lengths that the letters stand for.

    Raises
    ------
    ValueError
        If an array is absent, unknown, or of another shape or type.
    """
    absent, unknown = set(expected) - set(found), set(found) - set(expected)
    if absent or unknown:
        raise ValueError(
            f"it lacks {quote_values(sorted(absent))}"
            if absent
            else f"it holds {quote_values(sorted(unknown))}, which no audit has"
        )
    lengths: dict[Any, int] = {}
    for name, (shape, kinds) in expected.items():
        stored = found[name]
        fits = len(stored.shape) == len(shape) and stored.dtype.kind in kinds
        for length, given in zip(shape, stored.shape, strict=False):
            fits &= given == (
                lengths.setdefault(length, given) if isinstance(length, str) else length
            )
        wanted = tuple(lengths.get(length, length) for length in shape)
        if not fits:
            raise ValueError(
                f"{name!r} has shape {stored.shape} and dtype {stored.dtype}, but shape {wanted} "
                f"and a dtype of kind {' or '.join(kinds)} is needed"
            )
    return lengths


def _read_header(file: IO[bytes]) -> Stored:
    """Read the header of an npy file; it may be no longer than NumPy's own limit."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"an array has the npy format {version}, which save never writes")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, dtype = read(file)
    return Stored(shape, dtype, "F" if is_fortran else "C")
