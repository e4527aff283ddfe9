import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import audit_labels
from label_auditor.export.records import make_records
from label_auditor.export.rubrix.limits import check_request, fit_records
from label_auditor.export.rubrix.send import push_to_rubrix

TEXTS = ["text"] * 12
LONG = "".join(chr(65 + i % 26) for i in range(130))


def fit(audit, inputs=TEXTS, *, agents=("label-auditor", "given"), **options):
    options = {"only_issues": False, **options}
    return list(fit_records(make_records(audit, inputs, **options), *agents))


@pytest.mark.parametrize("name", ["a", "ag-news_2", "0", "a-_"])
def test_names(name):
    check_request(name, 500)


@pytest.mark.parametrize("name", ["", "-a", "_a", "A", "a.b", "a b", "a/b", "ü", "a\n", None, 3])
def test_names_that_fail(name):
    with pytest.raises(ValueError, match=r"name is .*, but a Rubrix data set is named with lower"):
        check_request(name, 500)


@pytest.mark.parametrize("size", [0, -1, 501, 2.5, "5", None])
def test_chunk_sizes_that_fail(size):
    with pytest.raises(
        ValueError, match=rf"chunk_size is {size!r}, but .* whole number from 1 to 500"
    ):
        check_request("a", size)


def test_an_agent_is_a_string(audit):
    with pytest.raises(ValueError, match="annotation_agent is None, but in Rubrix an agent is a s"):
        fit(audit, agents=("us", None))


def test_a_class_name_that_would_come_back_changed_is_refused(audit):
    with pytest.raises(
        ValueError, match=r"class_names '\\ud83d' can't be sent: half of a surrogat"
    ):
        fit(audit, class_names=["a", "b", "\ud83d"])


@pytest.mark.parametrize("length", [0, 65])
def test_agents(audit, length):
    fit(audit, agents=("x" * 64, "x"))
    with pytest.raises(ValueError, match=rf"prediction_agent has 1 to 64 .* has {length}\."):
        fit(audit, agents=("x" * length, "given"))
    with pytest.raises(ValueError, match=rf"annotation_agent has 1 to 64 .* has {length}\."):
        fit(audit, agents=("x", "x" * length))


@pytest.mark.parametrize("agent", [".a", "a..b"])
def test_agents_that_are_no_key(audit, agent):
    fit(audit, agents=("v1.2", "v1."))
    with pytest.raises(
        ValueError, match=r"prediction_agent is '.*', but in Rubrix an agent has no"
    ):
        fit(audit, agents=(agent, "given"))


@pytest.mark.parametrize("length", [0, 129])
def test_class_names(audit, length):
    fit(audit, class_names=["x" * 128, "b", "c"])
    with pytest.raises(ValueError, match=rf"A class name has 1 to 128 .* has {length}\."):
        fit(audit, class_names=["x" * length, "b", "c"])


@pytest.mark.parametrize("bad", ["", "x" * 129])
def test_ids_have_a_length(audit, bad):
    fit(audit, ids=["x" * 128, *range(11)])
    with pytest.raises(ValueError, match=r"ids have 1 to 128 characters in Rubrix, but '"):
        fit(audit, ids=[bad, *range(11)])


@pytest.mark.parametrize("bad", ["007", " 7", "1_0", "+7", "\u0667", "\ud800"])
def test_ids_that_rubrix_would_change_are_refused(audit, bad):
    with pytest.raises(ValueError, match=r"would come back from Rubrix as '(7|10|\?)', and"):
        fit(audit, ids=[bad, *range(20, 31)])


def test_ids_that_come_back(audit):
    ids = ["7", 8, "a7", "0.5", "1e3", "0x10", "-3", "é", "a b", "True", "nan", 10**20]
    assert {record.id for record in fit(audit, ids=ids)} == set(ids)


def test_fifty_keys_fit(audit):
    assert len(fit(audit, metadata={f"k{i}": range(12) for i in range(47)})[0].metadata) == 50
    with pytest.raises(
        ValueError, match=r"metadata has 51 keys .* Rubrix holds 50; leave out 1 of"
    ):
        fit(audit, metadata={f"k{i}": range(12) for i in range(48)})


def test_keys_are_counted_over_all_records(audit):
    columns = {f"k{i}": [None] * (i % 12) + [1] + [None] * (11 - i % 12) for i in range(48)}
    with pytest.raises(ValueError, match=r"metadata has 51 keys"):
        fit(audit, metadata=columns)


