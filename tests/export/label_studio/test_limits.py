"""What Label Studio can't store, show or export is refused, with a reason."""

import numpy as np
import pytest

from label_auditor.export.label_studio.limits import check_config, check_title, plan_layout
from label_auditor.export.records import make_records

TEXTS = [f"text {i}" for i in range(12)]


def plan(audit, inputs=TEXTS, *, agent="m", image_fields=None, **options):
    return plan_layout(make_records(audit, inputs, **options), agent, image_fields)


@pytest.mark.parametrize("project", ["ab", "x" * 51, 0, -1, True, None, 1.5, "abc ", "a\0bc"])
def test_what_is_neither_an_id_nor_a_title(project):
    with pytest.raises(ValueError, match="project is "):
        check_title(project)


def test_ids_and_titles():
    assert [check_title(each) for each in (1, "abc", "é" * 50)] == [None] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": {"a b": TEXTS}}, "inputs has the fields 'a b', but in a configuration"),
        ({"inputs": {"é": TEXTS}}, "inputs has the fields 'é'"),
        ({"inputs": {"label": TEXTS}}, "inputs has a column 'label', which is set here"),
        ({"metadata": {"id": TEXTS}}, "metadata has a column 'id', which is set here"),
        ({"metadata": {"text": TEXTS}}, "inputs has a field 'text', but the data of a task"),
        ({"inputs": {"label_quality": TEXTS}}, "inputs has a field 'label_quality'"),
        ({"inputs": {"suggested_label": TEXTS}}, "inputs has a field 'suggested_label'"),
        ({"agent": " "}, "prediction_agent is ' ', but a name is needed"),
        ({"class_names": ["a", "b ", "c"]}, "class_names 'b ' can't be choices"),
        ({"class_names": ["a", "\x01", "c"]}, "can't be choices"),
        ({"inputs": ["a\0"] * 12}, "'text' holds the character NUL, in record 4"),
        ({"ids": [f"{i}\0" for i in range(12)]}, "'record_id' holds the character NUL"),
        ({"metadata": {"n": [2**63] * 12}}, "'n' is 9223372036854775808, with which .* exports"),
        ({"metadata": {"x": [np.inf] * 12}}, "'x' is inf, which JSON can't hold"),
        ({"image_fields": ["picture"]}, "image_fields is .'picture'., but a list of the fields"),
        ({"image_fields": "text"}, "image_fields is 'text'"),
    ],
)
def test_what_is_refused(audit, options, message):
    with pytest.raises(ValueError, match=message):
        plan(audit, **options)


def test_largest_integers_are_taken(audit):
    assert plan(audit, metadata={"n": [2**63 - 1, -(2**63)] * 6}).fields == ["text"]


@pytest.mark.parametrize(
    ("url", "image"),
    [
        ("https://example.org/a/b.PNG?size=3", True),
        ("http://example.org/x.jpeg", True),
        ("data:image/png;base64,AAAA", True),
        ("https://example.org/page", False),
        ("see https://example.org/a.png", False),
        ("https:a.png", False),
        ("http://[bad/a.png", False),
        ("a.png", False),
    ],
)
def test_urls_of_images_are_shown_as_images(audit, url, image):
    layout = plan(audit, {"text": TEXTS, "picture": [url] * 12}, only_issues=False)
    assert layout.images == ({"picture"} if image else set())
    assert (f'<{"Image" if image else "Text"} name="picture" value="$picture"') in layout.config()


def test_one_value_of_another_kind_makes_a_field_text(audit):
    urls = ["https://example.org/a.png"] * 12
    assert plan(audit, {"p": [*urls[:4], "", *urls[5:]]}, only_issues=False).images == {"p"}
    assert plan(audit, {"p": [*urls[:4], "none", *urls[5:]]}).images == set()
    assert plan(audit, {"p": ["x"] * 12}, image_fields=["p"]).images == {"p"}


def test_names_are_quoted_in_the_configuration(audit):
    config = plan(audit, class_names=["<&>", "\"'", "a\nb"]).config()
    assert "&lt;&amp;&gt;" in config
    assert check_config(config, plan(audit, class_names=["<&>", "\"'", "a\nb"]), "'p'") == "text"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('name="label"', 'name="other"'), "has no choices named 'label'"),
        (("<View>", "<View"), "has no choices"),
        (('choice="single"', 'choice="multiple"'), "lets people choose several labels"),
        (('value="b"', 'value="B"'), "has the classes 'B', 'a', 'c', not all of 'a', 'b', 'c'"),
        (("$text", "$title"), "shows no fields 'text'"),
    ],
)
def test_a_configuration_that_does_not_fit(audit, change, message):
    layout = plan(audit)
    with pytest.raises(ValueError, match=f"there is a project 'p', but it {message}"):
        check_config(layout.config().replace(*change), layout, "'p'")


def test_several_labels_need_several_choices(audit, multi_audit):
    layout = plan(multi_audit, TEXTS[:8])
    assert 'choice="multiple"' in layout.config()
    assert "required" not in layout.config()  # no label at all is an answer
    with pytest.raises(ValueError, match="lets people choose one label"):
        check_config(plan(audit).config(), layout, "'p'")
