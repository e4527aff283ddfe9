"""A reviewer at Rubrix's web page, in a real browser: from the audit to the corrected labels."""

import os
import shutil
import time

import numpy as np
import pytest

from label_auditor import Corrections, apply_corrections, audit_labels

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NAMES = ["World", "Sports", "Business", "Sci/Tech"]
NEWS = [
    ("World", "Ministers meet in Cairo for a second day of talks on the ceasefire."),
    ("World", "Striker signs for another three years after his twentieth goal of the season."),
    ("World", "Floods leave thousands without homes in the north of the country."),
    ("Sports", "Late penalty takes the visitors to the top of the league."),
    ("Sports", "Chip maker raises its forecast as orders for new processors double."),
    ("Sports", "Sprinter misses the final after a false start."),
    ("Business", "Oil falls below forty dollars and pulls shares down with it."),
    ("Business", "Bank to cut a thousand jobs as profits shrink."),
    ("Business", "Observatory releases the first picture of a distant galaxy."),
    ("Sci/Tech", "Browser update closes three holes that let attackers read files."),
    ("Sci/Tech", "Probe lands on the comet after a flight of ten years."),
    ("Sci/Tech", "Central bank keeps interest rates where they are."),
]
TRUTH = [0, 1, 0, 1, 3, 1, 2, 2, 3, 3, 3, 2]
DOUBT = {1: 0.97, 4: 0.9, 8: 0.8, 11: 0.7}  # how sure the model is of another class

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


@pytest.fixture
def news():
    """Audit twelve news, of which 1, 4, 8 and 11 are flagged, worst first."""
    labels = np.array([label for label, _ in NEWS])
    pred_probs = np.full((len(NEWS), 4), 0.02)
    for row, best in enumerate(TRUTH):
        pred_probs[row, best] = DOUBT.get(row, 0.94)
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    audit = audit_labels(labels, pred_probs, classes=NAMES)
    assert audit.ranked.tolist() == list(DOUBT)
    return audit, [text for _, text in NEWS]


@pytest.fixture
def page():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(90_000)
        yield page
        browser.close()


def record_with(page, text):
    """Give the record on the page that has a text."""
    return page.locator("[data-index]").filter(has_text=text)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def log_in(page, url):
    page.goto(f"{url}/login")
    page.get_by_placeholder("Username").fill("rubrix")
    page.get_by_placeholder("Password").fill("1234")
    page.get_by_role("button", name="Enter").click()
    page.wait_for_url("**/datasets")


def sort_by(page, key):
    page.locator(".filters__list__item", has_text="Sort").locator("p").first.click()
    page.get_by_text("Sort by", exact=True).click()
    page.get_by_text(f"Metadata.{key}").click()
    page.get_by_role("button", name="Sort", exact=True).click()


def test_from_the_audit_to_the_corrected_labels(news, page, rubrix, name):
    audit, texts = news
    audit.push_to_rubrix(texts, name, only_issues=False)

    log_in(page, rubrix.url)
    page.get_by_text(name, exact=True).click()
    page.locator(".record").first.wait_for()
    sort_by(page, "label_error_candidate")
    for position, row in list(enumerate(DOUBT))[:3]:  # the others aren't in view
        page.locator(f"[data-index='{position}']").filter(has_text=texts[row]).wait_for()
    page.locator("[data-title='Hand labeling']").click()
    page.locator(".list__item--annotation-mode").first.wait_for()
    if "LABEL_AUDITOR_PICTURE" in os.environ:  # that of the guide
        page.mouse.move(600, 70)
        page.screenshot(
            path=os.environ["LABEL_AUDITOR_PICTURE"],
            clip={"x": 0, "y": 60, "width": 1200, "height": 740},
        )

    for row, label in [(1, "Sports"), (4, "Sci/Tech")]:
        record_with(page, texts[row]).locator(f"[data-title='{label}'] label").click()
        wait_for(lambda row=row: rubrix.load(name)[row]["status"] == "Validated")
    last = record_with(page, texts[8])
    last.locator(".extra-actions__button").click()
    last.get_by_text("Discard").click()
    wait_for(lambda: rubrix.load(name)[8]["status"] == "Discarded")

    corrections = Corrections.from_rubrix(name)
    assert {each.id: (each.label, each.status, each.who) for each in corrections} == {
        "1": ("Sports", "validated", "rubrix"),
        "4": ("Sci/Tech", "validated", "rubrix"),
        "8": (None, "discarded", None),  # Rubrix doesn't say who discarded it
    }
    labels = [label for label, _ in NEWS]
    corrected, report = apply_corrections(labels, corrections)
    assert (report.changed.tolist(), report.discarded.tolist()) == ([1, 4], [8])
    expected = labels.copy()
    expected[1], expected[4] = "Sports", "Sci/Tech"
    assert list(corrected) == expected
    again = audit.push_to_rubrix(texts, name, only_issues=False)
    assert sorted(again.left_alone) == [1, 4, 8]
    assert Corrections.from_rubrix(name) == corrections
