"""Every key, and the buttons that do the same."""

import pytest


def row(page):
    return page.locator("#row-name").inner_text().removeprefix("Row ")


def given(page):
    return page.locator("#pair .given bdi").inner_text()


def suggested(page):
    return page.locator("#pair .suggested bdi").inner_text()


def badges(page):
    return page.locator("#badges").inner_text()


def counts(page):
    return int(page.locator("#n-errors").inner_text()), int(page.locator("#n-decided").inner_text())


def first_rows(audit, n):
    return [audit.index[i] for i in audit.ranked[:n]]


def test_the_queue_begins_with_the_worst_row(page, animals):
    assert row(page) == animals.index[animals.ranked[0]]
    assert given(page) == animals.labels[animals.ranked[0]]
    assert suggested(page) == animals.suggested_labels[animals.ranked[0]]
    assert page.locator("#list li").count() == 40
    shown = page.locator("#list li .snippet").all_inner_texts()[: animals.n_issues]
    assert shown == [f"text number {i}" for i in animals.ranked]


def test_keep(page, animals):
    first, second = first_rows(animals, 2)
    page.keyboard.press("k")
    assert counts(page) == (0, 1)
    assert row(page) == second
    page.keyboard.press("p")
    assert row(page) == first
    assert "kept" in badges(page)


def test_take(page, animals):
    label = suggested(page)
    page.keyboard.press("t")
    assert counts(page) == (1, 1)
    page.keyboard.press("p")
    assert f"changed to {label}" in badges(page)


def test_a_number_takes_that_candidate(page):
    label = page.locator("#candidates li:nth-child(3) bdi").inner_text()
    page.keyboard.press("3")
    page.keyboard.press("p")
    assert f"changed to {label}" in badges(page)
    page.keyboard.press("9")  # there are only four
    assert counts(page) == (1, 1)


def test_choose_by_typing(page):
    wanted = min({"cat", "dog", "hen", "owl"} - {given(page), suggested(page)})
    page.keyboard.press("c")
    page.keyboard.type(wanted[:2])
    assert page.locator("#chooser-list [aria-selected=true] bdi").inner_text() == wanted
    page.keyboard.press("Enter")
    assert not page.locator("#chooser").is_visible()
    page.keyboard.press("p")
    assert f"changed to {wanted}" in badges(page)
    assert counts(page) == (1, 1)


def test_choose_by_arrows_and_leave_by_escape(page):
    page.keyboard.press("c")
    names = page.locator("#chooser-list bdi").all_inner_texts()
    assert sorted(names) == ["cat", "dog", "hen", "owl"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    active = page.locator("#chooser-input").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active} bdi").inner_text() == names[1]
    page.keyboard.press("Escape")
    assert counts(page) == (0, 0)
    page.keyboard.press("c")
    page.keyboard.type("no such class")
    page.keyboard.press("Enter")
    assert page.locator("#chooser").is_visible()
    assert "No class" in page.locator("#chooser-note").inner_text()


def test_discard(page):
    page.keyboard.press("d")
    assert counts(page) == (0, 1)
    assert "1 discarded" in page.locator("#recent").inner_text()
    page.keyboard.press("p")
    assert "discarded" in badges(page)


def test_skip_puts_a_row_to_the_end(page, animals):
    first, second = first_rows(animals, 2)
    page.keyboard.press("s")
    assert row(page) == second
    assert counts(page) == (0, 0)
    assert page.locator("#list li .snippet").last.inner_text() == f"text number {first[1:]}"
    page.keyboard.press("u")
    assert row(page) == first
    assert page.locator("#list li .snippet").first.inner_text() == f"text number {first[1:]}"


@pytest.mark.parametrize("key", ["u", "Control+z"])
def test_undo(page, animals, key):
    first = row(page)
    page.keyboard.press("t")
    page.keyboard.press("k")
    assert counts(page) == (1, 2)
    page.keyboard.press(key)
    assert counts(page) == (1, 1)
    page.keyboard.press(key)
    assert counts(page) == (0, 0)
    assert row(page) == first
    assert page.locator("#undo").is_disabled()
    page.keyboard.press(key)
    assert counts(page) == (0, 0)


def test_undo_gives_the_earlier_decision_back(page):
    page.keyboard.press("k")
    page.keyboard.press("p")
    page.keyboard.press("d")
    page.keyboard.press("u")
    assert "kept" in badges(page)


