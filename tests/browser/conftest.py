"""A real browser with the review page in it, which fails a test on any request or error."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from label_auditor import audit_labels

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    """Start Chromium, once for all tests."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the PATH, and CHROMIUM names none")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """Give a function that writes the page of an audit and opens it.

    All that the page asks for is the file itself and what it downloads; it logs no error.
    """
    contexts, requests, errors = [], [], []

    def open_page(audit, inputs, *, path=None, context=None, script=None, **options):
        settings = {
            key: options.pop(key)
            for key in ("viewport", "color_scheme", "reduced_motion", "locale")
            if key in options
        }
        path = path or tmp_path / "report.html"
        if audit is not None:
            audit.to_html(path, inputs, **options)
        if context is None:
            context = chromium.new_context(accept_downloads=True, **settings)
            contexts.append(context)
            context.on("request", lambda request: requests.append(request.url))
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri())
        page.errors = errors
        return page

    yield open_page
    for context in contexts:
        context.close()
    elsewhere = [url for url in requests if not url.startswith((tmp_path.as_uri(), "blob:file"))]
    assert [url for url in elsewhere if not url.startswith("data:")] == []
    assert errors == []


@pytest.fixture(scope="session")
def animals():
    """Audit 40 rows of 4 classes, of which about a third are labelled wrong."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 4, 40)
    given = np.where(rng.random(40) < 0.35, rng.integers(0, 4, 40), truth)
    pred_probs = rng.dirichlet([0.3] * 4, 40) * 0.4
    pred_probs[np.arange(40), truth] += 0.6
    names = np.array(["cat", "dog", "hen", "owl"], dtype=object)
    audit = audit_labels(names[given], pred_probs, index=[f"r{i}" for i in range(40)])
    assert 5 < audit.n_issues < 20
    return audit


@pytest.fixture(scope="session")
def make():
    """Give a function that makes an audit of random rows, and their true labels."""

    def make(n, n_classes, error_rate, seed):
        rng = np.random.default_rng(seed)
        true = rng.integers(0, n_classes, n)
        labels = np.where(rng.random(n) < error_rate, rng.integers(0, n_classes, n), true)
        pred_probs = rng.dirichlet(np.full(n_classes, 0.4), n) * 0.6
        pred_probs[np.arange(n), true] += 0.4
        return audit_labels(labels, pred_probs, classes=range(n_classes)), true

    return make


@pytest.fixture
def page(open_page, animals):
    """Open the page of the animals."""
    return open_page(animals, [f"text number {i}" for i in range(len(animals))])


@pytest.fixture(scope="session")
def axe():
    """Give the source of axe-core, from AXE or from where npm put it."""
    path = Path(os.environ.get("AXE", "node_modules/axe-core/axe.min.js"))
    if not path.exists():
        pytest.skip(f"there is no axe-core at {path}, and AXE names none")
    return path.read_text("utf-8")
