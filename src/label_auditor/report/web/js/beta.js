// The quantile of the beta distribution, by halving: as exact as its distribution function.

import { logBetaPower } from "./gamma.js";

const STEPS = 1100; // as far as the smallest number; most quantiles take 60
const TERMS = 100000;
const EPSILON = 1e-16;
const TINY = 1e-300;

/** The x below which a beta distribution has the probability p. */
export function betaQuantile(p, a, b) {
  let [low, high] = [0, 1];
  for (let i = 0; i < STEPS && high - low > high * EPSILON; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (betaBelow(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The probability that a beta distribution gives to what is below x, in (0, 1). */
function betaBelow(x, a, b) {
  const power = (first, second, at) => Math.exp(logBetaPower(first, second, at));
  return x < (a + 1) / (a + b + 2)
    ? (power(a, b, x) * fraction(x, a, b)) / a
    : 1 - (power(a, b, x) * fraction(1 - x, b, a)) / b;
}

/** The continued fraction of the incomplete beta function, by the method of Lentz. */
function fraction(x, a, b) {
  const away = (value) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}
