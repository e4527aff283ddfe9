// The audit in short: its counts, the confused pairs, the distribution of scores.

import { audit, classes, doubts, histogram, images, nFirst, nRows, pairs, quality } from "./data.js";
import { $, breakable, count, el, foreign, percent, plural, svg } from "./dom.js";
import { hasSets } from "./labels.js";
import { filter, queue } from "./queue.js";

const GRID = 20; // classes of which a grid can still be read
const N_PAIRS = 12;
const LEVELS = 5;

const AGREEMENT = hasSets
  ? "of whole sets, with models that never saw the row"
  : "with models that never saw the row";

const confused = pairs.filter(([a, b]) => a !== b);
let onPair = null;

/** Draw what never changes; `choosePair(given, suggested)` filters by a cell. */
export function drawSummary(choosePair) {
  onPair = choosePair;
  $("summary").append(
    tile(count(audit.n_rows), audit.n_rows === 1 ? "row" : "rows", unjudged()),
    tile(count(classes.length), classes.length === 1 ? "class" : "classes"),
    tile(count(audit.n_flagged), `flagged · ${percent(audit.n_flagged / audit.n_rows)}`),
    tile(percent(audit.agreement), "agreement", AGREEMENT),
    el("div", { class: "tile wide-tile", id: "count-tile" }),
  );
  $("doubts").append(...doubts.map((each) => el("p", { class: "warning" }, each)));
  if (hasSets) $("pairs-panel").hidden = true; // pairs of sets are too many
  else $("pairs").append(
    ...(confused.length ? drawPairs() : [note("The models agree with every label.")]),
  );
  $("scores").append(drawHistogram());
}

function unjudged() {
  const notes = [];
  if (nRows < audit.n_rows) {
    const more = nRows - nFirst;
    const sampled = more ? `, and ${count(more)} of a random sample` : "";
    notes.push(`the first ${count(nFirst)} are in this page${sampled}`);
  } else {
    const n = audit.n_rows - audit.n_evaluated;
    if (n) notes.push(`${count(n)} could not be judged`);
  }
  if (images !== null) {
    const bytes = images.reduce((sum, each) => sum + (each?.length ?? 0), 0);
    notes.push(`with ${(bytes / 1e6).toFixed(1)} MB of images`);
  }
  return notes.join("; ");
}

function tile(figure, name, more = "") {
  return el(
    "div",
    { class: "tile" },
    el("p", { class: "figure" }, el("b", {}, figure), " ", name),
    more ? el("p", { class: "note" }, more) : null,
  );
}

const note = (text) => el("p", { class: "note" }, text);

function drawPairs() {
  return classes.length <= GRID ? drawGrid() : drawBars();
}

/** The whole table of given against suggested labels, coloured by count. */
function drawGrid() {
  const cells = new Map(pairs.map(([a, b, n]) => [a * classes.length + b, n]));
  const most = confused[0][2];
  const cell = (a, b) => {
    const n = cells.get(a * classes.length + b) ?? 0;
    if (n === 0) return el("td", {});
    const level = a === b ? "same" : Math.max(1, Math.ceil(LEVELS * Math.sqrt(n / most)));
    const name = `Given ${classes[a]}, suggested ${classes[b]}: ${plural(n, "row")}`;
    return el(
      "td",
      {},
      pairButton(
        a,
        b,
        { class: "cell", "data-level": level, title: name, "aria-label": name },
        short(n),
      ),
    );
  };
  const table = el(
    "table",
    { class: "grid" },
    el("caption", { class: "hidden" }, "Rows by given label (down) and suggested label (across)"),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "given ↓", el("br"), "suggested →"),
        classes.map((name) => el("th", { scope: "col" }, foreign(name))),
      ),
    ),
    el(
      "tbody",
      {},
      classes.map((name, a) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, breakable(name)),
          classes.map((_, b) => cell(a, b)),
        ),
      ),
    ),
  );
  table.classList.toggle("turned", classes.length > 6);
  return [
    el(
      "div",
      {
        class: "scroll-x",
        tabindex: "0",
        role: "region",
        "aria-label": "Given and suggested labels",
      },
      table,
    ),
    note("Rows by given and suggested label. Choose a cell to filter the queue."),
  ];
}

