// Corrections as files: what Corrections.from_json and Corrections.from_csv read in Python.

const FORMAT = "label-auditor corrections, version 1";
const COLUMNS = ["id", "label", "status", "who", "when", "note"];

export const VALIDATED = "validated";
export const DISCARDED = "discarded";

/** Corrections as JSON: objects with id, label (null if discarded), status, who, when, and note if any; the plan. */
export function toJson(corrections, plan) {
  const rest = `${JSON.stringify({ format: FORMAT, corrections }, null, 1).slice(0, -2)},\n`;
  return `${rest} "plan": ${JSON.stringify(plan)}\n}\n`;
}

/** The same as CSV (RFC 4180). */
export function toCsv(corrections) {
  const hasNotes = corrections.some(({ note }) => note);
  const columns = hasNotes ? COLUMNS : COLUMNS.slice(0, -1);
  const lines = corrections.map((each) => columns.map((name) => cell(each[name] ?? null)).join(","));
  return `${[columns.join(","), ...lines].join("\r\n")}\r\n`;
}

/** A value as it stands, or as JSON where that could be misread; empty where it is missing. */
function cell(value) {
  if (value === null) return "";
  const isPlain = typeof value === "string" && !/^$|^[["]|[\0\p{Cs}]/u.test(value);
  const text = isPlain ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function value(text) {
  if (text?.startsWith('"')) {
    try {
      return JSON.parse(text);
    } catch {
      return text; // somebody's own quotes
    }
  }
  return text || null;
}

/** A label in a cell: a list of JSON is a set of labels, anything else is a text. */
function readLabel(text) {
  if (!text?.startsWith("[")) return value(text);
  try {
    return JSON.parse(text);
  } catch {
    return text; // somebody's own brackets
  }
}

/** Read a file, JSON or CSV: its corrections, its plan; an error says what is wrong with it. */
export function parse(text) {
  const clean = text.replace(/^\uFEFF/, "");
  const { corrections, plan } = /^\s*\{/.test(clean)
    ? fromJson(clean)
    : { corrections: fromCsv(clean) };
  return { corrections: corrections.map(check), plan: Object(plan) };
}

function fromJson(text) {
  let found = null;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not valid JSON (${error.message}).`);
  }
  if (found.format !== FORMAT || !Array.isArray(found.corrections)) {
    throw new Error(`its format is not “${FORMAT}”.`);
  }
  return found;
}

function fromCsv(text) {
  const [header, ...records] = cells(text);
  const missing = ["id", "label"].filter((name) => !header?.includes(name));
  if (missing.length)
    throw new Error(`it is not a CSV file with a column ${missing.join(" and ")}.`);
  return records.map((record, i) => {
    if (record.length !== header.length) {
      throw new Error(`record ${i + 1} has ${record.length} cells, not ${header.length}.`);
    }
    return Object.fromEntries(
      COLUMNS.map((name) => {
        const text = header.includes(name) ? record[header.indexOf(name)] : null;
        return [name, name === "label" ? readLabel(text) : value(text)];
      }),
    );
  });
}

function cells(text) {
  const records = [];
  let record = [];
  const token = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy;
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (!found) throw new Error(`record ${records.length} has a quote out of place.`);
    record.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] !== ",") {
      if (record.length > 1 || record[0] !== "") records.push(record);
      record = [];
    } else if (token.lastIndex === text.length) {
      record.push("");
      records.push(record);
    }
  }
  return records;
}

function check({ id, label, status, who, when, note }, i) {
  const text = (each) => each === null || each === undefined || typeof each === "string";
  const made = status ?? VALIDATED;
  if (!["string", "number"].includes(typeof id)) throw new Error(`correction ${i + 1} has no id.`);
  if (![VALIDATED, DISCARDED].includes(made)) {
    throw new Error(`correction ${i + 1} has a status other than validated and discarded.`);
  }
  if (!text(who) || !text(when)) {
    throw new Error(`correction ${i + 1} has a who or a when that is not text.`);
  }
  if (!text(note)) {
    throw new Error(`correction ${i + 1} has a note that is not text.`);
  }
  const isSet = Array.isArray(label) && label.every((each) => typeof each === "string");
  if (made === VALIDATED && typeof label !== "string" && !isSet) {
    throw new Error(`correction ${i + 1} is validated but has no label.`);
  }
  return {
    id: String(id),
    label: made === VALIDATED ? label : null,
    status: made,
    who: who ?? null,
    when: when ?? null,
    note: note ?? null,
  };
}
