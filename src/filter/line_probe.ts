/**
 * What can be told of a line before it is parsed.
 *
 * A record that meets a filter stands in a line that has certain bytes: most lines do not have them, and searching for them
 * costs a tenth of parsing. What is found is parsed and then asked the filter itself, so that a probe may find too much, but
 * never too little, however the line was written: any character of JSON can be written as `\uXXXX`, so that a line with `\u`
 * in it is always found; numbers have many forms.
 *
 * @module
 */

import { Buffer, isAscii } from "node:buffer";
import { PROBE_ALTERNATIVES_MAX } from "../limits.ts";
import { type Filter, type FilterValue, isPartOfNumber, LEVEL_FIELD } from "../model/filter.ts";
import { severityNumberOf } from "../model/severity.ts";
import type { LineProbe } from "../segment/lines.ts";

/** Bytes that a line must have. */
interface Needle {
  /** Source of a regular expression for bytes as Latin-1 text. */
  readonly source: string;
  /** The same as plain text, where it is that. */
  readonly literals?: readonly string[] | undefined;
  /** How few lines it is expected to be found in; more is better. */
  readonly selectivity: number;
  /** Whether letters stand for both of their cases. */
  readonly isCaseless: boolean;
  /** How many texts are looked for; more than one in what is not a single condition. */
  readonly alternatives?: number;
}

/** Anything that is written in an escape by number. */
const ESCAPED = String.raw`\\u`;

/** White space that JSON allows between two tokens of a line. */
const SPACE = "[ \\t\\r]*";

/** Numbers whose text does not show their value: with an exponent, or so long that they are rounded. */
const OPAQUE_NUMBER = String.raw`-?[\d.]+[eE]|-?(?=[\d.]{17})\d+\.|-?\d{20}`;

const PRESENT_SELECTIVITY = 1;
const NUMBER_SELECTIVITY = 2;
const LEVEL_SELECTIVITY = 3;
const TEXT_SELECTIVITY = 10;

/** JSON's escapes of a letter. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': String.raw`\\"`,
  "\\": String.raw`\\\\`,
  "/": String.raw`\\?/`,
  "\b": String.raw`\\b`,
  "\f": String.raw`\\f`,
  "\n": String.raw`\\n`,
  "\r": String.raw`\\r`,
  "\t": String.raw`\\t`,
};

/** Finds every line that holds a record which meets `filter`; `undefined` when any line may hold one. */
export function probeOfFilter(filter: Filter): LineProbe | undefined {
  const [first, ...others] = needlesOf(filter).toSorted((a, b) => b.selectivity - a.selectivity);
  if (first === undefined) return undefined;
  return {
    pattern: patternOf(first, "g"),
    literals: first.literals,
    others: others.slice(0, PROBE_ALTERNATIVES_MAX).map((needle) => patternOf(needle, "")),
  };
}

function patternOf({ source, isCaseless }: Needle, flags: "" | "g"): RegExp {
  return new RegExp(`${source}|${ESCAPED}`, isCaseless ? `${flags}i` : flags);
}

/** What a line must have, all of it. */
function needlesOf(filter: Filter): readonly Needle[] {
  if (filter.kind === "all") return filter.filters.flatMap(needlesOf);
  const needle = needleOf(filter);
  return needle === undefined ? [] : [needle];
}

function needleOf(filter: Filter): Needle | undefined {
  switch (filter.kind) {
    case "all":
      return needlesOf(filter).reduce(moreSelective, undefined);
    case "any":
      return anyOf(filter.filters.map(needleOf));
    case "present":
      return keyNeedle(filter.field);
    case "equals":
      return filter.field === LEVEL_FIELD && typeof filter.value === "string"
        ? levelNeedle(filter.value, (severity, wanted) => severity === wanted)
        : valueNeedle(filter.field, filter.value);
    case "compares":
      return comparisonNeedle(filter);
    case "contains":
      return containedNeedle(filter);
    case "matches":
      return filter.field === undefined ? undefined : keyNeedle(filter.field);
    case "not":
      return undefined;
  }
}

function moreSelective(a: Needle | undefined, b: Needle): Needle {
  return a === undefined || b.selectivity > a.selectivity ? b : a;
}

/** One of several; nothing is known where nothing is known of one of them. */
function anyOf(needles: readonly (Needle | undefined)[]): Needle | undefined {
  const known = needles.filter((needle) => needle !== undefined);
  const alternatives = known.reduce((sum, needle) => sum + (needle.alternatives ?? 1), 0);
  if (known.length < needles.length || known.length === 0 || alternatives > PROBE_ALTERNATIVES_MAX) return undefined;
  const literals = known.flatMap((needle) => needle.literals ?? []);
  return {
    source: [...new Set(known.map(({ source }) => source))].join("|"),
    literals: known.every((needle) => needle.literals !== undefined) ? [...new Set(literals)] : undefined,
    selectivity: Math.min(...known.map(({ selectivity }) => selectivity)),
    isCaseless: known.some(({ isCaseless }) => isCaseless),
    alternatives,
  };
}

function keyNeedle(field: string): Needle {
  return { source: `${keySource(field)}${SPACE}:`, selectivity: PRESENT_SELECTIVITY, isCaseless: false };
}

