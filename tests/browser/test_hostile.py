"""Whatever the data holds is shown as text: nothing runs, nothing breaks, nothing is lost."""

import json

import numpy as np
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"' onmouseover=window.hacked=1 autofocus onfocus=window.hacked=1 x='",
    "<!--<script>",
    "]]><svg onload=window.hacked=1>",
    "{{ script }}{{ data }}",
    "${window.hacked = 1}`\\",
    "javascript:window.hacked=1",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "\u202egnp.exe\u202c \u2066\u200f",
    "\u0000\u0001\u001b[31m\u007f\u0085",
    "\u2028\u2029\ufeff\ufffe",
    "\ud800 half a pair",
    "a\r\nb\tc\rd",
    '=HYPERLINK("http://example.com")',
    "&lt;b&gt; &amp;amp; &#60;",
    "שלום עולם",
    "مرحبا بالعالم",
    "日本語のテキストはここにあります",
    "👩‍👩‍👧‍👦 é é",
    " ",
]
N = len(HOSTILE)
# pandas refuses half a surrogate pair as a label, not as the name of one.
LABELS = [text.replace("\ud800", "d800") for text in HOSTILE]


@pytest.fixture(scope="module")
def hostile_audit():
    """Audit rows whose labels are the hostile strings, each suggested to be the next one."""
    labels = np.array(LABELS * 3, dtype=object)
    pred_probs = np.full((3 * N, N), 0.01)
    order = np.arange(3 * N) % N
    pred_probs[np.arange(3 * N), order] = 1 - 0.01 * (N - 1)
    pred_probs[:N] = np.roll(pred_probs[:N], 1, axis=1)
    return audit_labels(labels, pred_probs, classes=LABELS, index=[f"{i}" for i in range(3 * N)])


