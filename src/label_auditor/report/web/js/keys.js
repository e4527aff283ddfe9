// The keyboard: what each key does, and the sheet that says so.

import { $, el } from "./dom.js";
import { hasSets } from "./labels.js";
import { set, settings } from "./log.js";

const SHEET = [
  [["K"], "keep the given label"],
  [["T"], "take the suggestion"],
  ...(hasSets
    ? [
        [["1", "…", "9"], "put that class into the set, or take it out"],
        [["C"], "the same with any class: type part of its name"],
        [["A"], "accept the classes that are marked"],
      ]
    : [
        [["1", "…", "6"], "choose that label of the list"],
        [["C"], "choose any other label: type part of its name"],
      ]),
  [["D"], "discard: no label is right, or you can’t tell which one is"],
  [["S"], "skip: the row comes back at the end"],
  [["E"], "show or hide the rows most like this one"],
  [["M"], "write a note on this row; Enter leaves it"],
  [["U"], "undo, also after a reload"],
  [["N", "→"], "next row"],
  [["P", "←"], "previous row"],
  [["/"], "search the texts"],
  [["L"], "switch between the learned order and the audit’s order"],
  [["Esc"], "leave a field or this sheet; clear the filters"],
  [["?"], "show these keys"],
];

const REPEATABLE = new Set(["n", "p", "arrowright", "arrowleft"]);

/** Call `actions[key]()` when a key is pressed outside of fields and dialogs. */
export function bindKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]"))
      return;
    const inField = event.target.closest?.("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape") {
      if (inField) event.target.blur();
      else actions.escape();
      return;
    }
    if (inField) return;
    const undo =
      (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!undo && (event.ctrlKey || event.metaKey || event.altKey || !settings.keys)) return;
    const name = undo ? "u" : keyName(event);
    const action = Object.hasOwn(actions, name) ? actions[name] : null;
    if (!action || (event.repeat && !REPEATABLE.has(name))) return;
    event.preventDefault();
    action();
  });
}

/** The key by its letter; where the layout has no Latin letters, by its place. */
function keyName(event) {
  const name = event.key.toLowerCase();
  const place = /^Key([A-Z])$/.exec(event.code);
  return place && !/^[a-z]$/.test(name) && name.length === 1 && name > "\x7f"
    ? place[1].toLowerCase()
    : name;
}

export function bindHelp() {
  $("help-keys").append(
    ...SHEET.map(([keys, what]) =>
      el(
        "div",
        {},
        el(
          "dt",
          {},
          keys.map((key) => (key === "…" ? " … " : el("kbd", {}, key))),
        ),
        el("dd", {}, what),
      ),
    ),
  );
  $("single-keys").checked = settings.keys;
  $("single-keys").addEventListener("change", () => set("keys", $("single-keys").checked));
  $("help-open").addEventListener("click", openHelp);
  $("help").addEventListener("click", (event) => {
    if (event.target === $("help")) $("help").close(); // beside it
  });
}

export function openHelp() {
  $("help").showModal();
}