/** The key of a field: its whole name, or what follows one of its dots. */
function keySource(field: string): string {
  const names = [...field.matchAll(/\./g)].map(({ index }) => field.slice(index + 1));
  return `"(?:${[field, ...names].map(textSource).join("|")})"`;
}

function valueNeedle(field: string, value: FilterValue): Needle | undefined {
  if (typeof value === "string") {
    return textNeedle(value, '"');
  }
  if (typeof value === "boolean" || value === null) return fieldNeedle(field, String(value));
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  const digits = isWhole ? `${BigInt(value)}(?!\\d)` : "-?\\d";
  // What is read as zero can have a sign.
  return fieldNeedle(field, `${digits === "0(?!\\d)" ? "-?" : ""}${digits}|${OPAQUE_NUMBER}`);
}

/** A field with one of some values, or with a list, in which each element counts. */
function fieldNeedle(field: string, values: string): Needle {
  const source = `${keySource(field)}${SPACE}:${SPACE}(?:\\[|${values})`;
  return { source, selectivity: NUMBER_SELECTIVITY, isCaseless: false };
}

function comparisonNeedle(filter: Extract<Filter, { kind: "compares" }>): Needle | undefined {
  const { field, operator, value } = filter;
  if (typeof value === "string") {
    if (field !== LEVEL_FIELD || severityNumberOf(value) === 0) return keyNeedle(field);
    const isGreater = operator.startsWith(">");
    return levelNeedle(value, (severity, bound) => isGreater ? severity >= bound : severity <= bound);
  }
  const numbers = operator.startsWith(">") ? numbersFrom(value) : numbersUpTo(value);
  return fieldNeedle(field, `${numbers}|${OPAQUE_NUMBER}`);
}

/** Numbers that are not less than a value, and some others: what counts is how many digits they have, and the first. */
function numbersFrom(value: number | bigint): string {
  const [first, count] = leadingDigit(value);
  if (value <= 0 || count === undefined) return "-?\\d";
  return `[${first}-9]\\d{${count - 1}}|\\d{${count + 1}}`;
}

function numbersUpTo(value: number | bigint): string {
  const [first, count] = leadingDigit(value);
  if (value <= 0 || count === undefined) return value < 0 ? "-" : "-|\\d";
  const shorter = count > 1 ? `|\\d{1,${count - 1}}(?!\\d)` : "";
  return `-|[0-${first}]\\d{${count - 1}}(?!\\d)${shorter}`;
}

/** The first digit of a positive number's whole part, and how many that part has; no count where its text is not so plain. */
function leadingDigit(value: number | bigint): readonly [first: string, count: number | undefined] {
  const [, digits = ""] = /^(\d+)(?:\.\d+)?$/.exec(String(value)) ?? [];
  return [digits.slice(0, 1), digits === "" ? undefined : digits.length];
}

const LEVEL_NAMES = ["trace", "debug", "info", "warn", "warning", "error", "fatal"];

/** A record's level that is wanted by its severity, or by its text where `value` is no level of a known severity. */
function levelNeedle(value: string, isWanted: (severity: number, wanted: number) => boolean): Needle {
  const wanted = severityNumberOf(value);
  const names = LEVEL_NAMES.filter((name) => isWanted(severityNumberOf(name), wanted));
  const known = wanted === 0 ? caselessSource(value) : names.length === 0 ? undefined : `(?:${names.join("|")})`;
  // A name and a distance can stand for any severity, and some letters beyond ASCII are forms of ASCII ones.
  const others = [String.raw`[a-z]+[+-]`, String.raw`[^"]*[\x80-\xff]`];
  const texts = [...(known === undefined ? [] : [`${known}"`]), ...others].join("|");
  const source = `"${LEVEL_FIELD}"${SPACE}:${SPACE}(?:\\[|"(?:${texts}))`;
  return { source, selectivity: LEVEL_SELECTIVITY, isCaseless: true };
}

function caselessSource(text: string): string {
  return isAscii(Buffer.from(text)) ? textSource(text) : '[^"]*';
}

function containedNeedle({ text }: Extract<Filter, { kind: "contains" }>): Needle | undefined {
  if (isPartOfNumber(text)) return undefined;
  return textNeedle(text, "");
}

function textNeedle(text: string, quote: string): Needle {
  const literal = `${quote}${Buffer.from(text).toString("latin1")}${quote}`;
  return {
    source: `${quote}${textSource(text)}${quote}`,
    // What has no form but one.
    literals: /["\\/\p{Cc}\p{Cs}]/u.test(text) ? undefined : [literal],
    selectivity: TEXT_SELECTIVITY + text.length,
    isCaseless: false,
  };
}

/** How text stands within a JSON string, but for escapes by number. */
function textSource(text: string): string {
  return Array.from(text, characterSource).join("");
}

function characterSource(character: string): string {
  const escape = SHORT_ESCAPES[character];
  if (escape !== undefined) return escape;
  const code = character.codePointAt(0) ?? 0;
  // Other control characters have no form but that by number.
  if (code < 0x20) return ESCAPED;
  // A half of a pair stands in the bytes of the whole, as their first or last one.
  if (code >= 0xd800 && code <= 0xdfff) return "[\\x80-\\xff]";
  if (code < 0x80) return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
  return Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16)}`).join("");
}
