/**
 * Random conditions on one field, or on all of a record: each as a tree, and as the text that means the same.
 *
 * The text is made beside the tree, by the rules of `src/filter/FILTERS.md`, and never read back here.
 *
 * @module
 */
import type { ComparisonOperator, Filter, FilterValue } from "../../src/model/filter.ts";
import { pick, type Random } from "./json_forms.ts";
import {
  LEVELS,
  METRIC_NAMES,
  NUMBERS,
  ODD_LEVELS,
  TAGS,
  TOOLS,
  TRACE_IDS,
  traceId,
  WIDE_NUMBERS,
} from "./reference_records.ts";

/** A filter and its text. */
export interface ReferenceFilter {
  readonly filter: Filter;
  /** `undefined` where text cannot say it. */
  readonly text: string | undefined;
}

/** What random filters are made for. */
export interface FilterSource {
  readonly random: Random;
  readonly signal: string;
}

type Values = readonly [FilterValue, ...FilterValue[]];
type Field = readonly [field: string, likely: Values];

const SPANS = "resourceSpans.scopeSpans.spans";
const ATTRIBUTES = "resourceSpans.resource.attributes";
const STATUSES: Values = [200, 404, 500, "200"];

/** Fields of each signal's records, and some that none has, with values to compare them with; the likelier ones first. */
const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  logs: [
    ["tool", TOOLS],
    ["ms", NUMBERS],
    ["http.status", STATUSES],
    ["http.method", ["GET", "POST", "get"]],
    ["http.response.status", STATUSES],
    ["http", STATUSES],
    ["tags", TAGS],
    ["user id", ["u-0", "u-1", "u-2", "u-9"]],
    ["ключ", [...TOOLS, ...NUMBERS]],
    ["args", [...TOOLS, ...NUMBERS, ...WIDE_NUMBERS]],
    ["args.tool", TOOLS],
    ["a.b.c", [...NUMBERS, "deep"]],
    ["admin", [true, false, null]],
    ["session", [9007199254740993n, 9007199254740991, 9007199254740992n]],
    ["n", [7, 12, 99, 100, 150]],
    ["constructor", ["own", "Object"]],
    ["__proto__", TOOLS],
    ["nothing", [null, 0]],
  ],
  timeseries: [
    ["name", METRIC_NAMES],
    ["value", [...NUMBERS, ...WIDE_NUMBERS, "NaN", null]],
    ["labels.tool", TOOLS],
    ["labels.code", ["200", "404", "500", 200]],
    ["unit", ["s", "By"]],
    ["n", [312, 350, 380, 400]],
    ["labels", ["200"]],
  ],
  traces: [
    [`${SPANS}.name`, TOOLS],
    [`${SPANS}.kind`, [1, 2, 3, "SPAN_KIND_SERVER"]],
    [`${SPANS}.status.code`, [2, "STATUS_CODE_ERROR", 0]],
    [`${ATTRIBUTES}.value.stringValue`, TOOLS],
    [`${ATTRIBUTES}.key`, ["service.name"]],
    ["resourceSpans", [null]],
    ["n", [425, 450, 480, 500]],
  ],
};

/** Fields in which text is looked for. */
const TEXT_FIELDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  logs: ["msg", "msg", "msg", "tool", "ms", "http", "level", "args"],
  timeseries: ["name", "labels", "labels.tool", "value"],
  traces: [`${SPANS}.name`, "resourceSpans", `${SPANS}.status`],
};

const TRACE_FIELDS: Readonly<Record<string, string>> = { logs: "trace_id", traces: `${SPANS}.traceId` };

/** Parts of regular expressions: as RE2 and JavaScript have them, and as jq's engine has them where that is another way. */
const PATTERNS: readonly [Pattern, ...Pattern[]] = [
  ["^tool", "\\Atool"],
  ["^(?:GET|Timed)", "\\A(?:GET|Timed)"],
  ["out$", "out\\z"],
  ["timed? out"],
  ["[Tt]imed"],
  ["\\d{3}", "[0-9]{3}"],
  ["^\\d+$", "\\A[0-9]+\\z"],
  ["t.*t", "t[^\\n]*t"],
  ["^search$|^fetch$", "\\Asearch\\z|\\Afetch\\z"],
  ["first.line", "first[^\\n]line"],
  ["ключ|поиск"],
  ["(?i)search"],
  ["(?i)tImEd OuT"],
  ["line\\nsecond"],
  ["x/y"],
  ["^$", "\\A\\z"],
  ["[^a-z ]$", "[^a-z ]\\z"],
];

