"""The neutral record: all that a reviewer is shown of a row, before any tool's own format."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.chunks import chunk_ends, end_every
from label_auditor.data.findings import gather, names_of_classes, rows_in_order
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import check_length, unique_ids
from label_auditor.data.values import find_missing
from label_auditor.export.columns import (
    check_order,
    hold_rows,
    is_missing,
    plain,
    read_columns,
    take,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

RANK, QUALITY, SUGGESTION = OWN_METADATA = (
    "label_error_candidate",
    "label_quality",
    "suggested_label",
)

# Rows that are read at a time: what bounds the memory that records take.
_BLOCK = 1000
_GATHERED_BYTES = 2**26


@dataclasses.dataclass(frozen=True)
class Record:
    """One row as a reviewer sees it.

    Attributes
    ----------
    id : int or str
        What corrections are joined on.
    fields : dict of str to str
        The texts, by the name of their field; a missing one is "".
    prediction : dict of str to float
        The probability, in [0, 1], of every class by name; empty where there is none. They sum to
        1, unless `multi_label`.
    annotation : str, tuple of str or None
        The name of the given label; None where it is missing. If `multi_label`, the names of all
        given labels, in the order of the classes: an empty tuple where there are none.
    metadata : dict of str to str, bool, int or float
        `label_error_candidate` (int: 0 is worst; flagged rows only), `label_quality` (float, low
        is suspicious), `suggested_label` (if `multi_label`, the names joined by ", ") and the
        caller's own. What is missing is left out.
    explanation : dict or None
        For each field, its tokens in order: pairs of a token and its attributions, a dict from
        class name to float.
    multi_label : bool
        Whether the row may have several labels, or none.
    """

    id: int | str
    fields: dict[str, str]
    prediction: dict[str, float]
    annotation: str | tuple[str, ...] | None
    metadata: dict[str, Any]
    explanation: dict[str, list[tuple[str, dict[str, float]]]] | None = None
    multi_label: bool = False

    @property
    def suggested(self) -> str | tuple[str, ...] | None:
        """The name of the likeliest class; if `multi_label`, of all above one half."""
        if self.multi_label:
            return tuple(name for name, score in self.prediction.items() if score > 0.5)
        return self.metadata.get(SUGGESTION)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Records:
    """The records of an audit, in its order: flagged rows worst first, then the others.

    They can be iterated over any number of times. Each time they are made anew, a block of rows at
    a time, so that all of them together need no more memory than one block.

    Attributes
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit whose rows they show.
    positions : ndarray of int, shape (n_records,)
        The row of each record.
    ids : sequence of int or str, of length n_samples
        The id of each row.
    class_names : dict
        The name of each class, by its value in `audit.classes` and in their order.
    fields, metadata : dict of str to column of length n_samples
        The texts, and the caller's own metadata.
    explanation : sequence of length n_samples, or None
        The token attributions.
    """

    audit: Findings
    positions: NDArray[np.intp]
    ids: Sequence[int | str]
    class_names: dict[Any, str]
    fields: dict[str, Any]
    metadata: dict[str, Any]
    explanation: Any = None

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Record]:
        pred_probs, shared = self.audit.pred_probs, not self.audit.multi_label
        held = self._hold_columns()
        # What is kept in chunks reads all of a chunk for one row of it: as many rows as may be in
        # memory are read at once.
        at_once = _BLOCK
        if _whole_reads(pred_probs) is not None:
            at_once = max(_BLOCK, _GATHERED_BYTES // (8 * pred_probs.shape[1]))
        for start in range(0, len(self), at_once):
            positions = self.positions[start : start + at_once]
            probabilities = _probabilities(pred_probs, positions, shared=shared)
            for first in range(0, len(positions), _BLOCK):
                part = slice(first, first + _BLOCK)
                yield from held._block(start + first, positions[part], probabilities[part])

    def _hold_columns(self) -> Records:
        """Give the same records; columns that aren't in memory are read once for all of them."""
        fields, metadata = (
            {key: hold_rows(column, self.positions) for key, column in each.items()}
            for each in (self.fields, self.metadata)
        )
        return dataclasses.replace(self, fields=fields, metadata=metadata)

    def _block(
        self, start: int, rows: NDArray[np.intp], probabilities: NDArray[np.float64]
    ) -> Iterator[Record]:
        """Make the records of some rows, the first of which is the `start`-th of all."""
        unlabeled = find_missing(self.audit.labels[rows])
        labels = self.audit.labels[rows].tolist()
        multi_label = self.audit.multi_label
        suggestions = self.audit.suggested_labels[rows].tolist()
        names = list(self.class_names.values())
        fields = {key: take(column, rows) for key, column in self.fields.items()}
        metadata = {key: take(column, rows) for key, column in self.metadata.items()}
        explanations = take(self.explanation, rows) if self.explanation is not None else None
        for i, row in enumerate(rows.tolist()):
            judged = bool(np.isfinite(probabilities[i]).all())
            own = {
                RANK: start + i if self.audit.issues[row] else None,
                QUALITY: float(self.audit.scores[row]),
                SUGGESTION: _joined(self._names(suggestions[i])) if judged else None,
            }
            extra = {
                key: plain(column[i], f"metadata[{key!r}]", row) for key, column in metadata.items()
            }
            yield Record(
                id=self.ids[row],
                fields={
                    key: text(column[i], f"inputs[{key!r}]", row) for key, column in fields.items()
                },
                prediction=dict(zip(names, probabilities[i].tolist(), strict=True))
                if judged
                else {},
                annotation=None if unlabeled[i] else self._names(labels[i]),
                metadata={k: v for k, v in (own | extra).items() if not is_missing(v)},
                explanation=self._explain(explanations[i], row) if explanations else None,
                multi_label=multi_label,
            )

    def _names(self, label: Any) -> str | tuple[str, ...]:
        """Give the name of a label, or those of a set of labels."""
        if self.audit.multi_label:
            return tuple(self.class_names[value] for value in label)
        return self.class_names[label]

    def _explain(
        self, given: Mapping[str, Any] | None, row: int
    ) -> dict[str, list[tuple[str, dict[str, float]]]] | None:
        """Put class names and floats into the token attributions of a row."""
        if given is None:
            return None
        try:
            return {
                field: [
                    (str(token), {self.class_names[k]: float(v) for k, v in scores.items()})
                    for token, scores in tokens
                ]
                for field, tokens in given.items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"explanation of row {row} is {given!r:.200}, but it must be None or "
                "{field: [(token, {class: attribution}), ...]}, with classes as in the labels "
                f"({quote_values(self.class_names)})."
            ) from error


