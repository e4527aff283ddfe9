// The reviewer's note on a row: it goes with the decision.

import { $ } from "./dom.js";
import { draftsOf } from "./drafts.js";
import { decisions } from "./log.js";
import { queue } from "./queue.js";

const drafts = draftsOf("notes", (draft) => typeof draft === "string");

/** The note on a row: as it is written, else as it was decided. */
export const noteOf = (row) => drafts.get(row) ?? decisions.get(row)?.note ?? "";

/** Keep a note that would be lost with a decision that is taken back. */
export function keepDraft(row, note) {
  if (note && !decisions.get(row)?.note) drafts.set(row, note);
}

/** What comes with a decision about a row, as the log has it; nothing if there is no note. */
export function takeNote(row) {
  const note = noteOf(row).trim();
  drafts.drop(row);
  return note ? [note] : [];
}

export function drawNote(row) {
  $("note").disabled = row === null;
  $("note").value = row === null ? "" : noteOf(row);
}

/** `changed(row)` follows a note on a row that is decided. */
export function bindNote(changed) {
  $("note").addEventListener("input", () => {
    if (queue.current !== null) drafts.set(queue.current, $("note").value);
  });
  $("note").addEventListener("change", () => {
    const row = queue.current;
    if (row === null || !decisions.has(row)) return;
    if (noteOf(row).trim() === (decisions.get(row).note ?? "")) drafts.drop(row);
    else changed(row);
  });
  $("note").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) $("note").blur();
  });
}
