// How many wrong rows a random sample holds: tails of the hypergeometric distribution.

import { logChoose } from "./gamma.js";

/** P(at most x of n rows are wrong), where `wrong` of `size` rows are. */
export function lowerTail(x, size, wrong, n) {
  return tail(x, Math.max(0, n - (size - wrong)), -1, size, wrong, n);
}

/** P(at least x of n rows are wrong), where `wrong` of `size` rows are. */
export function upperTail(x, size, wrong, n) {
  return tail(x, Math.min(n, wrong), 1, size, wrong, n);
}

/** The sum of the probabilities from x to the end, each from the one before. */
function tail(x, end, step, size, wrong, n) {
  const right = size - wrong;
  if ((end - x) * step < 0) return 0; // beyond what is possible
  const first = Math.max(0, n - right);
  const last = Math.min(n, wrong);
  // From outside the support, all of it lies ahead.
  const start = Math.min(Math.max(x, first), last);
  let term = Math.exp(
    logChoose(wrong, start) + logChoose(right, n - start) - logChoose(size, n),
  );
  let total = term;
  for (let k = start; k !== end; k += step) {
    term *=
      step > 0
        ? ((wrong - k) * (n - k)) / ((k + 1) * (right - n + k + 1))
        : (k * (right - n + k)) / ((wrong - k + 1) * (n - k + 1));
    total += term;
  }
  return total;
}
