// The queue that learns: the same arithmetic as label_auditor.review.queue in Python, which explains
// it. A logistic regression of "this label is wrong", fitted to the decisions, orders the other rows.

import { queueGiven, queueModel, queueNumbers, queueOther } from "./data.js";

const { n_judged: nJudged, sizes, constants } = queueModel;
const N_NUMBERS = constants.n_numbers;
const N_CLASSES = sizes.length;
const SCALE = constants.number_scale;

/** How many rows of the page were judged; they come first. */
export const nFacts = queueOther.length;

function groupsOf(row) {
  return [queueGiven[row], N_CLASSES + queueOther[row], (2 + queueGiven[row]) * N_CLASSES + queueOther[row]];
}

/** The groups with decisions enough for an effect of their own, in increasing order. */
function pickGroups(known) {
  const counts = new Map();
  for (const group of known.flatMap(groupsOf)) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts]
    .filter(([, n]) => n >= constants.fewest_decisions)
    .sort(([a, m], [b, n]) => n - m || a - b)
    .slice(0, constants.most_groups)
    .map(([group]) => group)
    .sort((a, b) => a - b);
}

/** The log-odds of a wrong label, by judged row, learned from rows and whether each was wrong. */
export function learn(known, wrong) {
  const groups = pickGroups(known);
  const columns = new Map(groups.map((group, i) => [group, 1 + N_NUMBERS + i]));
  const weights = fit(
    known.map((row) => inputs(row, columns)),
    wrong,
    groups.length,
  );
  return scoreAll(columns, weights);
}

/** What `times` gives for the inputs of each row, without an array for each of so many. */
function scoreAll(columns, weights) {
  const effectOf = (group) => weights[columns.get(group)] ?? 0;
  const scores = new Float64Array(nFacts);
  for (let row = 0; row < nFacts; row++) {
    let sum = weights[0];
    for (let j = 0; j < N_NUMBERS; j++)
      sum += (queueNumbers[row * N_NUMBERS + j] / SCALE) * weights[1 + j];
    const [given, other] = [queueGiven[row], queueOther[row]];
    sum += effectOf(given);
    sum += effectOf(N_CLASSES + other);
    scores[row] = sum + effectOf((2 + given) * N_CLASSES + other);
  }
  return scores;
}

/** What the model sees of a row: the columns that aren't 0, and their values. */
function inputs(row, columns) {
  const at = [0];
  const values = [1];
  for (let j = 0; j < N_NUMBERS; j++) {
    at.push(1 + j);
    values.push(queueNumbers[row * N_NUMBERS + j] / SCALE);
  }
  for (const group of groupsOf(row)) {
    const column = columns.get(group);
    if (column !== undefined) {
      at.push(column);
      values.push(1);
    }
  }
  return { at, values };
}

function times({ at, values }, weights) {
  let sum = 0;
  for (let j = 0; j < at.length; j++) sum += values[j] * weights[at[j]];
  return sum;
}

/** A fixed number of steps, each to the minimum of a quadratic that touches the loss from above. */
function fit(rows, wrong, nGroups) {
  const ridge = [
    constants.intercept_ridge,
    ...Array(N_NUMBERS).fill(constants.number_ridge),
    ...Array(nGroups).fill(constants.group_ridge),
  ];
  const target = ridge.map((each, j) => each * (constants.prior[j] ?? 0));
  rows.forEach(({ at, values }, i) =>
    at.forEach((column, j) => (target[column] += values[j] * (wrong[i] ? 0.5 : -0.5))),
  );
  let weights = new Float64Array(ridge.length);
  for (let step = 0; step < constants.steps; step++) {
    const bound = ridge.map((each, j) => {
      const line = new Float64Array(ridge.length);
      line[j] = each;
      return line;
    });
    for (const row of rows) addOuter(bound, row, curvature(Math.abs(times(row, weights)) / 2));
    weights = solve(bound, target);
  }
  return weights;
}

/** That of the quadratic: tanh(h) / (4 h), which is 1/4 at 0. */
const curvature = (half) => (half > 1e-6 ? Math.tanh(half) / (4 * half) : 0.25);

function addOuter(matrix, { at, values }, scale) {
  for (let i = 0; i < at.length; i++) {
    const line = matrix[at[i]];
    for (let j = 0; j < at.length; j++) line[at[j]] += scale * values[i] * values[j];
  }
}

/** Solve a symmetric positive definite system by Cholesky's method; the matrix is overwritten. */
function solve(matrix, target) {
  const n = target.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= matrix[i][k] * matrix[j][k];
      matrix[i][j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
  }
  const x = Float64Array.from(target);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= matrix[i][k] * x[k];
    x[i] /= matrix[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= matrix[k][i] * x[k];
    x[i] /= matrix[i][i];
  }
  return x;
}

/** Judged rows that aren't reviewed, likeliest errors first, rows of neglected classes earlier. */
export function explore(order) {
  const reviewed = new Int32Array(N_CLASSES);
  for (let row = 0; row < nFacts; row++) reviewed[queueGiven[row]]++;
  for (const row of order) reviewed[queueGiven[row]]--;
  const nReviewed = nFacts - order.length;
  const nth = reviewed;
  const keys = new Int32Array(nFacts);
  order.forEach((row, place) => {
    const label = queueGiven[row];
    nth[label]++;
    const due = Math.ceil((constants.explore_every * nJudged * nth[label]) / sizes[label]);
    keys[row] = Math.min(place, due - 1 - nReviewed);
  });
  return order.sort((a, b) => keys[a] - keys[b]);
}
