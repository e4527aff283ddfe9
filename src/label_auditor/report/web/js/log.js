// The reviewer's actions, one after another. Everything else follows from this log: what is
// decided, the order of the queue, the counts. Undo drops its last action; storage keeps it whole.

import { classes, decided, given, ids, key, nRows } from "./data.js";
import { DISCARDED, VALIDATED } from "./corrections.js";

const STORE = `label-auditor ${key}`;
const SETTINGS = "label-auditor settings";
const NO_LABEL = -1;

// An action is {kind, rows}; its rows are [row, label, who, when], the label -1 if discarded.
let actions = [];

/** The decision about each row, latest last: {label, who, when}. */
export const decisions = new Map();

/** Rows put off, latest last. */
export const skipped = new Set();

let kept = true;

/** Whether this browser keeps the log. */
export const isKept = () => kept;

const listeners = [];

/** Call back after every change; `elsewhere` is true if another tab made it. */
export function onChange(callback) {
  listeners.push(callback);
}

export function decide(rows, kind = "decide") {
  add({ kind, rows });
}

export function skip(row) {
  add({ kind: "skip", rows: [[row]] });
}

/** Take the last action back, and give it. */
export function undo() {
  const last = actions.pop();
  if (last) {
    replay();
    changed();
  }
  return last;
}

export const canUndo = () => actions.length > 0;

/** What a decision makes of the label: "kept", "changed" (an error), "filled" or "discarded". */
export function outcome(row) {
  const decision = decisions.get(row);
  if (!decision) return null;
  if (decision.label === NO_LABEL) return "discarded";
  if (given[row] < 0) return "filled";
  return decision.label === given[row] ? "kept" : "changed";
}

/** All decisions as corrections, in the order in which they were made. */
export function corrections() {
  return [...decisions].map(([row, { label, who, when }]) => ({
    id: ids[row],
    label: label === NO_LABEL ? null : classes[label],
    status: label === NO_LABEL ? DISCARDED : VALIDATED,
    who: who || null,
    when: when || null,
  }));
}

function add(action) {
  actions.push(action);
  apply(action);
  changed();
}

function apply({ kind, rows }) {
  for (const [row, label, who, when] of rows) {
    decisions.delete(row);
    skipped.delete(row);
    if (kind === "skip") skipped.add(row);
    else decisions.set(row, { label, who, when });
  }
}

function replay() {
  decisions.clear();
  skipped.clear();
  apply({ kind: "import", rows: decided });
  actions.forEach(apply);
}

function changed() {
  store(STORE, actions);
  listeners.forEach((callback) => callback(false));
}

function store(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    kept = false; // full, or forbidden: the page says so, and asks before it is closed
  }
}

function stored(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function load() {
  const found = stored(STORE, []);
  const known = ({ rows }) =>
    rows.every(([row, label]) => row < nRows && !(label >= classes.length));
  actions = Array.isArray(found) ? found.filter(known) : [];
  replay();
}

/** What the reviewer prefers, on every page: {learn, keys, who}. */
export const settings = { learn: true, keys: true, who: "", ...stored(SETTINGS, {}) };

export function set(name, value) {
  settings[name] = value;
  store(SETTINGS, settings);
}

load();

// The same page in another tab: both show the same log.
addEventListener("storage", (event) => {
  if (event.key !== STORE) return;
  load();
  listeners.forEach((callback) => callback(true));
});
