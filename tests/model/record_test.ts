import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord, encodeRecord } from "../../src/model/record.ts";

test("encodeRecord: integers are exact to 64 bits, there and back", () => {
  const record = {
    small: 1,
    safe: Number.MAX_SAFE_INTEGER,
    beyond: 2n ** 53n + 1n,
    largest: 2n ** 63n - 1n,
    smallest: -(2n ** 63n),
    unsigned: 2n ** 64n - 1n,
    list: [9007199254740993n],
    nested: { deep: -9007199254740993n },
  };
  assert.deepEqual(decodeRecord(encodeRecord(record)), record);
});

test("encodeRecord: numbers that are no integers of 64 bits stay numbers", () => {
  const record = { double: 0.1, big: 1e21, tiny: 5e-324, digits: "12345678901234567890", hex: "0123456789abcdef01" };
  assert.deepEqual(decodeRecord(encodeRecord(record)), record);
});

test("encodeRecord: a record is one line whatever it holds", () => {
  const line = encodeRecord({ msg: "a\nb\r\u2028\u0000", lone: "\ud800" });
  assert.ok(!line.includes("\n"));
  assert.deepEqual(decodeRecord(line), { msg: "a\nb\r\u2028\u0000", lone: "\ud800" });
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

for (
  const [what, value] of [
    ["an array", [1]],
    ["a record that refers to itself", cycle],
    ["a record that refers to itself beside a bigint", { big: 1n, cycle }],
    ["a date", new Date(0)],
    ["a function", () => 1],
    ["a record whose toJSON gives nothing", { toJSON: () => undefined }],
    [
      "a record whose getter throws",
      Object.defineProperty({}, "x", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
    ],
  ] as const
) {
  test(`encodeRecord: ${what} is refused`, () => {
    assert.throws(() => encodeRecord(value));
  });
}

for (const line of ["", "{", "[1]", "1", "null", '"text"', '{"a":1} {"b":2}', "\0\0\0"]) {
  test(`decodeRecord: ${JSON.stringify(line)} is no record`, () => {
    assert.throws(() => decodeRecord(line), SyntaxError);
  });
}

test("decodeRecord: of a repeated key the last value counts, and __proto__ is a plain key", () => {
  const record = decodeRecord('{"server":"a","server":"b","__proto__":{"x":1}}');
  assert.equal(record.server, "b");
  assert.deepEqual(Object.keys(record), ["server", "__proto__"]);
});

test("decodeRecord: a number of millions of digits costs no more than its length", () => {
  const startMs = performance.now();
  assert.deepEqual(decodeRecord(`{"n":${"9".repeat(4_000_000)}}`), { n: Infinity });
  assert.ok(performance.now() - startMs < 500, `${performance.now() - startMs} ms`);
});
