"""What the page shows: the summary, the queue, filters, pages; on screens, phones and paper."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.report.highlights import FLAG_MEANING

ESTIMATE = SimpleNamespace(n_errors=11.6, low=8.2, high=15.9, confidence=0.95, n_reviewed=20)


@pytest.fixture(scope="module")
def many():
    """Audit 5,000 rows of 150 classes."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 150, 5000)
    given = np.where(rng.random(5000) < 0.1, rng.integers(0, 150, 5000), truth)
    pred_probs = rng.dirichlet(np.full(150, 0.1), 5000) * 0.5
    pred_probs[np.arange(5000), truth] += 0.5
    names = np.array([f"class {i // 10} of kind {i % 10}" for i in range(150)], dtype=object)
    return audit_labels(names[given], pred_probs, classes=names)


def rounded(share):
    return f"{int(100 * share + 0.5)}%"  # halves up, as JavaScript does it


def ids(page):
    return page.locator("#list .snippet").all_inner_texts()


def test_the_summary_without_an_estimate(page, animals):
    assert page.locator(".flag-meaning").inner_text() == FLAG_MEANING
    tiles = page.locator(".tile").all_inner_texts()
    assert tiles[0].startswith("40 rows")
    assert tiles[1].startswith("4 classes")
    assert tiles[2].startswith(f"{animals.n_issues} flagged · {rounded(animals.n_issues / 40)}")
    agreed = (animals.labels == animals.suggested_labels).mean()
    assert tiles[3].startswith(f"{rounded(agreed)} agreement")
    assert "Not known yet" in tiles[4]
    assert "Count them: review a random sample" in tiles[4]


def test_the_summary_with_an_estimate(open_page, animals):
    page = open_page(animals, ["x"] * 40, estimate=ESTIMATE, title="Zoo <b>")
    assert page.locator("h1").inner_text() == "Zoo <b>"
    tile = page.locator(".tile").last.inner_text()
    assert "≈ 12 label errors · 29%" in tile
    assert "8 to 16 with 95% confidence" in tile
    assert "a reviewed random sample of 20 rows" in tile


def test_the_classes_and_their_order(page, animals):
    summary = animals.summary()
    rows = page.locator("#classes tbody tr")
    shown = [[cell.strip() for cell in row.split("\t")] for row in rows.all_inner_texts()]
    by_flagged = summary.sort_values("flagged", ascending=False, kind="stable")
    assert [row[0].split("\n")[0] for row in shown] == by_flagged.index.tolist()
    for name, row in zip(by_flagged.index, shown, strict=True):
        assert row[1:3] == [str(summary.given[name]), str(summary.flagged[name])]
        confused = summary.most_confused_with[name]
        assert row[0].endswith(
            f"most confused with {confused}" if isinstance(confused, str) else name
        )
    page.locator("#classes thead button", has_text="Class").click()
    names = page.locator("#classes tbody button")
    assert names.all_inner_texts() == ["cat", "dog", "hen", "owl"]
    page.locator("#classes thead button", has_text="Class").click()
    assert names.all_inner_texts() == ["owl", "hen", "dog", "cat"]
    assert page.locator("#classes [aria-sort=descending]").inner_text().startswith("Class")


def test_the_grid_counts_rows_and_filters_by_a_cell(page, animals):
    table = pd.crosstab(animals.labels, animals.suggested_labels)
    for button in page.locator("#pairs .cell").all():
        a, b = (
            animals.classes[int(button.get_attribute(f"data-{k}"))] for k in ("given", "suggested")
        )
        assert int(button.inner_text()) == table.loc[a, b]
    assert page.locator("#pairs .cell").count() == (table.to_numpy() > 0).sum()
    worst = animals.ranked[0]
    pair = (animals.labels[worst], animals.suggested_labels[worst])
    button = page.get_by_role("button", name=f"Given {pair[0]}, suggested {pair[1]}:")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert len(ids(page)) == table.loc[pair]
    codes = [animals.classes.tolist().index(label) for label in pair]
    assert page.locator("#given").input_value() == str(codes[0])
    assert page.locator("#suggested").input_value() == str(codes[1])
    button.click()  # again: no filter
    assert len(ids(page)) == 40


