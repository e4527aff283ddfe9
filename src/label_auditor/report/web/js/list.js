// The queue as a list, a page at a time: the document stays small however many rows there are.

import { given, ids, images, nRows, suggested, texts } from "./data.js";
import { $, count, el, foreign } from "./dom.js";
import { drawThumbnail } from "./images.js";
import { decisions, outcome, skipped } from "./log.js";
import { nameOf } from "./labels.js";
import { marked } from "./marks.js";
import { filter, isFiltered, mode, queue } from "./queue.js";
import { isDraft } from "./sets.js";

const SCREEN = matchMedia("(width < 640px)").matches ? 10 : 50;
const PAPER = 500;
const LENGTH = 200; // characters of a row
const [FAR, BEFORE] = [40, 20]; // where a hit isn't seen, and what is shown before it
const MARKS = { kept: "✓", changed: "✎", filled: "✎", discarded: "✕" };
const NAMES = { kept: "kept", changed: "changed", filled: "labelled", discarded: "discarded" };

let size = SCREEN;
let page = 0;
let drawn = []; // what each item of the list was made from

/** Show the page that holds the current row, or, if `stay`, the page on show; `go(row)` opens one. */
export function drawList(go, { stay = false } = {}) {
  const { visible, current } = queue;
  const last = Math.max(0, Math.ceil(visible.length / size) - 1);
  const at = visible.indexOf(current);
  if (!stay && at >= 0) page = Math.floor(at / size);
  page = Math.min(page, last);
  const rows = visible.slice(page * size, (page + 1) * size);
  const first = page * size + 1;
  $("list-count").textContent = rows.length
    ? `${count(first)}–${count(first + rows.length - 1)} of ${count(visible.length)}` +
      (isFiltered() ? `, filtered from ${count(nRows)}` : "")
    : "no rows";
  $("page-back").disabled = page === 0;
  $("page-on").disabled = page === last;
  $("list").setAttribute("start", String(first));
  const focused = $("list").contains(document.activeElement);
  $("list").classList.toggle("pictured", images !== null);
  drawRows(rows, go);
  if (focused) $("list").querySelector("[aria-current]")?.focus({ preventScroll: true });
}

export function turn(by, go) {
  page += by;
  drawList(go, { stay: true });
}

/** Show more rows on paper than on a screen. */
export function forPaper(isPaper, go) {
  size = isPaper ? PAPER : SCREEN;
  drawList(go);
}

/** The beginning of a row's texts; of what is searched for, the part around its first hit. */
function excerpt(row) {
  const parts = texts.map((column) => {
    const text = column[row];
    const at = filter.text && !mode.counting ? text.toLowerCase().indexOf(filter.text) : -1;
    const from = Math.max(0, at - BEFORE);
    return (at > FAR ? `…${text.slice(from)}` : text).slice(0, LENGTH);
  });
  return parts.join(" · ").slice(0, LENGTH) || ids[row];
}

/** A decision changes few of the rows on show; those that it leaves as they are stay. */
function drawRows(rows, go) {
  const list = $("list");
  const searched = mode.counting ? "" : filter.text;
  const made = rows.map((row) =>
    [row, row === queue.current, outcome(row), labelOf(row), skipped.has(row), isDraft(row), searched].join(" "),
  );
  rows.forEach((row, i) => {
    if (made[i] === drawn[i]) return;
    if (i < drawn.length) list.children[i].replaceWith(drawRow(row, go));
    else list.append(drawRow(row, go));
  });
  while (list.children.length > rows.length) list.lastChild.remove();
  drawn = made;
}

/** The label that was decided; else, or if none is right, the suggested one. */
function labelOf(row) {
  const label = decisions.get(row)?.label ?? -1;
  return label < 0 ? suggested[row] : label;
}

function drawRow(row, go) {
  const made = outcome(row);
  const label = labelOf(row);
  const mark = made
    ? el("span", { class: `mark ${made}`, role: "img", "aria-label": NAMES[made] }, MARKS[made])
    : isDraft(row)
      ? el("span", { class: "mark draft", role: "img", "aria-label": "marked, not decided" }, "…")
      : el("span", { class: "mark", "aria-hidden": "true" }, skipped.has(row) ? "↷" : "·");
  const text = excerpt(row);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        "aria-current": row === queue.current ? "true" : false,
        class: made ?? false,
        onclick: () => go(row),
      },
      mark,
      drawThumbnail(row),
      el("span", { class: "snippet", dir: "auto", lang: "" }, marked(text, 0, text.length, [])),
      el(
        "span",
        { class: "labels" },
        foreign(nameOf(given[row]), "given"),
        label >= 0 && label !== given[row]
          ? [el("span", { class: "to" }, " → "), foreign(nameOf(label), "suggested")]
          : null,
      ),
    ),
  );
}