def shown(text):
    """Give a text as text nodes hold it: what has no place in UTF-8 is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.fixture
def page(open_page, hostile_audit):
    return open_page(
        hostile_audit,
        {text: HOSTILE[i:] + HOSTILE * 2 + HOSTILE[:i] for i, text in enumerate(HOSTILE)},
        ids=[f"{text} {i}" for i, text in enumerate(HOSTILE * 3)],
        class_names=[f"{text}!" for text in HOSTILE],
        metadata={f"{text}?": HOSTILE * 3 for text in HOSTILE},
        title=HOSTILE[0],
    )


def test_every_string_is_shown_as_text_and_none_runs(page, hostile_audit):
    assert page.title() == HOSTILE[0]
    page.keyboard.press("l")  # in the audit's order
    page.locator(".fold summary").click()  # the columns that are not among the first
    for position in range(N):
        row = int(hostile_audit.ranked[position]) if position < hostile_audit.n_issues else None
        name = page.locator("#row-name bdi").evaluate("e => e.textContent")
        if row is not None:
            assert shown(name) == shown(f"{(HOSTILE * 3)[row]} {row}")
            given = page.locator("#pair .given bdi").evaluate("e => e.textContent")
            assert shown(given) == shown(f"{HOSTILE[row % N]}!")
            headings = page.locator("#texts h4").evaluate_all("all => all.map(e => e.textContent)")
            texts = page.locator("#texts .text").evaluate_all("all => all.map(e => e.textContent)")
            assert dict(zip(map(shown, headings), map(shown, texts), strict=True)) == {
                shown(name): shown((HOSTILE[i:] + HOSTILE)[row]) for i, name in enumerate(HOSTILE)
            }
            terms = page.locator("#texts dt").evaluate_all("all => all.map(e => e.textContent)")
            assert list(map(shown, terms)) == [shown(f"{each}?") for each in HOSTILE]
        page.keyboard.press("k")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("Object.keys(Object.prototype).length") == 0
    # No element comes of the data: the page has these kinds, and no handlers in attributes.
    handlers = """() => [...document.querySelectorAll("*")].flatMap((e) =>
        e.getAttributeNames().filter((name) => name.startsWith("on")))"""
    assert page.evaluate(handlers) == []
    assert (
        page.locator("img, iframe, object, embed, script:not(#data):not([type=module])").count()
        == 0
    )


def test_every_label_can_be_chosen_filtered_by_and_brought_home(page, hostile_audit):
    names = [f"{each}!" for each in HOSTILE]
    ids = [f"{each} {i}" for i, each in enumerate(HOSTILE * 3)]
    for label, name in enumerate(names):
        page.keyboard.press("c")
        typed = HOSTILE[label].replace("\ud800", "")
        page.locator("#chooser-input").fill(typed)
        options = page.locator("#chooser-list [role=option]")
        found = options.evaluate_all("all => all.map(e => e.firstChild.textContent)")
        options.nth(list(map(shown, found)).index(shown(name))).click()
        page.locator("#given").select_option(str(label))
        assert page.locator("#list li").count() == 3
        page.locator("#clear").click()
        with page.expect_download() as waiting:
            page.locator("#download-json").click()
        (correction,) = json.loads(waiting.value.path().read_text("utf-8"))["corrections"]
        assert correction["label"] == name
        decided = Corrections([Correction(**correction)]).by_row(
            hostile_audit, ids=ids, class_names=names
        )
        assert decided == {int(hostile_audit.ranked[0]): LABELS[label]}
        page.keyboard.press("u")


@pytest.mark.parametrize("button", ["#download-json", "#download-csv"])
def test_files_of_hostile_strings_come_home_and_back(page, hostile_audit, button):
    for _ in range(N):
        page.keyboard.press("t")
    with page.expect_download() as waiting:
        page.locator(button).click()
    path = waiting.value.path()
    read = Corrections.from_json if button == "#download-json" else Corrections.from_csv
    decided = read(path).by_row(
        hostile_audit,
        ids=[f"{text} {i}" for i, text in enumerate(HOSTILE * 3)],
        class_names=[f"{text}!" for text in HOSTILE],
    )
    assert len(decided) == N
    assert decided == {row: hostile_audit.suggested_labels[row] for row in decided}
    for _ in range(N):
        page.keyboard.press("u")
    body = path.read_bytes()
    page.locator("#file").set_input_files({"name": "file", "mimeType": "", "buffer": body})
    page.locator("#toast", has_text=f"{N} decisions from file.").wait_for()


def test_a_megabyte_of_text_in_every_field(open_page):
    n = 6
    long = ["word " * 200_000, "x" * 1_000_000, "<b>" * 300_000, "日本" * 500_000, "\n" * 10**6, ""]
    pred_probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (3, 1))
    audit = audit_labels(["a", "b", "a", "b", "a", "a"], pred_probs)
    page = open_page(
        audit, {"one": long, "two": long[::-1]}, metadata={"m": long}, title="t" * 10_000
    )
    for _ in range(n):
        assert len(page.locator("#card").inner_text()) < 20_000  # the rest is asked for
        more = page.locator("#texts button").first
        if more.count():
            more.click()
        page.keyboard.press("n")
    wide = "() => document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(wide)


def test_the_policy_forbids_what_the_page_never_does(open_page, animals):
    page = open_page(animals, ["x"] * 40)
    refused = page.evaluate(
        """async () => {
          const violated = [];
          document.addEventListener("securitypolicyviolation", (event) =>
            violated.push(event.effectiveDirective));
          const add = (tag, more) =>
            document.body.append(Object.assign(document.createElement(tag), more));
          add("script", { textContent: "window.hacked = 1" });
          add("style", { textContent: "body { display: none }" });
          document.body.insertAdjacentHTML("beforeend", "<p onclick='window.hacked = 1' id=p></p>");
          document.getElementById("p").click();
          await fetch("https://example.invalid/").catch(() => 0);
          await new Promise((done) => setTimeout(done, 100));
          return violated;
        }"""
    )
    assert set(refused) == {
        "script-src-elem",
        "style-src-elem",
        "script-src-attr",
        "connect-src",
    }
    assert page.evaluate("window.hacked") is None
    page.errors.clear()  # what was refused is logged as an error
