/**
 * Filters as functions: what `../model/filter.ts` says they mean.
 *
 * A filter is turned into closures once, so that asking a record costs a look-up and a comparison for each condition, and
 * allocates nothing but for what is nested.
 *
 * @module
 */

import { FILTER_TREE_DEPTH_MAX } from "../limits.ts";
import { type ComparisonOperator, type Filter, LEVEL_FIELD } from "../model/filter.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { severityNumberOf } from "../model/severity.ts";
import { Field, someScalar, type ValueTest } from "./field_values.ts";
import { originOf } from "./origins.ts";
import { PatternCompiler, type TextTest } from "./text_pattern.ts";

/** Whether a record meets a filter. */
export type RecordTest = (record: TelemetryRecord) => boolean;

type Condition<Kind extends Filter["kind"]> = Extract<Filter, { readonly kind: Kind }>;

/** What the parts of a filter are compiled with. */
interface Compilation {
  readonly patterns: PatternCompiler;
  readonly depth: number;
}

/** What an operator asks of a value's order to the one it is compared with: negative, zero, positive, or none (NaN). */
const ORDER_TESTS: ReadonlyMap<ComparisonOperator, (order: number) => boolean> = new Map([
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
]);

/**
 * Compiles a filter. The engine for regular expressions in RE2's syntax is loaded with the first filter that has one.
 *
 * @throws {FilterSyntaxError} If a regular expression that `parseFilter` read is refused; `column` says where it stands.
 * @throws {SyntaxError} If any other regular expression is not in RE2's syntax.
 * @throws {RangeError} If the regular expressions take too many steps, the filter nests too deeply, a field has too many
 * names, or a value is NaN.
 * @throws {TypeError} If it is no filter.
 */
export function compileFilter(filter: Filter): Promise<RecordTest> {
  return recordTest(filter, { patterns: new PatternCompiler(), depth: 0 });
}

async function recordTest(filter: Filter, compilation: Compilation): Promise<RecordTest> {
  if (compilation.depth > FILTER_TREE_DEPTH_MAX) {
    throw new RangeError(`Cannot compile a filter: it nests deeper than ${FILTER_TREE_DEPTH_MAX} levels`);
  }
  // Programs in JavaScript can hand in anything, even nothing.
  switch (filter?.kind) {
    case "all":
      return allOf(await recordTests(filter, compilation));
    case "any":
      return anyOf(await recordTests(filter, compilation));
    case "not": {
      const test = await recordTest(filter.filter, { ...compilation, depth: compilation.depth + 1 });
      return (record) => !test(record);
    }
    case "present": {
      const field = fieldOf(filter.field);
      return (record) => field.isIn(record);
    }
    case "equals":
      return testOfField(filter.field, equalityTest(filter));
    case "compares":
      return testOfField(filter.field, comparisonTest(filter));
    case "contains":
      return containmentTest(filter);
    case "matches":
      return testOfText(filter.field, await patternTest(filter, compilation.patterns));
    default:
      throw unexpected(
        'a filter whose kind is "all", "any", "not", "present", "equals", "compares", "contains" or "matches"',
        {
          received: (filter as Partial<Filter> | undefined)?.kind ?? filter,
        },
      );
  }
}

/** One after the other, so that the error is that of the first one that is wrong. */
async function recordTests(filter: Condition<"all" | "any">, compilation: Compilation): Promise<RecordTest[]> {
  if (!Array.isArray(filter.filters)) throw unexpected("a list of filters", { received: filter.filters });
  const tests: RecordTest[] = [];
  for (const each of filter.filters) {
    tests.push(await recordTest(each, { ...compilation, depth: compilation.depth + 1 }));
  }
  return tests;
}

function allOf(tests: readonly RecordTest[]): RecordTest {
  return (record) => {
    for (const test of tests) if (!test(record)) return false;
    return true;
  };
}

function anyOf(tests: readonly RecordTest[]): RecordTest {
  return (record) => {
    for (const test of tests) if (test(record)) return true;
    return false;
  };
}

function testOfField(name: string, test: ValueTest): RecordTest {
  const field = fieldOf(name);
  return (record) => field.some(record, test);
}

