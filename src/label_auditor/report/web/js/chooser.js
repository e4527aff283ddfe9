// Any other label: type a part of its name, Enter takes the first.

import { candidates, classes } from "./data.js";
import { $, count, el, foreign, percent } from "./dom.js";

const LIMIT = 100; // classes that are listed at a time

let found = [];
let active = 0;
let pick = null;
let probabilities = new Map();
let chosen = new Set();

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const names = classes.map(plain);

/** Ask for a label of a row, then call `choose(label)`; those of a set have a mark. */
export function openChooser(row, choose, marked = new Set()) {
  pick = choose;
  chosen = marked;
  probabilities = new Map(candidates(row).map((each) => [each.label, each.probability]));
  $("chooser-input").value = "";
  $("chooser").showModal();
  $("chooser-input").focus();
  search();
}

/** The classes whose names hold every word that was typed, the likeliest and best fitting first. */
export function matches(typed) {
  const words = plain(typed)
    .split(/[\s_-]+/)
    .filter(Boolean);
  const rank = (label) => {
    const name = names[label];
    if (words.length === 0) return 0;
    if (name === words.join(" ")) return 0;
    if (name.startsWith(words[0])) return 1;
    return name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(words[0])) ? 2 : 3;
  };
  return classes
    .map((_, label) => label)
    .filter((label) => words.every((word) => names[label].includes(word)))
    .sort(
      (a, b) =>
        rank(a) - rank(b) || (probabilities.get(b) ?? 0) - (probabilities.get(a) ?? 0) || a - b,
    );
}

function search() {
  found = matches($("chooser-input").value);
  active = 0;
  const option = (label, i) =>
    el(
      "div",
      { role: "option", id: `option-${i}`, onclick: () => take(i), onmousemove: () => activate(i) },
      foreign(classes[label]),
      chosen.has(label) ? el("span", { class: "tag" }, "in the set") : null,
      probabilities.has(label)
        ? el("span", { class: "share" }, percent(probabilities.get(label)))
        : null,
    );
  $("chooser-list").replaceChildren(...found.slice(0, LIMIT).map(option));
  $("chooser-list").scrollTop = 0;
  $("chooser-note").textContent =
    found.length > LIMIT
      ? `${count(found.length - LIMIT)} more; type to narrow the list`
      : found.length === 0
        ? "No class matches."
        : "↑ ↓ to move, Enter to choose, Esc to close";
  activate(0);
}

function activate(i) {
  active = Math.max(0, Math.min(i, Math.min(found.length, LIMIT) - 1));
  const options = $("chooser-list").children;
  for (const [j, option] of [...options].entries())
    option.setAttribute("aria-selected", String(j === active));
  if (options.length) {
    $("chooser-input").setAttribute("aria-activedescendant", `option-${active}`);
    options[active].scrollIntoView({ block: "nearest" });
  } else {
    $("chooser-input").removeAttribute("aria-activedescendant");
  }
}

function take(i) {
  if (found[i] === undefined) return;
  $("chooser").close();
  pick(found[i]);
}

export function bindChooser() {
  $("chooser-input").addEventListener("input", search);
  $("chooser-input").addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.isComposing) return;
    if (event.key in moves) activate(active + moves[event.key]);
    else if (event.key === "Enter") take(active);
    else return;
    event.preventDefault();
  });
  $("chooser").addEventListener("click", (event) => {
    if (event.target === $("chooser")) $("chooser").close(); // beside it
  });
}
