"""`audit_annotators`: the consensus of several annotators, audited, and the annotators with it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.audit.annotator_tables import AnnotatorTables
from label_auditor.audit.from_probabilities import audit_codes
from label_auditor.audit.single_label import LabelAudit
from label_auditor.confident_learning.consensus import METHODS, Votes, check_method
from label_auditor.confident_learning.row_blocks import LabelledRows, refuse_rows
from label_auditor.confident_learning.rules import FilterBy, Rule
from label_auditor.confident_learning.scan import scan_rows
from label_auditor.confident_learning.scores import RankBy, check_rank_by
from label_auditor.corrections.collection import Corrections
from label_auditor.data.annotated_tables import (
    LabelTable,
    columns_of_long,
    encode,
    is_long,
    read_long,
    read_wide,
)
from label_auditor.data.annotations import Annotations
from label_auditor.data.findings import gather
from label_auditor.data.labels import read_classes
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import check_index, name_classes
from label_auditor.data.tables import arrange, find_index, is_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from label_auditor.confident_learning.consensus import Consensus, Method


@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AnnotatorAudit(AnnotatorTables, LabelAudit):
    """An audit of the consensus of several annotators, and of the annotators.

    Made by :func:`audit_annotators`. It is a :class:`LabelAudit` in which the given label of a row
    is the consensus, so it can be reviewed, exported and counted like any other audit. Its further
    tables say who agreed with it. Rows without a consensus have no given label and are not
    evaluated.

    Attributes
    ----------
    annotations : Annotations
        The labels of the annotators, and what they are worth.

    See Also
    --------
    audit_annotators : Makes it.
    LabelAudit : All that it inherits.
    """

    annotations: Annotations


def audit_annotators(
    labels: Any,
    pred_probs: Any = None,
    *,
    method: Method = "dawid_skene",
    columns: Sequence[str] | None = None,
    classes: ArrayLike | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    index: Sequence[Any] | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    rank_by: RankBy = "self_confidence",
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
    n_jobs: int | None = None,
) -> AnnotatorAudit:
    """Find the consensus of several annotators, audit it, and say how good each annotator is.

    Parameters
    ----------
    labels : table, array-like of shape (n_samples, n_annotators), or Corrections
        The labels, values of `classes`, in one of these forms:

        - a table with a row for each row of the data and a column for each annotator: a DataFrame
          of pandas or polars, an array, a mapping from annotator to labels. Where an annotator has
          not labelled a row, the label is missing (None, NaN, NA or masked).
        - a table with a row for each label, and the columns `row`, `annotator` and `label`, or
          those that `columns` names.
        - :class:`Corrections`: each reviewer is an annotator, whose latest decision about a row
          counts. A discarded row has no label by this reviewer.
    pred_probs : array-like or table of shape (n_samples, n_classes), default=None
        Out-of-sample probabilities of a model, which learned from the labels of the majority for
        instance. See :func:`audit_labels`. They help to find the consensus, and judge both it and
        the annotators.
    method : {"dawid_skene", "crowdlab", "majority"}, default="dawid_skene"
        How the consensus is found. The user guide compares the methods.

        - "dawid_skene" learns the habits of each annotator, and how far the model can be believed.
        - "crowdlab" is that of cleanlab, and needs `pred_probs`.
        - "majority" counts labels. A tie is decided by `pred_probs`, and left open without them.
    columns : sequence of three str, default=None
        The names of the columns of row, annotator and label, in a table with a row for each label.
    classes : array-like of shape (n_classes,), default=None
        The classes, in the order of the columns of `pred_probs`. By default, these are the sorted
        labels that occur.
    class_names : mapping or sequence of str, default=None
        With Corrections: the names that reviewers read, as the records were sent with. A sequence
        is in the order of `classes`.
    index : sequence of length n_samples, default=None
        The names of the rows. By default, these are the index of `labels` if it is a table with a
        column for each annotator, and otherwise the rows that occur.
    filter_by, rank_by, frac_noise, min_examples_per_class, num_to_remove_per_class, n_jobs : \
