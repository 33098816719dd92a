import assert from "node:assert/strict";
import { test } from "node:test";
import { LINE_MAX_BYTES, READ_CHUNK_BYTES } from "../../src/limits.ts";
import { gatherLines } from "../../src/segment/line_blocks.ts";
import { recordOfLine, splitLines } from "../../src/segment/lines.ts";
import { seededRandom } from "../recovery/stores.ts";

const encoder = new TextEncoder();

test("gatherLines: however a stream is cut into chunks, its lines are the same", async () => {
  const content = encoder.encode(`{"a":"é"}\n\n{"b":2}\r\n\0\0\0{"c":3}\n{"d":"😀"}\n${"x".repeat(300)}\n{"e":5}`);
  const whole = [...splitLines({ bytes: content, rawOffset: 5 })];
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const lines = [];
    for await (const block of gatherLines(inChunks(content, () => 1 + Math.floor(random() * 40)), 5)) {
      lines.push(...splitLines(block));
    }
    assert.deepEqual(lines, whole, `seed ${seed}`);
  }
});

const MIB = 1024 * 1024;
const LONG_CONTENTS: readonly [what: string, content: string, records: number, faults: readonly string[]][] = [
  ["a line of 64 MiB", `{"a":1}\n${"x".repeat(64 * MIB)}\n{"b":2}\n`, 2, ["too long"]],
  ["a line of 20 MiB at the end", `{"a":1}\n${"x".repeat(20 * MIB)}`, 1, ["too long"]],
  ["the longest line that is read", `{"a":"${"x".repeat(LINE_MAX_BYTES - 8)}"}\n{"b":2}\n`, 2, []],
  ["a line longer by one byte", `{"a":"${"x".repeat(LINE_MAX_BYTES - 7)}"}\n{"b":2}\n`, 1, ["too long"]],
  ["a hole of 40 MiB before a good line", `{"a":1}\n${"\0".repeat(40 * MIB)}{"b":2}\n`, 2, ["hole"]],
  ["a hole of 40 MiB between good lines", `{"a":1}${"\0".repeat(40 * MIB)}{"b":2}\n`, 2, ["hole"]],
  ["a line of 20 MiB and a hole before a good line", `${"x".repeat(20 * MIB)}\0\0{"b":2}\n`, 1, ["too long", "hole"]],
];

for (const [what, content, records, faults] of LONG_CONTENTS) {
  test(`gatherLines: ${what} costs itself, and no more memory than the longest line`, async () => {
    const bytes = encoder.encode(content);
    let recordCount = 0;
    const found: string[] = [];
    let rawEnd = 0;
    for await (const block of gatherLines(inChunks(bytes, () => READ_CHUNK_BYTES), 0)) {
      assert.equal(block.rawOffset, rawEnd);
      rawEnd += block.skippedBytes ?? block.bytes.length;
      assert.ok(block.bytes.length <= LINE_MAX_BYTES + 2 * READ_CHUNK_BYTES, `a block of ${block.bytes.length} bytes`);
      for (const line of splitLines(block)) {
        if (recordOfLine(line) !== undefined) recordCount++;
        else if (found.at(-1) !== line.fault) found.push(line.fault ?? "no record");
      }
    }
    assert.deepEqual([recordCount, found, rawEnd], [records, faults, bytes.length]);
  });
}

async function* inChunks(bytes: Uint8Array, chunkBytes: () => number): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length;) {
    const end = start + chunkBytes();
    yield await Promise.resolve(bytes.slice(start, end));
    start = end;
  }
}