def test_many_classes_have_a_list_of_pairs(open_page, many):
    page = open_page(many, [str(i) for i in range(5000)])
    table = pd.crosstab(many.labels, many.suggested_labels)
    counts = page.locator("#pairs .n").all_inner_texts()
    assert len(counts) == 12
    bars = page.locator("#pairs .pair-bar")
    first = [
        many.classes[int(bars.first.get_attribute(f"data-{k}"))] for k in ("given", "suggested")
    ]
    assert first[0] != first[1]
    assert int(counts[0]) == table.loc[first[0], first[1]] >= int(counts[1])
    bars.first.click()
    assert len(ids(page)) == int(counts[0])
    page.get_by_role("button", name="more pairs").click()
    assert bars.count() > 12
    page.locator("#clear").click()
    page.locator("#classes tbody button").nth(3).click()
    assert page.locator("#given").input_value() != ""
    # Among 150 classes, the words that are typed may stand anywhere in a name.
    page.keyboard.press("c")
    page.keyboard.type("kind 7 14")
    assert page.locator("#chooser-list bdi").all_inner_texts() == ["class 14 of kind 7"]


def test_5000_rows_are_all_there_and_few_are_drawn(open_page, many):
    page = open_page(many, [f"t{i}" for i in range(5000)])
    assert page.locator("#list-count").inner_text() == "1–50 of 5,000"
    assert page.evaluate("document.querySelectorAll('*').length") < 4000
    page.locator("#page-on").click()
    assert page.locator("#list-count").inner_text() == "51–100 of 5,000"
    assert len(ids(page)) == 50
    page.locator("#page-back").click()
    for _ in range(51):
        page.keyboard.press("n")
    assert page.locator("#list-count").inner_text() == "51–100 of 5,000"  # follows the row
    assert page.locator("#list [aria-current=true]").count() == 1
    took = page.evaluate("performance.timing.domComplete - performance.timing.navigationStart")
    print(f"5,000 rows of 150 classes opened in {took} ms")  # noqa: T201


def test_rows_beyond_the_limit_are_said(open_page, many):
    page = open_page(many, ["x"] * 5000, max_rows=100)
    said = page.locator(".tile").first.inner_text()
    n_sampled = int(re.search("first 100 are in this page, and ([0-9]+) of a random", said)[1])
    assert 150 < n_sampled <= 200
    assert page.locator("#list-count").inner_text() == f"1–50 of {100 + n_sampled}"
    for _ in range(12):
        page.keyboard.press("t")
    assert page.locator("#n-decided").inner_text() == "12"


def test_filters_by_state(page, animals):
    for key in "tks":
        page.keyboard.press(key)
    n = {}
    for state in ("all", "open", "flagged", "decided", "wrong", "discarded", "skipped"):
        page.locator("#show").select_option(state)
        n[state] = len(ids(page))
    assert n == {
        "all": 40,
        "open": 38,
        "flagged": animals.n_issues,
        "decided": 2,
        "wrong": 1,
        "discarded": 0,
        "skipped": 1,
    }
    page.locator("#show").select_option("discarded")
    assert page.locator("#row-name").inner_text() == "No row matches these filters"
    page.locator("#show").select_option("open")
    page.keyboard.press("k")  # decided under the filter: it goes, the next comes
    assert len(ids(page)) == 37
    assert page.locator("#badges .kept").count() == 0


def test_hits_of_the_search_are_marked_on_the_card_and_in_the_list(open_page, animals):
    texts = [f"{'far ' * 60}needle {i}" if i % 2 else f"a Needle {i}" for i in range(40)]
    page = open_page(animals, texts)
    page.locator("#search").fill("needle")
    page.locator("#list mark").first.wait_for()
    assert page.locator("#list mark").count() == 40
    assert set(page.locator("#list mark").all_inner_texts()) == {"needle", "Needle"}
    assert page.locator("#texts mark").inner_text().lower() == "needle"
    far = page.locator("#list .snippet", has_text="far").first
    assert far.inner_text().startswith("…")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator("#list mark").count() == 0


def test_fields_and_metadata_by_name(open_page, animals):
    page = open_page(
        animals,
        {"title": [f"title {i}" for i in range(40)], "body": ["long " * 40] * 40},
        metadata={"source": ["web"] * 40, "year": [2020, None] * 20, "big": [2**60 + 1] * 40},
        class_names={"cat": "Katze", "dog": "Hund", "hen": "Huhn", "owl": "Eule"},
    )
    row = animals.ranked[0]
    assert page.locator("#texts h4").all_inner_texts() == ["title", "body"]
    assert page.locator("#texts .text").first.inner_text() == f"title {row}"
    names = page.locator("#texts dt").all_inner_texts()
    values = page.locator("#texts dd").all_inner_texts()
    expected = {"source": "web", "year": "2020", "big": str(2**60 + 1)}
    if row % 2:
        del expected["year"]
    assert dict(zip(names, values, strict=True)) == expected
    assert page.locator("#pair .given bdi").inner_text() in ("Katze", "Hund", "Huhn", "Eule")


