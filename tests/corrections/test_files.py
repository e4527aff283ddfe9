"""Corrections in JSON and CSV come back as they were."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import Corrections
from label_auditor.corrections.collection import Correction
from label_auditor.corrections.files import write_csv

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
    return Correction(draw(ANY_TEXT), label, status, draw(MAYBE), draw(MAYBE), draw(MAYBE))


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
        Correction("8", None, "discarded", note="blurred"),
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


def test_notes_come_home_and_are_only_written_where_there_are_some(tmp_path):
    noted = [Correction("7", "dog", note='a "tail"\n, wagging'), Correction("8", None, "discarded")]
    for kind in ("json", "csv"):
        path = tmp_path / f"c.{kind}"
        getattr(Corrections(noted), f"to_{kind}")(path)
        assert list(getattr(Corrections, f"from_{kind}")(path)) == noted
        getattr(Corrections(noted[1:]), f"to_{kind}")(path)
        assert "note" not in path.read_text()
    assert Corrections(noted).to_frame()["note"].tolist() == ['a "tail"\n, wagging', None]
    with pytest.raises(TypeError, match="a note, must be a string"):
        Correction("7", "dog", note=7)


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
        (
            "id|label\n7|dog\n",
            r"there is no column 'id', 'label', but 'id\|label'; .* by commas, s",
        ),
        ("ID,label\n7,dog\n", r"line 1: there is no column 'id', but 'ID', 'label'"),
        ("id,label\n7,dog\n8,cat,3\n", r"c\.csv, line 3: .* cells than the header \(3, not 2\)"),
        ("id,label\n7\n", r"line 2: the row has another number of cells than the header \(1, no"),
        ("id,label,id\n7,dog,8\n", r"line 1: there are several columns 'id'; leave one"),
        ("id,label,who,who\n7,dog,a,b\n", r"line 1: there are several columns 'who'"),
        ('id,label\n7,dog\n8,"cat\n9,dog\n', r"line 3: a quote is opened here and isn't closed"),
        ('id,label\n7,"a\nb"\n8,\n', r"line 4: record '8' is validated with None"),
        ("id,label\n7," + "[" * 100_000 + "\n", r"line 2: the label is '\[\[.*nested too deeply"),
        ('id,label\n7,"[1, 2]"\n', r"line 2: the label is '\[1, 2\]', a list of other values than"),
        ('id,label\n7,"[""a"", null]"\n', r"line 2: the label is .*, a list of other values than"),
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
    with pytest.raises(
        ValueError, match=rf"c\.{kind} is no .*: byte 0xe9 at position 11 isn't UTF"
    ):
        getattr(Corrections, f"from_{kind}")(path)
    path.write_bytes("id,label\n7,é".encode("utf-16"))
    with pytest.raises(ValueError, match=rf"c\.{kind} is no .*: byte 0xff at position 0 isn't UTF"):
        getattr(Corrections, f"from_{kind}")(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,label", r"c\.json is no JSON"),
        ("[]", r"c\.json holds no corrections: it needs an object with \"format\": \"label-aud"),
        ('{"corrections": []}', r"holds no corrections"),
        ("[" * 100_000, r"c\.json is no JSON: lists or objects are nested too deeply"),
        ('{"a":' * 100_000, r"c\.json is no JSON: lists or objects are nested too deeply"),
        (
            '{"format": 1, "corrections": [], "format": 2}',
            r"object has several values for 'format'",
        ),
        (
            '{"format": "label-auditor corrections, version 2", "corrections": []}',
            r"upgrade label-a",
        ),
        ('{"corrections": [' + "7" * 5000 + "]}", r"c\.json is no JSON: Exceeds the limit"),
        ([7], r"c\.json, correction 1: 7 is no object with an \"id\""),
        ([{"id": 1, "label": "a"}, {"id": 2}], r"correction 2: record '2' is validated with None"),
        (
            [{"id": None, "label": "a"}],
            r"correction 1: the \"id\" is None; write a string or a num",
        ),
        ([{"id": True, "label": "a"}], r"correction 1: the \"id\" is True"),
        ([{"id": float("nan"), "label": "a"}], r"correction 1: the \"id\" is nan"),
        ([{"id": ["a"], "label": "a"}], r"correction 1: the \"id\" is \['a'\]"),
        ([{"id": 1, "label": float("nan")}], r"correction 1: record '1' has nan where the name"),
        ([{"id": 1, "label": [["a"]]}], r"correction 1: record '1' has \['a'\] where the name"),
        ([{"id": 1, "label": "a", "status": None}], r"correction 1: the status is None, not"),
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


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_a_spreadsheet_in_another_language(tmp_path, separator):
    path = tmp_path / "c.csv"
    rows = ["", '"id"-label-status', '"7"-"a;b,c\td"-', "8--discarded"]
    path.write_text("\n".join(rows).replace("-", separator), encoding="utf-8-sig")
    assert list(Corrections.from_csv(path)) == [
        Correction("7", "a;b,c\td"),
        Correction("8", None, "discarded"),
    ]


def test_brackets_in_another_column_are_text(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,label,who\n[1],dog,[x]\n" + "[" * 100_000 + ",dog,\n")
    first, second = Corrections.from_csv(path)
    assert (first.id, first.who, len(second.id)) == ("[1]", "[x]", 100_000)


def test_a_table():
    frame = Corrections([Correction(7, "dog", who="ann"), Correction("8", ("b", "a"))]).to_frame()
    assert frame.to_dict("list") == {
        "id": ["7", "8"],
        "label": ["dog", ("a", "b")],
        "status": ["validated", "validated"],
        "who": ["ann", None],
        "when": [None, None],
        "note": [None, None],
    }


def test_a_file_stays_whole_if_writing_the_new_one_fails(tmp_path):
    path = tmp_path / "corrections.csv"
    before = Corrections([Correction("1", "cat")])
    before.to_csv(path)
    with pytest.raises(AttributeError, match="id"):
        write_csv(path, [Correction("2", "dog"), "no correction"])
    assert Corrections.from_csv(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["corrections.csv"]
