// Many columns: those in which the row is most unlike its class come first, the rest is folded.

import { fields, firstFields, nFirstFields } from "./data.js";
import { count, el } from "./dom.js";

let isOpen = false; // stays as the reviewer left it

const all = fields.map((_, i) => i);

/** The positions of the columns that a row shows first. */
export const firstOf = (row) =>
  firstFields === null
    ? all
    : [...firstFields.subarray(row * nFirstFields, (row + 1) * nFirstFields)];

/** The columns of a row, drawn by `draw(position)`: all of them, or the first and a fold. */
export function drawFields(row, draw) {
  const first = firstOf(row);
  const rest = all.filter((i) => !first.includes(i));
  return [...first.flatMap(draw), ...(rest.length ? [drawFold(rest, draw)] : [])];
}

function drawFold(rest, draw) {
  const box = el("div", { class: "folded tabular" });
  const fold = el(
    "details",
    { class: "fold", open: isOpen },
    el("summary", {}, `Show the other ${count(rest.length)} columns, which are more usual for the given label`),
    box,
  );
  const fill = () => {
    isOpen = fold.open;
    if (isOpen && !box.hasChildNodes()) box.append(...rest.flatMap(draw).filter(Boolean));
  };
  fold.addEventListener("toggle", fill);
  if (isOpen) fill();
  return fold;
}
