"""Reading any array-like in blocks of rows, and working on the blocks on threads."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
from joblib import cpu_count
from joblib.parallel import get_active_backend

from label_auditor.confident_learning.scan import (
    ABSENT,
    ClassGroups,
    code_dtype,
    group_by_class,
    sum_tolerance,
)
from label_auditor.data.chunks import cut_rows
from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = npt.NDArray[Any]
Result = TypeVar("Result")

# A few blocks of this size may be in memory at once.
BLOCK_BYTES = 2**25
# Less than this is read at once and stays in memory, like an array.
SMALL_BYTES = 2**24
# Most rows of a task that reads a few numbers of each row, so that they stay in the cache.
LIGHT_BLOCK = 2**17
# Fewer rows are not worth a task.
FEWEST_ROWS = 2**13


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Codes and probabilities that are worked on in blocks of rows.

    All of the probabilities but their values is checked here, once; the values are checked as they
    are read.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged. Kept in the smallest type
        that holds K.
    pred_probs : array-like of shape (n, K)
        An array of any memory order, a memmap, or anything else that has a shape and can be sliced
        by rows, such as a zarr, h5py or dask array. What has no shape becomes an array.
    n_jobs : int, optional
        Threads, as in joblib: None is 1 unless a `joblib.parallel_config` says otherwise.

    Raises
    ------
    ValueError
        If codes are not integers, or `pred_probs` is not a matrix of numbers with a row for each
        code and at least one column.
    """

    codes: Array
    pred_probs: Any
    n_jobs: int | None = None

    def __post_init__(self) -> None:
        codes = _check_codes(self.codes)
        object.__setattr__(self, "pred_probs", _check_pred_probs(self.pred_probs, len(codes)))
        object.__setattr__(self, "codes", self.in_smallest_type(codes))

    @property
    def n_classes(self) -> int:
        """The number of columns."""
        return int(self.pred_probs.shape[1])

    def check_columns(self, classes: Array, *, inferred: bool) -> None:
        """Check that there is one column of probabilities for each class."""
        if self.n_classes == len(classes):
            return
        raise ValueError(
            f"pred_probs has {self.n_classes} columns but "
            + (
                f"labels has {len(classes)} classes ({quote_values(classes)}); "
                "pass classes= with every class, in the order of the columns."
                if inferred
                else f"classes has {len(classes)} names ({quote_values(classes)}); "
                "it must name every column, in order."
            )
        )

    def check_codes(self) -> None:
        """Check that there is a column for each code."""
        if self.codes.min() < -1 or self.codes.max() >= self.n_classes:
            raise ValueError(
                f"pred_probs has {self.n_classes} columns but labels has codes from "
                f"{self.codes.min()} to {self.codes.max()}; pass a column for every class."
            )

    def in_smallest_type(self, codes: Array) -> Array:
        """Give codes in the smallest type that holds them, if there is a column for each."""
        fits = codes.size and codes.min() >= -1 and codes.max() < self.n_classes
        return codes.astype(code_dtype(self.n_classes), copy=False) if fits else codes

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The type of the probabilities."""
        return _dtype_of(self.pred_probs)

    @property
    def tolerance(self) -> float:
        """How far from 1 the sum of a row may be."""
        return sum_tolerance(self.dtype, self.n_classes)

    def read(self, rows: slice) -> Array:
        """Read a block of probabilities: a view of a NumPy array, a copy of any other."""
        return np.asarray(self._source[rows])

    @cached_property
    def _source(self) -> Any:
        """What is read: the probabilities, or an array of them if they are few."""
        whole = self.dtype.itemsize * self.n_classes * self.codes.size <= SMALL_BYTES
        return np.asarray(self.pred_probs[:]) if whole else self.pred_probs

    @cached_property
    def in_memory(self) -> bool:
        """Whether reading costs nothing: the probabilities are an array that is no memmap."""
        array = self._source
        while type(array) is np.ndarray and array.base is not None:
            array = array.base
        return isinstance(self._source, np.ndarray) and not isinstance(array, np.memmap | mmap)

    @property
    def blocks(self) -> list[slice]:
        """Blocks that are small enough to be read, and cut no chunk in two."""
        step = self._rows_per_task(min(BLOCK_BYTES // (8 * self.n_classes), LIGHT_BLOCK))
        return cut_rows(self._source, step)

    def map(self, function: Callable[[slice], Result]) -> list[Result]:
        """Call a function for every block that is small enough to be read, in row order."""
        return self.map_over(function, self.blocks)

    def map_light(self, function: Callable[[slice], Result]) -> list[Result]:
        """Call a function for every block, in row order, that reads a few numbers of each row."""
        return self.map_over(function, _cut(self.codes.size, self._rows_per_task(LIGHT_BLOCK)))

    def share(self, function: Callable[[slice], Result], number: int) -> list[Result]:
        """Call a function for one range of a number of things per thread, in order."""
        return self.map_over(function, _cut(number, -(-number // self.n_threads)))

    @cached_property
    def n_threads(self) -> int:
        """How many threads work on the blocks."""
        n_jobs = get_active_backend()[1] if self.n_jobs is None else self.n_jobs
        threads, _ = get_active_backend(prefer="threads")
        return min(int(threads.effective_n_jobs(n_jobs)), int(cpu_count()))

    def _rows_per_task(self, most: int) -> int:
        """Cut small data too, so that all threads have work to the end."""
        return max(1, min(most, max(FEWEST_ROWS, self.codes.size // (8 * self.n_threads))))

    def map_over(self, function: Callable[..., Result], *things: Sequence[Any]) -> list[Result]:
        """Call a function for each of some things, in order, as `map` of Python does."""
        if len(things[0]) <= 1 or self.n_threads == 1:
            return list(map(function, *things))
        # NumPy frees the interpreter lock. joblib says how many threads there may be, but waits
        # for its own in steps of 10 ms, longer than most of these calls take.
        with ThreadPoolExecutor(self.n_threads) as threads:
            return list(threads.map(function, *things))


def _cut(number: int, step: int) -> list[slice]:
    """Cut a number of things into ranges."""
    return [slice(i, min(i + step, number)) for i in range(0, number, step)]


def split_rows(rows: Array, starts: Sequence[int]) -> list[Array]:
    """Give the positions of rows, ascending, in their blocks, which begin at these rows."""
    parts = np.split(rows, np.searchsorted(rows, np.array(starts[1:], rows.dtype)))
    return [(part - start).astype(np.int32) for part, start in zip(parts, starts, strict=True)]


def group_rows(data: LabelledRows, values: Array) -> ClassGroups:
    """Group a value of each row by its given label."""

    def group_block(rows: slice) -> tuple[Array, Array]:
        return group_by_class(data.codes[rows], values[rows], data.n_classes)

    return ClassGroups(data.map_light(group_block))


def class_means(data: LabelledRows, values: Array, sizes: Array) -> list[Any]:
    """Average a value of each row by its given label; ABSENT for a label without rows."""
    groups = group_rows(data, values)
    # One mean over all rows of a class: sums of blocks would be rounded differently.
    return [
        np.concatenate(groups.parts(k)).mean() if size else ABSENT for k, size in enumerate(sizes)
    ]


def _check_codes(codes: Any) -> Array:
    """Give codes as integers; refuse what isn't one."""
    values = np.asarray(codes)
    if values.ndim == 1 and values.dtype.kind == "i":
        return values
    with np.errstate(invalid="ignore"):  # NaN
        whole = values.astype(np.intp) if values.ndim == 1 and values.dtype.kind in "biuf" else None
    if whole is None or (whole != values).any():
        raise ValueError(
            f"codes is an array of {values.dtype} and shape {values.shape}, but the column of each "
            "label is needed: integers, -1 where a row is not to be judged."
        )
    return whole