type Pattern = readonly [re2: string, jq?: string];

/** jq's expressions by RE2's. */
export const JQ_PATTERNS: ReadonlyMap<string, string> = new Map(PATTERNS.map(([re2, jq]) => [re2, jq ?? re2]));

/** Texts that are looked for: parts of words, digits, what is escaped, and what stands nowhere. */
const PIECES: readonly [string, ...string[]] = [
  "timed out",
  ...["tool", "search", "finished", "e", "150", "50", "200", "1", "x/y", "<b>", "ü", "😀", "ключ", "ERROR", "requests"],
  ...["\u0000", "\u2028", "\\", '"', "line\nsecond", "-", "a=b", "4bf92f3577b34da6a3ce929d0e0e0001", "zebra"],
];

/** A random condition. */
export function randomCondition(source: FilterSource): ReferenceFilter {
  const kind = source.random();
  if (kind < 0.2 && source.signal === "logs") return levelCondition(source);
  if (kind < 0.3 && source.signal in TRACE_FIELDS) return traceCondition(source);
  if (kind < 0.52) return equalityCondition(source);
  if (kind < 0.64) return comparisonCondition(source);
  if (kind < 0.7) return presenceCondition(source);
  return kind < 0.85 ? textCondition(source) : patternCondition(source);
}

function levelCondition({ random }: FilterSource): ReferenceFilter {
  if (random() < 0.5) return equality("level", { values: [pick([...LEVELS, ...ODD_LEVELS], random)], random });
  const operator = randomOperator(random);
  const value = random() < 0.95 ? pick(LEVELS, random) : pick(ODD_LEVELS, random);
  const filter: Filter = { kind: "compares", field: "level", operator, value };
  // Text refuses to compare with what is no level.
  const isLevel = LEVELS.some((level) => level === value);
  const text = operation({ field: "level", operator, value: quotable(value, random) }, random);
  return { filter, text: isLevel ? text : undefined };
}

function traceCondition({ random, signal }: FilterSource): ReferenceFilter {
  const id = traceId(Math.floor(random() * (TRACE_IDS + 5)));
  const field = TRACE_FIELDS[signal] ?? signal;
  return random() < 0.7 ? equality(field, { values: [id], random }) : containment(undefined, { text: id, random });
}

function equalityCondition({ random, signal }: FilterSource): ReferenceFilter {
  const [field, likely] = randomField({ random, signal });
  const unlikely: Values = [...NUMBERS, ...WIDE_NUMBERS, ...TOOLS, true, false, null, "yes"];
  const values = Array.from(
    { length: random() < 0.6 ? 1 : 2 },
    () => pick<FilterValue>(random() < 0.9 ? likely : unlikely, random),
  );
  return equality(field, { values, random });
}

/** A field with one of some values, or without them. */
function equality(
  field: string,
  of: { readonly values: readonly FilterValue[]; readonly random: Random },
): ReferenceFilter {
  const { values, random } = of;
  const isNegated = random() < 0.15;
  const terms = values.map((value) => valueTerm(value, random));
  const meant = terms.flatMap(({ values }) => values).map((value): Filter => ({ kind: "equals", field, value }));
  const [first, ...others] = meant;
  const any: Filter = first !== undefined && others.length === 0 ? first : { kind: "any", filters: meant };
  const value = terms.map(({ text }) => text).join(pick([",", ", "], random));
  const text = operation({ field, operator: isNegated ? "!=" : "=", value }, random);
  return {
    filter: isNegated ? { kind: "not", filter: any } : any,
    text: terms.some(({ text }) => text === undefined) ? undefined : text,
  };
}

function comparisonCondition({ random, signal }: FilterSource): ReferenceFilter {
  const [field, likely] = random() < 0.15 ? ["ts", ["2026-05-05T12:01:30Z"]] as const : randomField({ random, signal });
  const operator = randomOperator(random);
  const other = pick<FilterValue>([...NUMBERS, ...WIDE_NUMBERS, ...TOOLS, "\u{10ffff}"], random);
  const found = random() < 0.8 ? pick<FilterValue>(likely, random) : other;
  const value = found === null || typeof found === "boolean" ? 100 : found;
  const written = typeof value === "string" ? quoted(value, random) : String(value);
  return {
    filter: { kind: "compares", field, operator, value },
    text: operation({ field, operator, value: written }, random),
  };
}

