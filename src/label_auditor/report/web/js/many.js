// Many rows at once: with a filter on, all rows that wait for a decision get one, after a question.

import { given, suggested } from "./data.js";
import { $, count, plural } from "./dom.js";
import { decisions } from "./log.js";
import { isFiltered, queue } from "./queue.js";

const WAYS = {
  "take-all": { labels: suggested, name: "Take the suggestion", done: "changed" },
  "keep-all": { labels: given, name: "Keep the given label", done: "kept" },
};

/** The rows shown that wait for a decision and can have it. */
function rowsFor({ labels, done }) {
  return queue.visible.filter(
    (row) =>
      !decisions.has(row) &&
      labels[row] >= 0 &&
      (done === "kept" || suggested[row] !== given[row]),
  );
}

/** Draw the buttons, where a filter chose the rows. */
export function drawMany() {
  const filtered = isFiltered();
  let any = false;
  for (const [id, way] of Object.entries(WAYS)) {
    const n = filtered ? rowsFor(way).length : 0;
    $(id).textContent = `${way.name} for all ${count(n)} shown`;
    $(id).hidden = n < 2;
    any ||= n > 1;
  }
  $("many").hidden = !any;
}

/** Ask, then call `decideAll(pairs of row and label, what was done)`. */
export function bindMany(decideAll) {
  for (const [id, way] of Object.entries(WAYS)) {
    $(id).addEventListener("click", () => {
      const rows = rowsFor(way);
      const n = plural(rows.length, "row");
      const answered = () =>
        decideAll(
          rows.map((row) => [row, way.labels[row]]),
          `${n} ${way.done}.`,
        );
      ask(`${way.name} for ${n}?`, n, answered);
    });
  }
  $("ask").addEventListener("click", (event) => {
    if (event.target === $("ask")) $("ask").close("no"); // beside it
  });
}

function ask(title, n, answered) {
  $("ask-title").textContent = title;
  $("ask-note").textContent =
    "These are all rows that the filters show and that are not decided yet, also those on other " +
    "pages of the list. One undo takes all of it back.";
  $("ask-yes").textContent = `Yes, all ${n}`;
  $("ask").returnValue = "no";
  $("ask").addEventListener("close", () => $("ask").returnValue === "yes" && answered(), {
    once: true,
  });
  $("ask").showModal();
}