def test_many_columns_are_folded_and_the_most_unlike_come_first(open_page, animals):
    row, following = animals.ranked[:2]
    columns = {f"column {i}": np.arange(40) % 4 + 0.5 for i in range(30)}
    columns["column 21"][row] = columns["column 17"][following] = 99
    page = open_page(animals, columns)
    first = page.locator("#texts > .named h4")
    assert first.count() == 8
    assert first.first.inner_text() == "column 21"
    folded = page.locator("#texts .folded h4")
    assert folded.count() == 0
    page.locator("#texts summary").click()
    folded.nth(21).wait_for()  # the browser tells of an open fold a moment later
    assert folded.count() == 22
    assert "column 21" not in folded.all_inner_texts()
    page.keyboard.press("n")  # the fold stays as the reviewer left it
    assert page.locator("#texts > .named h4").first.inner_text() == "column 17"
    assert folded.count() == 22
    page.locator("#search").fill("99.0")
    page.locator("#list-count", has_text="of 2").wait_for()


def test_right_to_left_and_cjk(open_page, animals):
    texts = ["שלום עולם, hello", "日本語のテキスト" * 40, "plain", "مرحبا"] * 10
    page = open_page(
        animals,
        texts,
        class_names={"cat": "חתול", "dog": "犬", "hen": "Huhn", "owl": "بومة"},
        title="עברית",
        viewport={"width": 390, "height": 800},
    )
    for _ in range(12):
        text = page.locator("#texts .text")
        direction = "rtl" if text.inner_text()[0] in ("ש", "م") else "ltr"
        assert text.evaluate("e => e.matches(':dir(rtl)') ? 'rtl' : 'ltr'") == direction
        assert text.get_attribute("lang") == ""  # not read as English
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("n")
    assert page.locator("#title").evaluate("e => e.matches(':dir(rtl)')")


def test_a_row_without_a_label(open_page):
    from sklearn.naive_bayes import GaussianNB

    from label_auditor import LabelAuditor

    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "yes", "no").astype(object)
    y[5] = None
    audit = LabelAuditor(GaussianNB(), missing_labels="suggest").fit(X, y).audit_
    page = open_page(audit, [f"t{i}" for i in range(60)])
    page.locator("#search").fill("t5")
    page.locator("#list button", has_text="none").click()
    assert page.locator("#pair .given bdi").inner_text() == "none"
    assert page.locator("#keep").is_disabled()
    page.keyboard.press("k")
    page.keyboard.press("t")
    assert page.locator("#n-decided").inner_text() == "1"
    assert page.locator("#n-errors").inner_text() == "0"  # there was no label to be wrong


@pytest.mark.parametrize("width", [320, 390, 768, 1360])
def test_nothing_is_wider_than_the_screen(open_page, many, width):
    page = open_page(many, ["a long text " * 30] * 5000, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 640:
        box = page.locator("#take").bounding_box()
        assert box["y"] + box["height"] <= 800  # within reach of a thumb
        assert box["height"] >= 44


def test_on_paper(page):
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for hidden in ("#keep", "#search", "#open", "#who"):
        assert not page.locator(hidden).is_visible()
    for shown in ("#summary", "#list", "#classes", "#pairs"):
        assert page.locator(shown).is_visible()


def test_motion_is_reduced_on_request(open_page, animals):
    for motion, name in (("no-preference", "anew"), ("reduce", "none")):
        page = open_page(animals, ["x"] * 40, reduced_motion=motion)
        for _ in range(5):
            page.keyboard.press("t")
        style = "e => getComputedStyle(e).animationName"
        assert page.locator("#learned").evaluate(style) == name


def test_a_browser_that_reads_no_base64_by_itself_shows_the_same(open_page, page, animals):
    old = "delete Uint8Array.fromBase64;"
    other = open_page(animals, [f"text number {i}" for i in range(len(animals))], script=old)
    other.locator("#list [aria-current]").wait_for()
    shown = other.locator("#card").inner_text()
    assert "quality" in shown
    assert shown == page.locator("#card").inner_text()
    assert other.locator("#list").inner_text() == page.locator("#list").inner_text()