function presenceCondition(source: FilterSource): ReferenceFilter {
  const { random } = source;
  const [field] = randomField(source);
  const isNegated = random() < 0.3;
  const present: Filter = { kind: "present", field };
  const text = operation({ field, operator: isNegated ? "!=" : "=", value: "*" }, random);
  return { filter: isNegated ? { kind: "not", filter: present } : present, text };
}

function textCondition({ random, signal }: FilterSource): ReferenceFilter {
  const field = random() < 0.5 ? undefined : pick(TEXT_FIELDS[signal] ?? ["msg"], random);
  return containment(field, { text: pick(PIECES, random), random });
}

function containment(
  field: string | undefined,
  of: { readonly text: string; readonly random: Random },
): ReferenceFilter {
  const { text, random } = of;
  if (field === undefined) return { filter: { kind: "contains", text }, text: quotable(text, random) };
  const filter: Filter = { kind: "contains", field, text };
  return { filter, text: operation({ field, operator: "*=", value: quotable(text, random) }, random) };
}

function patternCondition({ random, signal }: FilterSource): ReferenceFilter {
  const [pattern] = pick(PATTERNS, random);
  const field = random() < 0.3 ? undefined : pick(TEXT_FIELDS[signal] ?? ["msg"], random);
  const named = field === undefined ? {} : { field };
  const [, flags = "", source = ""] = /^(?:\(\?([a-z]+)\))?(.*)$/s.exec(pattern) ?? [];
  if (random() < 0.2) {
    const expression = new RegExp(source, `${flags}${random() < 0.2 ? "g" : ""}`);
    return { filter: { kind: "matches", ...named, pattern: expression }, text: undefined };
  }
  const isNegated = random() < 0.2;
  const matches: Filter = { kind: "matches", ...named, pattern };
  const slashed = `/${source.replaceAll("/", "\\/")}/${flags}`;
  const bare = /[\s()"]|^\//.test(pattern) ? slashed : pattern;
  const written = pick([slashed, bare, quoted(pattern, random)], random);
  const name = field === undefined ? "" : fieldText(field, random);
  return {
    filter: isNegated ? { kind: "not", filter: matches } : matches,
    text: `${name}${isNegated ? "!~" : "~"}${written}`,
  };
}

function randomField({ random, signal }: FilterSource): Field {
  const fields = FIELDS[signal] ?? [];
  const index = Math.floor(random() ** 1.7 * fields.length);
  return fields[index] ?? ["tool", TOOLS];
}

/** A value as text, and what that stands for: outside of quotes a number or a constant is also the text. */
function valueTerm(
  value: FilterValue,
  random: Random,
): { readonly text: string | undefined; readonly values: readonly FilterValue[] } {
  if (typeof value === "string") {
    const isAmbiguous = /^-?\d|^(?:true|false|null)$/.test(value);
    return { text: isAmbiguous ? quoted(value, random) : quotable(value, random), values: [value] };
  }
  const text = String(value);
  // A program can mean the value alone, which text cannot.
  return random() < 0.3 ? { text: undefined, values: [value] } : { text, values: [value, text] };
}

/** A field, an operator and a value, with spaces where they do no harm. */
function operation(
  of: { readonly field: string; readonly operator: string; readonly value: string },
  random: Random,
): string {
  const space = random() < 0.15 ? " " : "";
  return `${fieldText(of.field, random)}${space}${of.operator}${space}${of.value}`;
}

function fieldText(field: string, random: Random): string {
  return /^[\p{L}\p{N}_.]+$/u.test(field) && random() < 0.9 ? field : quoted(field, random);
}

/** Bare where it can be, and else in quotes. */
function quotable(text: string, random: Random): string {
  const isBare = /^[\p{L}_][\p{L}\p{N}_/]*$/u.test(text) && !/^(?:and|or|not|true|false|null)$/i.test(text);
  return (isBare || /^\d+$/.test(text)) && random() < 0.7 ? text : quoted(text, random);
}

/** In quotes, with some of JSON's escapes. */
function quoted(text: string, random: Random): string {
  const json = JSON.stringify(text);
  if (random() < 0.8) return json;
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replace(/[^\0-\x7e]/g, escape).replaceAll("/", "\\/");
}

function randomOperator(random: Random): ComparisonOperator {
  return pick(["<", "<=", ">", ">=", ">=", ">="], random);
}
