"""Decisions out of records that came back."""

import datetime
from types import SimpleNamespace

import pytest

from label_auditor import Corrections
from label_auditor.corrections.collection import Correction
from label_auditor.export.rubrix import read
from label_auditor.export.rubrix.send import push_to_rubrix


def wire(identity, status, *labels, agent="anna", **more):
    """Give a record as a server sends it."""
    annotation = {"agent": agent, "labels": [{"class": each, "score": 1.0} for each in labels]}
    return {"id": identity, "status": status, "annotation": annotation, "multi_label": False} | more


def client(**values):
    """Give a record as a client has it."""
    return SimpleNamespace(
        **{"annotation": None, "annotation_agent": None, "multi_label": False}
        | {"event_timestamp": None, "status": "Validated"}
        | values
    )


def test_only_what_was_reviewed_counts():
    found = Corrections.from_records(
        [
            wire(7, "Validated", "dog", last_updated="2026-01-02T03:04:05.6"),
            wire("8", "Default", "dog"),
            wire("9", "Edited", "dog"),
            wire("10", "Discarded", "dog", agent="given"),
            {"id": "11", "status": "Discarded", "annotation": None, "multi_label": False},
            wire("12", "Validated", "cat", agent="given", event_timestamp="2025-01-01T00:00:00"),
        ]
    )
    assert list(found) == [
        Correction("7", "dog", who="anna", when="2026-01-02T03:04:05.6"),
        Correction("10", None, "discarded"),
        Correction("11", None, "discarded"),
        Correction("12", "cat"),
    ]


def test_who_gave_the_labels_is_no_reviewer():
    records = [wire("7", "Discarded", "dog", agent="us"), wire("8", "Discarded", agent="given")]
    found = Corrections.from_records(records, annotation_agent="us")
    assert [each.who for each in found] == [None, "given"]


def test_several_labels():
    records = [
        wire("7", "Validated", "b", "a", multi_label=True),
        wire("8", "Validated", multi_label=True),
        {"id": 9, "status": "Validated", "multi_label": True},
        client(id=10, annotation=["b"], multi_label=True),
        client(id=11, annotation=None, multi_label=True),
    ]
    records[2]["annotation"] = None
    labels = [each.label for each in Corrections.from_records(records)]
    assert labels == [("a", "b"), (), (), ("b",), ()]


def test_records_of_a_client():
    made = datetime.datetime(2026, 1, 2, 3, 4, 5)
    records = [
        client(id=7, annotation="dog", annotation_agent="anna", event_timestamp=made),
        client(id="x", annotation="dog", annotation_agent="given", status="Discarded"),
        client(id="y", annotation="dog", status="Default"),
        client(id="z", annotation="dog", status=None),
    ]
    assert list(Corrections.from_records(records)) == [
        Correction("7", "dog", who="anna"),
        Correction("x", None, "discarded"),
    ]


def test_what_is_missing_in_a_record_that_was_discarded_does_not_matter():
    nan = float("nan")
    records = [client(id=-5, annotation=nan, annotation_agent=nan, status="Discarded")]
    records += [client(id=8, annotation=-100, status="Default")]
    assert list(Corrections.from_records(records)) == [Correction("-5", None, "discarded")]


def test_a_time_is_read_as_text():
    saved = datetime.datetime(2026, 1, 2, 3, 4, 5)
    (found,) = Corrections.from_records([client(id=7, annotation="dog", last_updated=saved)])
    assert found.when == "2026-01-02T03:04:05"


@pytest.mark.parametrize(
    ("records", "error", "message"),
    [
        (
            [client(id=None, annotation="a")],
            ValueError,
            r"id of a record is missing \(None\); give",
        ),
        (
            [client(id=float("nan"), annotation="a")],
            ValueError,
            r"id of a record is missing \(nan\)",
        ),
        (
            [client(id=7, annotation=float("nan"))],
            ValueError,
            "record 7 is validated, but has no an",
        ),
        (
            [client(id=7, annotation=-100)],
            ValueError,
            "record 7 is validated, but has no annotation",
        ),
        (
            [client(id=7, annotation=-1.0)],
            ValueError,
            "has no annotation; give it one, or the stat",
        ),
        (
            [client(id=7, annotation=1)],
            ValueError,
            r"record 7 has 1 for an annotation, .*ClassLabel\(",
        ),
        ([client(id=7, annotation=0.0)], ValueError, r"record 7 has 0\.0 for an annotation"),
        ([client(id=7, annotation=True)], ValueError, "record 7 has True for an annotation"),
        ([client(id=7, annotation=b"a")], ValueError, "record 7 has b'a' for an annotation"),
        ([client(id=7, annotation=["a", 1])], ValueError, "record 7 has 1 for an annotation"),
        ([client(id=7, annotation=["a", None])], ValueError, "record 7 has None for an annotation"),
        (
            [client(id=7, status="validated")],
            ValueError,
            "record 7 has the status 'validated', but",
        ),
        (
            [client(id=7, status=1)],
            ValueError,
            "record 7 has the status 1, but .* one of 'Validated'",
        ),
        ([client(id=7, status=[])], ValueError, r"record 7 has the status \[\], but"),
        (None, TypeError, "records is a NoneType; pass a list of records"),
        ([client(id=7)], ValueError, "record 7 is validated, but has no annotation"),
        ([wire(7, "Validated")], ValueError, "record 7 is validated, but has no annotation"),
        (["dog"], TypeError, r"'dog' is no record that comes back from review: it has no 'status'"),
        ([{"id": 7}], TypeError, r"\{'id': 7\} is no record .* it has no 'status'"),
        (wire(7, "Validated", "dog"), TypeError, "records is a dict; pass a list of records"),
    ],
)
def test_what_is_no_reviewed_record(records, error, message):
    with pytest.raises(error, match=message):
        Corrections.from_records(records)


def test_our_own_record_carries_no_decision(audit):
    from label_auditor.export.records import make_records

    with pytest.raises(TypeError, match="no record that comes back from review"):
        Corrections.from_records(make_records(audit, ["text"] * 12))


# From a server


def test_pages_are_read_to_the_end(big_audit, stand_in, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 7)
    push_to_rubrix(big_audit, ["text"] * 60, "d", only_issues=False)
    for i in range(40):
        stand_in.records[str(i)] = wire(i, "Validated" if i % 2 else "Discarded", "1")
    stand_in.requests.clear()
    stand_in.faults = {3: "drop", 5: "503", 7: "cut", 8: "stream-error"}
    found = Corrections.from_rubrix("d")
    assert [each.id for each in found] == sorted(map(str, range(40)))
    assert {each.label for each in found} == {None, "1"}
    assert len(stand_in.requests) == 2 + 7 + 4  # two to say hello, four that failed
    assert stand_in.requests[-1].endswith("/data?limit=7&id_from=9")


def test_no_reviews_yet(audit, stand_in):
    push_to_rubrix(audit, ["text"] * 12, "d")
    assert len(Corrections.from_rubrix("d")) == 0


def test_no_such_data_set(stand_in):
    with pytest.raises(ValueError, match=r"name is 'd', but .* no data set of that name in the wo"):
        Corrections.from_rubrix("d")