def _check_pred_probs(pred_probs: Any, n_labels: int) -> Any:
    """Check all of `pred_probs` but its values, which are checked as they are read."""
    pred_probs = _to_rows(pred_probs)
    n_rows, n_classes = pred_probs.shape
    if n_rows == 0 or n_classes == 0:
        raise ValueError(
            f"pred_probs has {n_rows} rows and {n_classes} columns; pass at least one of each."
        )
    if n_rows != n_labels:
        raise ValueError(
            f"pred_probs has {n_rows} rows but there are {n_labels} labels; "
            "pass one row for each label, in the same order."
        )
    dtype = _dtype_of(pred_probs)
    if dtype.kind not in "biuf":
        raise ValueError(
            f"pred_probs has dtype {dtype}, but numbers are needed; "
            "pass probabilities as float32 or float64."
        )
    return pred_probs


def _dtype_of(pred_probs: Any) -> np.dtype[Any]:
    """Give the type of the probabilities, without reading one."""
    if _is_sparse(pred_probs):
        raise ValueError("pred_probs is a sparse matrix; pass pred_probs.toarray().")
    if hasattr(pred_probs, "__dask_graph__"):
        if _is_sparse(pred_probs._meta):
            raise ValueError(
                "pred_probs is a dask array of sparse matrices; pass "
                "pred_probs.map_blocks(lambda block: block.toarray())."
            )
        dtype: np.dtype[Any] = pred_probs.dtype
        return dtype
    try:
        return np.asarray(pred_probs[:0]).dtype
    except (TypeError, RuntimeError) as error:
        # PyTorch raises these for what NumPy can't see: gradients, bfloat16, a GPU's memory.
        raise ValueError(
            f"pred_probs is a {type(pred_probs).__name__} that NumPy can't read ({error}). Of a "
            "tensor of PyTorch, pass pred_probs.detach().float().cpu()."
        ) from error


