// How many errors there are, from the rows of the plan that were decided: the same arithmetic as
// label_auditor.review.estimate and .sample in Python, which explain it.

import { bounds } from "./bounds.js";

// What is known of a planned row.
export const UNSEEN = 0;
export const RIGHT = 1;
export const WRONG = 2;
export const DISCARDED = 3;

const PER_SKIPPED = 9; // so many rows must be reviewed for each one that was skipped

/**
 * The errors in all rows, and in the flagged ones (null if none is), by what is known of each row
 * of the plan; null where no row can be used. The plan has `sizes` of strata, the `stratum` of each
 * of its rows, `flagged` (a stratum, or -1) and the `level` of the bounds.
 */
export function estimateErrors(plan, states) {
  const drawn = usable(states);
  if (drawn === 0) return null;
  const strata = plan.sizes.map((size) => ({ size, n: 0, wrong: 0, unknown: 0 }));
  for (let i = 0; i < drawn; i++) {
    const counts = strata[plan.stratum[i]];
    counts.n++;
    if (states[i] === WRONG) counts.wrong++;
    if (states[i] === DISCARDED || states[i] === UNSEEN) counts.unknown++;
  }
  return {
    all: estimatePart(strata, plan),
    flagged: plan.flagged < 0 ? null : estimatePart([strata[plan.flagged]], plan),
    nReviewed: states.slice(0, drawn).filter((state) => state !== UNSEEN).length,
  };
}

/** How many rows of the plan can be used: up to where nine of ten were reviewed. */
function usable(states) {
  let [gain, best, drawn] = [0, 0, 0];
  states.forEach((state, i) => {
    gain += state === UNSEEN ? -PER_SKIPPED : 1;
    if (gain > 0 && gain >= best) [best, drawn] = [gain, i + 1];
  });
  return drawn;
}

function estimatePart(strata, level) {
  const tested = strata.map(({ size, n, wrong, unknown }) => {
    return { size, n, found: wrong, most: wrong + unknown };
  });
  const nErrors = total(strata);
  const { low, high } = bounds(tested, level);
  return {
    nRows: strata.reduce((sum, { size }) => sum + size, 0),
    nErrors,
    // Where nothing was decided, there are bounds alone.
    low: Number.isNaN(nErrors) ? low : Math.min(low, Math.floor(nErrors)),
    high: Number.isNaN(nErrors) ? high : Math.max(high, Math.ceil(nErrors)),
  };
}

/** The number of errors; strata without a decided row are given the pooled rate of the others. */
function total(strata) {
  let [errors, size, open] = [0, 0, 0];
  for (const each of strata) {
    const decided = each.n - each.unknown;
    if (decided > 0) {
      errors += (each.size * each.wrong) / decided;
      size += each.size;
    } else {
      open += each.size;
    }
  }
  return errors + (open > 0 ? (open * errors) / size : 0);
}
