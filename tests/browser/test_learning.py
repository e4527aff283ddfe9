"""What the page learns is what Python learns, to the last row and to 1e-9."""

import base64
import json

import numpy as np
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction
from label_auditor.data.findings import rows_in_order
from label_auditor.review import queue
from label_auditor.review.decided import decided_rows
from label_auditor.review.ranks import NUMBER_SCALE
from label_auditor.review.row_facts import row_facts

# The page's own modules aren't reachable from outside; what it shows is. So the log-odds are
# computed by its module, loaded from the same file beside stand-ins for what it imports.
LEARN = """async ([source, data]) => {
  const load = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  const names = { queueGiven: Int32Array, queueNumbers: Float32Array, queueOther: Int32Array };
  globalThis.handed = { queueModel: data.queueModel };
  for (const [name, Type] of Object.entries(names)) handed[name] = Type.from(data[name]);
  const all = "{ queueGiven, queueModel, queueNumbers, queueOther }";
  const body = source.replace(/^import .*$/m, `const ${all} = handed;`);
  const { learn } = await load(body);
  return [...learn(data.known, data.wrong)];
}"""


def make_audit(n, n_classes, seed):
    """Audit n rows, a fifth of them labelled wrong, classes of very different sizes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n, p=rng.dirichlet(np.ones(n_classes)))
    given = np.where(rng.random(n) < 0.2, rng.integers(0, n_classes, n), truth)
    pred_probs = rng.dirichlet(np.full(n_classes, 0.3), n) + 0.5 * np.eye(n_classes)[truth]
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return audit_labels(given, pred_probs, classes=range(n_classes)), truth


def decide(page, keys):
    for key in keys:
        page.keyboard.press(key)


def reviewed(page, audit):
    """Give what was decided, as Python reads it."""
    with page.expect_download() as waiting:
        page.locator("#download-json").click()
    return decided_rows(audit, Corrections.from_json(waiting.value.path()))


def order_shown(page):
    """Give the ids of all rows in the order of the list, page by page."""
    found = []
    while not page.locator("#page-back").is_disabled():
        page.locator("#page-back").click()
    while True:
        found += page.locator("#list .snippet").all_inner_texts()
        if page.locator("#page-on").is_disabled():
            return [int(each) for each in found]
        page.locator("#page-on").click()


@pytest.mark.parametrize(
    ("n_classes", "keys"),
    [
        (3, "tktkd"),
        (3, "ttkkd" * 8),
        (12, "ddddd"),
        (12, "kkkkk"),
        (12, "tktdkttk12kt" * 5),
        (60, "ttttt" * 12),
    ],
)
def test_the_order_is_pythons(open_page, n_classes, keys):
    audit, _ = make_audit(300, n_classes, seed=n_classes)
    page = open_page(audit, [str(i) for i in range(300)])
    decide(page, keys)
    rows, codes = reviewed(page, audit)
    taught = len(rows) // 5 * 5  # the handful that isn't complete has taught nothing yet
    expected = queue.order_by_queue(audit, rows[:taught], codes[:taught])
    assert order_shown(page) == [*rows[:taught], *expected]


def test_the_order_explores_classes_that_nobody_looked_at(open_page, tmp_path):
    audit, _ = make_audit(300, 3, seed=6)
    facts = row_facts(audit)
    most = np.bincount(audit.labels).argmax()
    known = np.flatnonzero(facts.given == most)[:100]  # that class looks wrong throughout
    rows = facts.rows[known]
    codes = (audit.labels[rows] + 1) % 3
    file = tmp_path / "corrections.json"
    Corrections(
        Correction(str(row), str(code)) for row, code in zip(rows, codes, strict=True)
    ).to_json(file)
    page = open_page(audit, [str(i) for i in range(300)])
    page.locator("#file").set_input_files(file)
    page.locator("#n-decided", has_text="100").wait_for()
    expected = queue.order_by_queue(audit, rows, codes)
    assert order_shown(page) == [*rows, *expected]
    log_odds = queue.fit_queue(facts, known, np.ones(100, dtype=bool)).log_odds(facts)
    by_log_odds = [i for i in np.argsort(-log_odds, kind="stable") if i not in known]
    assert facts.rows[by_log_odds].tolist() != expected.tolist()  # some rows were moved forward


def test_the_order_with_rows_that_could_not_be_judged(open_page):
    from sklearn.linear_model import LogisticRegression

    from label_auditor import LabelAuditor

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] + rng.normal(size=120) > 0).astype(str).astype(object)
    y[[3, 50, 77]] = None
    auditor = LabelAuditor(LogisticRegression(), missing_labels="suggest").fit(X, y)
    audit = auditor.audit_
    page = open_page(audit, [str(i) for i in range(120)])
    decide(page, "tktkktkttk")
    rows, codes = reviewed(page, audit)
    expected = queue.order_by_queue(audit, rows, codes)
    shown = order_shown(page)
    assert shown[: 10 + len(expected)] == [*rows, *expected]
    assert sorted(shown[10 + len(expected) :]) == [3, 50, 77]


def test_scores_are_pythons_to_1e_9(chromium, open_page):
    from label_auditor.report.page import _asset
    from label_auditor.report.page_data import _queue

    page = chromium.new_page()  # one without a policy: it may load the module
    try:
        for n_decisions, n_classes in ((1, 3), (5, 3), (40, 12), (400, 12), (900, 60)):
            audit, truth = make_audit(1000, n_classes, seed=n_decisions)
            facts = row_facts(audit)
            known = np.random.default_rng(1).choice(1000, n_decisions, replace=False)
            wrong = (truth != audit.labels)[facts.rows[known]]
            if n_decisions == 5:
                wrong[:] = True
            expected = queue.fit_queue(facts, known, wrong).log_odds(facts)
            data = {
                "queueModel": _queue(audit, np.arange(1000)),
                "queueNumbers": (facts.numbers * NUMBER_SCALE).ravel().tolist(),
                "queueOther": facts.other.tolist(),
                "queueGiven": facts.given.tolist(),
                "known": known.tolist(),
                "wrong": wrong.tolist(),
            }
            found = page.evaluate(LEARN, [_asset("js/learning.js"), data])
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
            assert np.ptp(expected) > 0.1
    finally:
        page.close()


def test_what_is_embedded_is_what_python_learns_from(open_page):
    audit, _ = make_audit(200, 5, seed=2)
    page = open_page(audit, ["x"] * 200)
    data = json.loads(page.locator("#data").evaluate("element => element.textContent"))
    facts = row_facts(audit)
    numbers = np.frombuffer(base64.b64decode(data["queue"]["numbers"]), "<i2")
    shown = numbers / data["queue"]["constants"]["number_scale"]
    np.testing.assert_array_equal(shown, facts.numbers.ravel())
    assert data["queue"]["constants"]["n_numbers"] == facts.numbers.shape[1] == 6 + 5


def test_undo_unlearns(open_page):
    audit, _ = make_audit(200, 5, seed=3)
    page = open_page(audit, [str(i) for i in range(200)])
    decide(page, "tktkt")
    learned = order_shown(page)
    decide(page, "kkkkk")
    assert order_shown(page) != learned
    decide(page, "uuuuu")
    assert order_shown(page) == learned
    decide(page, "uuuuu")
    assert order_shown(page) == rows_in_order(audit).tolist()
    assert "Learns after 5" in page.locator("#learned").inner_text()
