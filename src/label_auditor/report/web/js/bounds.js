// Confidence bounds for the number of errors in a stratified sample: the same arithmetic as
// label_auditor.review.intervals in Python, which explains it. Strata are {size, n, found}.

import { lowerTail, upperTail } from "./hypergeometric.js";
import { betaQuantile } from "./beta.js";

const PUSH = [-40, 90];
const HALVINGS = 64;
const TINY = 2.2250738585072014e-308; // the smallest number that is not less exact, as in NumPy

const sum = (strata, value) => strata.reduce((total, each) => total + value(each), 0);

/** The bounds: `most` of the reviewed rows may be wrong. `level` is one-sided, `z` its quantile. */
export function bounds(strata, { level, z }) {
  return { low: lowerBound(strata, level), high: upperBound(strata, level, z) };
}

function upperBound(strata, level, z) {
  const tested = strata.map(({ size, n, most }) => ({ size, n, found: most }));
  const partly = tested.filter(isPartly);
  const bound =
    sum(tested, (each) => (isPartly(each) ? 0 : each.found)) +
    (partly.length === 1 ? exactUpper(partly[0], level) : scoreUpper(partly, z));
  const unseen = sum(tested, ({ size, n }) => (n === 0 ? size : 0));
  const possible = sum(tested, ({ size, n, found }) => size - n + found);
  return Math.min(Math.ceil(bound + unseen - 1e-6), possible);
}

function lowerBound(strata, level) {
  const partly = strata.filter(isPartly);
  const bound =
    sum(strata, (each) => (isPartly(each) ? 0 : each.found)) +
    (partly.length === 1 ? exactLower(partly[0], level) : betaLower(partly, level));
  return Math.max(
    Math.floor(bound + 1e-6),
    sum(strata, ({ found }) => found),
  );
}

const isPartly = ({ size, n }) => n > 0 && n < size;

/** The largest number of errors of which as few are found with more than 1 - level. */
function exactUpper({ size, n, found }, level) {
  let [low, high] = [found, size - n + found];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (lowerTail(found, size, middle, n) > 1 - level) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The smallest number of errors of which as many are found with more than 1 - level. */
function exactLower({ size, n, found }, level) {
  let [low, high] = [found, size - n + found];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (upperTail(found, size, middle, n) > 1 - level) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** The largest total that a score test does not reject. */
function scoreUpper(strata, z) {
  if (strata.length === 0) return 0;
  const known = strata.map(({ size, n, found }) => {
    const worth = (n * (size - 1)) / (size - n);
    return { size, worth, rate: found / n, weight: size / worth };
  });
  const estimate = sum(known, ({ size, rate }) => size * rate);
  const pushed = (push) => {
    const times = Math.exp(push);
    let [total, variance, skewed] = [0, 0, 0];
    for (const { size, worth, rate, weight } of known) {
      const p = pushedRate(worth, worth * rate, size * times);
      const part = size * weight * p * (1 - p);
      total += size * p;
      variance += part;
      skewed += part * weight * (1 / 2 - ((1 - 2 * p) * (z ** 2 - 1)) / 6);
    }
    const correction = skewed / Math.max(variance, TINY);
    return { total, rejected: total - estimate - z * Math.sqrt(variance) - correction };
  };
  let [low, high] = PUSH;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (pushed(middle).rejected <= 0) low = middle;
    else high = middle;
  }
  return pushed(high).total;
}

/** The rate p that maximises found · log p + (n - found) · log(1 - p) + push · p. */
function pushedRate(n, found, push) {
  const half = (n - push) / 2;
  const root = Math.sqrt(half ** 2 + push * found);
  // Two ways to write one root of a quadratic: each is exact where the other cancels.
  const rate = half > 0 ? found / (half + root) : (root - half) / push;
  return Math.min(Math.max(rate, 0), 1);
}

/** A quantile of a beta distribution with the mean and the variance of the total. */
function betaLower(strata, level) {
  if (strata.length === 0) return 0;
  const steps = strata.map(({ size, n, found }) => ((size - n) * found) / (n * (n + 1)));
  const largest = steps.indexOf(Math.max(...steps));
  let [mean, variance, rows] = [0, 0, 0];
  strata.forEach(({ size, n, found }, i) => {
    const left = size - n;
    // One row more that is right, where it lowers the total most; and where all were wrong.
    const more = i === largest || found === n;
    const known = n + (more ? 1 : 0);
    const rate = found / known;
    mean += left * rate;
    variance += (left * rate * (1 - rate) * (known + left)) / (known + 1);
    rows += left;
  });
  const found = sum(strata, (each) => each.found);
  if (!(mean > 0)) return found;
  const weight = (mean * (rows - mean)) / variance - 1;
  const share = mean / rows;
  return found + rows * betaQuantile(1 - level, share * weight, (1 - share) * weight);
}
