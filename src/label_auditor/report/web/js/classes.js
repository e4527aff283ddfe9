// The table of the classes, which can be sorted; a class filters the queue.

import { classes, summary } from "./data.js";
import { $, breakable, count, el, foreign, percent } from "./dom.js";
import { hasSets } from "./labels.js";

const NAME = ["Class", (label) => classes[label], 1];
const column = (title, values, show = count) => [title, (label) => values[label], -1, show];
const COLUMNS = hasSets
  ? [
      NAME,
      column("Given", summary.given),
      column("Doubted", summary.flagged_given),
      column("Missing", summary.flagged_missing),
      column("Noise", summary.estimated_noise, percent),
    ]
  : [
      NAME,
      column("Given", summary.given),
      column("Flagged", summary.flagged),
      column("Noise", summary.noise, percent),
    ];
const NOISE = hasSets
  ? "Doubted: rows that have the class and may be without it. Missing: rows that may have to have it. Noise: the share of rows in which the confident joint says otherwise than the label; a rough guide."
  : "Noise: the share of rows that the confident joint places in other classes. It is only a rough guide.";

const sorted = { column: 2, direction: -1 };

/** Draw the table; `chooseClass(given)` filters by a class. */
export function drawClasses(chooseClass) {
  const heads = COLUMNS.map(([name, , direction], column) =>
    el(
      "th",
      { scope: "col" },
      el("button", { type: "button", onclick: () => sort(column, direction) }, name),
    ),
  );
  const rows = classes.map((name, label) => {
    const confused = summary.confused?.[label] ?? -1;
    return el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("button", { type: "button", onclick: () => chooseClass(label) }, breakable(name)),
        confused < 0
          ? null
          : el("span", { class: "confused" }, "most confused with ", foreign(classes[confused])),
      ),
      COLUMNS.slice(1).map(([, value, , show]) => el("td", {}, show(value(label)))),
    );
  });
  const body = el("tbody", {}, rows);
  const table = el(
    "table",
    {},
    el(
      "caption",
      { class: "note" },
      NOISE,
    ),
    el("thead", {}, el("tr", {}, heads)),
    body,
  );
  $("classes").append(table);

  function sort(column, direction) {
    sorted.direction = sorted.column === column ? -sorted.direction : direction;
    sorted.column = column;
    arrange();
  }

  function arrange() {
    const [, value] = COLUMNS[sorted.column];
    const compare = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
    const labels = classes.map((_, label) => label);
    labels.sort((a, b) => sorted.direction * compare(a, b) || a - b);
    body.append(...labels.map((label) => rows[label]));
    heads.forEach((head, i) => {
      const state = sorted.direction > 0 ? "ascending" : "descending";
      if (i === sorted.column) head.setAttribute("aria-sort", state);
      else head.removeAttribute("aria-sort");
    });
  }

  arrange();
}
