import html.parser
import re

import numpy as np

from label_auditor import audit_labels
from label_auditor.report.highlights import FLAG_MEANING
from label_auditor.report.notebook import compact

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def make(names, n=40, index=None):
    rng = np.random.default_rng(0)
    names = np.array(names, dtype=object)
    truth = rng.integers(0, len(names), n)
    given = np.where(rng.random(n) < 0.3, rng.integers(0, len(names), n), truth)
    pred_probs = 0.1 / len(names) + 0.9 * np.eye(len(names))[truth]
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return audit_labels(names[given], pred_probs, classes=names, index=index)


class Checker(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.names, self.attributes, self.text = [], set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def check(source):
    checker = Checker()
    checker.feed(source)
    assert checker.open == []
    of_tables = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert checker.names <= of_tables | {"div", "style", "p", "b", "code"}
    assert checker.attributes <= {"class", "dir", "scope"}
    return checker


def test_counts_pairs_and_worst_rows():
    audit = make(["cat", "dog", "hen"])
    text = " ".join(check(audit._repr_html_()).text)
    assert re.search(rf"40\s+rows.*3\s+classes.*{audit.n_issues}\s+flagged", text)
    assert FLAG_MEANING in text
    worst = audit.ranked[0]
    assert f"{worst} {audit.labels[worst]} {audit.suggested_labels[worst]} 0." in text


def test_hostile_labels_and_names_are_text():
    audit = make([HOSTILE, "__proto__", "b"], index=[f"{HOSTILE}{i}" for i in range(40)])
    checker = check(compact(audit))
    assert "script" not in checker.names
    assert any(each.startswith("</td><script>alert(1)") for each in checker.text)


def test_long_labels_are_cut_and_small_audits_fit():
    checker = check(compact(make(["x" * 500, "y"])))
    assert max(map(len, checker.text[1:])) < 200  # after the style
    clean = audit_labels(["a", "b"], np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert "table" not in check(compact(clean)).names


def test_texts_of_the_worst_rows_are_shown():
    audit = make(["cat", "dog", "hen"])
    texts = [f"text {i} {HOSTILE} {'long ' * 99}" for i in range(40)]
    shown = audit.preview(texts, n=3, class_names=["Katze", "Hund", "Huhn"])
    assert repr(shown).startswith("<Preview of 3 rows")
    checker = check(shown._repr_html_())
    found = [each for each in checker.text if each.startswith("text ")]
    assert [int(each.split()[1]) for each in found] == audit.ranked[:3].tolist()
    assert all(HOSTILE in each and len(each) == 301 for each in found)
    assert {"Katze", "Hund", "Huhn"} & set(checker.text)


def test_sets_of_labels():
    pred_probs = np.array([[0.9, 0.1], [0.8, 0.9], [0.1, 0.1], [0.9, 0.2]])
    audit = audit_labels([["a", "b"], ["a"], [], ["a"]], pred_probs, multi_label=True)
    assert audit.n_issues
    worst = int(audit.ranked[0])
    for source in (audit._repr_html_(), audit.preview(["x"] * 4)._repr_html_()):
        text = check(source).text
        assert ", ".join(audit.labels[worst]) in text
        assert "Most confused" not in text
