"""What the card shows besides: similar rows, words that speak, what classes mean, and notes."""

import json

import numpy as np
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction
from label_auditor.review import Evidence, Neighbors, Words

N = 12
HOSTILE = "<img src=x onerror='window.hacked = 1'></script><script>window.hacked = 1</script>"
TEXTS = [f"a text {row}" for row in range(N)]
TEXTS[4] = "\U0001f600 the red car"


@pytest.fixture(scope="module")
def audit():
    labels = np.repeat(["cat", "dog", "owl"], 4).astype(object)
    pred_probs = np.full((N, 3), 0.05)
    pred_probs[np.arange(N), np.repeat([0, 1, 2], 4)] = 0.9
    pred_probs[4] = [0.97, 0.01, 0.02]
    pred_probs[9] = [0.02, 0.93, 0.05]
    audit = audit_labels(labels, pred_probs, index=[f"r{row}" for row in range(N)])
    assert audit.ranked.tolist() == [4, 9]
    return audit


@pytest.fixture(scope="module")
def evidence():
    neighbors = Neighbors(
        np.array([4, 9]),
        np.array([[5, 0, 1], [8, -1, -1]]),
        np.array([[0.95, 0.85, 0.4], [0.5, np.nan, np.nan]]),
        recall=0.93,
        twin_cosine=0.8,
    )
    words = Words(np.array([4, 4]), np.array([6, 10]), np.array([9, 13]), np.array([2.0, -0.5]))
    return Evidence(neighbors, words)


@pytest.fixture
def page(open_page, audit, evidence):
    return open_page(
        audit, TEXTS, evidence=evidence, class_descriptions={"cat": "it purrs", "owl": HOSTILE}
    )


def items(page):
    return page.locator("#evidence-list li")


def test_similar_rows_are_one_key_away_and_twins_with_other_labels_come_first(page):
    assert page.locator("#evidence-summary").inner_text() == (
        "2 of 3 are labelled cat, a near twin among them"
    )
    assert items(page).count() == 0
    page.keyboard.press("e")
    assert page.locator("#evidence-open").get_attribute("aria-expanded") == "true"
    assert [each.split("\n")[0] for each in items(page).all_inner_texts()] == ["85%", "95%", "40%"]
    assert page.locator("#evidence-list .excerpt").all_inner_texts() == [
        TEXTS[0],
        TEXTS[5],
        TEXTS[1],
    ]
    assert page.locator("#evidence-list .tag").all_inner_texts() == [
        "cat", "near twin", "dog", "near twin", "cat",
    ]  # fmt: skip
    assert "finds 93% of the nearest rows" in page.locator("#evidence-note").inner_text()
    assert (
        page.locator("#live")
        .inner_text()
        .startswith("3 similar rows: near twin, 85% alike, labelled cat; near twin, 95% alike")
    )
    page.keyboard.press("t")  # it stays open for the next row, and after a reload
    assert page.locator("#evidence-summary").inner_text() == "it is labelled owl"
    assert items(page).count() == 1
    page.reload()
    page.keyboard.press("p")
    assert items(page).count() == 3
    page.keyboard.press("e")
    assert not items(page).first.is_visible()
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert not page.locator("#evidence").is_visible()  # there is none for this row


def test_a_neighbour_that_was_decided_says_so(page):
    page.locator("#search").fill("text 0")
    page.locator("#list-count", has_text="1").wait_for()
    page.locator("#row-name", has_text="r0").wait_for()
    page.locator("#search").blur()
    page.keyboard.press("3")
    page.keyboard.press("Escape")
    page.locator("#list li button", has_text="red car").first.click()
    page.keyboard.press("e")
    assert "now owl" in items(page).first.inner_text().replace("\n", " ")


def test_words_that_speak_are_marked(page):
    marks = page.locator("#texts .text mark")
    assert marks.all_inner_texts() == ["red", "car"]
    names = marks.evaluate_all("all => all.map(e => e.className)")
    assert names == ["for-suggested strong", "for-given"]
    legend = page.locator(".legend").inner_text()
    assert legend == "Marked words speak for cat or for dog."
    page.locator("#search").fill("red c")
    page.locator("#texts .text mark.hit", has_text="red c").wait_for()
    assert marks.all_inner_texts() == ["red c"]
    assert page.locator("#texts .text").inner_text() == TEXTS[4]


def test_classes_say_what_they_mean_and_nothing_runs(page):
    assert page.locator("#pair .meaning").all_inner_texts() == ["it purrs"]
    titles = page.locator("#candidates button").evaluate_all("all => all.map(e => e.title)")
    assert titles == ["it purrs", HOSTILE, ""]
    page.keyboard.press("n")
    assert page.locator("#pair .meaning").all_inner_texts() == [HOSTILE]
    assert page.evaluate("window.hacked") is None


