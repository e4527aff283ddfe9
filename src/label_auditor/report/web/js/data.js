// What Python wrote into the page: the audit, and its rows as columns.

const page = JSON.parse(document.getElementById("data").textContent);

export function unpack(base64, Type) {
  return new Type((Uint8Array.fromBase64?.(base64) ?? readBase64(base64)).buffer);
}

/** The bytes, where a browser can't read them by itself: those of before 2025 can't. */
function readBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const WHOLE = { 1: Int8Array, 2: Int16Array, 4: Int32Array };

/** Whole numbers, in as few bytes as they need. */
const unpackWhole = ({ bytes, values }) => unpack(values, WHOLE[bytes]);

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
export const given = unpackWhole(page.rows.given);
export const suggested = unpackWhole(page.rows.suggested);
export const flagged = unpack(page.rows.flagged, Uint8Array);
export const quality = unpack(page.rows.quality, Float64Array);
export const givenProbability = sets ? null : unpack(page.rows.given_probability, Float32Array);

// What the queue knows of the rows that were judged, which are the first of the page.
export const queueModel = page.queue;
export const queueNumbers = unpack(page.queue.numbers, Int16Array); // by constants.number_scale
export const queueOther = unpackWhole(page.queue.other);
// Of a set, it goes by the worst class.
export const queueGiven = sets ? unpackWhole(page.queue.given) : given;

const top = unpackWhole(page.rows.top);
const shares = unpack(page.rows.shares, Uint16Array);
const probabilityAt = (i) => shares[i] / 65535;

const starts = sets ? unpackWhole(page.rows.starts) : null;
const nTopFlagged = sets ? unpackWhole(page.rows.n_top_flagged) : null;
/** By class, in how many rows of the page the models would change it. */
export const doubtCounts = page.rows.doubted ?? null;

/** The classes of a row that are doubted most, and all that are given or suggested. */
function doubted(row) {
  const first = starts[row];
  return Array.from({ length: starts[row + 1] - first }, (_, i) => ({
    label: top[first + i],
    probability: probabilityAt(first + i),
    isFlagged: i < nTopFlagged[row],
  }));
}

/** The likeliest classes of a row, with the given one; likeliest first. Of a set: see above. */
export function candidates(row) {
  if (sets) return doubted(row);
  const found = [];
  for (let i = row * nTop; i < (row + 1) * nTop; i++) {
    if (top[i] >= 0) found.push({ label: top[i], probability: probabilityAt(i) });
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
