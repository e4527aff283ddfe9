// What Python wrote into the page: the audit, and its rows as columns.

const page = JSON.parse(document.getElementById("data").textContent);

export function unpack(base64, Type) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

export const audit = page.audit;
export const classes = page.classes;
export const summary = page.summary;
export const pairs = page.pairs;
export const histogram = page.histogram;
export const estimate = page.estimate;
export const evidence = page.evidence ?? null;
export const descriptions = page.descriptions; // by class; null where there is none
export const doubts = page.doubts;
export const plan = page.plan;
export const applyCommand = page.apply_command;
export const applyPlace = page.apply_in;
export const title = page.title;
export const key = page.key;

// The decisions that the page began with, as rows of an action in the log.
export const decided = page.decided;

export const nRows = page.rows.n;
export const nFirst = page.rows.n_first; // in the audit's order; the others are of the random sample
export const nTop = page.rows.n_top;
export const ids = page.rows.ids;
export const fields = page.rows.fields;
export const texts = page.rows.texts;
// By row, the positions of the columns to show first; null if all are shown.
export const nFirstFields = page.rows.n_first_fields;
export const firstFields = nFirstFields ? unpack(page.rows.first_fields, Uint16Array) : null;
export const images = page.images ?? null; // by row; null where there is none
export const metadataNames = page.rows.metadata_names;
export const metadata = page.rows.metadata;

// The sets of classes that occur, as positions; null where each row has one label.
export const sets = page.rows.sets ?? null;

// By row; a label is the position of its class, or of its set, and -1 where there is none.
export const given = unpack(page.rows.given, Int32Array);
export const suggested = unpack(page.rows.suggested, Int32Array);
export const flagged = unpack(page.rows.flagged, Uint8Array);
export const quality = unpack(page.rows.quality, Float64Array);
export const givenProbability = sets ? null : unpack(page.rows.given_probability, Float32Array);

// What the queue knows of the rows that were judged, which are the first of the page.
export const queueModel = page.queue;
export const queueNumbers = unpack(page.queue.numbers, Float32Array);
export const queueOther = unpack(page.queue.other, Int32Array);
// Of a set, it goes by the worst class.
export const queueGiven = sets ? unpack(page.queue.given, Int32Array) : given;

const top = unpack(page.rows.top, Int32Array);
const probabilities = unpack(page.rows.probabilities, Float32Array);

const starts = sets ? unpack(page.rows.starts, Int32Array) : null;
const topFlagged = sets ? unpack(page.rows.top_flagged, Uint8Array) : null;

/** The classes of a row that are doubted most, and all that are given or suggested. */
function doubted(row) {
  const length = starts[row + 1] - starts[row];
  return Array.from({ length }, (_, i) => {
    const at = starts[row] + i;
    return { label: top[at], probability: probabilities[at], isFlagged: topFlagged[at] === 1 };
  });
}

/** The likeliest classes of a row, with the given one; likeliest first. Of a set: see above. */
export function candidates(row) {
  if (sets) return doubted(row);
  const found = [];
  for (let i = row * nTop; i < (row + 1) * nTop; i++) {
    if (top[i] >= 0) found.push({ label: top[i], probability: probabilities[i] });
  }
  if (given[row] >= 0 && !found.some((each) => each.label === given[row])) {
    found.push({ label: given[row], probability: givenProbability[row] });
  }
  return found;
}

const pairCounts = new Map(pairs.map(([a, b, n]) => [a * classes.length + b, n]));

/** How many rows of the audit have this given and this suggested label. */
export function pairCount(a, b) {
  return pairCounts.get(a * classes.length + b) ?? 0;
}