def test_hostile_neighbours_are_text(open_page):
    n = 900
    labels = np.array([HOSTILE, "b"] * (n // 2), dtype=object)
    audit = audit_labels(labels, np.tile([[0.4, 0.6]], (n, 1)), classes=[HOSTILE, "b"])
    every = np.arange(n)
    found = Neighbors(every, ((every + 7) % n)[:, None], np.full((n, 1), 0.9), twin_cosine=0.8)
    words = Words(every, np.zeros(n, int), np.full(n, 5), np.ones(n))
    page = open_page(
        audit, [HOSTILE] * n, max_rows=1, ids=[f"{HOSTILE}{row}" for row in range(n)],
        evidence=Evidence(found, words), class_descriptions={HOSTILE: HOSTILE},
    )  # fmt: skip
    page.keyboard.press("e")
    for _ in range(5):
        assert page.locator("#evidence-list .excerpt").inner_text() == HOSTILE
        assert page.locator("#evidence-list .row-id").inner_text().startswith(f"row {HOSTILE}")
        page.keyboard.press("n")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def download(page, button="#download-json"):
    with page.expect_download() as waiting:
        page.locator(button).click()
    return waiting.value.path()


def write(page, note):
    page.keyboard.press("m")
    page.locator("#note").fill(note)
    page.keyboard.press("Enter")


def test_a_note_goes_with_the_decision_and_comes_home(page):
    write(page, 'a "tail", wagging')
    page.keyboard.press("t")
    assert page.locator("#note").input_value() == ""
    page.keyboard.press("d")
    for button, read in (
        ("#download-json", Corrections.from_json),
        ("#download-csv", Corrections.from_csv),
    ):
        first, second = read(download(page, button))
        assert (first.id, first.label, first.note) == ("r4", "cat", 'a "tail", wagging')
        assert (second.id, second.note) == ("r9", None)
    entries = json.loads(download(page).read_text("utf-8"))["corrections"]
    assert ["note" in entry for entry in entries] == [True, False]


def test_a_note_survives_reload_and_undo(page):
    write(page, "first")
    page.keyboard.press("t")
    page.reload()
    page.keyboard.press("p")
    assert page.locator("#note").input_value() == "first"
    write(page, "second")  # of a decision that stands
    assert page.locator("#unsaved").inner_text() == "1"
    assert download(page).read_text("utf-8").count("second") == 1
    assert page.locator("#unsaved").is_hidden()
    write(page, "third")
    assert page.locator("#unsaved").inner_text() == "1"
    for note in ("second", "first", "first"):  # what is written isn't lost with the decision
        page.keyboard.press("u")
        assert page.locator("#note").input_value() == note
    assert page.locator("#n-decided").inner_text() == "0"
    page.keyboard.press("k")
    (correction,) = Corrections.from_json(download(page))
    assert (correction.label, correction.note) == ("dog", "first")


def test_a_note_without_a_decision_survives_a_reload(page):
    page.locator("#note").fill("ask Ann")
    page.reload()
    page.locator("#list [aria-current]").wait_for()
    assert page.locator("#note").input_value() == "ask Ann"
    assert page.locator("#n-decided").inner_text() == "0"
    page.keyboard.press("n")
    assert page.locator("#note").input_value() == ""


def test_notes_enter_the_page_with_files(page, open_page, audit, tmp_path):
    noted = Corrections([Correction("r4", "cat", note="why"), Correction("r9", None, "discarded")])
    noted.to_csv(tmp_path / "c.csv")
    page.locator("#file").set_input_files(tmp_path / "c.csv")
    page.locator("#toast", has_text="2 decisions").wait_for()
    page.keyboard.press("p")
    page.locator("#list li button", has_text="red car").first.click()
    assert page.locator("#note").input_value() == "why"
    other = open_page(audit, TEXTS, path=tmp_path / "other.html", reviewed=noted, title="other")
    other.locator("#list li button", has_text="red car").first.click()
    assert other.locator("#note").input_value() == "why"


def test_the_keyboard_help_lists_the_keys(page):
    page.keyboard.press("?")
    help_ = page.locator("#help-keys").inner_text()
    assert "show or hide the rows most like this one" in help_
    assert "write a note on this row" in help_


def test_rows_of_a_table_show_the_columns_that_the_row_shows(open_page):
    rng = np.random.default_rng(0)
    table = {f"f{i}": rng.integers(0, 9, 40).astype(str).tolist() for i in range(12)}
    labels = rng.integers(0, 2, 40)
    audit = audit_labels(labels, rng.dirichlet([1, 1], 40), classes=[0, 1])
    found = audit.neighbors(rng.normal(size=(40, 4)), k=2)
    page = open_page(audit, table, evidence=Evidence(found))
    page.keyboard.press("e")
    items(page).nth(1).wait_for()
    row = int(page.locator("#row-name").inner_text().removeprefix("Row "))
    names = page.locator("#texts > .named h4").all_inner_texts()
    assert len(names) == 8
    for item, other in zip(items(page).all(), found.rows[row], strict=True):
        shown = ", ".join(f"{name}={table[name][other]}" for name in names)
        assert item.locator(".excerpt").inner_text() == shown
