// The table of the classes, which can be sorted; a class filters the queue.

import { classes, summary } from "./data.js";
import { $, count, el, foreign, percent } from "./dom.js";

const COLUMNS = [
  ["Class", (label) => classes[label], 1],
  ["Given", (label) => summary.given[label], -1],
  ["Flagged", (label) => summary.flagged[label], -1],
  ["Noise", (label) => summary.noise[label], -1],
];

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
    const confused = summary.confused[label];
    return el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("button", { type: "button", onclick: () => chooseClass(label) }, foreign(name)),
        confused < 0
          ? null
          : el("span", { class: "confused" }, "most confused with ", foreign(classes[confused])),
      ),
      el("td", {}, count(summary.given[label])),
      el("td", {}, count(summary.flagged[label])),
      el("td", {}, percent(summary.noise[label])),
    );
  });
  const body = el("tbody", {}, rows);
  const table = el(
    "table",
    {},
    el(
      "caption",
      { class: "note" },
      "Noise: the share of rows that the confident joint places in other classes. It is only a rough guide.",
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
