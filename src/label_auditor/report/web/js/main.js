// The page: what is drawn when, and what each control does.

import { candidates, classes, given, ids, key, suggested, title } from "./data.js";
import { $, announce, count, el, toast } from "./dom.js";
import {
  canUndo,
  decide,
  decisions,
  isKept,
  onChange,
  outcome,
  set,
  settings,
  skip,
  store,
  stored,
  undo,
} from "./log.js";
import {
  SHOWN,
  filter,
  isFiltered,
  isOpen,
  mode,
  nextOpen,
  queue,
  step,
  update,
} from "./queue.js";
import { hasSets, nameOf } from "./labels.js";
import { bindSets, draftOf, dropDraft, pressedOf, toggle, toggles } from "./sets.js";
import { drawCounting } from "./counting.js";
import { toggleEvidence } from "./evidence.js";
import { bindNote, keepDraft, takeNote } from "./notes.js";
import { drawSummary, markPair, markScore } from "./summary.js";
import { drawClasses } from "./classes.js";
import { describe, drawCard } from "./card.js";
import { drawList, forPaper, turn } from "./list.js";
import { bindMany, drawMany } from "./many.js";
import { bindApply } from "./apply.js";
import { bindChooser, openChooser } from "./chooser.js";
import { drawLearned, drawProgress } from "./progress.js";
import { bindFiles, unsaved } from "./files.js";
import { bindHelp, bindKeys, openHelp } from "./keys.js";

const COUNTING = `label-auditor ${key} counting`;

/** Draw all that follows from the log, the filters and the current row. */
function draw() {
  drawCard(pick, choosePair);
  drawMany();
  drawList(go);
  drawProgress();
  drawCounting(toggleCounting);
  drawUnsaved();
  markPair();
  markScore();
  const at = queue.visible.indexOf(queue.current);
  $("previous").disabled = at < 1 && queue.current !== null;
  $("next").disabled = at < 0 ? queue.visible.length === 0 : at === queue.visible.length - 1;
  $("undo").disabled = !canUndo();
  $("clear").hidden = !isFiltered();
}

/** Say how many decisions are in no file yet. */
function drawUnsaved() {
  const n = unsaved();
  $("unsaved").textContent = n ? count(n) : "";
  $("unsaved").hidden = n === 0;
  const note = n ? `; ${count(n)} are in no file yet` : "";
  $("download-json").title = `Download all decisions as corrections.json${note}`;
}

function go(row) {
  queue.current = row;
  draw();
  bringIntoView();
}

/** On a small screen the list is far below the card. */
function bringIntoView() {
  const { top } = $("card").getBoundingClientRect();
  if (top < 0 || top > innerHeight * 0.6) $("card").scrollIntoView({ block: "start" });
}

/** Decide for the current row, and go on to the next. */
function choose(label) {
  const row = queue.current;
  if (row === null || label === undefined) return;
  dropDraft(row);
  const before = decisions.has(row) ? said(row) : null;
  decide([decision(row, label)], "decide", mode.counting ? [row] : []);
  advance(row, `${said(row)}.`);
  if (before && before !== said(row)) {
    const change = `Row ${ids[row]} was decided before. ${before}; now: ${said(row)}.`;
    toast(change, { name: "Undo", run: actions.undo });
  }
}

/** Choose a candidate: it is the label, or one class of the set. */
function pick(label) {
  const row = queue.current;
  if (!hasSets || row === null || label === undefined) {
    choose(label);
    return;
  }
  const change = toggle(row, label);
  draw();
  announce(change);
}

/** Decide for many rows as one action. */
function decideAll(pairs, message) {
  decide(pairs.map(([row, label]) => decision(row, label)));
  queue.current = nextOpen();
  draw();
  toast(message, { name: "Undo", run: actions.undo });
}

