// The card where a row has a set of classes: each is a button that is pressed or not, the doubted
// ones first. What is pressed is a draft until it is accepted.

import { candidates, classes, descriptions, doubtCounts, flagged, given, suggested } from "./data.js";
import { $, breakable, count, el, foreign, percent, plural } from "./dom.js";
import { draftsOf } from "./drafts.js";
import { fromStored, membersOf, nameOf, numberOf } from "./labels.js";
import { decisions } from "./log.js";
import { doubtsOf, filter, mode, queue } from "./queue.js";

const LIKELY = 0.5; // the probability from which a suggestion is likely
const KEYS = 9;

const drafts = draftsOf("sets", (draft) => Array.isArray(draft) && fromStored(draft) !== undefined);

const settled = (row) => decisions.get(row)?.label ?? given[row];

/** The classes that are pressed: what was toggled, else what was decided, else what was given. */
export function pressedOf(row) {
  const label = settled(row);
  return new Set(drafts.get(row) ?? membersOf(label < 0 ? given[row] : label));
}

/** The label that the pressed classes make. */
export const draftOf = (row) => numberOf(pressedOf(row));

export const dropDraft = (row) => drafts.drop(row);

/** Whether classes are pressed that nobody has accepted. */
export const isDraft = (row) => drafts.get(row) !== undefined && draftOf(row) !== settled(row);

/** Press or release a class; give a sentence that says so. */
export function toggle(row, label) {
  const draft = pressedOf(row);
  const isIn = !draft.delete(label);
  if (isIn) draft.add(label);
  drafts.set(row, [...draft]);
  const change = isIn ? `${classes[label]} added.` : `${classes[label]} taken out.`;
  const made = numberOf(draft);
  return `${change} Now: ${nameOf(made)}.${made === settled(row) ? "" : " A accepts it."}`;
}

/** The classes on the card, in the order of their keys. */
export function toggles(row) {
  const shown = candidates(row);
  const known = new Set(shown.map((each) => each.label));
  const more = [...pressedOf(row)].filter((label) => !known.has(label));
  return [...shown, ...more.map((label) => ({ label, probability: NaN, isFlagged: false }))];
}

/** Draw what differs from a row with one label; `toggleOne(label)` presses a class. */
export function drawSet(row, toggleOne, filterPair) {
  $("pair").replaceChildren(...drawBoth(row));
  $("reason").replaceChildren(reasonOfSet(row), ...drawSame(row, filterPair));
  const focused = $("candidates").contains(document.activeElement)
    ? document.activeElement.dataset.label
    : undefined;
  $("candidates").replaceChildren(
    ...toggles(row).map((each, i) => drawToggle(row, each, i, toggleOne)),
  );
  const again = $("candidates").querySelector(`[data-label="${focused}"]`);
  if (again) again.focus();
  else if (focused !== undefined) $("card").focus();
  const begun = isDraft(row);
  $("keep").disabled = false;
  $("take").disabled = given[row] === suggested[row];
  $("take").classList.toggle("primary", !begun && !$("take").disabled && isLikely(row));
  $("accept").disabled = !begun;
  $("accept").classList.toggle("primary", begun);
}

/** Whether all changes that are suggested are likely right, if classes were independent. */
function isLikely(row) {
  const doubted = new Set(doubtsOf(row));
  const share = candidates(row)
    .filter((each) => doubted.has(each.label))
    .reduce((product, each) => product * doubt(row, each), 1);
  return share >= LIKELY;
}

const isGiven = (row, label) => membersOf(given[row]).includes(label);

/** The probability that the given state of a class is wrong. */
function doubt(row, { label, probability }) {
  return isGiven(row, label) ? 1 - probability : probability;
}

