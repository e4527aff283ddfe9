// What speaks for and against a label: words of the text, and the rows most like this one.

import { evidence, fields, given, ids, nRows, suggested, texts, unpack } from "./data.js";
import { firstOf } from "./columns.js";
import { $, count, el, foreign, percent } from "./dom.js";
import { nameOf, numberOf, hasSets } from "./labels.js";
import { decisions, set, settings } from "./log.js";
import { nameOfMark } from "./marks.js";

const found = evidence?.neighbors ?? null;
const nAll = nRows + (found?.outside.ids.length ?? 0); // what is no less stands for none
const SHORT = 40; // characters of the cells of a table
const LONG = 160; // characters of a neighbour's text that are shown

// The columns are unpacked when they are first asked for, not when the page opens.
const once = (make) => {
  let made = null;
  return () => (made ??= make());
};

const neighborRows = once(() => unpack(found.rows, found.bytes === 2 ? Uint16Array : Uint32Array));
const neighborCosines = once(() => unpack(found.cosines, Uint8Array));
const spans = once(() => {
  const counts = unpack(evidence.words.counts, Uint16Array);
  const firsts = new Uint32Array(nRows + 1);
  for (let row = 0; row < nRows; row++) firsts[row + 1] = firsts[row] + counts[row];
  return {
    firsts,
    gaps: unpack(evidence.words.gaps, Uint16Array),
    sizes: unpack(evidence.words.sizes, Uint8Array),
    weights: unpack(evidence.words.weights, Int8Array),
  };
});

/** The words of a row that speak for its suggested label (above 0), or for the given one. */
export function wordsOf(row) {
  if (!evidence?.words) return [];
  const { firsts, gaps, sizes, weights } = spans();
  const words = [];
  let at = 0;
  for (let i = firsts[row]; i < firsts[row + 1]; i++) {
    const start = at + gaps[i];
    at = start + sizes[i];
    if (weights[i] !== 0) words.push({ start, stop: at, weight: weights[i] });
  }
  return words;
}

/** What the marks in the text mean. */
export function drawLegend(row) {
  const words = wordsOf(row);
  const sides = [
    [1, suggested[row]],
    [-1, given[row]],
  ].filter(([side]) => words.some(({ weight }) => weight * side > 0));
  if (!sides.length) return [];
  const name = ([side, label]) => el("mark", { class: nameOfMark(side) }, foreign(nameOf(label)));
  const [first, second] = sides.map(name);
  return [
    el("p", { class: "note legend" }, "Marked words speak for ", first, ...(second ? [" or for ", second] : []), "."),
  ];
}

/** The rows most like a row; near twins with another label first. */
function neighborsOf(row) {
  const k = found?.k ?? 0;
  const all = Array.from({ length: k }, (_, i) => {
    const at = neighborRows()[row * k + i];
    const cosine = neighborCosines()[row * k + i];
    const label = at < nAll ? labelOf(at) : -1;
    const isTwin = found.twin !== null && cosine >= found.twin;
    return { at, cosine, label, isTwin, comesFirst: isTwin && label !== given[row] };
  }).filter(({ at }) => at < nAll);
  return all.sort((a, b) => b.comesFirst - a.comesFirst);
}

/** The given label of a row in the page or, after these, of one outside of it. */
function labelOf(at) {
  if (at < nRows) return given[at];
  const label = found.outside.given[at - nRows];
  return hasSets ? numberOf(label) : label;
}

/** In a few words: what label most of them have, and what near twins have. */
function summarise(row, neighbors) {
  const counts = new Map();
  for (const { label } of neighbors) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label, n] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const twin = neighbors.find(({ comesFirst }) => comesFirst);
  const all = neighbors.length;
  if (n === 1 && all > 1 && !twin) return [`all ${all} have different labels`];
  const most = n < all ? `${n} of ${all} are` : n === 1 ? "it is" : `all ${n} are`;
  return [
    ...(twin && twin.label !== label
      ? ["a near twin is labelled ", foreign(nameOf(twin.label)), "; "]
      : []),
    `${most} labelled `,
    foreign(nameOf(label)),
    twin?.label === label && all > 1 ? ", a near twin among them" : "",
  ];
}

/** Show the rows most like this one, or how many there are to be shown. */
export function drawEvidence(row) {
  const neighbors = row === null ? [] : neighborsOf(row);
  $("evidence").hidden = neighbors.length === 0;
  if (neighbors.length === 0) return;
  $("evidence-summary").replaceChildren(...summarise(row, neighbors));
  $("evidence-open").setAttribute("aria-expanded", String(settings.evidence));
  $("evidence-list").hidden = !settings.evidence;
  $("evidence-note").hidden = !settings.evidence || (found.recall ?? 1) === 1;
  if (!settings.evidence) return;
  $("evidence-list").replaceChildren(...neighbors.map((each) => drawNeighbor(row, each)));
  $("evidence-note").textContent =
    `The search is approximate: it finds ${percent(found.recall ?? 1)} of the nearest rows.`;
}

/** Texts as they are, and the cells of a table by name. */
function describeInputs(row, columns) {
  const values = columns.map((i) => texts[i][row]);
  return values.length === 1 || values.some((value) => value.length >= SHORT)
    ? values.join(" · ")
    : values.map((value, i) => `${fields[columns[i]]}=${value}`).join(", ");
}

function drawNeighbor(row, { at, cosine, label, isTwin }) {
  const outside = at - nRows;
  const id = outside < 0 ? ids[at] : found.outside.ids[outside];
  const text = outside < 0 ? describeInputs(at, firstOf(row)) : found.outside.texts[outside];
  const role = label === given[row] ? "given" : label === suggested[row] ? "suggested" : "other";
  const decided = decisions.get(at);
  const changed = decided && decided.label !== label;
  return el(
    "li",
    {},
    el("span", { class: "cosine", title: "Cosine of the vectors" }, `${cosine}%`),
    el(
      "span",
      { class: "whose" },
      el("span", { class: `tag ${role}` }, foreign(nameOf(label))),
      isTwin ? el("span", { class: "tag twin" }, "near twin") : null,
      changed
        ? el("span", { class: "tag changed" }, decided.label < 0 ? "discarded" : ["now ", foreign(nameOf(decided.label))])
        : null,
      el("span", { class: "row-id" }, "row ", foreign(id)),
    ),
    el(
      "span",
      { class: "excerpt", dir: "auto", lang: "" },
      text.length > LONG ? `${text.slice(0, LONG)}…` : text,
    ),
  );
}

/** Open or close the list, here and on all pages that follow; tells what there is to hear. */
export function toggleEvidence(row) {
  if (found === null) return "There is no evidence in this page.";
  set("evidence", !settings.evidence);
  drawEvidence(row);
  if (!settings.evidence || row === null) return "Similar rows are hidden.";
  const said = neighborsOf(row).map(
    ({ cosine, label, isTwin }) => `${isTwin ? "near twin, " : ""}${cosine}% alike, labelled ${nameOf(label)}`,
  );
  return said.length ? `${count(said.length)} similar rows: ${said.join("; ")}.` : "No row is similar.";
}
