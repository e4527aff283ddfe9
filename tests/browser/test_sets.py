"""Rows that have a set of classes: each is put in or taken out, and the set comes home."""

import json

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, apply_corrections, audit_labels, plan_review
from label_auditor.data.findings import rows_in_order
from label_auditor.review.decided import decided_rows
from label_auditor.review.queue import order_by_queue

N = 120
CLASSES = ["<img src=x onerror=alert(1)>", "__proto__", "b, c", '["c"]', "été", "f", "g", "h"]


@pytest.fixture(scope="module")
def sets():
    """Audit 120 sets of eight classes; the labels are lists, and the true ones are known."""
    rng = np.random.default_rng(2)
    true = rng.random((N, 8)) < 0.3
    given = true ^ (rng.random((N, 8)) < 0.06)
    pred_probs = np.where(true, 0.75, 0.25) + rng.uniform(-0.24, 0.24, (N, 8))
    labels = [[CLASSES[k] for k in np.flatnonzero(row)] for row in given]
    return audit_labels(labels, pred_probs, classes=CLASSES, multi_label=True), labels, true


@pytest.fixture
def page(open_page, sets):
    return open_page(sets[0], [f"text {i}" for i in range(N)])


def row(page):
    return int(page.locator("#row-name").inner_text().removeprefix("Row "))


def toggles(page):
    """Give the classes on the card, and whether each is in the set."""
    buttons = page.locator("#candidates button")
    found = buttons.evaluate_all("all => all.map((e) => [e.dataset.label, e.ariaPressed])")
    return {int(label): pressed == "true" for label, pressed in found}


def badges(page):
    return page.locator("#badges").inner_text()


def download(page, button="#download-json"):
    with page.expect_download() as waiting:
        page.locator(button).click()
    return waiting.value.path()


def decide_truly(page, true):
    """Press the keys that make the set of the row on show its true one."""
    for key, label in enumerate(toggles(page), 1):
        if toggles(page)[label] != true[row(page), label]:
            page.keyboard.press(str(key))
    page.keyboard.press("a" if page.locator("#accept").is_enabled() else "k")


def test_the_doubted_classes_come_first_and_the_queue_is_the_audits(page, sets):
    audit, _, _ = sets
    for wanted in rows_in_order(audit)[:5]:
        assert row(page) == wanted
        shown = list(toggles(page))
        given = audit.codes.toarray()[wanted]
        doubt = np.where(given, 1 - audit.pred_probs[wanted], audit.pred_probs[wanted])
        flagged = audit.class_issues.toarray()[wanted]
        order = np.lexsort((-doubt, ~flagged))
        assert shown == [k for k in order if k in shown]
        assert set(shown) >= {*order[:6], *np.flatnonzero(given)}
        assert [k for k, pressed in toggles(page).items() if pressed] == [
            k for k in shown if given[k]
        ]
        assert page.locator("#candidates .tag.flagged").count() == flagged.sum()
        page.keyboard.press("n")


def test_sets_are_toggled_accepted_undone_and_survive_a_reload(page, sets):
    audit, _, _ = sets
    first = row(page)
    assert page.locator("#accept").is_disabled()
    page.keyboard.press("a")  # nothing is toggled
    assert row(page) == first
    before = toggles(page)
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("2")
    changed = {k: pressed != (i == 0) for i, (k, pressed) in enumerate(before.items())}
    assert toggles(page) == changed
    verb = "taken out" if before[next(iter(before))] else "added"
    assert f"{verb}. Now: " in page.locator("#live").inner_text()
    page.keyboard.press("n")
    page.keyboard.press("p")
    assert toggles(page) == changed  # a draft waits
    page.keyboard.press("a")
    assert row(page) != first
    page.reload()
    page.keyboard.press("p")
    assert row(page) == first
    assert toggles(page) == changed
    wanted = [CLASSES[k] for k in sorted(changed) if changed[k]]
    assert f"changed to {', '.join(wanted) or 'no class'}" in badges(page)
    page.keyboard.press("u")
    assert toggles(page) == before
    assert page.locator("#n-decided").inner_text() == "0"
    page.keyboard.press("t")
    page.keyboard.press("p")
    pressed = {k for k, is_in in toggles(page).items() if is_in}
    assert pressed == set(np.flatnonzero(audit.predicted.toarray()[first]))
    page.keyboard.press("k")
    assert "now: Kept" in page.locator("#toast").inner_text()