@pytest.mark.parametrize(("on", "back"), [("n", "p"), ("ArrowRight", "ArrowLeft")])
def test_next_and_previous(page, animals, on, back):
    first, second, third = first_rows(animals, 3)
    assert page.locator("#previous").is_disabled()
    page.keyboard.press(on)
    page.keyboard.press(on)
    assert row(page) == third
    page.keyboard.press(back)
    assert row(page) == second
    page.keyboard.press(back)
    page.keyboard.press(back)
    assert row(page) == first
    assert counts(page) == (0, 0)


def test_help(page):
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("k")  # no decision behind the sheet
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    assert counts(page) == (0, 0)


def test_search_and_escape(page):
    page.keyboard.press("/")
    page.keyboard.type("number 17")
    page.locator("#list-count", has_text="1–1 of 1, filtered from 40").wait_for()
    assert row(page) == "r17"
    assert counts(page) == (0, 0)  # letters in a field are text
    page.keyboard.press("Escape")  # leaves the field
    page.keyboard.press("Escape")  # clears the filters
    assert page.locator("#list li").count() == 40
    assert page.locator("#search").input_value() == ""


def test_learning_is_switched_off_and_on(page, animals):
    for _ in range(5):
        page.keyboard.press("t")
    assert "learned from 5" in page.locator("#learned").inner_text()
    page.keyboard.press("l")
    assert not page.locator("#learn").is_checked()
    assert "audit’s order" in page.locator("#learned").inner_text()
    assert row(page) == first_rows(animals, 6)[-1]
    page.keyboard.press("l")
    assert "learned from 5" in page.locator("#learned").inner_text()


def test_single_keys_can_be_switched_off(page):
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    assert counts(page) == (0, 0)
    page.locator("#keep").click()
    page.keyboard.press("Control+z")
    assert counts(page) == (0, 0)
    assert page.locator("#undo").is_disabled()


def test_keys_go_by_place_where_the_layout_has_no_latin_letters(page):
    press = "(key) => dispatchEvent(new KeyboardEvent('keydown', key))"
    page.evaluate(press, {"key": "л", "code": "KeyK"})
    assert counts(page) == (0, 1)
    page.evaluate(press, {"key": "k", "code": "KeyV"})  # Dvorak: by letter, as it is Latin
    assert counts(page) == (0, 2)
    page.evaluate(press, {"key": "k", "code": "KeyK", "repeat": True})  # held down
    page.evaluate(press, {"key": "k", "code": "KeyK", "ctrlKey": True})
    assert counts(page) == (0, 2)


def test_buttons_do_what_their_keys_do(page, animals):
    first, second = first_rows(animals, 2)
    page.locator("#take").click()
    assert counts(page) == (1, 1)
    page.locator("#discard").click()
    page.locator("#keep").click()
    assert counts(page) == (1, 3)
    page.locator("#undo").click()
    page.locator("#previous").click()
    assert row(page) == second
    page.locator("#next").click()
    page.locator("#skip").click()
    page.locator("#choose").click()
    page.locator("#chooser-list [role=option]").nth(2).click()
    assert counts(page)[1] == 3
    page.locator("#list button").first.click()
    assert row(page) == first
    page.locator("#candidates button").first.click()
    page.locator("#help-open").click()
    page.locator("#help .close").click()
    assert not page.locator("#help").is_visible()


def test_all_rows_decided(open_page, animals):
    page = open_page(animals, ["x"] * 40)
    for _ in range(40):
        page.keyboard.press("k")
    assert row(page) == "All of these rows are decided"
    assert counts(page) == (0, 40)
    for key in "ktcds1n":
        page.keyboard.press(key)
    assert counts(page) == (0, 40)
    page.keyboard.press("u")
    assert counts(page) == (0, 39)
    assert "kept" not in badges(page)


def test_last_25(page):
    for key in "tttttkkkkkkkkkkkkkkkkkkkkkkkd":
        page.keyboard.press(key)
    errors, decided = counts(page)
    assert (errors, decided) == (5, 29)
    assert page.locator(".square").count() == 25
    assert page.locator(".square.changed").count() == 1
    assert "1 error among the last 25 looked at" in page.locator("#recent").inner_text()