def make_records(
    audit: Findings,
    inputs: Any,
    *,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    explanation: Sequence[Mapping[str, Any] | None] | None = None,
) -> Records:
    """Make the records of an audit, for people to review.

    Rows are matched by position: the i-th input, id, metadata value and explanation belong to the
    i-th label that was audited, also if only some rows are asked for.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields, each a column of length n_samples, as a mapping or a DataFrame
        (pandas, polars). A value that isn't a string is shown as one, and a missing value as "".
    only_issues : bool, default=True
        Whether to leave out the rows that aren't flagged.
    ids : iterable of length n_samples, default=None
        The ids by which corrections will be joined with the rows. They must be unique, also when
        they are turned into strings. None takes the audit's index, or, with a warning, the
        positions of the rows if the index isn't unique.
    class_names : mapping or sequence of str, default=None
        The names that reviewers read: by class, or in the order of `audit.classes`. None takes
        `audit.class_names`, and where there are none the classes themselves, as strings.
    metadata : mapping or DataFrame, default=None
        More about each row, to sort and filter by: columns of length n_samples that hold strings,
        numbers, booleans or dates. Missing values are left out.
    explanation : sequence of length n_samples, default=None
        Token attributions: per row None or ``{field: [(token, {class: attribution}), ...]}``.

    Returns
    -------
    Records
        Flagged rows first, worst first; then, unless `only_issues`, the others by score (not
        evaluated last), by position on ties.

    Raises
    ------
    ValueError
        If a length is wrong, a Series or DataFrame has the rows of the audit in another order, ids
        aren't unique, a class has no name or shares one, or a metadata column has the name of one
        that the audit sets.
    TypeError
        If `inputs` or `metadata` have no known form. While iterating: if one of their values is
        none of the above.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> from label_auditor.export.records import make_records
    >>> pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    >>> audit = audit_labels([0, 0, 1, 1], pred_probs)
    >>> records = make_records(
    ...     audit, ["a goal", "a share", "a bond", "a price"], class_names=["Sports", "Business"]
    ... )
    >>> for record in records:
    ...     print(record.id, record.fields, record.annotation, record.prediction)
    1 {'text': 'a share'} Sports {'Sports': 0.1, 'Business': 0.9}
    """
    audit = gather(audit)
    n = len(audit)
    fields = read_columns(inputs, "inputs", n, audit.index)
    extra = {} if metadata is None else read_columns(metadata, "metadata", n, audit.index)
    if not fields:
        raise ValueError("inputs has no columns; give at least one field of text.")
    clash = [key for key in extra if key in OWN_METADATA]
    if clash:
        raise ValueError(
            f"metadata has a column {quote_values(clash)}, which the audit sets itself; rename it."
        )
    if explanation is not None:
        check_length("explanation", len(explanation), n)
        check_order("explanation", explanation, audit.index)
    return Records(
        audit=audit,
        positions=audit.ranked if only_issues else rows_in_order(audit),
        ids=unique_ids(audit.index, n, ids),
        class_names=names_of_classes(audit, class_names),
        fields=fields,
        metadata=extra,
        explanation=explanation,
    )


