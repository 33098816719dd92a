import assert from "node:assert/strict";
import { test } from "node:test";
import { LINE_MAX_BYTES } from "../../src/limits.ts";
import { lineDamage, recordOfLine, splitLines } from "../../src/segment/lines.ts";
import { flipped } from "./segments.ts";

const encoder = new TextEncoder();
const HOLE = "\0".repeat(20);
const LONG = "y".repeat(LINE_MAX_BYTES);

/** A piece of a block: the text of a good line, or what is wrong, where it starts and where the next one does. */
type Found = readonly [what: string, rawOffset: number, rawEnd: number];

const TABLE: readonly [what: string, block: string, found: readonly Found[]][] = [
  ["lines", `{"a":1}\n{"b":2}\n`, [[`{"a":1}`, 100, 108], [`{"b":2}`, 108, 116]]],
  ["no last line feed", `{"a":1}\n{"b":2}`, [[`{"a":1}`, 100, 108], [`{"b":2}`, 108, 115]]],
  ["CR LF", `{"a":1}\r\n`, [[`{"a":1}\r`, 100, 109]]],
  ["a byte-order mark", `\ufeff{"a":1}\n`, [[`{"a":1}`, 100, 111]]],
  ["blank lines", `\n \r\n\n{"a":1}\n`, [[`{"a":1}`, 105, 113]]],
  ["a hole before a good line", `${HOLE}{"a":1}\n`, [["hole", 100, 120], [`{"a":1}`, 120, 128]]],
  ["a hole behind a good line", `{"a":1}${HOLE}\n`, [[`{"a":1}`, 100, 107], ["hole", 107, 128]]],
  ["a hole between good lines", `{"a":1}${HOLE}{"b":2}\n`, [
    [`{"a":1}`, 100, 107],
    ["hole", 107, 127],
    [`{"b":2}`, 127, 135],
  ]],
  ["a hole that tears the line before it", `{"a":${HOLE}{"b":2}\n`, [["torn", 100, 125], [`{"b":2}`, 125, 133]]],
  ["a hole that tears both lines", `{"a":${HOLE}:2}\n`, [["torn", 100, 129]]],
  ["nothing but a hole", HOLE, [["hole", 100, 120]]],
  ["two holes", `${HOLE}x${HOLE}{"b":2}\n`, [["torn", 100, 141], [`{"b":2}`, 141, 149]]],
  ["a line too long", `${LONG}!\n{"b":2}\n`, [["too long", 100, 102 + LONG.length], [
    `{"b":2}`,
    102 + LONG.length,
    110 + LONG.length,
  ]]],
];

for (const [what, block, found] of TABLE) {
  test(`splitLines: ${what}`, () => {
    const lines = [...splitLines({ bytes: encoder.encode(block), rawOffset: 100 })];
    assert.deepEqual(lines.map(({ text, fault, rawOffset, rawEnd }) => [text ?? fault, rawOffset, rawEnd]), found);
  });
}

test("splitLines: the longest line that is read, and one that a reader passed over", () => {
  const [longest] = splitLines({ bytes: encoder.encode(`${LONG}\n`), rawOffset: 0 });
  assert.equal(longest?.text?.length, LINE_MAX_BYTES);
  const [skipped] = splitLines({ bytes: new Uint8Array(0), rawOffset: 7, skippedBytes: 99 });
  assert.deepEqual([skipped?.fault, skipped?.rawOffset, skipped?.rawEnd], ["too long", 7, 106]);
});

test("splitLines: a byte that became a NUL never makes a record that was not written", () => {
  const sample = encoder.encode(`{"a":{},"b":[{"c":"{} {\\"d\\":1}"},{"e":" {\\u007d"}],"f":"é"}`);
  for (let offset = 0; offset < sample.length; offset++) {
    const bytes = flipped(sample, { offset, mask: sample[offset] ?? 0 });
    assert.equal(bytes[offset], 0);
    const lines = [...splitLines({ bytes, rawOffset: 0 })];
    // Only the braces at the ends can go without a trace of the object left; then nothing is left to read either.
    assert.deepEqual(lines.map(recordOfLine), [undefined], `offset ${offset}`);
  }
});

test("lineDamage: names the place in the file, or in the content of a compressed one", () => {
  const [line] = splitLines({ bytes: encoder.encode("text\n"), rawOffset: 30 });
  assert.ok(line !== undefined && recordOfLine(line) === undefined);
  const raw = lineDamage({ path: "/d/logs.jsonl", form: "raw" }, line);
  assert.equal(raw.message, 'Cannot read "/d/logs.jsonl" at offset 30: the line is no JSON object');
  assert.deepEqual([raw.path, raw.offset, raw.place.bytes, raw.place.lines], ["/d/logs.jsonl", 30, 5, 1]);
  const gzip = lineDamage({ path: "/d/x.gz", form: "gzip" }, line);
  assert.equal(gzip.message, 'Cannot read "/d/x.gz" at offset 30 of its content: the line is no JSON object');
});