def test_any_class_can_be_put_in_by_its_name(page, sets):
    hidden = next(k for k in range(8) if k not in toggles(page))
    first = row(page)
    page.keyboard.press("c")
    page.locator("#chooser-input").fill(CLASSES[hidden])
    page.keyboard.press("Enter")
    assert toggles(page)[hidden]
    page.keyboard.press("c")
    assert page.locator("#chooser-list .tag").count() == sum(toggles(page).values())
    page.keyboard.press("Escape")
    page.locator("#chooser").wait_for(state="hidden")
    page.keyboard.press("a")
    (found,) = Corrections.from_json(download(page)).by_row(sets[0]).items()
    assert found[0] == first
    assert set(found[1]) == {*sets[1][first], CLASSES[hidden]}


@pytest.mark.parametrize("button", ["#download-json", "#download-csv"])
def test_the_sets_come_home_and_back(open_page, page, sets, button):
    audit, labels, true = sets
    for _ in range(12):
        decide_truly(page, true)
    page.keyboard.press("d")
    path = download(page, button)
    read = Corrections.from_json if button == "#download-json" else Corrections.from_csv
    corrections = read(path)
    fixed, report = apply_corrections(labels, corrections)
    seen = np.concatenate([report.changed, report.confirmed])
    assert len(seen) == 12
    assert len(report.discarded) == 1
    for at in seen:
        assert set(fixed[at]) == {CLASSES[k] for k in np.flatnonzero(true[at])}
    matrix = pd.DataFrame(audit.codes.toarray().astype(int), columns=CLASSES)
    again, _ = apply_corrections(matrix, corrections)
    np.testing.assert_array_equal(again.to_numpy()[seen], true[seen])
    # Another page of the same audit goes on with the file, and so does one that begins with it.
    name = f"c.{button.split('-')[1]}"
    other = open_page(audit, [f"text {i}" for i in range(N)])
    body = path.read_bytes()
    other.locator("#file").set_input_files({"name": name, "mimeType": "", "buffer": body})
    other.locator("#toast", has_text=f"13 decisions from {name}.").wait_for()
    assert list(Corrections.from_json(download(other))) == list(corrections)
    third = open_page(audit, [f"text {i}" for i in range(N)], reviewed=corrections)
    assert third.locator("#n-decided").inner_text() == "13"
    assert list(Corrections.from_json(download(third))) == list(corrections)


def test_the_page_learns_and_counts_as_python_does(page, sets):
    audit, _, true = sets
    page.locator("#count").click()
    plan = plan_review(audit, 200, goal="count", random_state=0)
    for wanted in plan[:60]:
        assert row(page) == wanted
        decide_truly(page, true)
    corrections = Corrections.from_json(download(page))
    estimate = audit.estimate(corrections)
    said = page.locator("#count-now").inner_text()
    assert f"So far: {estimate.low} to {estimate.high} of {N} labels are wrong" in said
    page.locator("#find").click()
    expected = order_by_queue(audit, *decided_rows(audit, corrections))
    page.locator("#show").select_option("open")
    page.locator("#page-on").click()
    shown = page.locator("#list .snippet").all_inner_texts()
    assert shown == [f"text {i}" for i in expected[50:]]


def test_rows_are_filtered_by_a_class(page, sets):
    audit, _, _ = sets
    given = audit.codes.toarray()
    doubted = given != audit.predicted.toarray()
    page.locator("#given").select_option("1")
    assert page.locator("#list li").count() == min(given[:, 1].sum(), 50)
    page.locator("#clear").click()
    page.locator("#same").click()
    label = int(page.locator("#suggested").input_value())
    n = doubted[:, label].sum()
    assert f"of {n}, filtered from {N}" in page.locator("#list-count").inner_text()
    page.locator("#take-all").click()
    page.locator("#ask-yes").click()
    page.locator("#toast", has_text="Undo").wait_for()  # a dialog tells of its end a moment later
    for at, made in Corrections.from_json(download(page)).by_row(audit).items():
        assert doubted[at, label]
        assert set(made) == set(audit.suggested_labels[at])
    page.keyboard.press("u")
    assert page.locator("#n-decided").inner_text() == "0"


