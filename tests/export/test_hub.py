"""Data sets of the Hugging Face library, and back."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, LabelAuditor, apply_corrections, audit_labels
from label_auditor.corrections.collection import Correction
from label_auditor.export import hub
from label_auditor.export.hub import from_datasets, to_datasets
from label_auditor.export.records import make_records

datasets = pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")

TEXTS = [f"text {i} é\n\U0001f600" for i in range(12)]


@pytest.fixture(autouse=True)
def blocks(monkeypatch):
    """Have more than one block."""
    monkeypatch.setattr(hub, "_BLOCK", 5)
    datasets.disable_progress_bar()


@pytest.fixture
def label_sets():
    """Audit sets of labels, empty ones among them."""
    pred_probs = np.array([[0.9, 0.8, 0.1], [0.9, 0.1, 0.2], [0.1, 0.2, 0.3], [0.1, 0.9, 0.2]] * 3)
    labels = [["a", "b"], ["a"], [], ["b"], ["c"], ["a"], [], ["b"], ["a", "b"], [], [], ["b"]]
    return audit_labels(labels, pred_probs, multi_label=True)


@pytest.fixture
def options():
    return {
        "only_issues": False,
        "ids": [f"row {i}" for i in range(12)],
        "metadata": {
            "n": [1, 2.5] * 6,
            "s": ["x", None] * 6,
            "yes": [True, False] * 6,
            "f32": np.linspace(0, 1, 12, dtype=np.float32),
            "when": pd.date_range("2020-01-01", periods=12),
        },
        "explanation": [None, {"title": [("te", {"a": 0.5, "b": -1}), ("xt", {})]}] * 6,
    }


def reload(dataset, way, folder):
    """Save and load."""
    if way == "disk":
        dataset.save_to_disk(folder / "saved")
        return datasets.load_from_disk(str(folder / "saved"))
    dataset.to_parquet(folder / "saved.parquet")
    return datasets.Dataset.from_parquet(str(folder / "saved.parquet"), cache_dir=folder / "cache")


@pytest.mark.parametrize("way", ["disk", "parquet"])
@pytest.mark.parametrize("several", [False, True])
def test_records_come_back_from_a_data_set_that_was_saved(
    audit, label_sets, options, tmp_path, several, way
):
    audit = label_sets if several else audit
    inputs = {"title": TEXTS, "body": ["", *TEXTS[1:]]}
    dataset = reload(audit.to_datasets(inputs, **options), way, tmp_path)
    records = list(make_records(audit, inputs, **options))
    assert list(from_datasets(dataset)) == records
    assert dataset["id"][:] == [record.id for record in records]


def test_columns(audit, tmp_path):
    names = {"a": "Alpha", "b": "Beta", "c": "Gamma"}
    for way in ("disk", "parquet"):
        (tmp_path / way).mkdir()
        dataset = audit.to_datasets(TEXTS, only_issues=False, class_names=names)
        dataset = reload(dataset, way, tmp_path / way)
        assert dataset.features["annotation"].names == ["Alpha", "Beta", "Gamma"]
        assert dataset.features["suggested_label"] == dataset.features["annotation"]
        assert dataset[0] == {
            "id": 4,
            "text": TEXTS[4],
            "annotation": 1,
            "annotation_agent": "given",
            "suggested_label": 0,
            "prediction": [
                {"label": "Alpha", "score": 0.97},
                {"label": "Beta", "score": 0.01},
                {"label": "Gamma", "score": 0.02},
            ],
            "prediction_agent": "label-auditor",
            "label_quality": 0.01,
            "label_error_candidate": 0,
            "is_label_issue": True,
            "metadata": {
                "label_error_candidate": 0,
                "label_quality": 0.01,
                "suggested_label": "Alpha",
            },
            "multi_label": False,
            "status": "Default",
        }
        assert dataset["is_label_issue"][:] == [True] * 3 + [False] * 9
        assert dataset["label_error_candidate"][:4] == [0, 1, 2, None]


def test_only_issues_and_none_at_all(audit):
    assert len(audit.to_datasets(TEXTS)) == 3
    clean = audit_labels(["a", "b"], np.eye(2))
    dataset = clean.to_datasets(["x", "y"])
    assert (len(dataset), list(from_datasets(dataset))) == (0, [])


def test_rows_without_a_label_or_probabilities():
    X = np.array([[0.0], [0.1], [0.2], [1.0], [1.1], [1.2], [5.0], [0.1]])
    y = np.array(["a", "a", "a", "b", "b", "b", "alone", None], dtype=object)
    auditor = LabelAuditor(missing_labels="suggest", cv=2)
    with pytest.warns(UserWarning):  # noqa: PT030 - the fold that lacks the class of one row
        auditor.fit(X, y)
    inputs = [f"text {i}" for i in range(8)]
    dataset = auditor.to_datasets(inputs, only_issues=False)
    records = list(make_records(auditor.audit_, inputs, only_issues=False))
    assert list(from_datasets(dataset)) == records
    row = next(each for each in dataset if each["id"] == 7)
    assert (row["annotation"], row["annotation_agent"], row["label_quality"]) == (None, None, None)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"m": [1, "x"] * 6}, "metadata 'm' is '?[1x]'? in record .*, but a column of"),
        ({"m": [2**63] * 12}, "metadata 'm' is 9223372036854775808 in record .* int64 can't hold"),
    ],
)
def test_metadata_that_no_column_can_hold(audit, metadata, message):
    with pytest.raises(ValueError, match=message):
        to_datasets(audit, TEXTS, metadata=metadata)


def test_ids_beyond_64_bits_are_strings(audit):
    dataset = audit.to_datasets(TEXTS, ids=[2**70 + i for i in range(12)])
    assert dataset["id"][0] == str(2**70 + 4)


HALF = "\ud83d"


def test_half_surrogates_in_what_is_shown_are_question_marks(audit):
    texts = [f"{HALF}{i}" for i in range(12)]
    tokens = [{"text": [(HALF, {"a": 0.5})]}] * 12
    dataset = audit.to_datasets(texts, metadata={"m": [HALF] * 12}, explanation=tokens)
    assert (dataset["text"][0], dataset["metadata"][0]["m"]) == ("?4", "?")
    assert dataset["explanation"][0]["text"][0]["token"] == "?"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"ids": [f"{HALF}{i}" for i in range(12)]}, "ids"),
        ({"class_names": ["a", "b", HALF]}, "class_names"),
        ({"metadata": {HALF: [1] * 12}}, "columns of inputs or metadata"),
    ],
)
def test_half_surrogates_in_what_is_joined_on_are_refused(audit, options, what):
    with pytest.raises(ValueError, match=f"{what} .* can't be sent: half of a surrogate pair"):
        audit.to_datasets(TEXTS, **options)


def test_another_data_set_is_refused():
    dataset = datasets.Dataset.from_dict({"text": ["x"], "label": [0]})
    with pytest.raises(ValueError, match="no column 'id', 'prediction', 'annotation', but 'text'"):
        list(from_datasets(dataset))


# Corrections


def review(row):
    """Decide: validate the first, discard the second, leave the others."""
    if row["label_error_candidate"] == 0:
        return {"annotation": 2, "annotation_agent": "anna", "status": "Validated"}
    return {"status": "Discarded"} if row["label_error_candidate"] == 1 else {}


def test_a_reviewed_data_set_is_corrections(audit, tmp_path):
    dataset = audit.to_datasets(TEXTS, only_issues=False)
    assert len(Corrections.from_datasets(dataset)) == 0
    reviewed = dataset.map(review)
    corrections = Corrections.from_datasets(reviewed)
    assert list(corrections) == [
        Correction("4", "c", who="anna"),
        Correction("9", None, "discarded"),
    ]
    y_new, _ = apply_corrections(audit.labels, corrections)
    assert y_new[4] == "c"


def test_reviewed_lists_of_labels(label_sets):
    dataset = label_sets.to_datasets(TEXTS, only_issues=False)
    reviewed = dataset.map(lambda row: {"status": "Validated", "annotation": ["b", "a"]})
    labels = {each.label for each in Corrections.from_datasets(reviewed)}
    assert labels == {("a", "b")}
    empty = dataset.map(lambda row: {"status": "Validated", "annotation": []})
    assert {each.label for each in Corrections.from_datasets(empty)} == {()}
    coded = empty.cast_column("annotation", [datasets.ClassLabel(names=["a", "b"])])
    coded = coded.map(lambda row: {"annotation": [1, 0]}, load_from_cache_file=False)
    assert {each.label for each in Corrections.from_datasets(coded)} == {("a", "b")}


def test_what_holds_no_corrections_is_refused(audit):
    dataset = audit.to_datasets(TEXTS)
    with pytest.raises(ValueError, match="dataset has no column 'status' but 'id', 'text'"):
        Corrections.from_datasets(dataset.remove_columns("status"))
    with pytest.raises(TypeError, match=r"dataset is a DatasetDict, .* pass one split"):
        Corrections.from_datasets(datasets.DatasetDict(train=dataset))


def reviewed(annotations, statuses, feature):
    """Give a data set of these annotations, as Parquet and CSV bring them back."""
    schema = datasets.Features(
        {"id": datasets.Value("string"), "status": datasets.Value("string"), "annotation": feature}
    )
    ids = [f"row {i}" for i in range(len(annotations))]
    columns = {"id": ids, "status": statuses, "annotation": annotations}
    table = pa.table(columns, schema=schema.arrow_schema)
    return datasets.Dataset(
        datasets.table.InMemoryTable(table), datasets.DatasetInfo(features=schema)
    )


CODES = datasets.ClassLabel(names=["neg", "pos"])


@pytest.mark.parametrize(
    ("annotation", "feature", "message"),
    [
        (1, datasets.Value("int64"), r"record 'row 1' has 1 for an annotation.*cast_column\('ann"),
        (1.0, datasets.Value("float64"), r"record 'row 1' has 1\.0 for an annotation"),
        (float("nan"), datasets.Value("float64"), "record 'row 1' is validated, but has no annot"),
        (None, datasets.Value("int64"), "record 'row 1' is validated, but has no annotation"),
        (-100, datasets.Value("int64"), "record 'row 1' is validated, but has no annotation; giv"),
        (-100, CODES, "record 'row 1' is validated, but has no annotation"),
        (-1, CODES, "record 'row 1' is validated, but has no annotation"),
        (2, CODES, "record 'row 1' has the class label 2 .* the labels 0 to 1: 'neg', 'pos'"),
        ([0, 1], [datasets.Value("int64")], "record 'row 1' has 0 for an annotation"),
        ([0, 2], [CODES], "record 'row 1' has the class label 2"),
    ],
)
def test_annotations_without_names_are_refused(annotation, feature, message):
    dataset = reviewed([None, annotation], ["Default", "Validated"], feature)
    with pytest.raises(ValueError, match=message):
        Corrections.from_datasets(dataset)


def test_negative_codes_are_missing():
    statuses = ["Validated", "Default", "Discarded", "Default"]
    found = Corrections.from_datasets(reviewed([1, -100, -1, None], statuses, CODES))
    assert list(found) == [Correction("row 0", "pos"), Correction("row 2", None, "discarded")]
    found = Corrections.from_datasets(reviewed([[0, -100], [-1]], ["Validated"] * 2, [CODES]))
    assert [each.label for each in found] == [("neg",), ()]


@pytest.mark.parametrize("status", ["validated", "VALIDATED", "Done"])
def test_a_status_that_no_tool_has_is_refused(status):
    dataset = reviewed(["pos"], [status], datasets.Value("string"))
    with pytest.raises(ValueError, match=f"record 'row 0' has the status '{status}', but it must"):
        Corrections.from_datasets(dataset)


def test_records_of_missing_and_nameless_labels():
    columns = {"id": ["a", "b"], "text": ["x", "y"], "prediction": [None, None]}
    dataset = datasets.Dataset.from_dict(columns | {"annotation": [-100, -1]})
    assert [each.annotation for each in from_datasets(dataset)] == [None, None]
    dataset = datasets.Dataset.from_dict(columns | {"annotation": [-100, 1]})
    with pytest.raises(ValueError, match="record 'b' has 1 for an annotation"):
        list(from_datasets(dataset))
    dataset = dataset.map(lambda row: {"multi_label": True, "annotation": [1, -1]})
    dataset = dataset.cast_column("annotation", [CODES])
    assert [each.annotation for each in from_datasets(dataset)] == [("pos",), ("pos",)]