/** Looks for text in a field, or in all of them, however deep. */
function testOfText(name: string | undefined, test: TextTest): RecordTest {
  const testValue: ValueTest = (value) => {
    if (typeof value === "string") return test(value);
    // As JSON writes it, which has no text for an infinite one.
    if (typeof value === "number") return Number.isFinite(value) && test(String(value));
    return typeof value === "bigint" && test(String(value));
  };
  if (name === undefined) return (record) => someScalar(record, testValue);
  return testOfField(name, (value) => someScalar(value, testValue));
}

function equalityTest({ field, value }: Condition<"equals">): ValueTest {
  switch (typeof value) {
    case "string":
      return field === LEVEL_FIELD ? levelEqualityTest(value) : (each) => each === value;
    case "number":
    case "bigint":
      checkNumber(value);
      return (each) => isNumeric(each) && orderOfNumbers(each, value) === 0;
    case "boolean":
      return (each) => each === value;
    default:
      if (value === null) return (each) => each === null;
      throw unexpected("text, a number, a boolean or null to compare with", { received: value });
  }
}

function levelEqualityTest(level: string): ValueTest {
  const severity = severityNumberOf(level);
  if (severity > 0) return (each) => typeof each === "string" && severityNumberOf(each) === severity;
  const lowerCase = level.toLowerCase();
  return (each) => typeof each === "string" && each.toLowerCase() === lowerCase;
}

function comparisonTest({ field, operator, value }: Condition<"compares">): ValueTest {
  const meets = ORDER_TESTS.get(operator);
  if (meets === undefined) throw unexpected('the operator "<", "<=", ">" or ">="', { received: operator });
  if (isNumeric(value)) {
    checkNumber(value);
    return (each) => isNumeric(each) && meets(orderOfNumbers(each, value));
  }
  if (typeof value !== "string") throw unexpected("text or a number to compare with", { received: value });
  if (field !== LEVEL_FIELD) return (each) => typeof each === "string" && meets(orderOfTexts(each, value));
  const severity = severityNumberOf(value);
  return (each) => typeof each === "string" && meets(orderOfLevels(each, severity));
}

function containmentTest({ field, text }: Condition<"contains">): RecordTest {
  if (typeof text !== "string") throw unexpected("text to look for", { received: text });
  return testOfText(field, (each) => each.includes(text));
}

async function patternTest(filter: Condition<"matches">, patterns: PatternCompiler): Promise<TextTest> {
  const { pattern } = filter;
  if (typeof pattern === "string") return await patterns.compile(pattern, originOf(filter));
  if (!(pattern instanceof RegExp)) {
    throw unexpected("a regular expression, or the text of one", { received: pattern });
  }
  // A copy, since a global or sticky one remembers where it was.
  const copy = new RegExp(pattern);
  return (text) => {
    copy.lastIndex = 0;
    return copy.test(text);
  };
}

function fieldOf(name: unknown): Field {
  if (typeof name !== "string") throw unexpected("a field's name", { received: name });
  return new Field(name);
}

/** Comparing a number with a `bigint` is exact. */
function orderOfNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** By code points; JavaScript's own order is by UTF-16 units, which puts U+FFFD behind U+1F600. */
function orderOfTexts(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  if (index === end) return a.length - b.length;
  // What differs may be the second half of a pair.
  const start = isFirstHalf(a.charCodeAt(index - 1)) ? index - 1 : index;
  const order = codePointOf(a, start) - codePointOf(b, start);
  return order === 0 ? codePointOf(a, index) - codePointOf(b, index) : order;
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function codePointOf(text: string, index: number): number {
  return text.codePointAt(index) ?? 0;
}

/** None where either has no known severity. */
function orderOfLevels(level: string, severity: number): number {
  const own = severityNumberOf(level);
  return own === 0 || severity === 0 ? NaN : own - severity;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function checkNumber(value: number | bigint): void {
  if (Number.isNaN(value)) {
    throw new RangeError("Cannot compile a filter: expected a number to compare with, received NaN");
  }
}

function unexpected(expected: string, { received }: { readonly received: unknown }): TypeError {
  const isPlain = typeof received !== "object" || received === null;
  const shown = typeof received === "string" ? `"${received}"` : isPlain ? String(received) : "an object";
  return new TypeError(`Cannot compile a filter: expected ${expected}, received ${shown}`);
}