STORED = """(rows) => {
  const name = Object.keys(localStorage).find((key) => /^label-auditor [0-9a-f]+$/.test(key));
  const log = JSON.parse(localStorage[name]);
  const more = rows.map((row, i) => ({ ...log[0], id: `0zzzzzz${10 + i} x`, rows: [row] }));
  localStorage[name] = JSON.stringify([...log, ...more]);
}"""


def test_what_is_no_set_of_this_page_is_left_in_the_store(page):
    page.keyboard.press("k")
    wrong = [3, [8], [-1], ["a"], [0.5], {"0": 1}, None, "0 1", [[0]]]
    page.evaluate(STORED, [[7 + i, each, "", ""] for i, each in enumerate([*wrong, [5, 1, 5], []])])
    page.reload()
    assert page.locator("#n-decided").inner_text() == "3"
    labels = [each["label"] for each in json.loads(download(page).read_text())["corrections"]]
    assert [CLASSES[1], CLASSES[5]] in labels
    assert [] in labels


DRAFTS = """(drafts) => {
  const log = Object.keys(localStorage).find((key) => / sets$/.test(key));
  localStorage[log] = JSON.stringify(drafts);
}"""


def test_what_is_marked_but_not_accepted_survives_a_reload_as_no_decision(page):
    first = row(page)
    before = toggles(page)
    label = next(iter(before))
    page.keyboard.press("1")
    wanted = {**before, label: not before[label]}
    for _ in range(2):
        page.locator("#list .mark.draft").wait_for()
        assert toggles(page) == wanted
        assert "marked, not decided" in badges(page)
        marks = page.locator("#list .mark.draft")
        assert marks.count() == 1
        assert marks.get_attribute("aria-label") == "marked, not decided"
        assert page.locator("#accept").is_enabled()
        page.reload()
    assert json.loads(download(page).read_text())["corrections"] == []
    page.keyboard.press("a")
    assert page.locator("#n-decided").inner_text() == "1"
    page.keyboard.press("u")
    page.reload()
    assert row(page) == first
    assert toggles(page) == before  # what was decided is no draft any more
    assert page.locator("#list .mark.draft").count() == 0


def test_drafts_that_are_none_of_this_page_are_left_out(page):
    page.keyboard.press("1")
    shown = page.locator("#row-name").inner_text()
    for drafts in ({}, None, [[10**6, [1]], [0, [8]], [0, 3], [0, -1], [1.5, [1]], 7, [0]]):
        page.evaluate(DRAFTS, drafts)
        page.reload()
        page.locator("#list [aria-current]").wait_for()
        assert page.locator("#row-name").inner_text() == shown
        assert page.locator(".mark.draft, .badge.draft").count() == 0


def test_what_classes_mean_stands_on_the_card(open_page, sets):
    audit, _, _ = sets
    meanings = {name: f"<b>{name}</b> means {k}" for k, name in enumerate(CLASSES) if k != 3}
    page = open_page(audit, ["text"] * N, class_descriptions=meanings)
    for _ in range(5):
        given, suggested = (each.toarray()[row(page)] for each in (audit.codes, audit.predicted))
        for role, stands in (("given", given), ("suggested", suggested & ~given)):
            found = page.locator(f"#pair .label.{role} .meaning").all_inner_texts()
            assert found == [meanings[CLASSES[k]] for k in np.flatnonzero(stands) if k != 3]
        label = next(iter(toggles(page)))
        button = page.locator(f"#candidates [data-label='{label}']")
        assert button.get_attribute("title") == meanings.get(CLASSES[label])
        page.keyboard.press("n")
