/**
 * Records as lines of files that many programs wrote, and what else stands in such files.
 *
 * @module
 */
import { encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { jsonForm, pick, type Random } from "./json_forms.ts";

/** Lines that hold no record; what filters look for stands in them too. */
const NOISE = [
  "",
  "   ",
  "panic: search timed out",
  'goroutine 1 [running]: "tool":"search"',
  '{"ts":"2026-05-05T12:00:00Z","level":"ERROR","tool":"search"',
  '{"ts":"2026-05-05T12:00:00Z","level":"ERROR","tool":"search",}',
  '{"tool":"search"}{"tool":"fetch"}',
  '{"tool":"search"} and more',
  '[{"level":"ERROR","tool":"search"}]',
  '"search timed out"',
  "200",
  "null",
  "\u0001\u0002",
] as const;

/** A line that holds no record, and whether it is blank. */
export function noiseLine(random: Random): { readonly text: string; readonly isBlank: boolean } {
  const text = pick(NOISE, random);
  return { text, isBlank: text.trim() === "" };
}

/** A record as a line without its line feed, as one of many programs writes it. */
export function lineOf(record: TelemetryRecord, random: Random): string {
  const text = withRepeatedKey(formOf(record, random), { record, random });
  return `${random() < 0.05 ? pick([" \t", "\ufeff"], random) : ""}${text}${
    random() < 0.1 ? pick(["\r", " ", "\t\r"], random) : ""
  }`;
}

/**
 * The line with a whole number written as a longer one that is rounded to it, where it has one for that; JavaScript rounds it,
 * and jq, as of version 1.7, does not.
 */
export function withRoundedNumber(line: string): string {
  return line.replace(/(?<="ms":)\d{3,4}(?=[,}])/, (digits) => {
    const longer = `${Number(digits) - 1}.${"9".repeat(14)}`;
    return Number(longer) === Number(digits) ? longer : digits;
  });
}

/** Whether jq reads the record as JavaScript does, writes its numbers alike, and knows its letters in both cases. */
export function isPlain(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\u212a");
  if (typeof value === "bigint") return false;
  if (typeof value === "number") return /^-?\d{1,15}$|^-?\d{1,7}\.\d{1,4}$/.test(String(value));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, field]) => key.isWellFormed() && isPlain(field));
}

/** An envelope of spans as gridctl writes it: ids in base64, names of enumerations. */
export function gridctlEnvelope(record: TelemetryRecord): TelemetryRecord {
  return mapFields(record, (key, value) => {
    if (key === "traceId" || key === "spanId") return Uint8Array.fromHex(String(value)).toBase64();
    if (key === "kind") return ["", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT"][Number(value)];
    return key === "code" ? "STATUS_CODE_ERROR" : value;
  }) as TelemetryRecord;
}

function mapFields(value: unknown, map: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapFields(each, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, map(key, mapFields(field, map))]));
}

function formOf(record: TelemetryRecord, random: Random): string {
  const kind = random();
  if (kind < 0.4) return encodeRecord(record);
  if (kind < 0.7) return jsonForm(record, random);
  // Go's encoder escapes what HTML gives a meaning; Python's everything beyond ASCII.
  const escaped = kind < 0.85 ? /[<>&\u2028\u2029]/g : /[^\0-\x7e]/g;
  return encodeRecord(record).replace(escaped, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Now and then with a key that comes again, whose last value counts. */
function withRepeatedKey(
  text: string,
  { record, random }: { readonly record: TelemetryRecord; readonly random: Random },
): string {
  const keys = Object.keys(record).filter((key) => key !== "n");
  const [first] = keys;
  if (random() > 0.04 || first === undefined) return text;
  const key = random() < 0.4 && keys.includes("ts") ? "ts" : pick([first, ...keys], random);
  const value = key === "ts"
    ? pick(["2026-05-05T12:00:30Z", "2020-01-01T00:00:00Z", "", "yesterday"], random)
    : pick(["search", 200, "warn"], random);
  const keyText = JSON.stringify(key);
  return text.replace("{", () => `{${keyText}:${JSON.stringify(value)},`);
}
