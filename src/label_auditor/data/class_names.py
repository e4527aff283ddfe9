"""Names that are given to the classes of an audit, where the labels themselves are codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.labels import encode_labels, find_positions
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import name_classes
from label_auditor.data.values import kind_of, read_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    ClassNames = Mapping[Any, str] | Sequence[str]


def find_named(
    found: NDArray[Any], class_names: ClassNames
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Find the labels that occur among the classes that have names.

    Parameters
    ----------
    found : ndarray of shape (n_found,)
        The distinct labels that occur.
    class_names : mapping or sequence of str
        The names by class; or a sequence, which names the integers from 0 up, or False and True.

    Returns
    -------
    positions : ndarray of int, shape (n_found,)
        The position of each label that occurs among the classes.
    classes : ndarray of shape (n_classes,)
        All classes that have a name, sorted.

    Raises
    ------
    ValueError
        If a label has no name, or if labels are strings of which a sequence can't say which is
        which.

    Examples
    --------
    >>> find_named(np.array([0, 2]), ["World", "Sports", "Business"])
    (array([0, 2]), array([0, 1, 2]))
    """
    if isinstance(class_names, Mapping):
        classes = encode_labels(read_values(list(class_names), name="class_names"))[1]
    else:
        classes = _counted(found, list(class_names))
    positions = find_positions(found, classes)
    if (positions < 0).any():
        raise ValueError(
            f"labels holds {quote_values(found[positions < 0])}, for which class_names has no "
            f"name; it names {quote_values(classes)}. Pass a mapping that names every class, as "
            "class_names={label: name}."
        )
    return positions, classes


def _counted(found: NDArray[Any], names: list[Any]) -> NDArray[Any]:
    """Give the classes that a sequence of names stands for: 0, 1, 2, … or False and True."""
    kind = kind_of(found)
    if kind == "bools":
        return np.array([False, True])
    if kind not in ("numbers", "empty"):
        raise ValueError(
            f"labels holds {quote_values(found)}, and class_names {quote_values(names)}; a list of "
            "names is for labels that count the columns from 0. If the labels are the names of the "
            "columns, pass classes= in place of class_names=, in the order of the columns."
        )
    return np.arange(len(names)).astype(found.dtype if found.dtype.kind == "f" else np.int64)


def read_names(classes: NDArray[Any], class_names: ClassNames | None) -> tuple[str, ...] | None:
    """Give the names in the order of the classes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The classes.
    class_names : mapping or sequence of str, or None
        The names by class, or in the order of the classes.

    Returns
    -------
    tuple of str, or None
        None if there are no names.

    Raises
    ------
    ValueError
        If a class has no name, two have the same, or one has the name of what another one is.
    """
    if class_names is None:
        return None
    names = name_classes(classes.tolist(), class_names)
    texts = {str(value): value for value in names}
    crossed = [name for value, name in names.items() if texts.get(name, value) != value]
    if crossed:
        raise ValueError(
            f"class_names calls a class {quote_values(crossed)}, which is another class; nobody "
            "could tell the two apart. If these are the classes, in the order of the columns, pass "
            "classes= in place of class_names=."
        )
    return tuple(names.values())
