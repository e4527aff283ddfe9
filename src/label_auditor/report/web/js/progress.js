// What was found so far. The queue chose these rows, so nothing is concluded about the others.

import { flagged, ids } from "./data.js";
import { $, count, el, plural } from "./dom.js";
import { asked, decisions, isKept, outcome, settings } from "./log.js";
import { HANDFUL, mode, queue } from "./queue.js";

const RECENT = 25;
const flaggedRows = [...flagged.keys()].filter((row) => flagged[row] === 1);
const nFlagged = flaggedRows.length;

/** Show the counts and the last decisions, one square each. */
export function drawProgress() {
  const made = [...decisions.keys()].map((row) => [row, outcome(row)]);
  const number = (name) => made.filter(([, each]) => each === name).length;
  const recent = made.slice(-RECENT);
  const errors = recent.filter(([, each]) => each === "changed").length;
  const square = ([row, each]) =>
    el("span", { class: `square ${each}`, title: `${ids[row]}: ${each}` });
  $("progress").replaceChildren(
    el(
      "p",
      { class: "figure" },
      el("b", { id: "n-errors" }, count(number("changed"))),
      ` ${number("changed") === 1 ? "error" : "errors"} in `,
      el("b", { id: "n-decided" }, count(made.length)),
      " looked at",
    ),
    el(
      "div",
      {
        class: "squares",
        role: "img",
        "aria-label": `Among the last ${recent.length} looked at: ${plural(errors, "error")}`,
      },
      recent.map(square),
      Array.from({ length: RECENT - recent.length }, () => el("span", { class: "square" })),
    ),
    nFlagged
      ? el(
          "p",
          { id: "flagged-done" },
          `${count(flaggedRows.filter((row) => decisions.has(row)).length)} of ${count(nFlagged)} flagged decided`,
        )
      : "",
    el(
      "p",
      { class: "note", id: "recent" },
      made.length === 0
        ? "Decide the first row: K keeps its label, T takes the suggestion."
        : `${plural(errors, "error")} among the last ${count(recent.length)} looked at` +
            (number("discarded") ? `; ${count(number("discarded"))} discarded` : "") +
            ".",
    ),
    [...decisions.keys()].some((row) => !asked.has(row))
      ? el(
          "p",
          { class: "note", id: "chosen" },
          "The queue chose these rows because they look wrong, so they say nothing about the other rows.",
        )
      : "",
  );
  $("kept").textContent = isKept()
    ? "Decisions are stored in this browser. Download them to use them elsewhere."
    : "This browser does not store decisions. Download them before you close the page.";
  $("kept").classList.toggle("warning", !isKept());
}

/** Say, quietly, what the order of the rows ahead rests on. */
export function drawLearned(anew) {
  const sign = $("learned");
  const { learnedFrom } = queue;
  sign.hidden = mode.counting;
  $("learn").parentElement.hidden = mode.counting;
  const missing = HANDFUL - (decisions.size % HANDFUL);
  sign.textContent = !settings.learn
    ? "In the audit’s order"
    : learnedFrom
      ? `Order learned from ${plural(learnedFrom, "decision")}`
      : `Learns after ${plural(missing, "more decision")}`;
  if (anew && learnedFrom) {
    sign.classList.remove("anew");
    void sign.offsetWidth; // so that the animation starts again
    sign.classList.add("anew");
  }
}
