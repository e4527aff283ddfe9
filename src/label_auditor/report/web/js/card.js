// The row on show: its texts, its labels, why it is here.

import {
  candidates,
  classes,
  descriptions,
  fields,
  flagged,
  given,
  givenProbability,
  ids,
  metadata,
  metadataNames,
  pairCount,
  quality,
  suggested,
  texts,
} from "./data.js";
import { hasSets, nameOf } from "./labels.js";
import { drawFields } from "./columns.js";
import { drawEvidence, drawLegend, wordsOf } from "./evidence.js";
import { drawImage, isOnlyImage } from "./images.js";
import { marked } from "./marks.js";
import { drawNote } from "./notes.js";
import { drawSet, isDraft } from "./sets.js";
import { $, breakable, count, el, foreign, percent, plural, score } from "./dom.js";
import { decisions, outcome, skipped } from "./log.js";
import { isDone } from "./counting.js";
import { filter, mode, queue } from "./queue.js";

const LINES = 200; // characters from which a text is set smaller
const LONG = 3000; // characters of a text that are shown at first
const MORE = 20000; // and with each click
const LIKELY = 0.5; // the probability from which a suggestion is likely

/**
 * Show the current row; `choose(label)` decides for one of its candidates, or presses one of the
 * classes of a set; `filterPair` filters.
 */
export function drawCard(choose, filterPair) {
  const row = queue.current;
  $("card").classList.toggle("done", row === null);
  drawEvidence(row);
  drawNote(row);
  if (row === null) {
    drawNothing();
    return;
  }
  $("row-name").replaceChildren("Row ", foreign(ids[row]));
  $("badges").replaceChildren(...badges(row));
  $("texts").replaceChildren(
    ...drawImage(row),
    ...(isOnlyImage(row) ? [] : [...drawTexts(row), ...drawLegend(row)]),
    ...drawMetadata(row),
  );
  for (const id of ["choose", "discard", "skip"]) $(id).disabled = false;
  (hasSets ? drawSet : drawLabel)(row, choose, filterPair);
}

function drawLabel(row, choose, filterPair) {
  $("pair").replaceChildren(...drawPair(row));
  $("reason").replaceChildren(reason(row), ...drawSame(row, filterPair));
  const focused = $("candidates").contains(document.activeElement);
  $("candidates").replaceChildren(
    ...candidates(row).map((each, i) => drawCandidate(row, each, i, choose)),
  );
  if (focused) $("card").focus();
  const same = given[row] === suggested[row];
  $("keep").disabled = given[row] < 0;
  $("take").disabled = suggested[row] < 0 || same;
  $("take").classList.toggle("primary", !same && isLikely(row));
}

function drawNothing() {
  const [title, text] = mode.counting
    ? isDone()
      ? ["The random sample is done", "Download the corrections, or go back to finding errors."]
      : ["Only skipped rows are left", "Choose one in the list to decide about it."]
    : queue.visible.length === 0
      ? ["No row matches these filters", "Clear the filters to continue."]
      : [
          "All of these rows are decided",
          "Download the corrections, or clear the filters to continue.",
        ];
  $("row-name").textContent = title;
  $("badges").replaceChildren();
  $("texts").replaceChildren(el("p", {}, text));
  for (const id of ["pair", "reason", "candidates"]) $(id).replaceChildren();
  for (const id of ["keep", "take", "accept", "choose", "discard", "skip"]) $(id).disabled = true;
}

const OUTCOMES = {
  kept: "kept",
  changed: "changed",
  filled: "labelled",
  discarded: "discarded",
};

function badges(row) {
  const badge = (name, ...text) => el("span", { class: `badge ${name}` }, ...text);
  const made = outcome(row);
  return [
    made &&
      badge(
        made,
        OUTCOMES[made],
        ...(["changed", "filled"].includes(made)
          ? [" to ", foreign(nameOf(decisions.get(row).label))]
          : []),
      ),
    isDraft(row) && badge("draft", "marked, not decided"),
    skipped.has(row) && badge("skipped", "skipped"),
    flagged[row] === 1 ? badge("flag", "flagged") : badge("plain", "not flagged"),
    badge("plain", `quality ${score(quality[row])}`),
  ].filter(Boolean);
}

function drawTexts(row) {
  const single = fields.length === 1;
  const draw = (i) => {
    const { body, more } = drawText(texts[i][row], single ? wordsOf(row) : []);
    return single
      ? [body, more]
      : el("div", { class: "named" }, el("h4", { dir: "auto" }, breakable(fields[i])), body, more);
  };
  const short = !single && texts.every((column) => column[row].length < 40);
  $("texts").classList.toggle("tabular", short);
  return drawFields(row, draw).filter(Boolean);
}

