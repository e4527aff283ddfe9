"""Decisions survive a reload, leave as files, come home, and come back."""

import csv
import json

import numpy as np
import pytest

from label_auditor import Corrections, apply_corrections

FORMAT = "label-auditor corrections, version 1"
KEYS = "tkdt1ktks"


def decided(page):
    return int(page.locator("#n-decided").inner_text())


def download(page, button):
    with page.expect_download() as waiting:
        page.locator(button).click()
    return waiting.value


def downloaded_json(page):
    return json.loads(download(page, "#download-json").path().read_text("utf-8"))


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def message(page):
    return page.locator("#toast").inner_text()


def upload(page, name, text):
    body = text if isinstance(text, bytes) else text.encode()
    page.locator("#toast").evaluate("toast => (toast.textContent = '')")
    page.locator("#file").set_input_files({"name": name, "mimeType": "", "buffer": body})
    page.locator("#toast", has_text=name).wait_for()


def test_decisions_and_order_survive_a_reload(page):
    press(page, KEYS)
    before = downloaded_json(page)
    order = page.locator("#list .snippet").all_inner_texts()
    current = page.locator("#row-name").inner_text()
    page.reload()
    assert decided(page) == 8
    assert downloaded_json(page) == before
    assert page.locator("#list .snippet").all_inner_texts() == order
    assert page.locator("#row-name").inner_text() == current


def test_undo_across_a_reload(page):
    first = page.locator("#row-name").inner_text()
    press(page, "tk")
    page.reload()
    press(page, "u")
    assert decided(page) == 1
    page.reload()
    press(page, "u")
    assert decided(page) == 0
    assert page.locator("#row-name").inner_text() == first
    page.reload()
    assert decided(page) == 0


def test_another_audit_has_decisions_of_its_own(open_page, page, animals, tmp_path):
    press(page, "tk")
    other = open_page(
        animals, ["another text"] * 40, path=tmp_path / "x.html", context=page.context
    )
    assert decided(other) == 0
    again = open_page(None, None, context=page.context, path=tmp_path / "report.html")
    assert decided(again) == 2


def test_two_tabs_of_a_page_show_the_same(open_page, page, tmp_path):
    other = open_page(None, None, path=tmp_path / "report.html", context=page.context)
    press(page, "tk")
    other.locator("#n-decided", has_text="2").wait_for()
    press(other, "d")
    page.locator("#n-decided", has_text="3").wait_for()
    assert len(downloaded_json(page)["corrections"]) == 3


def test_json_is_what_was_decided(page, animals):
    page.locator("#who").fill("Ann Ó Dé")
    page.locator("#who").blur()
    press(page, "tkd")
    found = downloaded_json(page)
    assert found["format"] == FORMAT
    rows = animals.ranked[:3]
    assert [each["id"] for each in found["corrections"]] == [animals.index[i] for i in rows]
    assert [each["label"] for each in found["corrections"]] == [
        animals.suggested_labels[rows[0]],
        animals.labels[rows[1]],
        None,
    ]
    assert [each["status"] for each in found["corrections"]] == [
        "validated",
        "validated",
        "discarded",
    ]
    assert {each["who"] for each in found["corrections"]} == {"Ann Ó Dé"}
    assert all(np.datetime64(each["when"].removesuffix("Z")) for each in found["corrections"])


def test_csv_holds_the_same(page):
    page.locator("#who").fill('Ann, "A"')
    page.locator("#who").blur()
    press(page, "tkd")
    file = download(page, "#download-csv")
    assert file.suggested_filename == "corrections.csv"
    with file.path().open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = downloaded_json(page)["corrections"]
    assert rows == [{k: v or "" for k, v in each.items()} for each in expected]


@pytest.mark.parametrize("button", ["#download-json", "#download-csv"])
def test_decisions_come_home_as_labels(page, animals, button):
    press(page, KEYS)
    read = Corrections.from_json if button == "#download-json" else Corrections.from_csv
    corrections = read(download(page, button).path())
    decisions = corrections.by_row(animals)
    rows = animals.ranked[:5].tolist()  # after five, the queue has learned
    assert list(decisions)[:5] == rows
    assert decisions[rows[0]] == animals.suggested_labels[rows[0]]
    assert decisions[rows[1]] == animals.labels[rows[1]]
    assert decisions[rows[2]] is None
    assert len(decisions) == 8
    corrected, report = apply_corrections(animals.labels, corrections, ids=animals.index)
    changed = np.flatnonzero(corrected != animals.labels)
    assert sorted(changed) == sorted(
        row for row, label in decisions.items() if label not in (None, animals.labels[row])
    )
    assert len(report.changed) == len(changed) == int(page.locator("#n-errors").inner_text())


@pytest.mark.parametrize("button", ["#download-json", "#download-csv"])
def test_a_file_resumes_the_review(open_page, page, animals, button):
    page.locator("#who").fill("Ann")
    page.locator("#who").blur()
    press(page, KEYS)
    before = downloaded_json(page)
    file = download(page, button)
    fresh = open_page(animals, [f"text number {i}" for i in range(40)])
    assert decided(fresh) == 0
    upload(fresh, file.suggested_filename, file.path().read_bytes())
    assert decided(fresh) == 8
    assert downloaded_json(fresh) == before
    assert "8 decisions" in message(fresh)
    press(fresh, "k")
    press(fresh, "u")
    assert decided(fresh) == 8
    press(fresh, "u")  # the whole file is one action
    assert decided(fresh) == 0


