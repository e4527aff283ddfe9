// What is begun on a row, but in no decision yet: this browser keeps it, and no file has it.

import { key } from "./data.js";
import { isRow, store, stored } from "./log.js";

/** Drafts of one kind by row; of what is stored, `isValid(draft)` tells what can be one. */
export function draftsOf(kind, isValid) {
  const name = `label-auditor ${key} ${kind}`;
  const found = stored(name, []);
  const drafts = new Map(
    (Array.isArray(found) ? found : []).filter(
      (each) => Array.isArray(each) && isRow(each[0]) && isValid(each[1]),
    ),
  );
  const save = () => store(name, [...drafts]);
  return {
    get: (row) => drafts.get(row),
    set(row, draft) {
      drafts.set(row, draft);
      save();
    },
    drop(row) {
      if (drafts.delete(row)) save();
    },
  };
}