const short = (n) => (n < 1000 ? String(n) : `${(n / 1000).toFixed(n < 10000 ? 1 : 0)}k`);

/** The most confused pairs, where there are too many classes for a table. */
function drawBars() {
  const most = confused[0][2];
  const bar = ([a, b, n, nFlagged]) => {
    const fill = el("span", { class: "fill" });
    fill.style.inlineSize = `${(100 * n) / most}%`;
    const label = el("span", { class: "arrow" }, foreign(classes[a]), " → ", foreign(classes[b]));
    return el(
      "li",
      {},
      pairButton(a, b, { class: "pair-bar", title: `${plural(n, "row")}, ${count(nFlagged)} flagged` }, fill, label, el("span", { class: "n" }, count(n))),
    );
  };
  const list = el("ol", { class: "pair-bars" }, confused.slice(0, N_PAIRS).map(bar));
  const rest = confused.slice(N_PAIRS, 200);
  const more = el(
    "button",
    { type: "button", class: "quiet" },
    `Show ${count(rest.length)} more pairs`,
  );
  more.addEventListener("click", () => {
    list.append(...rest.map(bar));
    list.classList.add("scroll");
    more.remove();
    markPair();
  });
  return [
    list,
    rest.length ? more : null,
    note("Rows by given and suggested label. Choose a pair to filter the queue."),
  ].filter(Boolean);
}

function pairButton(a, b, attributes, ...children) {
  return el(
    "button",
    {
      type: "button",
      ...attributes,
      "data-given": a,
      "data-suggested": b,
      "aria-pressed": "false",
      onclick: () => onPair(a, b),
    },
    ...children,
  );
}

/** Mark the pair that the queue is filtered by. */
export function markPair() {
  for (const button of $("pairs").querySelectorAll("[data-given]")) {
    const { given, suggested } = button.dataset;
    button.setAttribute(
      "aria-pressed",
      String(Number(given) === filter.given && Number(suggested) === filter.suggested),
    );
  }
}

const WIDTH = 400;
const HEIGHT = 116;
const BASE = 90;

/** Rows by score, the flagged ones in colour; heights by square root, so that few can be seen. */
function drawHistogram() {
  const { all, flagged, low, high } = histogram;
  const tallest = Math.max(...all, 1);
  const step = WIDTH / all.length;
  const bar = (n, i, name) => {
    const height = n ? Math.max(1.5, BASE * Math.sqrt(n / tallest)) : 0;
    return svg("rect", {
      class: name,
      x: i * step + 0.5,
      y: BASE - height,
      width: step - 1,
      height,
    });
  };
  const picture = svg(
    "svg",
    {
      class: "histogram",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label":
        `Distribution of label quality from ${low} to ${high}, low is suspicious: ` +
        `${plural(audit.n_flagged, "row")} of ${count(audit.n_rows)} flagged.`,
    },
    all.map((n, i) => bar(n, i, "rest")),
    flagged.map((n, i) => bar(n, i, "flagged")),
    svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: BASE + 0.5, y2: BASE + 0.5 }),
    svg("path", { id: "here", class: "here", d: `M0 ${BASE + 2}l4 7h-8z` }),
    svg("text", { class: "tick", x: 0, y: HEIGHT - 2 }, `${low} suspicious`),
    svg("text", { class: "tick end", x: WIDTH, y: HEIGHT - 2 }, `good ${high}`),
  );
  return el(
    "figure",
    {},
    picture,
    el(
      "figcaption",
      { class: "note" },
      el("span", { class: "key flagged" }),
      "flagged ",
      el("span", { class: "key rest" }),
      `all rows, by ${audit.rank_by.replaceAll("_", " ")}; heights on a square-root scale`,
    ),
  );
}

/** Point at the score of the current row. */
export function markScore() {
  const { low, high } = histogram;
  const value = queue.current === null ? NaN : quality[queue.current];
  const here = $("here");
  here.classList.toggle("off", Number.isNaN(value));
  if (!Number.isNaN(value)) {
    here.setAttribute("transform", `translate(${(WIDTH * (value - low)) / (high - low || 1)} 0)`);
  }
}