@pytest.mark.parametrize("keys", [["a.b", "a.c"], ["a b"], ["é"], ["_id"], ["ab", "a"]])
def test_keys(audit, keys):
    assert set(keys) <= set(fit(audit, metadata=dict.fromkeys(keys, range(12)))[0].metadata)


@pytest.mark.parametrize("keys", [[""], [".a"], ["a."], ["a..b"], ["a", "a.b"], ["a.b.c", "a.b"]])
def test_keys_that_fail(audit, keys):
    with pytest.raises(ValueError, match=r"metadata has the key '.*', but in Rubrix a dot divides"):
        fit(audit, metadata=dict.fromkeys(keys, range(12)))


def test_fields(audit):
    assert list(fit(audit, dict.fromkeys(["a b", "é", "_id"], TEXTS))[0].fields) == [
        "a b",
        "é",
        "_id",
    ]
    with pytest.raises(ValueError, match=r"inputs has fields named '', 'a\.b', but in Rubrix"):
        fit(audit, dict.fromkeys(["", "a.b", "a"], TEXTS))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "x"),
        (1.5, "x"),
        (True, 1),
        (True, "x"),
        ("2020-01-01", "n/a"),
        ("2020/01/01", "x"),
        (1, "1"),
    ],
)
def test_a_key_has_one_type(audit, one, other):
    for values in ([one] * 11 + [other], [other] + [one] * 11):
        with pytest.raises(
            ValueError, match=r"metadata 'k' holds a .* in one record and a .* in an"
        ):
            fit(audit, metadata={"k": values})
    fit(audit, metadata={"k": [one] * 11 + [None]})
    fit(audit, metadata={"k": [other] * 11 + [float("nan")]})


def test_integers_among_floats_become_floats(audit):
    records = fit(audit, metadata={"k": [1, 2.5] * 6, "i": [1] * 12, "b": [True] * 12})
    assert {type(record.metadata["k"]) for record in records} == {float}
    assert {type(record.metadata["i"]) for record in records} == {int}
    assert {type(record.metadata["b"]) for record in records} == {bool}


@pytest.mark.parametrize("value", [2**63, -(2**63), float("inf"), -float("inf"), 1e39])
def test_numbers_out_of_range(audit, value):
    with pytest.raises(
        ValueError, match=r"metadata 'k' is .* in record \d+, a number beyond Rubrix"
    ):
        fit(audit, metadata={"k": [value] * 12})


def test_long_strings_keep_their_end_with_one_warning(audit):
    metadata = {"k": [LONG] * 12, "l": [LONG] * 12, "m": ["short"] * 12}
    with pytest.warns(
        UserWarning, match="metadata 'k', 'l' has strings of more than 128"
    ) as caught:
        records = fit(audit, metadata=metadata)
    assert len(caught) == 1
    assert {record.metadata["k"] for record in records} == {LONG[2:]}


def test_text_of_any_length_is_kept(audit):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit(audit, [LONG * 1000] * 12)[0].fields == {"text": LONG * 1000}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        min_size=2,
        max_size=2,
    )
)
@pytest.mark.filterwarnings("ignore:metadata 'k' has strings")
def test_what_passes_has_one_type_that_rubrix_knows(values):
    two = audit_labels([0, 1], np.eye(2))
    try:
        records = fit(two, ["a", "b"], metadata={"k": values})
    except ValueError:
        return
    found = [record.metadata["k"] for record in records if "k" in record.metadata]
    assert len(found) == sum(value is not None and value == value for value in values)
    assert len({type(value) for value in found}) <= 1
    for value in found:
        assert len(value) <= 128 if isinstance(value, str) else abs(value) < 3.4e38


def test_what_is_refused_is_refused_before_the_first_byte(audit, stand_in):
    for options in (
        {"ids": ["", *range(11)]},
        {"ids": ["007", *range(11)]},
        {"ids": [1] * 12},
        {"class_names": ["", "b", "c"]},
        {"metadata": {"k": [1] * 11 + ["x"]}},
        {"metadata": {"k": [[]] * 12}},
        {"metadata": {f"k{i}": range(12) for i in range(48)}},
        {"metadata": {"label_quality": range(12)}},
        {"prediction_agent": "x" * 65},
        {"annotation_agent": ""},
        {"inputs": TEXTS[:3]},
        {"explanation": [3] * 12},
        {"name": "A"},
    ):
        with pytest.raises((ValueError, TypeError)):
            push_to_rubrix(audit, **{"inputs": TEXTS, "name": "d", "only_issues": False, **options})
    assert stand_in.requests == []
