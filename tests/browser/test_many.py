"""Many rows at once, and what keeps a reviewer from mistakes."""

import re

import numpy as np
import pytest

from label_auditor import Corrections

# A decision for a label that the page doesn't have.
FOREIGN = '{"id": "0mkqzzzzz a", "kind": "decide", "asked": [], "rows": [[0, 99, "", ""]]}'
PLANT = """text => {
  for (const key of Object.keys(localStorage)) {
    const [found, entry] = [localStorage[key], text].map((each) => JSON.parse(each));
    localStorage[key] = Array.isArray(found) ? JSON.stringify([entry, ...found]) : text;
  }
}"""


def counts(page):
    return int(page.locator("#n-errors").inner_text()), int(page.locator("#n-decided").inner_text())


def row(page):
    return page.locator("#row-name").inner_text().removeprefix("Row ")


def pair_of(audit, place=0):
    worst = audit.ranked[place]
    return audit.labels[worst], audit.suggested_labels[worst]


def filter_pair(page, audit):
    """Filter by the two labels of the first row; give the rows that have them."""
    given, suggested = pair_of(audit)
    page.locator("#same").click()
    of_pair = (audit.labels == given) & (audit.suggested_labels == suggested)
    assert page.locator("#list li").count() == min(of_pair.sum(), 50)
    return np.flatnonzero(of_pair)


@pytest.fixture
def many(open_page, make):
    audit, _ = make(400, 3, 0.4, seed=3)
    return open_page(audit, [f"text {i}" for i in range(400)]), audit


def test_the_link_filters_by_the_same_two_labels_and_back(many):
    page, audit = many
    given, suggested = pair_of(audit)
    n = ((audit.labels == given) & (audit.suggested_labels == suggested)).sum()
    assert page.locator("#same").inner_text() == f"{n - 1} other rows are confused the same way"
    filter_pair(page, audit)
    page.locator("#same", has_text="Show all rows again").click()
    assert page.locator("#list-count").inner_text() == "1–50 of 400"


def wait_for_counts(page, expected):
    """Give the counts as they are when they are those, or after a while: many are drawn late."""
    for _ in range(100):
        if counts(page) == expected:
            break
        page.wait_for_timeout(20)
    return counts(page)


@pytest.mark.parametrize("button", ["take-all", "keep-all"])
def test_all_rows_of_a_filter_are_decided_after_a_question_and_undone_at_once(many, button):
    page, audit = many
    assert not page.locator("#many").is_visible()
    rows = filter_pair(page, audit)
    page.keyboard.press("d")  # what is decided stays so
    left = len(rows) - 1
    assert f"for all {left} shown" in page.locator(f"#{button}").inner_text()
    page.locator(f"#{button}").click()
    assert f"for {left} rows?" in page.locator("#ask-title").inner_text()
    page.locator("#ask button", has_text="Cancel").click()
    assert counts(page) == (0, 1)
    page.locator(f"#{button}").click()
    page.keyboard.press("Escape")
    assert counts(page) == (0, 1)
    page.locator(f"#{button}").click()
    page.locator("#ask-yes").click()
    n_errors = left if button == "take-all" else 0
    assert wait_for_counts(page, (n_errors, left + 1)) == (n_errors, left + 1)
    with page.expect_download() as waiting:
        page.locator("#download-json").click()
    decided = Corrections.from_json(waiting.value.path()).by_row(audit)
    label = pair_of(audit)[1 if button == "take-all" else 0]
    assert sorted(decided) == rows.tolist()
    assert sum(each == label for each in decided.values()) == left
    page.keyboard.press("u")
    assert counts(page) == (0, 1)


def test_coming_from_a_filter_the_next_open_row_is_on_show(many):
    page, audit = many
    first, second = audit.ranked[:2]
    page.keyboard.press("k")
    page.locator("#show").select_option("decided")
    assert row(page) == str(first)
    page.locator("#clear").click()
    assert row(page) == str(second)


