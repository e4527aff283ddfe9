// Corrections as files: what Corrections.from_json and Corrections.from_csv read in Python.

const FORMAT = "label-auditor corrections, version 1";
const COLUMNS = ["id", "label", "status", "who", "when"];

export const VALIDATED = "validated";
export const DISCARDED = "discarded";

/** Corrections as JSON: objects with id, label (null if discarded), status, who, when. */
export function toJson(corrections) {
  return `${JSON.stringify({ format: FORMAT, corrections }, null, 1)}\n`;
}

/** The same as CSV (RFC 4180), a missing value as an empty cell. */
export function toCsv(corrections) {
  const lines = corrections.map((each) => COLUMNS.map((name) => cell(each[name])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

function cell(value) {
  const text = value ?? "";
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Read a file of corrections, JSON or CSV; an error says what is wrong with it. */
export function parse(text) {
  const clean = text.replace(/^\uFEFF/, "");
  return (/^\s*\{/.test(clean) ? fromJson(clean) : fromCsv(clean)).map(check);
}

function fromJson(text) {
  let found = null;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is damaged JSON (${error.message}).`);
  }
  if (found.format !== FORMAT || !Array.isArray(found.corrections)) {
    throw new Error(`its format is not “${FORMAT}”.`);
  }
  return found.corrections;
}

function fromCsv(text) {
  const [header, ...records] = cells(text);
  const missing = ["id", "label", "status"].filter((name) => !header?.includes(name));
  if (missing.length) throw new Error(`it is no CSV with the columns ${missing.join(", ")}.`);
  return records.map((record, i) => {
    if (record.length !== header.length) {
      throw new Error(`record ${i + 1} has ${record.length} cells, not ${header.length}.`);
    }
    return {
      id: record[header.indexOf("id")],
      label: record[header.indexOf("label")],
      status: record[header.indexOf("status")],
      who: record[header.indexOf("who")] || null,
      when: record[header.indexOf("when")] || null,
    };
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

function check({ id, label, status, who, when }, i) {
  const text = (value) => value === null || value === undefined || typeof value === "string";
  const named = typeof id === "string" || typeof id === "number";
  if (!named || ![VALIDATED, DISCARDED].includes(status) || !text(who) || !text(when)) {
    throw new Error(`correction ${i + 1} lacks an id, or a status “validated” or “discarded”.`);
  }
  if (status === VALIDATED && typeof label !== "string") {
    throw new Error(`correction ${i + 1} is validated but has no label.`);
  }
  return {
    id: String(id),
    label: status === VALIDATED ? label : null,
    status,
    who: who ?? null,
    when: when ?? null,
  };
}
