// The reviewer's actions, one after another. Everything else follows from this log: what is
// decided, the order of the queue, the counts. Nothing is taken out of it, undo is an action too:
// so what two tabs did at once is the union of their logs.

import { decided, given, ids, key, nRows } from "./data.js";
import { DISCARDED, VALIDATED } from "./corrections.js";
import { fromStored, toNames, toStored } from "./labels.js";

const STORE = `label-auditor ${key}`;
const SETTINGS = "label-auditor settings";
const NO_LABEL = -1;

// An action is {id, kind, rows}; its rows are [row, label, who, when], with the label as it is
// stored, -1 if discarded; a note comes last, where there is one.
// `asked` are the rows for which it answers the random sample, `of` the action that it undoes.
let actions = [];

/** The decision about each row, latest last: {label, who, when, note}. */
export const decisions = new Map();

/** Rows put off, latest last. */
export const skipped = new Set();

/** Rows of the random sample about which the page has asked. */
export const asked = new Set();

let kept = true;

/** Whether this browser keeps the log. */
export const isKept = () => kept;

const listeners = [];

/** Call back after every change; `elsewhere` is true if another tab made it. */
export function onChange(callback) {
  listeners.push(callback);
}

export function decide(rows, kind = "decide", answers = []) {
  const stored = rows.map(([row, label, ...by]) => [row, toStored(label), ...by]);
  add({ kind, rows: stored, asked: answers });
}

export function skip(row) {
  add({ kind: "skip", rows: [[row]], asked: [] });
}

/** Take the last action back, and give it. */
export function undo() {
  const last = lastAction();
  if (last) add({ kind: "undo", of: last.id, rows: [], asked: [] });
  return last;
}

/** The actions that stand: neither undone nor an undoing. */
function standing() {
  const undone = new Set(actions.map(({ of }) => of));
  return actions.filter(({ id, kind }) => kind !== "undo" && !undone.has(id));
}

const lastAction = () => standing().at(-1);

export const canUndo = () => lastAction() !== undefined;

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
  return [...decisions].map(([row, { label, who, when, note }]) => ({
    id: ids[row],
    label: toNames(label),
    status: label === NO_LABEL ? DISCARDED : VALIDATED,
    who: who || null,
    when: when || null,
    ...(note ? { note } : {}),
  }));
}

let seen = null; // what the store held last
const ID = /^0[0-9a-z]{8} [0-9a-z]{1,12}$/;
const tab = Math.random().toString(36).slice(2, 8);

/** An id that sorts after all before, by its time, and is no other tab's. */
function nextId() {
  const last = Number.parseInt(actions.at(-1)?.id ?? "0", 36);
  return `${Math.max(Date.now(), last + 1).toString(36).padStart(9, "0")} ${tab}`;
}

function add(action) {
  merge();
  actions.push({ id: nextId(), ...action });
  if (action.kind === "undo") replay();
  else apply(action);
  changed();
}

function apply({ kind, rows, asked: answers }) {
  for (const [row, label, who, when, note] of rows) {
    decisions.delete(row);
    skipped.delete(row);
    if (kind === "skip") skipped.add(row);
    else decisions.set(row, { label: fromStored(label), who, when, note });
  }
  answers.forEach((row) => asked.add(row));
}

function replay() {
  decisions.clear();
  skipped.clear();
  asked.clear();
  apply({ rows: decided, asked: [] });
  standing().forEach(apply);
}

function changed() {
  seen = store(STORE, actions);
  listeners.forEach((callback) => callback(false));
}

export function store(name, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(name, text);
  } catch {
    kept = false; // full, or forbidden: the page says so, and asks before it is closed
  }
  return text;
}

export function stored(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Take up what another tab has stored; tells whether it was anything new. */
function merge() {
  let text = null;
  try {
    text = localStorage.getItem(STORE);
  } catch {
    return false; // forbidden
  }
  if (text === seen) return false;
  seen = text;
  const found = stored(STORE, []);
  const known = new Set(actions.map(({ id }) => id));
  const fresh = (Array.isArray(found) ? found : []).filter(
    (action) => isAction(action) && !known.has(action.id),
  );
  if (fresh.length === 0) return false;
  actions = [...actions, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1));
  replay();
  return true;
}

export const isRow = (row) => Number.isInteger(row) && row >= 0 && row < nRows;
const isText = (text) => typeof text === "string";

/** Whether something is an action of this page: other pages can write into the same store. */
function isAction(found) {
  if (found === null || typeof found !== "object" || !ID.test(found.id)) return false;
  const { kind, rows, asked: answers, of } = found;
  if (!Array.isArray(rows) || !Array.isArray(answers) || !answers.every(isRow)) return false;
  if (kind === "undo") return isText(of) && rows.length === 0;
  if (kind === "skip") return rows.every((each) => Array.isArray(each) && isRow(each[0]));
  return ["decide", "import"].includes(kind) && rows.every(isDecision);
}

function isDecision(found) {
  if (!Array.isArray(found)) return false;
  const [row, label, who, when, note = ""] = found;
  return isRow(row) && fromStored(label) !== undefined && [who, when, note].every(isText);
}

/** What the reviewer prefers, on every page: {learn, keys, who, evidence}. */
export const settings = preferences({ learn: true, keys: true, who: "", evidence: false });

/** Stored values go over the others where they are of the same type. */
function preferences(otherwise) {
  const found = Object(stored(SETTINGS, {}));
  return Object.fromEntries(
    Object.entries(otherwise).map(([name, value]) => [
      name,
      Object.hasOwn(found, name) && typeof found[name] === typeof value ? found[name] : value,
    ]),
  );
}

export function set(name, value) {
  settings[name] = value;
  store(SETTINGS, settings);
}

replay();
merge();

// The same page in another tab: both show the same log.
addEventListener("storage", (event) => {
  if (event.key !== STORE) return;
  const n = actions.length;
  const fresh = merge();
  // What that tab didn't know yet, it gets.
  if (n && stored(STORE, []).length < actions.length) seen = store(STORE, actions);
  if (fresh) listeners.forEach((callback) => callback(true));
});