/** What was decided about a row. */
function said(row) {
  const made = { kept: "Kept", discarded: "Discarded" }[outcome(row)];
  return made ?? `Changed to ${nameOf(decisions.get(row).label)}`;
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");

/** A decision as the log has it: by whom, when, and with what note. */
const decision = (row, label) => [row, label, settings.who, now(), ...takeNote(row)];

/** Take up the note on a row that is decided. */
function noteChanged(row) {
  decide([decision(row, decisions.get(row).label)]);
  draw();
  announce("Note kept.");
}

function advance(row, message) {
  queue.current = nextOpen(anew ? null : row);
  draw();
  announce(
    `${message} ${anew && queue.learnedFrom ? "The remaining rows have a new order. " : ""}${describe(queue.current)}`,
  );
}

// Whether the last change of the log ordered the rows ahead anew.
let anew = false;

onChange((elsewhere) => {
  anew = update();
  drawLearned(anew);
  if (!elsewhere) return;
  if (!isOpen(queue.current)) queue.current = nextOpen(queue.current);
  draw();
});

/** Go from finding errors to counting them, and back. */
function toggleCounting() {
  mode.counting = !mode.counting;
  store(COUNTING, mode.counting);
  update();
  queue.current = nextOpen() ?? (mode.counting ? (queue.visible[0] ?? null) : null);
  draw();
  drawLearned(false);
  $("card").focus({ preventScroll: true });
  if (mode.counting) $("counting").scrollIntoView({ block: "nearest" });
  else bringIntoView();
  announce(`${mode.counting ? "Counting errors." : "Finding errors."} ${describe(queue.current)}`);
}

const actions = {
  keep: () => $("keep").disabled || choose(given[queue.current]),
  take: () => $("take").disabled || choose(suggested[queue.current]),
  discard: () => $("discard").disabled || choose(-1),
  choose() {
    const row = queue.current;
    if ($("choose").disabled) return;
    openChooser(row, pick, hasSets ? pressedOf(row) : undefined);
  },
  accept: () => $("accept").disabled || choose(draftOf(queue.current)),
  evidence: () => announce(toggleEvidence(queue.current)),
  skip() {
    const row = queue.current;
    if (row === null) return;
    if (decisions.has(row) && !mode.counting) {
      actions.next();
      return;
    }
    const following = nextOpen(row);
    if (!decisions.has(row)) skip(row); // what was decided stays so
    queue.current = following ?? row;
    draw();
    announce(`Skipped. ${describe(queue.current)}`);
  },
  undo() {
    const undone = undo();
    if (!undone) return;
    const [row] = undone.rows[0] ?? [undone.asked[0]];
    for (const [each, , , , note] of undone.rows) keepDraft(each, note);
    if (mode.counting && !queue.visible.includes(row)) mode.counting = false;
    update();
    queue.current = row;
    draw();
    bringIntoView();
    announce(`Undone. ${describe(row)}`);
  },
  next: () => move(1),
  previous: () => move(-1),
};

function move(by) {
  const row = step(by);
  if (row === null) return;
  go(row);
  announce(describe(row));
}

/** Take up filters that have changed. */
function filtered() {
  update();
  // Coming from a filter, nobody should decide a second time about the row on show.
  const isShown = queue.visible.includes(queue.current);
  if (!isShown || !isOpen(queue.current)) {
    queue.current = nextOpen() ?? (isShown ? queue.current : (queue.visible[0] ?? null));
  }
  for (const name of ["given", "suggested"]) $(name).value = filter[name] ?? "";
  $("show").value = filter.show;
  draw();
}

function clearFilters() {
  Object.assign(filter, { text: "", show: "all", given: null, suggested: null });
  $("search").value = "";
  filtered();
}

function choosePair(a, b) {
  const chosen = filter.given === a && filter.suggested === b;
  Object.assign(filter, chosen ? { given: null, suggested: null } : { given: a, suggested: b });
  filtered();
  bringIntoView();
}

function bindFilters() {
  $("show").append(
    ...Object.entries(SHOWN).map(([value, [name]]) => el("option", { value }, name)),
  );
  for (const [name, any] of [
    ["given", hasSets ? "Any given class" : "Any given label"],
    ["suggested", hasSets ? "Any in doubt" : "Any suggestion"],
  ]) {
    const options = classes.map((each, label) => el("option", { value: label, dir: "auto" }, each));
    $(name).append(el("option", { value: "" }, any), ...options);
    $(name).addEventListener("change", () => {
      filter[name] = $(name).value === "" ? null : Number($(name).value);
      filtered();
    });
  }
  $("show").addEventListener("change", () => {
    filter.show = $("show").value;
    filtered();
  });
  let waiting = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filter.text = $("search").value.trim().toLowerCase();
      filtered();
      announce(`${$("list-count").textContent}`);
    }, 120);
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", clearFilters);
}

function toggleLearning() {
  set("learn", !settings.learn);
  $("learn").checked = settings.learn;
  anew = update();
  drawLearned(anew);
  if (isOpen(queue.current)) queue.current = nextOpen();
  draw();
  announce($("learned").textContent);
}

function bind() {
  for (const [name, action] of Object.entries(actions))
    $(name === "evidence" ? "evidence-open" : name).addEventListener("click", action);
  $("learn").checked = settings.learn;
  $("learn").addEventListener("change", toggleLearning);
  $("page-back").addEventListener("click", () => turn(-1, go));
  $("page-on").addEventListener("click", () => turn(1, go));
  $("who").value = settings.who;
  $("who").addEventListener("change", () => set("who", $("who").value.trim()));
  bindFilters();
  bindMany(decideAll);
  bindNote(noteChanged);
  bindApply();
  bindChooser();
  bindHelp();
  bindFiles(() => {
    queue.current = nextOpen();
    draw();
  }, drawUnsaved);
  bindKeys({
    k: actions.keep,
    t: actions.take,
    ...(hasSets ? { a: actions.accept } : {}),
    c: actions.choose,
    d: actions.discard,
    s: actions.skip,
    u: actions.undo,
    e: actions.evidence,
    m: () => $("note").focus(),
    n: actions.next,
    p: actions.previous,
    arrowright: actions.next,
    arrowleft: actions.previous,
    l: toggleLearning,
    "/": () => $("search").focus(),
    "?": openHelp,
    escape: () => mode.counting || clearFilters(),
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        String(i + 1),
        () => queue.current !== null && pick(shownOf(queue.current)[i]?.label),
      ]),
    ),
  });
  addEventListener("beforeprint", () => forPaper(true, go));
  addEventListener("afterprint", () => forPaper(false, go));
  addEventListener("beforeunload", (event) => {
    if (!isKept() && unsaved() > 0) event.preventDefault();
  });
}

const shownOf = hasSets ? toggles : candidates;
$("title").textContent = title;
if (hasSets) bindSets();
bind();
drawSummary(choosePair);
drawClasses((label) => (hasSets ? choosePair(null, label) : choosePair(label, null)));
mode.counting = stored(COUNTING, false) === true;
update();
drawLearned(false);
queue.current = nextOpen() ?? queue.visible[0] ?? null;
draw();
