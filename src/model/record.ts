/**
 * Records as text: one JSON object a line, with integers exact to 64 bits.
 *
 * @module
 */

/**
 * One record as it is read back. Integers beyond 2^53 come back as `bigint`, exact; every other number is a `number`.
 */
export type TelemetryRecord = { readonly [field: string]: unknown };

// TypeScript's library does not know these two parts of the JSON proposal yet; both runtimes have them.
interface ExactJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
const exactJson = JSON as unknown as ExactJson;

// An unquoted run of sixteen digits: only such a number can be beyond 2^53. Quoted ones follow a quotation mark.
const LONG_NUMBER = /[:,[\s-]\d{16}/;
const LARGEST_64_BIT = 2n ** 64n;

/**
 * Writes a record as one line of JSON, without its line feed. `bigint` fields become plain integers.
 *
 * @throws {TypeError} If JSON cannot hold the record: it refers to itself, or is no object.
 */
export function encodeRecord(record: object): string {
  const line = stringifyRecord(record);
  // A toJSON method or an array can turn a record into something else, which no reader would accept as a record.
  if (line?.charCodeAt(0) === 0x7b) return line;
  throw new TypeError(
    `Cannot encode a record: expected an object, received ${Array.isArray(record) ? "an array" : line}`,
  );
}

function stringifyRecord(record: object): string | undefined {
  try {
    return JSON.stringify(record);
  } catch {
    // JSON.stringify refuses bigint outright. Trying without a replacer first keeps the usual record on the fast path.
    return JSON.stringify(
      record,
      (_key, value) => typeof value === "bigint" ? exactJson.rawJSON(String(value)) : value,
    );
  }
}

/**
 * Reads one line back. A repeated key counts with its last value.
 *
 * @throws {SyntaxError} If the line is not JSON, or no object.
 */
export function decodeRecord(line: string): TelemetryRecord {
  const value: unknown = LONG_NUMBER.test(line) ? exactJson.parse(line, exactInteger) : JSON.parse(line);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as TelemetryRecord;
  throw new SyntaxError(`Cannot decode a record: expected a JSON object, received "${line.slice(0, 40)}"`);
}

function exactInteger(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  if (context.source === undefined || !/^-?\d{1,20}$/.test(context.source)) return value;
  const exact = BigInt(context.source);
  return exact < LARGEST_64_BIT && exact > -LARGEST_64_BIT ? exact : value;
}
