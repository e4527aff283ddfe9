"""axe-core finds nothing serious or critical; and what it can't see: focus, and what is said."""

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.review import Evidence, Neighbors, Words

RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) =>
    [impact, id, ...nodes.slice(0, 3).map(({ html, failureSummary }) => html + failureSummary)]);
}"""
STATES = {
    "at first": "",
    "learned": "tkdttkts",
    "decided row": "tp",
    "help": "?",
    "chooser": "c",
    "without shortcuts": "L",
    "similar rows": "e",
}


def findings(page, axe):
    page.evaluate(axe)  # not as a script of the page, whose policy would forbid it
    page.wait_for_timeout(50)
    return [each for each in page.evaluate(RUN) if each[0] in ("serious", "critical")]


@pytest.fixture(scope="module")
def bars():
    """Audit 400 rows of 40 classes, whose pairs are a list."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet(np.full(40, 0.2), 400)
    return audit_labels(rng.integers(0, 40, 400), pred_probs, classes=range(40))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(open_page, animals, axe, scheme, state):
    page = open_page(
        animals,
        {"title": ["a title"] * 40, "text": ["long " * 900] * 40},
        metadata={"source": ["web"] * 40},
        evidence=Evidence(animals.neighbors(np.random.default_rng(0).normal(size=(40, 3)))),
        class_descriptions={"cat": "it purrs", "dog": "it barks"},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    for key in STATES[state]:
        page.keyboard.press(key)
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1360])
@pytest.mark.parametrize("n_asked", [0, 60, 200])
def test_axe_finds_nothing_serious_while_errors_are_counted(
    open_page, make, axe, scheme, width, n_asked
):
    audit, _ = make(600, 3, 0.3, seed=0)
    page = open_page(
        audit, ["a text"] * 600, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page.locator("#count").click()
    for i in range(n_asked):
        page.keyboard.press("kkkd"[i % 4])
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1360])
def test_axe_finds_nothing_serious_in_evidence(open_page, animals, axe, scheme, width):
    every = np.arange(40)
    rows = np.stack([(every + 1) % 40, (every + 2) % 40], axis=1)
    neighbors = Neighbors(every, rows, np.full((40, 2), 0.9), recall=0.9, twin_cosine=0.8)
    starts = np.tile([0, 5, 12], 40)
    words = Words(np.repeat(every, 3), starts, starts + 4, np.tile([2.0, -2.0, 0.5], 40))
    page = open_page(
        animals,
        ["some words, and others"] * 40,
        evidence=Evidence(neighbors, words),
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
    )
    page.keyboard.press("e")
    page.keyboard.press("t")
    assert page.locator("#evidence-list li").count() == 2
    assert page.locator("#texts mark").count() >= 3
    assert findings(page, axe) == []


def test_axe_finds_nothing_serious_in_a_question(open_page, make, axe):
    audit, _ = make(600, 3, 0.3, seed=0)
    page = open_page(audit, ["a text"] * 600)
    page.locator("#same").click()
    assert findings(page, axe) == []
    page.locator("#take-all").click()
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1360])
def test_axe_finds_nothing_serious_with_sets_of_labels(open_page, axe, scheme, width):
    rng = np.random.default_rng(0)
    given = (rng.random((60, 9)) < 0.3).astype(int)
    audit = audit_labels(given, rng.random((60, 9)), multi_label=True)
    page = open_page(
        audit, ["x"] * 60, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    assert findings(page, axe) == []
    for key in "t12":  # a decided row, and a draft
        page.keyboard.press(key)
    assert findings(page, axe) == []
    page.keyboard.press("c")
    assert findings(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1360])
def test_axe_finds_nothing_serious_with_many_classes(open_page, bars, axe, scheme, width):
    page = open_page(
        bars, ["x"] * 400, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page.locator(".pair-bar").first.click()
    page.keyboard.press("t")
    assert findings(page, axe) == []


def test_axe_sees_what_is_wrong(open_page, animals, axe):
    page = open_page(animals, ["x"] * 40)
    page.locator("#keep").evaluate("button => { button.textContent = ''; }")
    page.locator("#reason").evaluate("e => { e.style.color = '#ccc'; }")
    assert {each[1] for each in findings(page, axe)} == {"button-name", "color-contrast"}


def test_what_is_said(page, animals):
    live = page.locator("#live")
    first, second = animals.ranked[:2]
    page.keyboard.press("t")
    assert live.inner_text() == (
        f"Changed to {animals.suggested_labels[first]}. Row r{second}, 2 of 40: text number "
        f"{second}. Given {animals.labels[second]}, suggested {animals.suggested_labels[second]}."
    )
    page.keyboard.press("u")
    assert live.inner_text().startswith(f"Undone. Row r{first}, 1 of 40")
    for _ in range(5):
        page.keyboard.press("k")
    assert live.inner_text().startswith("Kept. The remaining rows have a new order. Row ")
    page.keyboard.press("s")
    assert live.inner_text().startswith("Skipped. Row ")
    page.keyboard.press("d")
    assert live.inner_text().startswith("Discarded. Row ")


def test_all_can_be_reached_by_tab_in_the_order_of_reading(page):
    page.keyboard.press("k")  # so that undo can be reached
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id")
        if name in reached:
            break
        if name:
            reached.append(name)
    wanted = ["open", "download-json", "help-open", "learn", "search", "show", "given"]
    wanted += ["suggested", "keep", "take", "choose", "discard", "skip", "undo", "previous"]
    assert [name for name in reached if name in wanted] == wanted


def test_focus_stays_where_the_reviewer_is(page):
    page.locator("#take").focus()
    page.keyboard.press("Enter")
    assert page.locator("#n-decided").inner_text() == "1"
    assert page.evaluate("document.activeElement.id") == "take"
    page.locator("#candidates button").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "card"
    page.locator("#choose").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "chooser-input"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "choose"
    page.locator(".skip-link").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "card"
