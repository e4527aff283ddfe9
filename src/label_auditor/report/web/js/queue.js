// Which row comes next, and which rows the filters let through.

import { flagged, given, ids, nRows, plan, suggested, texts } from "./data.js";
import { hasSets, membersOf } from "./labels.js";
import { asked, decisions, outcome, settings, skipped } from "./log.js";
import { explore, learn, nFacts } from "./learning.js";

/** After how many decisions the rows ahead are ordered anew. */
export const HANDFUL = 5;

export const SHOWN = {
  all: ["All rows", () => true],
  open: ["To decide", (row) => !decisions.has(row)],
  flagged: ["Flagged", (row) => flagged[row] === 1],
  decided: ["Decided", (row) => decisions.has(row)],
  wrong: ["Errors found", (row) => outcome(row) === "changed"],
  discarded: ["Discarded", (row) => outcome(row) === "discarded"],
  skipped: ["Skipped", (row) => skipped.has(row)],
};

export const filter = { text: "", show: "all", given: null, suggested: null };

/** Whether the page asks about the random sample, instead of looking for errors. */
export const mode = { counting: false };

/** All rows in order, those that the filters let through, the one on show (or null). */
export const queue = { order: [], visible: [], current: null, learnedFrom: 0 };

let taught = null;

/** Bring order and visible rows up to date; tells whether the rows ahead were ordered anew. */
export function update() {
  const n = settings.learn ? HANDFUL * Math.floor(decisions.size / HANDFUL) : 0;
  const lesson = [...decisions].slice(0, n).map(([row, { label }]) => [row, label]);
  const signature = JSON.stringify(lesson);
  const anew = signature !== taught;
  if (anew) {
    taught = signature;
    order(lesson);
  }
  queue.visible = visibleRows();
  return anew;
}

/** Order the rows: those that taught the model, then the others by what it learned. */
function order(lesson) {
  // A discarded row has no right label, so it teaches nothing about the given one.
  const usable = lesson.filter(([row, label]) => label >= 0 && row < nFacts);
  queue.learnedFrom = usable.length;
  const done = lesson.map(([row]) => row);
  const isDone = new Uint8Array(nRows);
  for (const row of done) isDone[row] = 1;
  const ahead = [];
  for (let row = 0; row < nRows; row++) if (!isDone[row]) ahead.push(row);
  if (usable.length) {
    const scores = learn(
      usable.map(([row]) => row),
      usable.map(([row, label]) => label !== given[row]),
    );
    const judged = ahead.filter((row) => row < nFacts);
    judged.sort((a, b) => scores[b] - scores[a]); // rows of one score stay in the audit's order
    queue.order = [...done, ...explore(judged), ...ahead.slice(judged.length)];
  } else {
    queue.order = [...done, ...ahead];
  }
}

const lower = []; // the texts in lower case, made when first searched

function matchesText(row) {
  lower[row] ??= [ids[row], ...texts.map((column) => column[row])].join("\n").toLowerCase();
  return lower[row].includes(filter.text);
}

function visibleRows() {
  return skippedLast(mode.counting ? plan.at : filteredRows());
}

function filteredRows() {
  const shown = SHOWN[filter.show][1];
  const { given: a, suggested: b, text } = filter;
  return queue.order.filter(
    (row) =>
      shown(row) &&
      (a === null || membersOf(given[row]).includes(a)) &&
      (b === null || (hasSets ? doubtsOf(row).includes(b) : suggested[row] === b)) &&
      (text === "" || matchesText(row)),
  );
}

/** The classes of a row whose given state the models would change. */
export function doubtsOf(row) {
  const [a, b] = [membersOf(given[row]), membersOf(suggested[row])];
  return [...a.filter((each) => !b.includes(each)), ...b.filter((each) => !a.includes(each))];
}

function skippedLast(rows) {
  return skipped.size
    ? [...rows.filter((row) => !skipped.has(row)), ...rows.filter((row) => skipped.has(row))]
    : rows;
}

export const isFiltered = () =>
  !mode.counting &&
  (filter.text !== "" ||
    filter.show !== "all" ||
    filter.given !== null ||
    filter.suggested !== null);

/** Whether a row waits for a decision; the random sample also asks about what was decided before. */
export const isOpen = (row) => !(mode.counting ? asked : decisions).has(row);

/** The row some steps before or after the current one, among the visible. */
export function step(by) {
  const at = queue.visible.indexOf(queue.current);
  return queue.visible[at < 0 ? 0 : at + by] ?? null;
}

/** The first visible row that waits for a decision: after a row if given, else of all. */
export function nextOpen(after = null) {
  const { visible } = queue;
  const start = after === null ? 0 : visible.indexOf(after) + 1;
  const open = (row) => isOpen(row) && row !== after;
  return visible.slice(start).find(open) ?? visible.find(open) ?? null;
}
