"""Data sets of the Hugging Face library `datasets`: made from an audit, and read again."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from label_auditor.data.decisions import Correction, read_label
from label_auditor.data.messages import quote_values
from label_auditor.export.columns import check_utf8, utf8
from label_auditor.export.records import QUALITY, RANK, SUGGESTION, Record, make_records
from label_auditor.export.rubrix.read import check_names, is_missing, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from label_auditor.data.findings import Findings
    from label_auditor.export.records import Records

KINDS = {bool: "bool", int: "int64", float: "float64", str: "string"}
# Records that are turned into columns at a time.
_BLOCK = 1000


def to_datasets(
    audit: Findings,
    inputs: Any,
    *,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    explanation: Sequence[Mapping[str, Any] | None] | None = None,
    prediction_agent: str = "label-auditor",
    annotation_agent: str = "given",
) -> Any:
    """Make a data set of the Hugging Face library `datasets`.

    Columns that Rubrix's data sets have too get the same names and types, so that
    `rubrix.read_datasets` can read them. To save or share the data set, use the methods of the
    library: `save_to_disk`, `to_parquet`, `push_to_hub`.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text.
    only_issues, ids, class_names, metadata, explanation : as in make_records
        What is in the records: see :func:`~label_auditor.export.records.make_records`.
    prediction_agent, annotation_agent : str
        The names under which the predictions and the given labels are recorded.

    Returns
    -------
    datasets.Dataset
        In the order of the audit: `id` (int64 if all ids are ints, else string); `text`, or
        `inputs` with the named fields; `annotation`, the given label, and `suggested_label` (class
        labels; several labels: lists of strings); `prediction` (for every class, its `label` and
        `score`); `label_quality`; `label_error_candidate` (rank: 0 is worst; flagged rows only);
        `is_label_issue`; `metadata` (these too, and your own); `explanation`, if there is one;
        `prediction_agent`, `annotation_agent`, `multi_label` and `status` ("Default").

    Raises
    ------
    ImportError
        If `datasets` isn't installed.
    ValueError
        If a metadata column has values of two types or integers beyond 64 bits; or if an id, a
        class or a column has a name that UTF-8 can't hold.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    >>> audit = audit_labels(["pos", "pos", "neg", "neg"], pred_probs, classes=["pos", "neg"])
    >>> dataset = audit.to_datasets(["good", "bad", "awful", "poor"])
    >>> dataset["text"][0], dataset.features["annotation"].int2str(dataset["annotation"][0])
    ('bad', 'pos')
    """
    hf, pa = _import_datasets()
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
        explanation=explanation,
    )
    check_utf8("columns of inputs or metadata", [*records.fields, *records.metadata])
    check_utf8("class_names", records.class_names.values())
    check_utf8("ids", (records.ids[row] for row in records.positions))
    features = _features(hf, records)
    schema = features.arrow_schema
    codes = {name: code for code, name in enumerate(records.class_names.values())}
    agents = {"prediction": prediction_agent, "annotation": annotation_agent}
    plain = _is_plain(records)
    to_id = int if features["id"].dtype == "int64" else str
    rows = (
        _row(record, codes, agents, plain=plain) | {"id": to_id(record.id)} for record in records
    )
    batches = []
    while block := list(itertools.islice(rows, _BLOCK)):
        batches.append(pa.RecordBatch.from_pylist(block, schema=schema))
    table = pa.Table.from_batches(batches, schema=schema)
    return hf.Dataset(hf.table.InMemoryTable(table), hf.DatasetInfo(features=features))


def from_datasets(dataset: Any) -> Iterator[Record]:
    """Turn a data set back into neutral records.

    Parameters
    ----------
    dataset : datasets.Dataset
        A data set that :func:`to_datasets` or Rubrix's `to_datasets` made.

    Yields
    ------
    Record
        The records that the data set was made from, in the order of its rows.

    Raises
    ------
    ValueError
        If a column is missing, or an annotation isn't the name of a class.

    Examples
    --------
    >>> records = list(from_datasets(datasets.load_from_disk("errors")))  # doctest: +SKIP
    """
    names = dataset.column_names
    missing = [name for name in ("id", "prediction", "annotation") if name not in names]
    if missing or not {"text", "inputs"} & set(names):
        raise ValueError(
            f"dataset has no column {quote_values(missing or ['text'])}, but "
            f"{quote_values(names, 20)}; to_datasets makes one that has."
        )
    feature = _label_feature(dataset)
    for row in dataset:
        annotation = _names(row["annotation"], feature, row["id"])
        several = bool(row.get("multi_label"))
        if several:
            annotation = check_names(annotation or (), row["id"])
        elif annotation is not None:
            annotation = check_names([annotation], row["id"])[0]
        texts = row.get("inputs") or {"text": row.get("text")}
        yield Record(
            id=row["id"],
            fields={key: value for key, value in texts.items() if value is not None},
            prediction={each["label"]: each["score"] for each in row["prediction"] or ()},
            annotation=annotation,
            metadata={k: v for k, v in (row.get("metadata") or {}).items() if v is not None},
            explanation=_explanation(row.get("explanation")),
            multi_label=several,
        )


def _features(hf: Any, records: Records) -> Any:
    """Give the type of each column."""
    several = records.audit.multi_label
    strings = [hf.Value("string")]
    label = strings if several else hf.ClassLabel(names=list(records.class_names.values()))
    integers = all(
        isinstance(each, int) and abs(each) < 2**63
        for each in (records.ids[row] for row in records.positions)
    )
    texts: dict[str, Any] = {name: hf.Value("string") for name in records.fields}
    scores = {name: hf.Value("float64") for name in records.class_names.values()}
    features: dict[str, Any] = {
        "id": hf.Value("int64" if integers else "string"),
        **(texts if _is_plain(records) else {"inputs": texts}),
        "annotation": label,
        "annotation_agent": hf.Value("string"),
        "suggested_label": label,
        "prediction": [{"label": hf.Value("string"), "score": hf.Value("float64")}],
        "prediction_agent": hf.Value("string"),
        QUALITY: hf.Value("float64"),
        RANK: hf.Value("int64"),
        "is_label_issue": hf.Value("bool"),
        "metadata": {key: hf.Value(kind) for key, kind in _metadata_kinds(records).items()},
        "multi_label": hf.Value("bool"),
        "status": hf.Value("string"),
    }
    if records.explanation is not None:
        token = {"token": hf.Value("string"), "attributions": scores}
        features["explanation"] = {name: [token] for name in records.fields}
    return hf.Features(features)


def _is_plain(records: Records) -> bool:
    """Tell whether each record is one text without a name of its own."""
    return list(records.fields) == ["text"]


def _metadata_kinds(records: Records) -> dict[str, str]:
    """Give the type of each metadata column; refuse those with two."""
    kinds = {RANK: "int64", QUALITY: "float64", SUGGESTION: "string"}
    for record in records:
        for key, value in record.metadata.items():
            kind = KINDS[type(value)]
            known = kinds.setdefault(key, kind)
            if {known, kind} == {"int64", "float64"}:
                kinds[key] = "float64"
            elif known != kind or (kind == "int64" and abs(value) >= 2**63):
                raise ValueError(
                    f"metadata {key!r} is {value!r:.60} in record {record.id!r}, but a column of "
                    f"{known} can't hold it; make all of its values strings, say."
                )
    return kinds


def _row(
    record: Record, codes: dict[str, int], agents: dict[str, str], *, plain: bool
) -> dict[str, Any]:
    """Give a record as a row of the data set, without its id."""
    given, suggested = (
        list(label or ()) if record.multi_label else read_label(label, codes)
        for label in (record.annotation, record.suggested)
    )
    fields = {name: utf8(text) for name, text in record.fields.items()}
    texts: dict[str, Any] = {**fields} if plain else {"inputs": fields}
    return {
        **texts,
        "annotation": given,
        "annotation_agent": None if given is None else agents["annotation"],
        "suggested_label": suggested,
        "prediction": [{"label": k, "score": v} for k, v in record.prediction.items()] or None,
        "prediction_agent": agents["prediction"] if record.prediction else None,
        QUALITY: record.metadata.get(QUALITY),
        RANK: record.metadata.get(RANK),
        "is_label_issue": RANK in record.metadata,
        "metadata": {
            key: utf8(value) if isinstance(value, str) else value
            for key, value in record.metadata.items()
        },
        "explanation": record.explanation
        and {  # for every field, as Rubrix reads a list of each
            field: [
                {"token": utf8(token), "attributions": scores}
                for token, scores in record.explanation.get(field, ())
            ]
            for field in fields
        },
        "multi_label": record.multi_label,
        "status": "Default",
    }


def _explanation(given: Any) -> dict[str, list[tuple[str, dict[str, float]]]] | None:
    """Give the token attributions as a neutral record has them."""
    if given is None or not any(given.values()):
        return None
    return {
        field: [
            (each["token"], {k: v for k, v in each["attributions"].items() if v is not None})
            for each in tokens
        ]
        for field, tokens in given.items()
        if tokens
    }


def _import_datasets() -> tuple[Any, Any]:
    """Import the library, with the one of its columns, or say how to install it."""
    try:
        import datasets
        import pyarrow as pa
    except ImportError as error:
        raise ImportError(
            "to_datasets needs the package datasets: pip install datasets."
        ) from error
    return datasets, pa


def read_dataset(dataset: Any, annotation_agent: str) -> Iterator[Correction]:
    """Give the decision in each row of a data set that somebody reviewed."""
    names = getattr(dataset, "column_names", None)
    if not isinstance(names, list):
        raise TypeError(
            f"dataset is a {type(dataset).__name__}, but a datasets.Dataset is needed; "
            "of a DatasetDict pass one split."
        )
    required = ["id", "status", "annotation"]
    missing = [name for name in required if name not in names]
    if missing:
        raise ValueError(
            f"dataset has no column {quote_values(missing)} but {quote_values(names, 20)}; "
            "rename the columns with dataset.rename_column."
        )
    wanted = [name for name in (*required, "annotation_agent", "multi_label") if name in names]
    feature = _label_feature(dataset)
    rows = dataset.select_columns(wanted)
    return read_records(
        (row | {"annotation": _names(row["annotation"], feature, row["id"])} for row in rows),
        annotation_agent,
    )


def _label_feature(dataset: Any) -> Any:
    """Give the type of an annotation, or of one of several."""
    feature = dataset.features["annotation"]
    return feature[0] if isinstance(feature, list) else getattr(feature, "feature", feature)


def _names(codes: Any, feature: Any, identity: Any) -> Any:
    """Give the names of class labels; what has names already, or is none, stays as it is."""
    if isinstance(codes, list):
        return [_names(code, feature, identity) for code in codes if not is_missing(code)]
    if is_missing(codes):
        return None
    if not hasattr(feature, "int2str"):
        return codes
    if codes >= feature.num_classes:
        raise ValueError(
            f"record {identity!r} has the class label {codes} for an annotation, but the column "
            f"names the labels 0 to {feature.num_classes - 1}: {quote_values(feature.names)}."
        )
    return feature.int2str(codes)
