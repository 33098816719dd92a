import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import { test } from "node:test";
import { decodeHeader } from "../../src/segment/block_table.ts";
import { compress, line, openGzip, textOf } from "./segments.ts";

const UNKNOWN = [-(2n ** 63n), 2n ** 63n - 1n];

const lines = Array.from({ length: 50 }, (_, second) => line(second));

const CONTENTS: readonly [what: string, raw: string][] = [
  ["lines", lines.join("")],
  ["nothing", ""],
  ["one line", line(1)],
  ["no line feed at the end", lines.join("").trimEnd()],
  ["lines that are no JSON", "not json\n\n\u0000\u0000\n{\n"],
  ["a line longer than a block", line(1) + line(2, `,"x":"${"y".repeat(50_000)}"`) + line(3)],
  ["text beyond ASCII", line(1, `,"x":"é\u2028😀"`).repeat(20)],
];

for (const [what, raw] of CONTENTS) {
  test(`compressSegment: ${what} come back whole, forwards, backwards and by gunzip`, async () => {
    const gzip = compress(raw);
    assert.equal(zlib.gunzipSync(gzip).toString(), raw);
    const { reader, damage } = openGzip(gzip);
    assert.equal((await textOf(reader.forwards())).join(""), raw);
    assert.equal((await textOf(reader.backwards())).toReversed().join(""), raw);
    assert.deepEqual(damage, []);
  });
}

test("compressSegment: blocks hold whole lines and say their times, whatever the order", () => {
  const table = decodeHeader(compress(line(5) + line(3) + line(9) + line(4)), zlib.crc32);
  assert.deepEqual(table?.blocks.map(({ lines, earliest, latest }) => [lines, earliest, latest]), [
    [3, 3_000_000_000n, 9_000_000_000n],
    [1, 4_000_000_000n, 4_000_000_000n],
  ]);
});

const TIMES: readonly [what: string, raw: string, range: readonly bigint[]][] = [
  ["a record without a time", `${line(1)}{"a":1}\n`, UNKNOWN],
  ["a line that is no record", `${line(1)}torn{\n`, [1_000_000_000n, 1_000_000_000n]],
  ["a time that stands later in the line", `{"reset":true,"ts":"1970-01-01T00:00:07Z"}\n`, [
    7_000_000_000n,
    7_000_000_000n,
  ]],
  ["a record behind a hole", `${line(1)}\0\0${line(7)}`, UNKNOWN],
  ["a record behind a byte-order mark", `${line(1)}\ufeff${line(7)}`, UNKNOWN],
  ["a second time in escapes", `{"ts":"1970-01-01T00:00:01Z","\\u0074s":"1970-01-01T00:00:02Z"}\n`, [
    2_000_000_000n,
    2_000_000_000n,
  ]],
  ["a second time, which counts", `{"ts":"1970-01-01T00:00:01Z","ts":"1970-01-01T00:00:02Z"}\n`, [
    2_000_000_000n,
    2_000_000_000n,
  ]],
  ["a nested time, which does not", `{"ts":"1970-01-01T00:00:01Z","x":{"ts":"1970-01-01T00:00:09Z"}}\n`, [
    1_000_000_000n,
    1_000_000_000n,
  ]],
  ["a year that nanoseconds of 64 bits do not reach", `{"ts":"9999-01-01T00:00:00Z"}\n`, UNKNOWN],
];

for (const [what, raw, range] of TIMES) {
  test(`compressSegment: the times of a block with ${what}`, () => {
    const [block] = decodeHeader(compress(raw, { blockTargetBytes: 10_000 }), zlib.crc32)?.blocks ?? [];
    assert.deepEqual([block?.earliest, block?.latest], range);
  });
}

test("compressSegment: blocks grow so that the table fits in a gzip header", () => {
  const gzip = compress("x".repeat(99).concat("\n").repeat(10_000), { blockTargetBytes: 1 });
  const table = decodeHeader(gzip, zlib.crc32);
  assert.ok(table !== undefined && table.blocks.length <= 2046 && table.blocks.length > 1000);
});
