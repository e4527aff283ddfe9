"""Counting errors in the page: its numbers are Python's, in any state of the review."""

import json
import re

import numpy as np
import pytest

from label_auditor import Corrections, estimate_label_errors, plan_review
from label_auditor.report.page import _script
from label_auditor.report.page_data import N_COUNTED, SEED, _plan

STATES = 50
RIGHT, WRONG, DISCARDED = 1, 2, 3
MODULES = ("gamma", "beta", "hypergeometric", "bounds", "estimate")
# The page's modules aren't reachable from outside, so those that count are run out of its script.
ESTIMATE = """([source, plan, states]) => {
  const { estimateErrors } = new Function(source)();
  return states.map((each) => estimateErrors(plan, each));
}"""


@pytest.fixture(scope="module")
def blank(chromium):
    page = chromium.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def source():
    """Give the modules of the page that count."""
    script = _script()
    parts = [
        re.search(rf"^modules\.{name} = .*?^\}}\)\(\);$", script, re.M | re.S)[0]
        for name in MODULES
    ]
    return "\n".join(["const modules = {};", *parts, "return modules.estimate;"])


def random_state(rng, length):
    """Draw what is known of the rows of a plan: reviewed to anywhere, with gaps, at any rate."""
    far = np.arange(length) < rng.integers(1, length + 1)
    seen = (far & (rng.random(length) >= rng.choice([0, 0, 0.02, 0.15]))) | (
        rng.random(length) < rng.choice([0, 0.05])
    )
    wrong = rng.random(length) < rng.choice([0, 0.05, 0.4, 1])
    states = np.where(wrong, WRONG, RIGHT)
    states[rng.random(length) < rng.choice([0, 0, 0.1, 1])] = DISCARDED
    return np.where(seen, states, 0)


@pytest.mark.parametrize("n", [7, 30, 120, 600, 60_000])
@pytest.mark.parametrize("error_rate", [0.001, 0.05, 0.3, 0.7])
def test_the_numbers_are_pythons_in_any_state(blank, source, make, n, error_rate):
    rng = np.random.default_rng(n)
    audit, _ = make(n, 3, error_rate, seed=n)
    plan = plan_review(audit, N_COUNTED, goal="count", random_state=SEED)
    states = [random_state(rng, len(plan)) for _ in range(STATES)]
    data = _plan(audit, plan, dict(enumerate(range(n))))
    found = blank.evaluate(ESTIMATE, [source, data, [each.tolist() for each in states]])
    codes = audit.codes
    said = 0
    for state, page in zip(states, found, strict=True):
        reviewed = {
            row: None if known == DISCARDED else int(codes[row] + (known == WRONG)) % 3
            for row, known in zip(plan, state, strict=True)
            if known
        }
        if page is None:
            with pytest.raises(ValueError, match="planned rows are reviewed"):
                estimate_label_errors(audit, reviewed, plan=plan)
            continue
        expected = estimate_label_errors(audit, reviewed, plan=plan)
        said += 1
        assert page["nReviewed"] == expected.n_reviewed
        assert (page["flagged"] is None) == (audit.n_issues == 0)
        parts = [(page["all"], expected)]
        parts += [(page["flagged"], expected.flagged)] if audit.n_issues else []
        for part, wanted in parts:
            numbers = [part["nErrors"], part["low"], part["high"]]
            expected_numbers = [wanted.n_errors, wanted.low, wanted.high]
            np.testing.assert_allclose(numbers, expected_numbers, rtol=1e-9, atol=1e-9)
    assert said > STATES / 2


def downloaded(page):
    with page.expect_download() as waiting:
        page.locator("#download-json").click()
    return waiting.value.path()


@pytest.fixture
def sampled(open_page, make):
    """Open the page of 900 rows, and give it with its audit."""
    audit, true = make(900, 3, 0.2, seed=1)
    return open_page(audit, [f"text {i}" for i in range(900)]), audit, true


def row(page):
    return int(page.locator("#row-name").inner_text().removeprefix("Row "))


def answer(page, label):
    page.keyboard.press("c")
    page.keyboard.type(str(label))
    page.keyboard.press("Enter")


