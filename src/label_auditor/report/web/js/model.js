// What the decisions teach about the rows ahead.

import { nRows } from "./data.js";

/** How likely each row's label is wrong, learned from reviewed rows and whether each was wrong. */
export function learn(rows, wrong) {
  return new Float64Array(nRows);
}
