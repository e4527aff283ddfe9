"""X and y of dask as blocks of rows, with the labels as codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor._sklearn import _num_samples, _safe_indexing
from label_auditor.confident_learning.scan import code_dtype
from label_auditor.data.divided import join_indexes
from label_auditor.data.labels import refuse_missing
from label_auditor.data.lazy_labels import list_parts, unite_classes
from label_auditor.data.naming import check_index
from label_auditor.data.tables import find_index
from label_auditor.fitting.blocks.scheduler import compute, hold, task
from label_auditor.fitting.inputs import (
    MISSING_REMEDY,
    check_classes,
    find_features,
    read_targets,
    refuse_many_labels,
    refuse_other_order,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class BlockLabels(NamedTuple):
    """The labels of a block.

    Attributes
    ----------
    codes : ndarray of shape (n_rows,), int
        Position of each label in `classes`, -1 for none.
    classes : ndarray of shape (n_classes,)
        The sorted classes: of the block at first, of all blocks later.
    index : pandas.Index or None
        The names of the rows, if they have any.
    weights : ndarray of shape (n_rows,), or None
        The weights of the rows, if they have any.
    """

    codes: NDArray[np.signedinteger]
    classes: NDArray[Any]
    index: Any
    weights: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Blocks:
    """Rows in blocks, with their labels.

    Attributes
    ----------
    parts : list of Delayed
        The blocks of X.
    labels : list of Delayed
        The `BlockLabels` of each.
    starts : ndarray of shape (n_blocks + 1,), int
        The first row of each block, and the number of rows.
    codes : ndarray of shape (n_samples,), int
        Position of each label in `classes`; -1 where there is none. In the smallest type.
    classes : ndarray of shape (n_classes,)
        The sorted classes.
    index : sequence of length n_samples
        The names of the rows.
    features : dict
        What scikit-learn's estimators say about the columns of X that they were fitted on.
    weights : ndarray of shape (n_samples,), or None
        The weights of the rows, if they have any.
    """

    parts: list[Any]
    labels: list[Any]
    starts: NDArray[np.intp]
    codes: NDArray[np.intp]
    classes: NDArray[Any]
    index: Sequence[Any]
    features: dict[str, Any]
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.parts)

    def rows(self, block: int) -> slice:
        """Give the rows of a block."""
        return slice(int(self.starts[block]), int(self.starts[block + 1]))

    def training_labels(self, block: int, used: NDArray[np.intp]) -> Any:
        """Give the labels that the rows of a block train with, as a task.

        The labels as given are where the block is: only those that differ are sent there.
        """
        rows = self.rows(block)
        changed = np.flatnonzero(used[rows] != self.codes[rows])
        if len(changed) == 0:
            return self.labels[block]
        return task(_replace, self.labels[block], changed, used[rows][changed])

    def find_weighty(self, used: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Give the rows that train, and have weight."""
        trains: NDArray[np.bool_] = used >= 0
        return trains if self.weights is None else trains & (self.weights != 0)


def is_lazy(data: Any) -> bool:
    """Tell whether data are blocks of dask: an array, a DataFrame or a Series."""
    return hasattr(data, "__dask_graph__") and hasattr(data, "to_delayed")


def read_blocks(X: Any, y: Any, *, allow_missing: bool) -> Blocks:
    """Read the labels of all blocks, and find out how many rows each block has.

    Parameters
    ----------
    X : dask array, DataFrame or Series
        The data.
    y : dask array or Series, or array-like
        The labels; of dask, in the same blocks as X.
    allow_missing : bool
        Whether labels may be missing.

    Returns
    -------
    Blocks
        Without the blocks that have no row.

    Raises
    ------
    ValueError
        If X and y have other blocks or rows, or a fit in memory would refuse y.
    """
    parts = list_parts(X)
    if is_lazy(y):
        labels, lengths, codes, classes, index = _read_lazy(X, y, len(parts))
    else:
        labels, lengths, codes, classes, index = _cut_labels(X, y, parts)
    if not allow_missing and codes.min(initial=0) < 0:
        refuse_missing(np.where(codes < 0, np.nan, 0.0), name="y", remedy=MISSING_REMEDY)
    check_classes(classes)
    full = np.flatnonzero(lengths)
    labels = [labels[block] for block in full]
    return Blocks(
        parts=[
            task(_check_block, parts[block], of_block, name_block(number, len(full)))
            for number, (block, of_block) in enumerate(zip(full, labels, strict=True))
        ],
        labels=labels,
        starts=np.append(0, np.cumsum(np.asarray(lengths)[full])),
        codes=codes,
        classes=classes,
        index=check_index(index, len(codes)),
        features=find_features(X._meta if hasattr(X, "iloc") else X),
    )


def name_block(block: int, n_blocks: int) -> str:
    """Name a block in a message."""
    return f"block {block + 1} of {n_blocks}"


def _check_block(X: Any, labels: BlockLabels, name: str) -> Any:
    """Give a block of X; refuse one that doesn't fit y."""
    if _num_samples(X) != len(labels.codes):
        raise ValueError(
            f"X and y have inconsistent numbers of samples: {name} has {_num_samples(X)} rows in X "
            f"and {len(labels.codes)} in y; take both from one table, so that they have the same "
            "blocks."
        )
    refuse_other_order(getattr(X, "index", None), labels.index)
    return X


