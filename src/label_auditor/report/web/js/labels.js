// What a label is to the page: a number. It is the position of a class; where rows have sets of
// classes, it is the number of a set, and the sets that reviewers make are numbered as they turn up.

import { classes, sets } from "./data.js";

const NO_LABEL = -1;

/** Whether a row has a set of classes, instead of one. */
export const hasSets = sets !== null;

const members = hasSets ? [...sets] : [];
const numbers = new Map(members.map((each, number) => [each.join(" "), number]));
const positions = new Map(classes.map((each, label) => [each, label]));

/** The number of a set of classes. */
export function numberOf(set) {
  const sorted = [...new Set(set)].sort((a, b) => a - b);
  const name = sorted.join(" ");
  if (!numbers.has(name)) {
    numbers.set(name, members.length);
    members.push(sorted);
  }
  return numbers.get(name);
}

/** The classes of a label, in their order. */
export function membersOf(label) {
  if (label < 0) return [];
  return hasSets ? members[label] : [label];
}

/** A label as it is stored: the number of a set means nothing when the page is opened again. */
export const toStored = (label) => (hasSets && label >= 0 ? members[label] : label);

/** The label that was stored; undefined if it is none of this page. */
export function fromStored(found) {
  if (found === NO_LABEL) return found;
  const isClass = (each) => Number.isInteger(each) && each >= 0 && each < classes.length;
  if (!hasSets) return isClass(found) ? found : undefined;
  return Array.isArray(found) && found.every(isClass) ? numberOf(found) : undefined;
}

/** A label as files have it: the name of a class, or a list of names; null if there is none. */
export function toNames(label) {
  if (label < 0) return null;
  const names = membersOf(label).map((each) => classes[each]);
  return hasSets ? names : names[0];
}

/** The label of these names; undefined if one is no class, or if it is a set where none can be. */
export function fromNames(names) {
  if (names === null) return NO_LABEL;
  if (!hasSets) return positions.get(names);
  if (!Array.isArray(names) || !names.every((each) => positions.has(each))) return undefined;
  return numberOf(names.map((each) => positions.get(each)));
}

/** A label as people read it in a line. */
export function nameOf(label) {
  if (label < 0) return "none";
  if (!hasSets) return classes[label];
  return toNames(label).join(", ") || "no class";
}
