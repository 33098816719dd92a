import assert from "node:assert/strict";
import { test } from "node:test";
import { FIELD_NAMES_MAX } from "../../src/limits.ts";
import { decodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { Field, someElement, someScalar } from "../../src/filter/field_values.ts";

/** All that a test is asked about, in order of its text, since the order among values says nothing. */
function valuesOf(name: string, record: TelemetryRecord): unknown[] {
  const values: unknown[] = [];
  new Field(name).some(record, (value) => {
    values.push(value);
    return false;
  });
  return values.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
}

const ROWS: readonly (readonly [name: string, json: string, values: unknown[]])[] = [
  ["a", '{"a":1}', [1]],
  ["a", '{"a":null}', [null]],
  ["a", '{"b":1}', []],
  ["a", '{"a":{"b":1}}', [{ b: 1 }]],
  ["a", '{"a":[1,[2,[3]],{"b":4}]}', [1, 2, 3, { b: 4 }]],
  ["a", '{"a":[]}', []],
  ["", '{"":1}', [1]],
  ["a.b", '{"a":{"b":1}}', [1]],
  ["a.b", '{"a.b":1,"a":{"b":2}}', [1]],
  ["a.b", '{"a":[{"b":1},[{"b":[2,3]}],{"c":4},5]}', [1, 2, 3]],
  ["a.b", '{"a":"b"}', []],
  ["a.b.c", '{"a":{"b":{"c":1}}}', [1]],
  ["a.b.c", '{"a":{"b.c":1},"a.b":{"c":2}}', [1, 2]],
  ["a.b.c", '{"a":{"b.c":1,"b":{"c":2}}}', [1]],
  ["a.b.c", '{"a":{"b":{"c":1}},"a.b":{"c":[2,3]}}', [1, 2, 3]],
  ["a.b.c.d", '{"a":{"b.c":{"d":1}},"a.b":{"c.d":2,"c":{"d":3}},"a.b.c":{"d":4}}', [1, 2, 4]],
  ["a..b", '{"a":{"":{"b":1}},"a.":{"b":2}}', [1, 2]],
  [".a", '{"":{"a":1}}', [1]],
  ["a.0", '{"a":[1,2]}', []],
  ["a.length", '{"a":[1,2]}', []],
  ["constructor", '{"a":1}', []],
  ["constructor.name", '{"a":1}', []],
  ["a.constructor.name", '{"a":{}}', []],
  ["__proto__", '{"a":1}', []],
  ["__proto__.toString", '{"a":1}', []],
  ["__proto__", '{"__proto__":1}', [1]],
  ["__proto__.a", '{"__proto__":{"a":1}}', [1]],
  ["a.hasOwnProperty", '{"a":{"hasOwnProperty":1}}', [1]],
  ["constructor.name", '{"constructor":{"name":"x"}}', ["x"]],
];

test("Field.some finds each value under a name: the key, else every path, lists element by element, own keys alone", () => {
  for (const [name, json, values] of ROWS) {
    assert.deepEqual(valuesOf(name, decodeRecord(json)), values, `${name} in ${json}`);
  }
});

const PRESENT: readonly (readonly [name: string, json: string, isIn: boolean])[] = [
  ["a", '{"a":null}', true],
  ["a", '{"a":[]}', true],
  ["a", "{}", false],
  ["a.b", '{"a":{"b":null}}', true],
  ["a.b", '{"a":[{},{"b":[]}]}', true],
  ["a.b", '{"a":[]}', false],
  ["toString", "{}", false],
  ["a.toString", '{"a":{}}', false],
];

test("Field.isIn tells whether the record has the field, whatever its value", () => {
  for (const [name, json, isIn] of PRESENT) {
    assert.equal(new Field(name).isIn(decodeRecord(json)), isIn, `${name} in ${json}`);
  }
});

test("Field.some stops at the first value that meets the test", () => {
  const seen: unknown[] = [];
  assert.ok(new Field("a").some({ a: [1, 2, 3] }, (value) => seen.push(value) === 2));
  assert.equal(seen.length, 2);
});

test("Field refuses a name with too many parts, and takes the longest at once", () => {
  const longest = Array.from({ length: FIELD_NAMES_MAX }, () => "a").join(".");
  assert.throws(() => new Field(`${longest}.a`), RangeError);
  let record: TelemetryRecord = { a: "end" };
  for (let depth = 1; depth < FIELD_NAMES_MAX; depth++) record = { a: record };
  assert.deepEqual(valuesOf(longest, record), ["end"]);
});

test("values nested 200,000 deep are searched without exhausting the stack", () => {
  let list: unknown = "end";
  let object: unknown = "end";
  for (let depth = 0; depth < 200_000; depth++) {
    list = [list];
    object = depth % 2 === 0 ? { a: object } : [object];
  }
  const isEnd = (value: unknown): boolean => value === "end";
  assert.ok(someElement(list, isEnd));
  assert.ok(someScalar(object, isEnd));
  assert.ok(new Field("a.b").some({ a: { b: list } }, isEnd));
  assert.ok(!new Field("a.b").some({ a: list }, isEnd));
});

test("someScalar asks about values at every depth and never about keys", () => {
  const seen: unknown[] = [];
  const isFound = someScalar({ key: ["a", { key: 1 }, [null, true]], other: 2n, empty: {} }, (value) => {
    seen.push(value);
    return value === "key" || value === "other";
  });
  assert.ok(!isFound);
  assert.deepEqual(new Set(seen), new Set(["a", 1, null, true, 2n]));
});