def _read_lazy(X: Any, y: Any, n_parts: int) -> tuple[Any, ...]:
    """Read the labels of dask, each block where it is."""
    if getattr(y, "ndim", 1) > 1:
        if y.shape[1] != 1:
            refuse_many_labels(y)
        y = y.iloc[:, 0] if hasattr(y, "iloc") else y[:, 0]
    of_y = list_parts(align(y, X))
    if len(of_y) != n_parts:
        refuse_other_blocks(f"X has {n_parts} blocks and y has {len(of_y)}")
    if _divisions(X) and _divisions(y) and _divisions(X) != _divisions(y):
        refuse_other_blocks("the divisions of X and y differ")
    read = hold([task(_read_part, each, block, n_parts) for block, each in enumerate(of_y)])
    found: list[BlockLabels] = compute(read)
    columns, classes = unite_classes([each.classes for each in found])
    codes = [column[each.codes] for column, each in zip(columns, found, strict=True)]
    labels = [task(_recode, each, col, classes) for each, col in zip(read, columns, strict=True)]
    index = join_indexes([each.index for each in found])
    if index is None or _divisions(X) is None or _divisions(y) is None:
        index = _name_rows(X, index)
    return labels, list(map(len, codes)), np.concatenate(codes), classes, index


def _cut_labels(X: Any, y: Any, parts: list[Any]) -> tuple[Any, ...]:
    """Cut labels that are in memory as X is cut."""
    codes, classes = read_targets(y, allow_missing=True)
    lengths = list(X.chunks[0]) if hasattr(X, "chunks") else [np.nan]
    if np.isnan(lengths).any():
        lengths = compute([task(_num_samples, each) for each in parts])
    if sum(lengths) != len(codes):
        raise ValueError(
            f"X and y have inconsistent numbers of samples: X has {sum(lengths)} rows, y has "
            f"{len(codes)} labels; pass one label for each row."
        )
    index = _name_rows(X, find_index(y))
    ends = np.append(0, np.cumsum(lengths))
    small = codes.astype(code_dtype(len(classes)))
    labels = [
        task(BlockLabels, small[start:end], classes, None if index is None else index[start:end])
        for start, end in pairwise(ends.tolist())
    ]
    return labels, lengths, small, classes, index


def _name_rows(X: Any, given: Any) -> Any:
    """Give the names of the rows: those of y, unless it has none; refuse another order in X."""
    names = join_indexes(X.index) if hasattr(X, "index") else None
    refuse_other_order(names, given)
    return names if given is None else given


def take_rows(data: Any, rows: NDArray[np.intp]) -> Any:
    """Give some rows of data, by ascending positions; those of a table of dask stay in blocks."""
    if not (is_lazy(data) and hasattr(data, "map_partitions")):
        return _safe_indexing(data, rows)
    from dask.dataframe import from_delayed

    parts = list_parts(data)
    starts = np.cumsum([0, *compute([task(len, each) for each in parts])])
    at = np.searchsorted(rows, starts)
    kept = [
        task(_safe_indexing, part, rows[at[k] : at[k + 1]] - starts[k])
        for k, part in enumerate(parts)
    ]
    return from_delayed(kept, meta=data._meta)


def align(y: Any, X: Any) -> Any:
    """Cut an array of labels or weights as an array X is cut, where its blocks have known sizes."""
    if not (hasattr(X, "rechunk") and hasattr(y, "rechunk")):
        return y
    if np.isnan([*X.chunks[0], *y.chunks[0]]).any() or X.shape[0] != y.shape[0]:
        return y
    return y.rechunk((X.chunks[0],))


def _divisions(data: Any) -> Any:
    """Give what is known of the index at which a DataFrame or Series is divided."""
    return data.divisions if getattr(data, "known_divisions", False) else None


def refuse_other_blocks(problem: str) -> None:
    """Raise because rows are not in the same blocks of two collections."""
    raise ValueError(
        f"{problem}, but a row must be in the same block of both; take both from one table, as in "
        "frame[columns] and frame['label'], or call rechunk or repartition."
    )


def _read_part(part: Any, block: int, n_blocks: int) -> BlockLabels:
    """Read the labels of a block."""
    index = find_index(part)
    if len(part) == 0:
        return BlockLabels(np.zeros(0, np.int8), np.zeros(0, object), index)
    try:
        codes, classes = read_targets(part, allow_missing=True)
    except ValueError as error:
        raise ValueError(
            f"{name_block(block, n_blocks)}, whose rows are counted from 0: {error}"
        ) from error
    return BlockLabels(codes.astype(code_dtype(len(classes))), classes, index)


def _recode(labels: BlockLabels, column: NDArray[Any], classes: NDArray[Any]) -> BlockLabels:
    """Count the classes of a block among those of all blocks."""
    return labels._replace(codes=column[labels.codes], classes=classes)


def _replace(labels: BlockLabels, rows: Any, codes: NDArray[np.intp]) -> BlockLabels:
    """Put other codes in the place of some."""
    changed = labels.codes.copy()
    changed[rows] = codes
    return labels._replace(codes=changed)
