"""Corrections in JSON and CSV come back as they were."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import Corrections
from label_auditor.corrections.collection import Correction

STRANGE = [
    *("", " ", ",", '"', '""', "a\nb", "a\r\nb", "\r", "[", '["a"]', '"a"', "null", "[spam]"),
    *("\0", "\ud800", "\ufeff", "é", "\U0001f600", "a,b", "None", "nan", "007"),
]
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(STRANGE)
LABELS = ANY_TEXT | st.lists(ANY_TEXT, max_size=3).map(tuple)
MAYBE = st.none() | ANY_TEXT


@st.composite
def some_correction(draw):
    label = draw(st.none() | LABELS)
    status = "discarded" if label is None else "validated"
    return Correction(draw(ANY_TEXT), label, status, draw(MAYBE), draw(MAYBE))


@pytest.mark.parametrize("kind", ["json", "csv"])
@settings(deadline=None)  # it writes files
@given(given_=st.lists(some_correction(), max_size=5))
def test_what_is_written_comes_back(tmp_path_factory, kind, given_):
    path = tmp_path_factory.getbasetemp() / f"corrections.{kind}"
    corrections = Corrections(given_)
    getattr(corrections, f"to_{kind}")(path)
    assert getattr(Corrections, f"from_{kind}")(path) == corrections


def test_the_json_of_a_review_page(tmp_path):
    path = tmp_path / "review.json"
    entries = [
        {"id": 7, "label": "dog", "status": "validated", "who": "ann", "when": "2026-01-02"},
        {"id": "8", "label": None, "status": "discarded", "note": "blurred"},
        {"id": "9", "label": ["a", "b"], "status": "validated", "who": None, "when": None},
    ]
    content = {"format": "label-auditor corrections, version 1", "audit": {"n": 3}}
    path.write_text("\ufeff" + json.dumps(content | {"corrections": entries}), encoding="utf-8")
    assert list(Corrections.from_json(path)) == [
        Correction("7", "dog", who="ann", when="2026-01-02"),
        Correction("8", None, "discarded"),
        Correction("9", ("a", "b")),
    ]


def test_json_is_what_is_documented(tmp_path):
    path = tmp_path / "c.json"
    Corrections([Correction("7", ("é", "a"), who="ann")]).to_json(path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "format": "label-auditor corrections, version 1",
        "corrections": [
            {"id": "7", "label": ["a", "é"], "status": "validated", "who": "ann", "when": None}
        ],
    }


def test_csv_is_what_a_spreadsheet_shows(tmp_path):
    path = tmp_path / "c.csv"
    Corrections(
        [
            Correction("7", "dog, or wolf", who="ann", when="2026-01-02T03:04:05"),
            Correction("8", None, "discarded"),
            Correction("9", ("b", "a")),
            Correction("10", ""),
        ]
    ).to_csv(path)
    assert path.read_bytes().decode() == (
        "id,label,status,who,when\r\n"
        '7,"dog, or wolf",validated,ann,2026-01-02T03:04:05\r\n'
        "8,,discarded,,\r\n"
        '9,"[""a"", ""b""]",validated,,\r\n'
        '10,"""""",validated,,\r\n'
    )


def test_csv_by_hand(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("text,label,id\nx,dog,7\n\ny,[spam],8\n" + "z" * 200_000 + ",cat,9\n")
    assert list(Corrections.from_csv(path)) == [
        Correction("7", "dog"),
        Correction("8", "[spam]"),
        Correction("9", "cat"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"c\.csv, line 1: there is no column 'id', 'label', but none; the columns of correct"),
        ("id;label\n7;dog\n", r"there is no column 'id', 'label', but 'id;label'; .* by commas"),
        ("id,label\n7,dog\n8,cat,3\n", r"c\.csv, line 3: the number of cells"),
        ("id,label\n7\n", r"line 2: the number of cells isn't that of the header"),
        ("id,label\n7,\n", r"line 2: record '7' is validated with None for its label; a valid"),
        ("id,label,status\n7,dog,ok\n", r"line 2: the status is 'ok', not 'validated' or 'disca"),
        ("id,label,status\n7,dog,discarded\n", r"line 2: record '7' is discarded with 'dog'"),
        ("id,label\n,dog\n", r"line 2: the id is missing"),
        ('id,label\n7,"a"b\n', r"line 2: ',' expected after '\"'"),
    ],
)
def test_csv_that_holds_no_corrections(tmp_path, content, message):
    path = tmp_path / "c.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        Corrections.from_csv(path)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_another_encoding_is_refused(tmp_path, kind):
    path = tmp_path / f"c.{kind}"
    path.write_bytes("id,label\n7,é".encode("latin-1"))
    with pytest.raises(ValueError, match=rf"c\.{kind}.*'utf-8' codec can't decode"):
        getattr(Corrections, f"from_{kind}")(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,label", r"c\.json is no JSON"),
        ("[]", r"c\.json holds no corrections: it needs an object with \"format\": \"label-aud"),
        ('{"corrections": []}', r"holds no corrections"),
        ([7], r"c\.json, correction 1: 7 is no object with an \"id\""),
        ([{"id": 1, "label": "a"}, {"id": 2}], r"correction 2: record '2' is validated with None"),
        ([{"id": 1, "label": 3}], r"correction 1: record '1' has 3 where the name of a class"),
        ([{"id": 1, "label": ["a", 3]}], r"correction 1: record '1' has 3 where"),
        ([{"id": 1, "label": ["a"], "who": {}}], r"correction 1: record '1' has \{\} where"),
    ],
)
def test_json_that_holds_no_corrections(tmp_path, content, message):
    path = tmp_path / "c.json"
    if isinstance(content, list):
        content = {"format": "label-auditor corrections, version 1", "corrections": content}
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ValueError, match=message):
        Corrections.from_json(path)


def test_a_table():
    frame = Corrections([Correction(7, "dog", who="ann"), Correction("8", ("b", "a"))]).to_frame()
    assert frame.to_dict("list") == {
        "id": ["7", "8"],
        "label": ["dog", ("a", "b")],
        "status": ["validated", "validated"],
        "who": ["ann", None],
        "when": [None, None],
    }


def test_a_file_stays_whole_if_writing_the_new_one_fails(tmp_path):
    path = tmp_path / "corrections.csv"
    before = Corrections([Correction("1", "cat")])
    before.to_csv(path)
    with pytest.raises(AttributeError, match="id"):
        Corrections([Correction("2", "dog"), "no correction"]).to_csv(path)
    assert Corrections.from_csv(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["corrections.csv"]
