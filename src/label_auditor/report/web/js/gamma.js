// Logarithms of factorials, without the digits that large ones lose when they are subtracted.

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

/** log Γ(a) less Stirling's formula for it: (a - 1/2) log a - a + log(2π) / 2. */
export function stirlingError(a) {
  let error = 0;
  for (; a < 16; a++) error += (a + 0.5) * Math.log1p(1 / a) - 1;
  const b = 1 / (a * a);
  return error + (1 / 12 - b * (1 / 360 - b * (1 / 1260 - b * (1 / 1680 - b / 1188)))) / a;
}

export const logGamma = (a) => (a - 0.5) * Math.log(a) - a + HALF_LOG_2PI + stirlingError(a);

/** log Γ(a + b) / (Γ(a) Γ(b)) + a log x + b log(1 - x), each logarithm near the others taken at once. */
export function logBetaPower(a, b, x) {
  const sum = a + b;
  return (
    a * Math.log((x * sum) / a) +
    b * Math.log(((1 - x) * sum) / b) +
    0.5 * Math.log((a * b) / sum) -
    HALF_LOG_2PI +
    stirlingError(sum) -
    stirlingError(a) -
    stirlingError(b)
  );
}

/** The logarithm of the number of ways to choose k of n. */
export function logChoose(n, k) {
  const few = Math.min(k, n - k);
  let sum = 0;
  for (let i = 0; i < few; i++) sum += Math.log((n - i) / (i + 1));
  return sum;
}
