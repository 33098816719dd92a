// Goal: a compiled filter means what its documentation says, whatever its shape.
// Method: random filters over random records, against an evaluator that is written to be read and not to be fast: it takes
// fields by walking all keys of a record, compares numbers as fractions of whole ones, and text as lists of code points.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { Filter, FilterValue } from "../../src/model/filter.ts";
import { decodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { seededRandom } from "../recovery/stores.ts";
import { jsonForm, pick, type Random } from "../query/json_forms.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261121);
const FILTERS = 3000;
const RECORDS_PER_FILTER = 20;

const FIELDS = [
  "a",
  "b",
  "a.b",
  "b.a",
  "a.b.a",
  "level",
  "",
  ".",
  "__proto__",
  "constructor",
  "a.constructor",
] as const;
const TEXTS = [
  "",
  "a",
  "ab",
  "ba",
  "A",
  "1",
  "10",
  "true",
  "warn",
  "é",
  "\uffff",
  "😀",
  "😁",
  "\ud83d",
  "x\ny",
] as const;
const LEVELS = [
  "TRACE",
  "debug",
  "INFO",
  "info+2",
  "Warn",
  "WARNING",
  "INFO+4",
  "WARN-1",
  "ERROR",
  "FATAL+3",
  "notice",
  "Notice",
] as const;
const NUMBERS = [0, -0, 1, -1, 1.5, -1.5, 10, 100, 0.1, 1e21, 2 ** 53, 2 ** 60, 1e300] as const;
const BIGINTS = [2n ** 53n + 1n, 2n ** 60n + 1n, -(2n ** 53n) - 1n, 2n ** 64n - 1n] as const;
const PATTERNS = ["a", "^a$", "b|1", "^.$", "[0-9]{2}", "", "x.y", "(?:a|ab)+$"] as const;

/** Few, so that what is looked for is often there. */
const FREQUENT = ["a", "ab", "1", 1, 10, 2n ** 53n + 1n, 2 ** 53, true, null] as const;

function randomScalar(random: Random): FilterValue {
  if (random() < 0.6) return pick<FilterValue>(FREQUENT, random);
  return pick<FilterValue>([
    pick(TEXTS, random),
    pick(LEVELS, random),
    pick(NUMBERS, random),
    pick(BIGINTS, random),
    pick([true, false, null], random),
  ], random);
}

function randomValue(random: Random, depth: number): unknown {
  if (depth === 0 || random() < 0.5) return randomScalar(random);
  const length = Math.floor(random() * 3);
  if (random() < 0.4) return Array.from({ length }, () => randomValue(random, depth - 1));
  return randomObject(random, depth - 1);
}

function randomObject(random: Random, depth: number): object {
  const length = 1 + Math.floor(random() * 6);
  return Object.fromEntries(Array.from({ length }, () => {
    const field = random() < 0.4 ? pick(["a", "b", "level"], random) : pick(FIELDS, random);
    return [field, field === "level" && random() < 0.7 ? pick(LEVELS, random) : randomValue(random, depth)];
  }));
}

function randomFilter(random: Random, depth: number): Filter {
  if (depth > 0 && random() < 0.5) {
    const filters = Array.from({ length: Math.floor(random() * 4) }, () => randomFilter(random, depth - 1));
    const kind = random();
    if (kind < 0.3) return { kind: "not", filter: randomFilter(random, depth - 1) };
    return { kind: kind < 0.65 ? "all" : "any", filters };
  }
  const field = pick(FIELDS, random);
  const ordered = [pick(TEXTS, random), pick(LEVELS, random), pick(NUMBERS, random), pick(BIGINTS, random)] as const;
  const optional = random() < 0.5 ? { field } : {};
  return pick<Filter>([
    { kind: "present", field },
    { kind: "equals", field, value: randomScalar(random) },
    { kind: "equals", field: "level", value: pick(LEVELS, random) },
    {
      kind: "compares",
      field,
      operator: pick(["<", "<=", ">", ">="], random),
      value: pick<string | number | bigint>(ordered, random),
    },
    { kind: "compares", field: "level", operator: pick(["<", "<=", ">", ">="], random), value: pick(LEVELS, random) },
    { kind: "contains", ...optional, text: pick([...TEXTS, "e+2", "0740"], random) },
    {
      kind: "matches",
      ...optional,
      pattern: pick<string | RegExp>([pick(PATTERNS, random), new RegExp(pick(PATTERNS, random), "u")], random),
    },
  ], random);
}

/** What the documentation of `Filter` says, word for word. */
function isMet(filter: Filter, record: TelemetryRecord): boolean {
  switch (filter.kind) {
    case "all":
      return filter.filters.every((each) => isMet(each, record));
    case "any":
      return filter.filters.some((each) => isMet(each, record));
    case "not":
      return !isMet(filter.filter, record);
    case "present":
      return held(record, filter.field).length > 0;
    case "equals":
      return elements(record, filter.field).some((each) => isEqual(each, filter));
    case "compares":
      return elements(record, filter.field).some((each) => {
        const order = orderOf(each, filter);
        if (order === undefined) return false;
        return order === 0 ? filter.operator.endsWith("=") : filter.operator.startsWith(order < 0 ? "<" : ">");
      });
    case "contains":
      return textsFor(filter.field, record).some((text) => text.split(filter.text).length > 1 || filter.text === "");
    case "matches":
      return textsFor(filter.field, record).some((text) => text.search(new RegExp(filter.pattern, "u")) >= 0);
  }
}

/** The values under a name, before lists are taken apart. */
function held(holder: unknown, name: string): unknown[] {
  if (Array.isArray(holder)) return holder.flatMap((element) => held(element, name));
  if (typeof holder !== "object" || holder === null) return [];
  const fields = Object.entries(holder);
  const own = fields.filter(([key]) => key === name).map(([, value]) => value);
  if (own.length > 0) return own;
  return fields.flatMap(([key, value]) => name.startsWith(`${key}.`) ? held(value, name.slice(key.length + 1)) : []);
}

function elements(record: TelemetryRecord, name: string): unknown[] {
  return held(record, name).flat(Infinity);
}

function isEqual(value: unknown, { field, value: wanted }: Extract<Filter, { kind: "equals" }>): boolean {
  if (field === "level" && typeof value === "string" && typeof wanted === "string") {
    const severity = severityOf(wanted);
    return severity === undefined ? value.toLowerCase() === wanted.toLowerCase() : severityOf(value) === severity;
  }
  if (isNumeric(value) && isNumeric(wanted)) return orderOfLists(exactly(value), exactly(wanted)) === 0;
  return value === wanted;
}

function orderOf(value: unknown, { field, value: wanted }: Extract<Filter, { kind: "compares" }>): number | undefined {
  if (isNumeric(value) && isNumeric(wanted)) return orderOfLists(exactly(value), exactly(wanted));
  if (typeof value !== "string" || typeof wanted !== "string") return undefined;
  if (field !== "level") return orderOfLists(codePoints(value), codePoints(wanted));
  const [own, other] = [severityOf(value), severityOf(wanted)];
  return own === undefined || other === undefined ? undefined : own - other;
}

/** slog's numbers, of which only some have a counterpart in OpenTelemetry. */
function severityOf(level: string): number | undefined {
  const [, name = "", distance = "0"] = /^([A-Z]+)([+-][0-9]+)?$/.exec(level.toUpperCase()) ?? [];
  const start = new Map(Object.entries({ TRACE: -8, DEBUG: -4, INFO: 0, WARN: 4, WARNING: 4, ERROR: 8, FATAL: 12 }))
    .get(name);
  const severity = start === undefined ? undefined : start + Number(distance);
  return severity === undefined || severity < -8 || severity > 15 ? undefined : severity;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** The whole number below it, and what is above that. */
function exactly(value: number | bigint): readonly [bigint, number] {
  return typeof value === "bigint" ? [value, 0] : [BigInt(Math.floor(value)), value - Math.floor(value)];
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function orderOfLists(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

function textsFor(field: string | undefined, record: TelemetryRecord): string[] {
  return textsIn(field === undefined ? record : held(record, field));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (isNumeric(value)) return [typeof value === "bigint" ? value.toString() : JSON.stringify(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

test(`compileFilter: ${FILTERS} random filters mean what they say (VARVE_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const counts = new Map<string, { met: number; unmet: number }>();
  for (let n = 0; n < FILTERS; n++) {
    const filter = randomFilter(random, n % 4);
    const meets = await compileFilter(filter);
    const count = counts.get(filter.kind) ?? { met: 0, unmet: 0 };
    counts.set(filter.kind, count);
    for (let m = 0; m < RECORDS_PER_FILTER; m++) {
      const line = jsonForm(randomObject(random, 3), random);
      const record = decodeRecord(line);
      const expected = isMet(filter, record);
      assert.equal(meets(record), expected, `${inspect(filter)} and ${line} (VARVE_SEED=${SEED})`);
      expected ? count.met++ : count.unmet++;
    }
  }
  const rare = [...counts].filter(([, { met, unmet }]) => met < 100 || unmet < 100);
  assert.deepEqual(rare, [], "some conditions nearly always hold, or never");
  assert.equal(counts.size, 8);
});

function inspect(filter: Filter): string {
  return JSON.stringify(filter, (_key, value) => {
    return value instanceof RegExp ? String(value) : typeof value === "bigint" ? `${value}n` : value;
  });
}
