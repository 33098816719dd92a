/**
 * Whether a record meets a filter, by recursion over plain values, straight from what `src/model/filter.ts` says: the judge of
 * records that jq cannot hold, such as integers beyond 2^53 and halves of surrogate pairs.
 *
 * @module
 */
import type { Filter } from "../../src/model/filter.ts";

/** See the module. */
export function meets(record: unknown, filter: Filter): boolean {
  switch (filter.kind) {
    case "all":
      return filter.filters.every((each) => meets(record, each));
    case "any":
      return filter.filters.some((each) => meets(record, each));
    case "not":
      return !meets(record, filter.filter);
    case "present":
      return valuesAt(record, filter.field).length > 0;
    case "equals":
      return elementsAt(record, filter.field).some((value) => isEqual(value, filter));
    case "compares":
      return elementsAt(record, filter.field).some((value) => compares(value, filter));
    case "contains":
      return textsAt(record, filter.field).some((text) => text.indexOf(filter.text) >= 0);
    case "matches": {
      const pattern = plainPattern(filter.pattern);
      return textsAt(record, filter.field).some((text) => pattern.test(text));
    }
  }
}

/** The severity number of a level, 0 where it is none. */
export function severityOf(level: string): number {
  const [, name = "", distance = "0"] = /^([a-z]+)([+-][0-9]+)?$/.exec(level.toLowerCase()) ?? [];
  const base = { trace: 1, debug: 5, info: 9, warn: 13, warning: 13, error: 17, fatal: 21 }[name];
  if (base === undefined || distance.length > 4) return 0;
  const number = base + Number(distance);
  return number < 1 || number > 24 ? 0 : number;
}

/** The values that a record has under a name: its own key, else every way to cut the name in two. */
function valuesAt(holder: unknown, name: string): unknown[] {
  if (Array.isArray(holder)) return holder.flatMap((element) => valuesAt(element, name));
  if (typeof holder !== "object" || holder === null) return [];
  const fields = new Map(Object.entries(holder));
  if (fields.has(name)) return [fields.get(name)];
  const names = name.split(".");
  return names.slice(1).flatMap((_, index) => {
    const head = names.slice(0, index + 1).join(".");
    return fields.has(head) ? valuesAt(fields.get(head), names.slice(index + 1).join(".")) : [];
  });
}

function elementsAt(record: unknown, name: string): unknown[] {
  return valuesAt(record, name).flatMap((value) => Array.isArray(value) ? value.flat(Infinity) : [value]);
}

function textsAt(record: unknown, name: string | undefined): string[] {
  return (name === undefined ? [record] : valuesAt(record, name)).flatMap(textsIn);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "bigint") return [value.toString()];
  if (typeof value === "number") return Number.isFinite(value) ? [JSON.stringify(value)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function isEqual(value: unknown, { field, value: wanted }: Extract<Filter, { kind: "equals" }>): boolean {
  if (typeof wanted === "number" || typeof wanted === "bigint") {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    return isNumber && isInOrder(value, "<=", wanted) && isInOrder(value, ">=", wanted);
  }
  if (typeof wanted !== "string" || typeof value !== "string" || field !== "level") return value === wanted;
  const severity = severityOf(wanted);
  return severity > 0 ? severityOf(value) === severity : value.toLowerCase() === wanted.toLowerCase();
}

function compares(value: unknown, { field, operator, value: bound }: Extract<Filter, { kind: "compares" }>): boolean {
  const isNumber = typeof bound !== "string";
  if (isNumber) return (typeof value === "number" || typeof value === "bigint") && isInOrder(value, operator, bound);
  if (typeof value !== "string") return false;
  if (field === "level") {
    const [own, other] = [severityOf(value), severityOf(bound)];
    return own > 0 && other > 0 && isInOrder(own, operator, other);
  }
  return isInOrder(compareCodePoints(value, bound), operator, 0);
}

function isInOrder(value: number | bigint, operator: string, bound: number | bigint): boolean {
  if (operator === "<") return value < bound;
  if (operator === "<=") return value <= bound;
  return operator === ">" ? value > bound : value >= bound;
}

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  for (const [index, code] of (left ?? []).entries()) {
    const other = right?.[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}

/** RE2's flags at the start of a text become those of JavaScript; what else stands in patterns of these tests is the same. */
function plainPattern(pattern: string | RegExp): RegExp {
  if (typeof pattern !== "string") return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  const [, flags = "", rest = ""] = /^(?:\(\?([a-z]+)\))?([\s\S]*)$/.exec(pattern) ?? [];
  return new RegExp(rest, `u${flags}`);
}
