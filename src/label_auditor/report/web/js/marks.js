// What is marked in a text: what is searched for, and the words that speak for a label.

import { el } from "./dom.js";
import { filter, mode } from "./queue.js";

const STRONG = 64; // of 127: the weight from which a word stands out more

/** A part of a text, with its marks; a word that a hit of the search touches gives way to it. */
export function marked(text, from, to, words) {
  const hits = findHits(text.slice(from, to)).map(([start, stop]) => [from + start, from + stop]);
  const touched = ({ start, stop }) => hits.some(([a, b]) => start < b && a < stop);
  const spans = [
    ...hits.map(([start, stop]) => ({ start, stop, name: "hit" })),
    ...words
      .filter((each) => each.start >= from && each.stop <= to && !touched(each))
      .map((each) => ({ ...each, name: nameOfMark(each.weight) })),
  ].sort((a, b) => a.start - b.start);
  const parts = [];
  let at = from;
  for (const { start, stop, name } of spans) {
    if (start < at) continue;
    parts.push(text.slice(at, start), el("mark", { class: name }, text.slice(start, stop)));
    at = stop;
  }
  return [...parts, text.slice(at, to)];
}

export function nameOfMark(weight) {
  const side = weight > 0 ? "for-suggested" : "for-given";
  return Math.abs(weight) >= STRONG ? `${side} strong` : side;
}

function findHits(text) {
  const sought = mode.counting ? "" : filter.text;
  const plain = text.toLowerCase();
  // A letter that has another length in lower case would move what comes after it.
  if (sought === "" || plain.length !== text.length) return [];
  const found = [];
  for (let at = plain.indexOf(sought); at >= 0; at = plain.indexOf(sought, at + sought.length))
    found.push([at, at + sought.length]);
  return found;
}