def test_the_page_asks_about_the_plan_in_its_order_and_says_what_python_says(sampled, tmp_path):
    page, audit, true = sampled
    plan = plan_review(audit, 200, goal="count", random_state=0)
    page.locator("#count").click()
    for i, wanted in enumerate(plan[:120]):
        assert row(page) == wanted
        answer(page, true[wanted])
        assert page.locator("#n-asked").inner_text() == f"{i + 1} of 200"
    corrections = Corrections.from_json(downloaded(page))
    assert list(corrections.sample.rows) == plan[:]
    assert list(corrections.sample.asked) == plan[:120]
    expected = audit.estimate(corrections)
    said = page.locator("#count-now").inner_text()
    assert said.startswith(f"So far: {expected.low} to {expected.high} of 900 labels are wrong")
    flagged = expected.flagged
    assert f"of the {audit.n_issues} flagged, {flagged.low} to {flagged.high}." in said
    assert page.locator("#counted").inner_text().startswith("So far: ")
    # It goes on where it was, also after a reload, and back to finding.
    page.reload()
    assert row(page) == plan[120]
    page.locator("#find").click()
    assert page.locator("#filters").is_visible()
    assert "Go on counting: 120 of 200" in page.locator("#count").inner_text()
    # What the sample asked about was drawn at random; what the queue shows was not.
    assert page.locator("#chosen").count() == 0
    page.keyboard.press("k")
    assert "The queue chose these rows" in page.locator("#chosen").inner_text()
    page.keyboard.press("u")
    page.locator("#count").click()
    for wanted in plan[120:]:
        answer(page, true[wanted])
    expected = audit.estimate(Corrections.from_json(downloaded(page)))
    assert expected.n_reviewed == 200
    counted = page.locator("#counted").inner_text()
    assert counted.startswith(f"{expected.low} to {expected.high} label errors")
    assert page.locator("#count-now").inner_text().startswith("The sample is done. ")
    assert page.locator("#row-name").inner_text() == "The random sample is done"


def test_nothing_is_said_before_the_interval_says_something(sampled):
    page, _, true = sampled
    page.locator("#count").click()
    answer(page, true[row(page)])
    assert "is shown as soon as it says something" in page.locator("#count-now").inner_text()
    assert "Not known yet" in page.locator("#count-tile").inner_text()
    assert "1 of 200 rows of the random sample" in page.locator("#count-tile").inner_text()


def test_rows_decided_before_are_asked_as_well(sampled):
    page, audit, _ = sampled
    plan = plan_review(audit, 200, goal="count", random_state=0)
    page.locator("#search").fill(f"text {plan[0]}")
    page.locator("#list button").first.wait_for()
    page.locator("#list .snippet", has_text=re.compile(f"^text {plan[0]}$")).click()
    page.keyboard.press("k")
    page.locator("#count").click()
    assert row(page) == plan[0]
    assert "kept" in page.locator("#badges").inner_text()
    page.keyboard.press("s")  # a decision is not skipped away
    assert row(page) == plan[1]
    page.keyboard.press("p")
    page.keyboard.press("d")  # another decision than before
    assert "Kept; now: Discarded." in page.locator("#toast").inner_text()
    assert page.locator("#n-asked").inner_text() == "1 of 200"
    page.keyboard.press("u")
    assert page.locator("#n-asked").inner_text() == "0 of 200"
    assert "kept" in page.locator("#badges").inner_text()


def test_a_file_goes_on_with_the_sample_elsewhere(open_page, sampled):
    page, audit, true = sampled
    page.locator("#count").click()
    for _ in range(7):
        answer(page, true[row(page)])
    asked = row(page)
    file = downloaded(page).read_bytes()
    other = open_page(audit, [f"text {i}" for i in range(900)])
    other.locator("#file").set_input_files({"name": "c.json", "mimeType": "", "buffer": file})
    other.locator("#toast", has_text="7 decisions from c.json").wait_for()
    other.locator("#count", has_text="7 of 200").click()
    assert row(other) == asked
    # A plan of another audit is no plan of this page.
    content = json.loads(file)
    content["plan"]["rows"] = content["plan"]["rows"][::-1]
    third = open_page(audit, [f"text {i}" for i in range(900)])
    buffer = json.dumps(content).encode()
    third.locator("#file").set_input_files({"name": "c.json", "mimeType": "", "buffer": buffer})
    third.locator("#toast", has_text="7 decisions from c.json").wait_for()
    assert "review a random sample" in third.locator("#count").inner_text()


def test_the_sample_is_in_the_page_however_few_rows_are(open_page, make):
    audit, true = make(900, 3, 0.2, seed=1)
    plan = plan_review(audit, 200, goal="count", random_state=0)
    page = open_page(audit, [f"text {i}" for i in range(900)], max_rows=50)
    page.locator("#count").click()
    for wanted in plan[:25]:
        assert row(page) == wanted
        answer(page, true[wanted])
    assert audit.estimate(Corrections.from_json(downloaded(page))).n_reviewed == 25
