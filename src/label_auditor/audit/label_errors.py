"""`find_label_errors`: what Rubrix's function of that name does, for records of several tools."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from label_auditor.audit.from_probabilities import audit_labels
from label_auditor.confident_learning.scan import CLOSE, sum_tolerance
from label_auditor.data.messages import quote_values, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

AnyRecord = TypeVar("AnyRecord")

# The score that each order goes by.
SORT_BY = {"likelihood": "normalized_margin", "prediction": "self_confidence", "none": None}
FILTER_OPTIONS = (
    "filter_by",
    "frac_noise",
    "min_examples_per_class",
    "num_to_remove_per_class",
)


class NoRecordsError(ValueError):
    """No record has both a prediction and an annotation."""


class MissingPredictionError(ValueError):
    """A record has no score for a label that others have, or none has one for an annotation."""


def find_label_errors(
    records: Iterable[AnyRecord],
    sort_by: str = "likelihood",
    metadata_key: str = "label_error_candidate",
    n_jobs: int | None = 1,
    **kwargs: Any,
) -> list[AnyRecord]:
    """Find the records whose annotation is likely wrong.

    Does what the function of this name in Rubrix and Argilla 1 does. Records without a prediction
    or an annotation are left out. The predictions must be by a model that did not see the records.

    Parameters
    ----------
    records : iterable of records
        `TextClassificationRecord` of Rubrix 0.18 or Argilla 1, or a data set of them; or records
        of :func:`label_auditor.export.records.make_records`. Every `prediction` has a score in
        [0, 1] for each label; those of a single-label record are divided by their sum where
        that isn't 1, because they were rounded, say. An empty list is the annotation of a
        multi-label record to which no label applies.
    sort_by : {"likelihood", "prediction", "none"}, default="likelihood"
        The order of the records: by normalized margin ("likelihood") or by self-confidence
        ("prediction"), in both cases with the likeliest error first; or the order in which they
        were given ("none").
    metadata_key : str, default="label_error_candidate"
        The key in a record's metadata under which its place in the order is stored, 0 for the
        first. Nothing is stored with ``sort_by="none"``.
    n_jobs : int, default=1
        The number of threads. None means one for each core.
    **kwargs
        `filter_by`, `frac_noise`, `min_examples_per_class`, `num_to_remove_per_class` (of the
        sorted labels): see :func:`label_auditor.audit_labels`.

    Returns
    -------
    list of records
        The same objects that were given, not copies.

    Raises
    ------
    NoRecordsError
        If no record has a prediction and an annotation.
    MissingPredictionError
        If a record has no score for a label that another one has, or an annotation is a label
        that no record has a score for.
    ValueError
        If `sort_by` is none of the three; if the order is asked for by cleanlab's name of it; if
        records of both kinds are mixed, have scores outside [0, 1] or two scores for one label, or
        labels that aren't strings.
    TypeError
        If there is another keyword argument.

    Warns
    -----
    UserWarning
        If `multi_label` is given. It is ignored, because the records say themselves whether they
        are multi-label.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels, find_label_errors
    >>> from label_auditor.export.records import make_records
    >>> pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    >>> audit = audit_labels(["Sports", "Sports", "World", "World"], pred_probs)
    >>> texts = ["a goal", "a war", "a vote", "a flood"]
    >>> records = list(make_records(audit, texts, only_issues=False))
    >>> for record in find_label_errors(records):
    ...     print(record.id, record.fields["text"], record.annotation, record.metadata)
    1 a war Sports {...'label_error_candidate': 0...}
    """
    rank_by = _check_order(sort_by)
    _check_options(kwargs)
    kept: list[Any] = [record for record in records if _is_complete(record)]
    if not kept:
        raise NoRecordsError(
            "It seems that none of your records have a prediction AND annotation! "
            "Pass records that have both."
        )
    multi_label = bool(kept[0].multi_label)
    other = next((each for each in kept if bool(each.multi_label) != multi_label), None)
    if other is not None:
        raise ValueError(
            f"records are single-label and multi-label ones ({kept[0].id!r} and {other.id!r}, "
            "for example); pass those of one kind."
        )
    if kwargs.pop("multi_label", None) is not None:
        warn(
            "You provided the kwarg 'multi_label', but it is determined automatically: "
            f"the records say {multi_label}.",
        )
    audit = _audit(
        kept,
        multi_label=multi_label,
        rank_by=rank_by or "self_confidence",
        n_jobs=-1 if n_jobs is None else n_jobs,
        **kwargs,
    )
    rows = np.flatnonzero(audit.issues) if rank_by is None else audit.ranked
    found = [kept[row] for row in rows]
    if rank_by is not None:
        for rank, record in enumerate(found):
            record.metadata[metadata_key] = rank
    return found


def _check_order(sort_by: Any) -> str | None:
    """Give the score of an order; also of a member of Rubrix's own enumeration."""
    name = getattr(sort_by, "value", sort_by)
    if not isinstance(name, str) or name not in SORT_BY:
        raise ValueError(f"sort_by is {sort_by!r}; pass one of {quote_values(SORT_BY)}.")
    return SORT_BY[name]