def test_a_key_that_changes_a_decision_says_so_with_undo(many):
    page, audit = many
    first = audit.ranked[0]
    page.keyboard.press("k")
    page.keyboard.press("p")
    page.keyboard.press("k")  # the same again is no change
    assert not page.locator("#toast").is_visible()
    page.keyboard.press("p")
    page.keyboard.press("t")
    changed = f"Row {first} was decided before. Kept; now: Changed to {pair_of(audit)[1]}."
    assert page.locator("#toast").inner_text().startswith(changed)
    assert counts(page) == (1, 1)
    page.locator("#toast button").click()
    assert counts(page) == (0, 1)


def test_the_filled_button_is_for_likely_suggestions(many):
    page, audit = many
    seen = set()
    for _ in range(150):
        name = int(row(page))
        likely = audit.pred_probs[name].max() >= 0.5
        other = audit.labels[name] != audit.suggested_labels[name]
        filled = "primary" in (page.locator("#take").get_attribute("class") or "")
        assert filled == (likely and other)
        flagged = page.locator("#badges .flag").count() == 1
        assert flagged == audit.issues[name]
        assert ("not flagged" in page.locator("#badges").inner_text()) != flagged
        said = "The rule did not flag this row." in page.locator("#reason").inner_text()
        assert said == (other and not flagged)
        seen.add((filled, flagged))
        page.keyboard.press("n")
    assert len(seen) >= 3


def test_what_is_in_no_file_is_counted(many):
    page, audit = many
    assert not page.locator("#unsaved").is_visible()
    for key in "tkd":
        page.keyboard.press(key)
    assert page.locator("#unsaved").inner_text() == "3"
    done = page.locator("#flagged-done")
    assert done.inner_text() == f"3 of {audit.n_issues} flagged decided"
    with page.expect_download():
        page.locator("#download-json").click()
    assert not page.locator("#unsaved").is_visible()
    page.keyboard.press("t")
    page.reload()
    assert page.locator("#unsaved").inner_text() == "1"


def test_the_last_step_is_on_the_page_and_can_be_copied(open_page, animals):
    command = "label-audit apply corrections.json 'my data.csv' --label 'a b'"
    page = open_page(animals, ["x"] * 40, apply_command=command)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert page.locator("#apply").inner_text() == command
    page.locator("#copy").click()
    page.locator("#copy", has_text=re.compile("Copied|Selected")).wait_for()
    if page.locator("#copy").inner_text() == "Copied":
        assert page.evaluate("navigator.clipboard.readText()") == command


def test_hits_of_the_search_are_marked(page):
    page.locator("#search").fill("NUMBER 17")
    page.locator("#list-count", has_text="1–1 of 1").wait_for()
    assert page.locator("#texts mark").all_inner_texts() == ["number 17"]
    page.locator("#clear").click()
    assert page.locator("#texts mark").count() == 0


def test_two_tabs_at_once_lose_nothing(open_page, page, tmp_path):
    other = open_page(None, None, path=tmp_path / "report.html", context=page.context)
    # Without a moment in between, so that neither tab knows of the other's decisions.
    press = """n => {
      for (let i = 0; i < n; i++) dispatchEvent(new KeyboardEvent("keydown", { key: "k" }));
    }"""
    for _ in range(20):
        other.keyboard.press("n")
    page.evaluate(press, 10)
    other.evaluate(press, 10)
    for each in (page, other):
        each.locator("#n-decided", has_text="20").wait_for()


@pytest.mark.parametrize("entry", ["null", "5", "{}", FOREIGN])
def test_what_others_put_into_the_store_is_no_harm(page, entry):
    page.keyboard.press("k")
    page.evaluate(PLANT, entry)
    page.reload()
    assert counts(page) == (0, 1)
    page.keyboard.press("k")
    page.reload()
    assert counts(page) == (0, 2)
