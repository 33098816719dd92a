/**
 * The values that a record has under a field's name.
 *
 * A name is the record's own key of that name. Only where there is none, it is a path: `http.status` is `status` within
 * `http`, and of longer names every split is tried, within the inner objects too. A list on the way stands for each of its
 * elements. Only own keys count, so that `constructor` and `__proto__` are names like any other.
 *
 * @module
 */

import { FIELD_NAMES_MAX } from "../limits.ts";
import type { TelemetryRecord } from "../model/record.ts";

/** Whether a value is the one that is looked for. */
export type ValueTest = (value: unknown) => boolean;

/** A name, and each way to cut it in two at a dot. */
interface FieldPath {
  readonly name: string;
  readonly splits: readonly { readonly head: string; readonly rest: FieldPath }[];
}

/** A field as queries name it. Looking into a record allocates nothing unless lists are nested. */
export class Field {
  /** What it was made from. */
  readonly name: string;
  readonly #path: FieldPath;

  /** @throws {RangeError} If the name has more than {@linkcode FIELD_NAMES_MAX} names between dots. */
  constructor(name: string) {
    this.name = name;
    this.#path = pathOf(name);
  }

  /** Whether the record has the field, whatever its value; also an empty list. */
  isIn(record: TelemetryRecord): boolean {
    return someHeld(record, { path: this.#path, test: isAnything });
  }

  /** Whether one of the field's values meets the test, which sees the elements of a list and never the list. */
  some(record: TelemetryRecord, test: ValueTest): boolean {
    return someHeld(record, { path: this.#path, test, ofElements: true });
  }
}

/** Whether the value, which is no list, or an element of the list at any depth of lists meets the test. */
export function someElement(value: unknown, test: ValueTest): boolean {
  return Array.isArray(value) ? someWithin(value, { test, enters: isList }) : test(value);
}

/** Whether the value, or one at any depth within it, that is neither object nor list meets the test. */
export function someScalar(value: unknown, test: ValueTest): boolean {
  return isObject(value) ? someWithin(value, { test, enters: isObject }) : test(value);
}

/** What is looked for at the end of a path. */
interface Lookup {
  readonly path: FieldPath;
  readonly test: ValueTest;
  /** Whether the test is asked about the elements of a list rather than about the list. */
  readonly ofElements?: boolean;
}

function someHeld(holder: unknown, lookup: Lookup): boolean {
  if (!isObject(holder)) return false;
  if (Array.isArray(holder)) return someElement(holder, (element) => someHeld(element, lookup));
  const { path: { name, splits }, test, ofElements } = lookup;
  if (Object.hasOwn(holder, name)) {
    const value = holder[name];
    return ofElements === true ? someElement(value, test) : test(value);
  }
  for (const { head, rest } of splits) {
    if (Object.hasOwn(holder, head) && someHeld(holder[head], { ...lookup, path: rest })) return true;
  }
  return false;
}

/** A list of what is still to be looked into takes the place of recursion, which a deep record would exhaust. */
function someWithin(
  holder: object,
  options: { readonly test: ValueTest; readonly enters: (value: unknown) => value is object },
): boolean {
  const { test, enters } = options;
  const holders = [holder];
  for (let next = holders.pop(); next !== undefined; next = holders.pop()) {
    for (const value of Array.isArray(next) ? next : Object.values(next)) {
      if (enters(value)) holders.push(value);
      else if (test(value)) return true;
    }
  }
  return false;
}

function pathOf(name: string): FieldPath {
  const names = name.split(".");
  if (names.length > FIELD_NAMES_MAX) {
    throw new RangeError(
      `Cannot look for a field: expected at most ${FIELD_NAMES_MAX} names between dots, received "${name}"`,
    );
  }
  // From the last name forwards, so that the splits of a longer rest are made of those of shorter ones.
  let paths: FieldPath[] = [];
  for (let start = names.length - 1; start >= 0; start--) {
    const rests = paths;
    const splits = rests.map((rest, index) => ({ head: names.slice(start, start + index + 1).join("."), rest }));
    paths = [{ name: names.slice(start).join("."), splits }, ...rests];
  }
  return paths[0] ?? { name, splits: [] };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isAnything(): boolean {
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