def _joined(names: str | tuple[str, ...]) -> str:
    """Give one or several names as one text."""
    return names if isinstance(names, str) else ", ".join(names)


def _probabilities(pred_probs: Any, rows: NDArray[np.intp], *, shared: bool) -> NDArray[np.float64]:
    """Read the probabilities of some rows, made valid: within [0, 1].

    Those that the classes of a row share sum to 1 at most.
    """
    order = np.argsort(rows)
    found = np.empty((len(rows), pred_probs.shape[1]))
    _read_rows(pred_probs, rows[order], order, found)
    found.clip(0, 1, out=found)
    if not shared:
        return found
    # Float32 sums to 1 within 1e-6: those stay as they are.
    total = found.sum(axis=1, keepdims=True)
    np.divide(found, total, out=found, where=total > 1 + 1e-4)
    return found


def _read_rows(
    pred_probs: Any, rows: NDArray[np.intp], places: NDArray[np.intp], found: NDArray[np.float64]
) -> None:
    """Put ascending rows of the probabilities into their places; read each chunk once, whole."""
    ends = _whole_reads(pred_probs)
    if ends is None:
        found[places] = pred_probs[rows]
        return
    starts = np.append(0, ends)
    # The first of the rows in each chunk, and one more.
    at = np.searchsorted(rows, starts)
    for number in np.flatnonzero(at[1:] > at[:-1]):
        some = slice(at[number], at[number + 1])
        block = np.asarray(pred_probs[starts[number] : starts[number + 1]])
        found[places[some]] = block[rows[some] - starts[number]]


def _whole_reads(pred_probs: Any) -> NDArray[np.intp] | None:
    """Give the rows before which what is read whole ends; None where single rows can be read."""
    ends = chunk_ends(pred_probs)
    if ends is None and not hasattr(pred_probs, "__array__"):  # it may take nothing but slices
        return end_every(_BLOCK, pred_probs.shape[0])
    return ends