as in audit_labels
        How the consensus is audited: see :func:`audit_labels`.

    Returns
    -------
    AnnotatorAudit
        An audit of the consensus. Its `pred_probs` are those that were given. Without any, those of
        a row are what its labels say when one of them is left out, averaged over which one it is;
        so rows with a single label can't be judged, and are not evaluated. Rows without a label are
        kept, and are not evaluated either.

    Raises
    ------
    ValueError
        If labels are of mixed types, or not among the classes; if an annotator has two labels of
        one row; if the rows of `pred_probs` can't be told to be those of `labels`; or for the
        reasons that :func:`audit_labels` has.

    References
    ----------
    A. P. Dawid, A. M. Skene (1979). Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm. Applied Statistics 28.

    H. W. Goh, U. Tkachenko, J. Mueller (2022). CROWDLAB: Supervised learning to infer consensus
    labels and quality scores for data with multiple annotators. NeurIPS Workshop.

    Examples
    --------
    >>> import pandas as pd
    >>> from label_auditor import audit_annotators
    >>> labels = pd.DataFrame(
    ...     {
    ...         "ann": ["cat", "cat", "dog", "dog", "cat", "dog"],
    ...         "bob": ["cat", "cat", "dog", "dog", None, "dog"],
    ...         "eve": ["cat", "dog", "dog", "cat", "cat", None],
    ...     }
    ... )
    >>> audit = audit_annotators(labels)
    >>> audit.labels
    array(['cat', 'cat', 'dog', 'dog', 'cat', 'dog'], dtype='<U3')
    >>> audit.annotators()[["n_labels", "agreement_with_consensus"]]
               n_labels  agreement_with_consensus
    annotator
    ann               6                       1.0
    bob               5                       1.0
    eve               5                       0.6
    """
    check_method(method)
    check_rank_by(rank_by)
    rule = Rule(filter_by, frac_noise, min_examples_per_class, num_to_remove_per_class)
    table, classes = _read(labels, pred_probs, columns, classes, class_names, index)
    codes, order = encode(table, classes)
    votes = Votes(
        table.rows,
        table.annotators,
        codes,
        n_rows=table.n_rows,
        n_annotators=len(table.names),
        n_classes=len(order),
    )
    names = check_index(table.index if index is None else index, table.n_rows)
    given = None
    if pred_probs is not None:
        by_name = [each for each in (index, table.index) if each is not None]
        given = LabelledRows(_any_label(votes), arrange(pred_probs, order, by_name), n_jobs)
        given.check_columns(order, inferred=classes is None)
    found = METHODS[method](votes, None if given is None else _read_probabilities(given))
    judged = found.codes
    if given is None:
        judged = np.where(votes.per_row < 2, -1, found.codes)
    audit = audit_codes(
        found.codes,
        LabelledRows(judged, found.left_out if given is None else given.pred_probs, n_jobs),
        rule,
        classes=order,
        rank_by=rank_by,
        index=names,
    )
    audit = gather(audit)  # as the labels of annotators are in memory
    parts = {field.name: getattr(audit, field.name) for field in dataclasses.fields(audit)}
    return AnnotatorAudit(**parts, annotations=_annotations(table, votes, found, method))


def _read(
    labels: Any,
    pred_probs: Any,
    columns: Sequence[str] | None,
    classes: ArrayLike | None,
    class_names: Mapping[Any, str] | Sequence[str] | None,
    index: Sequence[Any] | None,
) -> tuple[LabelTable, ArrayLike | None]:
    """Read labels of any form, and the classes as they are given."""
    if isinstance(labels, Corrections):
        if columns is not None:
            raise ValueError("columns= is for a table; the columns of Corrections are known.")
        return _read_corrections(labels, pred_probs, classes, class_names, index)
    if class_names is not None:
        raise ValueError(
            "class_names= is for Corrections, whose labels are the names that reviewers read; "
            "labels in a table are values of classes. Pass class_names= to what shows the audit."
        )
    if is_long(labels, columns):
        parts = columns_of_long(labels, columns)
        return read_long(parts, _order_of_rows(parts[0], pred_probs, index)), classes
    return read_wide(labels), classes


def _read_corrections(
    corrections: Corrections,
    pred_probs: Any,
    classes: ArrayLike | None,
    class_names: Mapping[Any, str] | Sequence[str] | None,
    index: Sequence[Any] | None,
) -> tuple[LabelTable, ArrayLike | None]:
    """Read the latest decision of each reviewer about each record."""
    votes = [vote for each in corrections.decisions.values() for vote in each.votes]
    several = [vote.id for vote in votes if isinstance(vote.label, tuple)]
    if several:
        raise ValueError(
            f"labels has records with several labels ({quote_values(several)}), but a consensus "
            'is found of one label a row; corrections.decide("dawid_skene") takes sets of labels.'
        )
    ids = [vote.id for vote in votes]
    rows = index if index is not None else find_index(pred_probs)
    if (
        rows is None
        and pred_probs is not None
        and set(ids) <= set(map(str, range(len(pred_probs))))
    ):
        rows = range(len(pred_probs))  # the ids of records are positions, where rows have no names
    names = None if rows is None else list(map(str, rows))
    who = ["unnamed" if vote.who is None else vote.who for vote in votes]
    parts = ids, who, [vote.label for vote in votes]
    table = read_long(parts, _order_of_rows(ids, pred_probs, names))
    if rows is not None:
        table = table._replace(index=rows)
    if class_names is None:
        return table, classes
    if classes is None:
        if not hasattr(class_names, "keys"):
            raise ValueError("class_names is a sequence; pass classes= too, in the same order.")
        classes = list(class_names)
    order = read_classes(classes).tolist()
    values = {name: value for value, name in name_classes(order, class_names).items()}
    unknown = [name for name in dict.fromkeys(table.values.tolist()) if name not in values]
    if unknown:
        raise ValueError(
            f"corrections hold the labels {quote_values(unknown)}, but the classes are named "
            f"{quote_values(values)}; pass the class_names= that the records were sent with."
        )
    named = np.array([values[name] for name in table.values.tolist()], dtype=object)
    return table._replace(values=named), classes


def _order_of_rows(row_names: Any, pred_probs: Any, index: Any) -> Any:
    """Give the names of all rows in the order of `pred_probs`; None where any order will do."""
    if index is not None or pred_probs is None:
        return index
    if is_table(pred_probs) and find_index(pred_probs) is not None:
        return find_index(pred_probs)
    n_rows = len(pred_probs)
    if all(isinstance(row, int) and 0 <= row < n_rows for row in row_names):
        return range(n_rows)
    raise ValueError(
        "pred_probs has no names for its rows, and labels has names that are not the positions "
        f"0 to {n_rows - 1}; pass index=, the names of the rows in the order of pred_probs."
    )


def _any_label(votes: Votes) -> NDArray[np.intp]:
    """Give one of the labels of each row, -1 for rows without: rows that have to be judged."""
    codes = np.full(votes.n_rows, -1)
    codes[votes.rows] = votes.codes
    return codes


def _read_probabilities(data: LabelledRows) -> NDArray[np.float64]:
    """Read all probabilities; those of rows that have neither these nor a label are equal."""
    pred_probs = data.read(slice(None))
    invalid = scan_rows(data.codes, pred_probs).invalid
    if len(invalid):
        refuse_rows(data.pred_probs, invalid)
    found = np.asarray(pred_probs, dtype=np.float64)
    absent = np.isnan(found).any(axis=1, keepdims=True)
    return np.where(absent, 1 / data.n_classes, found) if absent.any() else found


def _annotations(table: LabelTable, votes: Votes, found: Consensus, method: str) -> Annotations:
    """Collect the labels of the annotators, and what they are worth."""
    return Annotations(
        rows=votes.rows,
        annotators=votes.annotators,
        codes=votes.codes,
        names=table.names,
        quality=found.vote_quality,
        annotator_quality=found.annotator_quality,
        consensus_quality=found.quality,
        gain=found.gain,
        method=method,
        by_model=found.by_model,
    )
