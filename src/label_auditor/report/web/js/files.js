// Decisions leave and enter the page as files.

import { decided, ids, key, plan } from "./data.js";
import { parse, toCsv, toJson } from "./corrections.js";
import { $, count, plural, toast } from "./dom.js";
import { fromNames, fromStored, hasSets, toStored } from "./labels.js";
import { asked, corrections, decide, decisions, store, stored } from "./log.js";

const LIMIT = 200e6; // bytes; corrections of a million rows have less
const SAVED = `label-auditor ${key} saved`;

// What the last file held, row by row.
const kept = (row, label, note = "") => [row, { label: fromStored(label), note }];
let saved = new Map([
  ...decided.map(([row, label, , , note]) => kept(row, label, note)),
  ...pairs(stored(SAVED, [])).map((each) => kept(...each)),
]);

function pairs(found) {
  return Array.isArray(found) ? found.filter((each) => Array.isArray(each)) : [];
}

/** How many decisions no downloaded file holds. */
export function unsaved() {
  const isSaved = ([row, { label, note = "" }]) =>
    saved.get(row)?.label === label && saved.get(row).note === note;
  return [...decisions].filter((each) => !isSaved(each)).length;
}

/** The random sample, so that Python can estimate from the decisions alone. */
function samplePlan() {
  const answered = plan.rows.filter((_, i) => asked.has(plan.at[i]));
  return { goal: "count", seed: plan.seed, rows: plan.rows, asked: answered };
}

function download(name, type, text, done) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  saved = new Map([...decisions].map(([row, { label, note = "" }]) => [row, { label, note }]));
  store(
    SAVED,
    [...saved].map(([row, { label, note }]) => [row, toStored(label), ...(note ? [note] : [])]),
  );
  done();
  toast(`${plural(decisions.size, "decision")} downloaded as ${name}.`);
}

/** `done()` follows a file that was read, `drawn()` one that was downloaded. */
export function bindFiles(done, drawn) {
  $("download-json").addEventListener("click", () =>
    download("corrections.json", "application/json", toJson(corrections(), samplePlan()), drawn),
  );
  $("download-csv").addEventListener("click", () =>
    download("corrections.csv", "text/csv", toCsv(corrections()), drawn),
  );
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    if (file) await read(file, done);
    $("file").value = "";
  });
  bindDrop(done);
}

function bindDrop(done) {
  let depth = 0;
  const show = (by) => {
    depth += by;
    $("drop").hidden = depth <= 0;
  };
  addEventListener("dragenter", (event) => event.dataTransfer.types.includes("Files") && show(1));
  addEventListener("dragleave", (event) => event.dataTransfer.types.includes("Files") && show(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault(); // else the browser leaves the page for the file
    show(-depth);
    const [file] = event.dataTransfer.files;
    if (file) await read(file, done);
  });
}

/** Take the decisions of a file over those in the page, as one action that can be undone. */
async function read(file, done) {
  try {
    if (file.size > LIMIT) throw new Error("it is too large for corrections.");
    toast(resume(parse(await file.text()), file.name));
    done();
  } catch (error) {
    toast(`${file.name} can’t be read: ${error.message}`);
  }
}

/** The rows of the random sample that a file answers, if it is the sample of this page. */
function answered(theirs) {
  const same =
    theirs.seed === plan.seed && JSON.stringify(theirs.rows) === JSON.stringify(plan.rows);
  const answers = new Set(same && Array.isArray(theirs.asked) ? theirs.asked : []);
  return plan.at.filter((_, i) => answers.has(plan.rows[i]));
}

function resume({ corrections: found, plan: theirs }, name) {
  const rows = new Map(ids.map((id, row) => [id, row]));
  const here = found.filter((each) => rows.has(each.id));
  const known = here.filter((each) => fromNames(each.label) !== undefined);
  const latest = new Map(known.map((each) => [rows.get(each.id), each]));
  const same = ([row, { label, who, when, note }]) => {
    const mine = decisions.get(row);
    return (
      mine &&
      mine.label === fromNames(label) &&
      (mine.who || null) === who &&
      (mine.when || null) === when &&
      (mine.note || null) === note
    );
  };
  const fresh = [...latest].filter((each) => !same(each));
  const answers = answered(theirs).filter((row) => latest.has(row) || decisions.has(row));
  if (fresh.length || answers.some((row) => !asked.has(row))) {
    decide(
      fresh.map(([row, { label, who, when, note }]) => [
        row,
        fromNames(label),
        who ?? "",
        when ?? "",
        ...(note ? [note] : []),
      ]),
      "import",
      answers,
    );
  }
  const left = [
    [found.length - here.length, "for rows that are not in this page"],
    [here.length - known.length, 
      hasSets
        ? "with classes that are not in this page, or with one label instead of a set"
        : "with labels that are not among the classes",
    ],
  ]
    .filter(([n]) => n)
    .map(([n, why]) => `${count(n)} ${why}`);
  return (
    `${plural(fresh.length, "decision")} from ${name}` +
    (latest.size > fresh.length ? `, ${count(latest.size - fresh.length)} already here` : "") +
    (left.length ? `; left out: ${left.join(", ")}` : "") +
    "."
  );
}