/** A class of the given or the suggested set, and what it means where it is read first. */
function drawMember(label, role, isInBoth) {
  const name = breakable(classes[label], isInBoth ? "name" : "name alone");
  const meaning = role === "given" || !isInBoth ? descriptions[label] : null;
  return el(
    "span",
    { class: meaning ? "described" : false },
    name,
    meaning ? el("span", { class: "meaning" }, foreign(meaning)) : null,
  );
}

function drawBoth(row) {
  const box = (role, code, others) =>
    el(
      "div",
      { class: `label ${role}` },
      el("span", { class: "role" }, role),
      el(
        "span",
        { class: "members" },
        membersOf(code).map((each) => drawMember(each, role, others.includes(each))),
        membersOf(code).length ? null : el("span", { class: "name empty" }, "no class"),
      ),
    );
  const [a, b] = [membersOf(given[row]), membersOf(suggested[row])];
  const arrow = el("span", { class: "to", "aria-hidden": "true" }, "→");
  if (given[row] === suggested[row]) return [box("given", given[row], b)];
  return [box("given", given[row], b), arrow, box("suggested", suggested[row], a)];
}

/** Why the set is suspicious, or isn't, by its worst class. */
function reasonOfSet(row) {
  const [worst] = candidates(row);
  const others = doubtsOf(row).filter((label) => label !== worst.label).length;
  const name = foreign(classes[worst.label]);
  const share = percent(worst.probability);
  const has = isGiven(row, worst.label) ? "has" : "doesn’t have";
  const known = [`The row ${has} the class `, name, `, to which the models give ${share}.`];
  const agree = given[row] === suggested[row] ? ["The models agree with the set. "] : [];
  const more = others ? ` ${plural(others, "other class is", "other classes are")} doubted.` : "";
  const ruled = flagged[row] === 1 ? "" : " The rule did not flag this row.";
  return el("span", {}, ...agree, ...known, more, ruled);
}

/** A link to the other rows in which the same class is doubted. */
function drawSame(row, filterPair) {
  const [{ label }] = candidates(row);
  const others = doubtCounts[label] - 1;
  if (!doubtsOf(row).includes(label) || others < 1 || mode.counting) return [];
  const isOn = filter.suggested === label && filter.given === null;
  const name = isOn
    ? "Show all rows again"
    : `Show ${plural(others, "other row", "other rows")} in which it is doubted`;
  const link = { type: "button", class: "link", id: "same", onclick: () => filterPair(null, label) };
  return [" ", el("button", link, name), "."];
}

function drawToggle(row, { label, probability, isFlagged }, i, toggleOne) {
  const isIn = pressedOf(row).has(label);
  const fill = el("span", { class: "fill" });
  fill.style.inlineSize = `${100 * (probability || 0)}%`;
  const tag = (name) => el("span", { class: `tag ${name}` }, name);
  const press = (event) => {
    toggleOne(label);
    if (event.detail > 0) $("card").focus({ preventScroll: true }); // by mouse: keys go on
  };
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        "aria-pressed": String(isIn),
        "data-label": label,
        title: descriptions[label],
        onclick: press,
      },
      i < KEYS ? el("kbd", {}, count(i + 1)) : el("span", {}),
      el(
        "span",
        { class: "what" },
        el("span", { class: "box", "aria-hidden": "true" }, isIn ? "✓" : ""),
        breakable(classes[label]),
        isGiven(row, label) ? tag("given") : null,
        membersOf(suggested[row]).includes(label) ? tag("suggested") : null,
        isFlagged ? tag("flagged") : null,
      ),
      el("span", { class: "bar", "aria-hidden": "true" }, fill),
      el("span", { class: "share" }, percent(probability)),
    ),
  );
}

/** Put the words for sets on the page's controls. */
export function bindSets() {
  $("accept").hidden = false;
  $("candidates").setAttribute("aria-label", "Choose the classes that apply");
  $("choose").firstElementChild.textContent = "Other…";
  $("chooser-title").textContent = "A class to put in or take out";
  $("suggested-name").textContent = "Doubted class";
  $("given-name").textContent = "Given class";
}