def _check_options(options: dict[str, Any]) -> None:
    """Refuse keyword arguments that the filter doesn't have."""
    for name in ("return_indices_ranked_by", "sorted_index_method"):
        if name in options:
            raise ValueError(f"The {name!r} kwarg is not supported, please use 'sort_by' instead.")
    unknown = [name for name in options if name not in (*FILTER_OPTIONS, "multi_label")]
    if unknown:
        raise TypeError(
            f"find_label_errors has no argument {quote_values(unknown)}; "
            f"the filter takes {quote_values(FILTER_OPTIONS)}."
        )


def _is_complete(record: Any) -> bool:
    """Tell whether a record has a prediction and an annotation."""
    given = record.annotation
    empty = isinstance(given, Collection) and len(given) == 0
    annotated = given is not None and (record.multi_label or not empty)
    return bool(record.prediction) and annotated


def _audit(records: Sequence[Any], *, multi_label: bool, **options: Any) -> Findings:
    """Audit the annotations of records."""
    predictions = [_scores_of(record) for record in records]
    classes = sorted(set().union(*predictions))
    pred_probs = np.empty((len(records), len(classes)))
    for row, (record, scores) in enumerate(zip(records, predictions, strict=True)):
        try:
            pred_probs[row] = [scores[label] for label in classes]
        except KeyError as error:
            raise MissingPredictionError(
                f"It seems a prediction for {error} is missing in the following record: "
                f"{record!r:.500}"
            ) from None
        unknown = [label for label in _given(record) if label not in scores]
        if unknown:
            raise MissingPredictionError(
                f"It seems predictions are missing for the label {unknown[0]!r}! "
                f"Record {record.id!r} is annotated with it, but the predicted labels are "
                f"{quote_values(classes)}."
            )
    _check_scores(records, pred_probs)
    if multi_label:
        sets = [_given(record) for record in records]
        many: Findings = audit_labels(
            sets, pred_probs, classes=classes, multi_label=True, **options
        )
        return many
    labels = [_given(record)[0] for record in records]
    one: Findings = audit_labels(
        labels, _normalised(records, pred_probs), classes=classes, **options
    )
    return one


def _scores_of(record: Any) -> dict[str, Any]:
    """Give the score of each label of a record's prediction."""
    scores = dict(record.prediction)
    other = [label for label in scores if not isinstance(label, str)]
    if other:
        raise ValueError(
            f"record {record.id!r} has a prediction for {quote_values(other)}, but labels are "
            "strings; make strings of the labels of predictions and annotations."
        )
    if len(scores) < len(record.prediction):
        raise ValueError(
            f"record {record.id!r} has more than one score for a label, which needs one: "
            f"{record.prediction!r:.200}."
        )
    return scores


def _given(record: Any) -> tuple[str, ...]:
    """Give the labels of a record's annotation."""
    given = (record.annotation,) if isinstance(record.annotation, str) else record.annotation
    if not isinstance(given, Collection) or not all(isinstance(label, str) for label in given):
        raise ValueError(
            f"record {record.id!r} has the annotation {given!r:.100}, but an annotation is the "
            "name of a label or a list of names, and None where there is no annotation."
        )
    if not record.multi_label and len(given) != 1:
        raise ValueError(
            f"record {record.id!r} has the annotation {given!r:.100}, but it is a single-label "
            "record; annotate it with one label, or set multi_label=True."
        )
    return tuple(given)


def _check_scores(records: Sequence[Any], pred_probs: NDArray[np.float64]) -> None:
    """Refuse scores that are no probabilities."""
    valid = (pred_probs >= -CLOSE) & (pred_probs <= 1 + CLOSE)
    _refuse(records, ~valid.all(axis=1), "with scores that aren't from 0 to 1")


def _normalised(records: Sequence[Any], pred_probs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide rows by their sum, where that is too far from 1 to be probabilities."""
    sums = pred_probs.sum(axis=1, keepdims=True)
    _refuse(records, ~(sums > 0).all(axis=1), "whose scores are all 0")
    off = np.abs(sums - 1) > sum_tolerance(pred_probs.dtype, pred_probs.shape[1])
    return pred_probs / np.where(off, sums, 1)


def _refuse(records: Sequence[Any], bad: Any, problem: str) -> None:
    """Raise if there are bad predictions."""
    if bad.any():
        ids = [record.id for record, is_bad in zip(records, bad, strict=True) if is_bad]
        raise ValueError(
            f"{len(ids)} records have predictions {problem}: {quote_values(ids)}; "
            "predict probabilities."
        )