/** A text, of which a long one is shown in parts: a browser can't lay out a megabyte at once. */
function drawText(text, words) {
  // A long one scrolls in its box, so the keyboard must get there.
  const long = { class: "text long", tabindex: "0", role: "group", "aria-label": "Text" };
  const body = el("div", {
    class: "text",
    dir: "auto",
    lang: "",
    ...(text.length > LINES ? long : {}),
  });
  const more = el("button", { type: "button", class: "quiet", onclick: () => show(MORE) });
  let end = 0;
  const show = (n) => {
    const from = end;
    end = Math.min(end + n, text.length);
    body.append(...marked(text, from, end, words));
    if (end === text.length) more.remove();
    else
      more.textContent = `Show more: ${count(end)} of ${count(text.length)} characters are shown`;
  };
  show(LONG);
  if (text === "") body.append(el("span", { class: "empty" }, "empty"));
  return { body, more: end < text.length ? more : null };
}

function drawMetadata(row) {
  const shown = metadataNames
    .map((name, i) => [name, metadata[i][row]])
    .filter(([, value]) => value !== null);
  if (!shown.length) return [];
  return [
    el(
      "dl",
      { class: "metadata" },
      shown.map(([name, value]) =>
        el("div", {}, el("dt", {}, foreign(name)), el("dd", {}, foreign(value.slice(0, 300)))),
      ),
    ),
  ];
}

function drawPair(row) {
  const label = (role, code) =>
    el(
      "div",
      { class: `label ${role}` },
      el("span", { class: "role" }, role),
      breakable(nameOf(code), "name"),
      descriptions[code] ? el("span", { class: "meaning" }, foreign(descriptions[code])) : null,
    );
  const arrow = el("span", { class: "to", "aria-hidden": "true" }, "→");
  if (suggested[row] < 0) return [label("given", given[row])];
  return [label("given", given[row]), arrow, label("suggested", suggested[row])];
}

/** Whether the suggestion is so likely that its button may stand out. */
function isLikely(row) {
  const [best] = candidates(row);
  return best !== undefined && best.probability >= LIKELY;
}

/** Why the row is suspicious, or isn't, in a few words. */
export function reason(row) {
  const [best] = candidates(row);
  if (suggested[row] < 0) return "No model could judge this row.";
  if (given[row] < 0)
    return `No label was given. The models give the suggested label ${percent(best.probability)}.`;
  if (given[row] === suggested[row]) {
    return best.probability < 0.5
      ? `The models agree with the label, but give it only ${percent(best.probability)}.`
      : "The models agree with the label.";
  }
  const ratio = best.probability / givenProbability[row];
  const first =
    givenProbability[row] < 0.01
      ? `The models all but rule out the given label (${percent(givenProbability[row])})`
      : ratio < 1.5
        ? "A close call between the two labels"
        : `The suggested label is ${ratio < 10 ? ratio.toFixed(1) : count(Math.round(ratio))} times as likely as the given one`;
  const unsure =
    best.probability < 0.4
      ? ` The models give no label more than ${percent(best.probability)}.`
      : "";
  const ruled = flagged[row] === 1 ? "" : " The rule did not flag this row.";
  return `${first}.${unsure}${ruled}`;
}

/** A link to the other rows that are confused in the same way. */
function drawSame(row, filterPair) {
  const [a, b] = [given[row], suggested[row]];
  const others = pairCount(a, b) - 1;
  if (a < 0 || b < 0 || a === b || others < 1 || mode.counting) return [];
  const name =
    filter.given === a && filter.suggested === b
      ? "Show all rows again"
      : `${plural(others, "other row is", "other rows are")} confused the same way`;
  const attributes = { type: "button", class: "link", id: "same", onclick: () => filterPair(a, b) };
  return [" ", el("button", attributes, name), "."];
}

function drawCandidate(row, { label, probability }, i, choose) {
  const decided = decisions.get(row)?.label === label;
  const fill = el("span", { class: "fill" });
  fill.style.inlineSize = `${100 * probability}%`;
  const key = i < 9 ? el("kbd", {}, String(i + 1)) : null;
  const tags = [
    label === given[row] ? el("span", { class: "tag given" }, "given") : null,
    label === suggested[row] ? el("span", { class: "tag suggested" }, "suggested") : null,
  ];
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        "aria-pressed": String(decided),
        title: descriptions[label],
        onclick: () => choose(label),
      },
      key,
      el("span", { class: "what" }, breakable(classes[label]), tags),
      el("span", { class: "bar", "aria-hidden": "true" }, fill),
      el("span", { class: "share" }, percent(probability)),
    ),
  );
}

/** The row in one sentence, for people who listen. */
export function describe(row) {
  if (row === null) return "No row is left.";
  const at = queue.visible.indexOf(row) + 1;
  const text = texts
    .map((column) => column[row])
    .join(". ")
    .slice(0, 300);
  return `Row ${ids[row]}, ${count(at)} of ${count(queue.visible.length)}${text && `: ${text}`}. Given ${nameOf(given[row])}, suggested ${nameOf(suggested[row])}.`;
}