def test_a_file_is_dropped_on_the_page(page):
    text = json.dumps(
        {"format": FORMAT, "corrections": [{"id": "r3", "label": "owl", "status": "validated"}]}
    )
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "c.json"));
          const fire = (name) => document.body.dispatchEvent(new DragEvent(
            name, { dataTransfer: data, bubbles: true, cancelable: true }));
          fire("dragenter");
          if (document.getElementById("drop").hidden) throw new Error("no sign of the drop");
          fire("drop");
        }""",
        text,
    )
    page.locator("#n-decided", has_text="1").wait_for()
    assert not page.locator("#drop").is_visible()


def test_a_file_goes_over_what_was_decided_and_says_what_it_left_out(page):
    press(page, "k")
    first = downloaded_json(page)["corrections"][0]
    corrections = [
        first,
        {"id": "r3", "label": "owl", "status": "validated", "who": "b", "when": None},
        {"id": "r3", "label": "hen", "status": "validated", "who": "c", "when": None},
        {"id": "nobody", "label": "owl", "status": "validated"},
        {"id": "r4", "label": "unicorn", "status": "validated"},
        {"id": "r5", "label": None, "status": "discarded"},
    ]
    upload(page, "c.json", json.dumps({"format": FORMAT, "corrections": corrections}))
    assert message(page) == (
        "2 decisions from c.json, 1 already here; left out: 1 for rows that are not in this page, "
        "1 with labels that are not among the classes."
    )
    found = {each["id"]: each["label"] for each in downloaded_json(page)["corrections"]}
    assert found == {first["id"]: first["label"], "r3": "hen", "r5": None}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"format": "x", "corrections": []}', "its format is not"),
        ('{"format": ', "not valid JSON"),
        ("id;label;status\n1;a;validated\n", "not a CSV file with a column id and label"),
        ("", "not a CSV file"),
        ("id,label,status\n1,owl\n", "record 1 has 2 cells, not 3"),
        ('id,label,status\n1,"ow"l,validated\n', "a quote out of place"),
        ("id,label,status\n1,owl,open\n", "correction 1 has a status"),
        (
            json.dumps({"format": FORMAT, "corrections": [{"id": "1", "label": "a", "who": 3}]}),
            "correction 1 has a who or a when that is not text",
        ),
        (
            json.dumps({"format": FORMAT, "corrections": [{"id": "1", "label": "a", "note": 3}]}),
            "correction 1 has a note that is not text",
        ),
        (
            json.dumps({"format": FORMAT, "corrections": [{"id": "1", "status": "validated"}]}),
            "correction 1 is validated but has no label",
        ),
    ],
)
def test_a_file_that_is_no_corrections_changes_nothing(page, text, problem):
    press(page, "k")
    upload(page, "wrong.csv", text)
    assert problem in message(page)
    assert message(page).startswith("wrong.csv can’t be read: ")
    assert decided(page) == 1


def test_csv_with_a_byte_order_mark_and_quoted_line_breaks(page):
    text = '\ufeffid,label,status,who,when\nr1,owl,validated,"a\nb, ""c""",\nr2,,discarded,,'
    upload(page, "c.csv", text)
    found = downloaded_json(page)["corrections"]
    assert [(each["id"], each["label"], each["who"]) for each in found] == [
        ("r1", "owl", 'a\nb, "c"'),
        ("r2", None, None),
    ]


def test_a_browser_that_keeps_nothing_says_so(open_page, animals):
    page = open_page(
        animals,
        ["x"] * 40,
        script="Storage.prototype.setItem = () => { throw new DOMException('full'); };",
    )
    assert "are stored in this browser" in page.locator("#kept").inner_text()
    press(page, "k")
    assert "does not store decisions" in page.locator("#kept").inner_text()
    assert decided(page) == 1


def test_damaged_storage_is_no_harm(page):
    press(page, "k")
    page.evaluate("for (const key of Object.keys(localStorage)) localStorage[key] = '{broken'")
    page.reload()
    assert decided(page) == 0
    press(page, "k")
    page.reload()
    assert decided(page) == 1


def test_a_page_goes_on_with_the_decisions_it_was_made_with(open_page, animals):
    """They count and teach, leave with the others, and no undo loses them."""
    first, second = (int(row) for row in animals.ranked[:2])
    label = str(animals.classes[0])
    page = open_page(
        animals,
        [f"t{row}" for row in range(len(animals))],
        reviewed={first: animals.classes[0], second: None},
    )
    assert page.locator("#n-decided").inner_text() == "2"
    assert page.locator("#undo").is_disabled()
    page.keyboard.press("k")
    page.keyboard.press("u")
    page.keyboard.press("u")
    found = downloaded_json(page)["corrections"]
    assert [(each["id"], each["label"]) for each in found] == [
        (str(animals.index[first]), label),
        (str(animals.index[second]), None),
    ]
