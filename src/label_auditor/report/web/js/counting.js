// How many errors? A random sample is reviewed; the interval is shown as soon as it says something.

import { audit, estimate, given, plan } from "./data.js";
import { $, count, el, percent, plural } from "./dom.js";
import { DISCARDED, RIGHT, UNSEEN, WRONG, estimateErrors } from "./estimate.js";
import { asked, decisions } from "./log.js";
import { mode } from "./queue.js";

const WIDEST = 0.5; // of all rows; a wider interval says nothing

/** What the decisions tell about the number of errors; null where they tell nothing. */
export function counted() {
  return estimateErrors(plan, plan.at.map(state));
}

function state(row) {
  const decision = decisions.get(row);
  if (!decision) return UNSEEN;
  if (decision.label < 0) return DISCARDED;
  return decision.label === given[row] ? RIGHT : WRONG;
}

const nAsked = () => plan.at.filter((row) => asked.has(row)).length;
export const isDone = () => nAsked() === plan.at.length;

const saysSomething = (found) =>
  found !== null && found.all.high - found.all.low <= WIDEST * found.all.nRows;

/** Draw the tile of the number of errors, and what stands above the card while they are counted. */
export function drawCounting(toggle) {
  const found = asked.size > 0 ? counted() : null;
  $("count-tile").replaceChildren(...drawTile(found), mode.counting ? "" : drawButton(toggle));
  $("counting").hidden = !mode.counting;
  $("filters").hidden = mode.counting;
  $("review-title").textContent = mode.counting ? "Count the errors" : "Review";
  $("list-title").textContent = mode.counting ? "The random sample" : "The queue";
  if (mode.counting) $("counting").replaceChildren(...drawBar(found, toggle));
}

function drawTile(found) {
  if (saysSomething(found)) return describeCount(found);
  if (asked.size === 0 && estimate) return describeGiven();
  return [
    el("p", { class: "figure" }, "How many errors? ", el("b", {}, "Not known yet")),
    el(
      "p",
      { class: "note" },
      plan.at.length === 0
        ? "No row has a label that could be wrong."
        : asked.size > 0
          ? `${count(nAsked())} of ${plural(plan.at.length, "row")} of the random sample reviewed.`
          : `Reviewing a random sample of ${plural(plan.at.length, "row")} tells.`,
    ),
  ];
}

function describeCount({ all, flagged, nReviewed }) {
  const sample = plural(nReviewed, "row");
  return [
    el(
      "p",
      { class: "figure", id: "counted" },
      isDone() ? "" : el("span", { class: "so-far" }, "So far: "),
      el("b", {}, `${count(all.low)} to ${count(all.high)}`),
      ` label errors · ${percent(all.low / all.nRows)} to ${percent(all.high / all.nRows)}`,
    ),
    el(
      "p",
      { class: "note", id: "counted-note" },
      `Best guess ${count(Math.round(all.nErrors))}, ${percent(plan.confidence)} confidence, ` +
        `from ${sample} of a random sample.` +
        (flagged
          ? ` Among the ${count(flagged.nRows)} flagged rows: ${count(flagged.low)} to ${count(flagged.high)}.`
          : ""),
    ),
  ];
}

/** The estimate that was handed to the page. */
function describeGiven() {
  const { n_errors, low, high, confidence, n_reviewed } = estimate;
  const round = (value) => count(Math.round(value));
  return [
    el(
      "p",
      { class: "figure" },
      el("b", {}, `≈ ${round(n_errors)}`),
      ` label errors · ${percent(n_errors / audit.n_rows)}`,
    ),
    el(
      "p",
      { class: "note" },
      `${round(low)} to ${round(high)} with ${percent(confidence)} confidence, ` +
        `estimated from a reviewed random sample of ${plural(n_reviewed, "row")}`,
    ),
  ];
}

function drawButton(toggle) {
  const name =
    asked.size === 0
      ? "Count them: review a random sample"
      : isDone()
        ? "Look at the sample"
        : `Go on counting: ${count(nAsked())} of ${count(plan.at.length)}`;
  const attributes = { type: "button", id: "count", class: "small", onclick: toggle };
  return el("button", { ...attributes, disabled: plan.at.length === 0 }, name);
}

function drawBar(found, toggle) {
  const [done, all] = [nAsked(), plan.at.length];
  const says = saysSomething(found);
  return [
    el(
      "div",
      { class: "counting-line" },
      el("progress", { max: all, value: done, "aria-label": "Reviewed of the random sample" }),
      el("span", { id: "n-asked" }, `${count(done)} of ${count(all)}`),
      el("button", { type: "button", id: "find", class: "small", onclick: toggle }, "Back to finding errors"),
    ),
    el(
      "p",
      { class: "note", id: "count-now" },
      (done === all ? "The sample is done. " : says ? "So far: " : "") +
        (says
          ? `${count(found.all.low)} to ${count(found.all.high)} of ${plural(found.all.nRows, "label")} are wrong` +
            (found.flagged
              ? `; of the ${count(found.flagged.nRows)} flagged, ${count(found.flagged.low)} to ${count(found.flagged.high)}.`
              : ".")
          : "These rows are drawn at random, so most of them are right. The interval is shown as soon as it says something.") +
        (done < all ? " Rows that you decided before are asked again." : ""),
    ),
  ];
}