def _is_sparse(array: Any) -> bool:
    return type(array).__module__.startswith("scipy.sparse")


def _to_rows(pred_probs: Any) -> Any:
    """Give `pred_probs` as it is if it has a shape and slices by rows, else as an array."""
    if isinstance(getattr(pred_probs, "_meta", None), np.ma.MaskedArray):  # dask
        pred_probs = pred_probs.map_blocks(_unmask)
    elif isinstance(pred_probs, np.ma.MaskedArray):
        pred_probs = _unmask(pred_probs)
    if not hasattr(pred_probs, "shape") or hasattr(pred_probs, "iloc"):
        try:
            pred_probs = _as_array(pred_probs)
        except ValueError as error:
            raise ValueError(
                f"pred_probs can't be read as a matrix: {error}. Pass rows of equal length, one "
                "for each label, with a number for each class."
            ) from error
    shape = tuple(pred_probs.shape)
    if np.isnan(shape).any():
        raise ValueError(
            "pred_probs is a dask array that doesn't know how many rows its chunks have; call "
            "pred_probs.compute_chunk_sizes() first, or make it by to_dask_array(lengths=True)."
        )
    if len(shape) != 2:
        raise ValueError(
            f"pred_probs has shape {shape}, but one row per label and one column per class are "
            f"needed: shape (n_samples, n_classes).{_remedy(shape)}"
        )
    return pred_probs


def _unmask(pred_probs: Any) -> Array:
    """Give an array that is NaN where a number is masked, since that is no probability."""
    return np.where(np.ma.getmaskarray(pred_probs), np.nan, np.ma.getdata(pred_probs))


def _as_array(pred_probs: Any) -> Array:
    """Give an array; raise for rows of unequal length as NumPy does since 1.24."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Creating an ndarray from ragged nested sequences")
        try:
            return np.asarray(pred_probs)
        except Warning as error:
            raise ValueError("the rows are of unequal length") from error


def _remedy(shape: tuple[int, ...]) -> str:
    """Say how a matrix of probabilities is made of what models give in its place."""
    if len(shape) == 3 and shape[2] == 2:
        return (
            " Of a list of arrays, one per class with the columns no and yes: "
            "np.column_stack([p[:, 1] for p in pred_probs])."
        )
    if len(shape) == 1:
        return (
            " Of the probability of the second of two classes: np.column_stack([1 - p, p]); of a "
            "column of arrays: np.stack(p)."
        )
    return ""


def refuse_rows(pred_probs: Any, rows: Array, *, multi_label: bool = False) -> None:
    """Raise for rows of `pred_probs` that are no probabilities: say which, and what is wrong."""
    first = np.asarray(pred_probs[rows[0] : rows[0] + 1])[0].astype(float)
    squash = "put your logits through a sigmoid" if multi_label else "softmax your logits"
    normalise = squash if multi_label else f"divide each row by its sum, or {squash}"
    if np.isnan(first).any():
        problem, remedy = "NaN", "give these rows probabilities, or leave them out"
    elif np.isinf(first).any():
        problem, remedy = "an infinite value", f"pass probabilities: {squash}"
    elif first.min() < 0:
        problem = f"{first.min():.6g}, which is negative"
        remedy = f"pass probabilities: {squash}"
    elif first.max() > 1:
        problem = f"{first.max():.6g}, which is above 1"
        remedy = f"pass probabilities: {normalise}"
    else:
        problem = f"numbers that sum to {first.sum():.6g}, not 1"
        remedy = f"pass probabilities: {normalise}"
    raise ValueError(
        f"pred_probs holds no probabilities in {list_rows(rows)}: "
        f"row {rows[0]} has {problem}; {remedy}."
    )
