"""How long the review page takes to write, to open, and to answer a key.

This needs Chromium (on the PATH, or named by CHROMIUM) and playwright::

    python benchmarks/report_page.py

The texts are those of BANKING77, repeated, with 77 classes and probabilities that are made up
around the given labels. With ``--sets``, each row has a set of the words of its class instead,
which are 20 classes. The table shows medians of several runs, in milliseconds. `open` is the
time from navigation to the first row on the screen; `key` is that from a key to the next row;
`learn` is the same for every fifth key, which also fits the model and orders all rows anew;
`search` is the time from the last letter typed to the filtered list. With ``--evidence``, each row
has three neighbours, whose list is open, and five marked words.
"""

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from label_auditor import audit_labels
from label_auditor.review import Evidence, Neighbors, Words

EXAMPLE = Path(__file__).parents[1] / "examples" / "banking77.csv.gz"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A key is answered when what it changed has been laid out and painted.
PRESS = """async (key) => {
  const start = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
SEARCH = """async (text) => {
  const field = document.getElementById("search");
  const before = document.getElementById("list-count").textContent;
  field.value = text;
  const start = performance.now();
  field.dispatchEvent(new Event("input"));
  while (document.getElementById("list-count").textContent === before) {
    await new Promise((done) => setTimeout(done, 1));
  }
  return performance.now() - start;
}"""


def make(n_rows):
    """Make an audit of n_rows, of which a tenth are labelled wrong, and its texts."""
    rng = np.random.default_rng(0)
    table = pd.read_csv(EXAMPLE)
    rows = np.arange(n_rows) % len(table)
    truth, names = pd.factorize(table["category"].iloc[rows], sort=True)
    given = np.where(rng.random(n_rows) < 0.1, rng.integers(0, len(names), n_rows), truth)
    pred_probs = rng.dirichlet(np.full(len(names), 0.1), n_rows) * 0.5
    pred_probs[np.arange(n_rows), truth] += 0.5
    return audit_labels(np.asarray(names)[given], pred_probs), table["text"].iloc[rows].tolist()


def make_sets(n_rows):
    """Make the same with sets of labels: the 20 most frequent words of the names of classes."""
    rng = np.random.default_rng(0)
    table = pd.read_csv(EXAMPLE)
    words = table["category"].str.lower().str.get_dummies("_")
    common = words.sum().nlargest(20).index
    truth = words[common].to_numpy(bool)[np.arange(n_rows) % len(table)]
    given = truth ^ (rng.random(truth.shape) < 0.01)
    pred_probs = np.where(truth, 0.8, 0.2) + rng.uniform(-0.2, 0.2, truth.shape)
    texts = table["text"].iloc[np.arange(n_rows) % len(table)].tolist()
    labels = pd.DataFrame(given.astype(int), columns=common)
    return audit_labels(labels, pred_probs, multi_label=True), texts


def make_evidence(texts):
    """Make three neighbours of each row, and mark five words of each text."""
    rng = np.random.default_rng(0)
    spans = [list(re.finditer(r"\w+", text))[:5] for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in spans])
    places = np.array([found.span() for each in spans for found in each])
    neighbors = rng.integers(0, len(texts), (len(texts), 3))
    cosines = np.sort(rng.random(neighbors.shape))[:, ::-1]
    found = Neighbors(np.arange(len(texts)), neighbors, cosines, recall=0.9, twin_cosine=0.8)
    return Evidence(found, Words(rows, *places.T, rng.normal(size=len(rows))))


def measure(browser, path, repeats, keys, press):
    """Open a page again and again, and use it; give medians."""
    times = {"open": [], "key": [], "learn": [], "search": []}
    for _ in range(repeats):
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_selector("#list [aria-current]")
        times["open"].append(1000 * (time.perf_counter() - start))
        for key in press:
            page.keyboard.press(key)
        for i in range(1, 41):
            times["key" if i % 5 else "learn"].append(page.evaluate(PRESS, keys[i % 2]))
        assert page.locator("#n-decided").inner_text() == "40"
        times["search"].append(page.evaluate(SEARCH, "refund"))
        context.close()
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 5000, 50_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sets", action="store_true", help="rows have sets of labels")
    parser.add_argument("--evidence", action="store_true", help="rows have neighbours and words")
    arguments = parser.parse_args()
    press = "e" if arguments.evidence else ""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    print("|   rows | size, MB | write | open | key | learn | search |")
    print("|-------:|---------:|------:|-----:|----:|------:|-------:|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        audit, texts = make(100)
        audit.to_html(Path(folder, "first.html"), texts)  # what is imported on use isn't measured
        for n_rows in arguments.rows:
            audit, texts = (make_sets if arguments.sets else make)(n_rows)
            evidence = make_evidence(texts) if arguments.evidence else None
            path = Path(folder, f"{n_rows}.html")
            start = time.perf_counter()
            audit.to_html(path, texts, evidence=evidence)
            written = 1000 * (time.perf_counter() - start)
            keys = "kk" if arguments.sets else "1k"
            found = measure(browser, path, arguments.repeats, keys, press)
            print(
                f"| {n_rows:6,} | {path.stat().st_size / 1e6:8.1f} | {written:5,.0f} "
                f"| {found['open']:4,.0f} | {found['key']:3,.0f} | {found['learn']:5,.0f} "
                f"| {found['search']:6,.0f} |"
            )
        browser.close()


if __name__ == "__main__":
    main()
