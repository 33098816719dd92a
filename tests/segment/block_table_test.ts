// Goal: FORMAT.md tells the truth.
// Method: its worked example is read back by this code and by gzip, and written again byte for byte.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { decodeHeader, encodeHeader } from "../../src/segment/block_table.ts";

const text = readFileSync(new URL("../../src/segment/FORMAT.md", import.meta.url), "utf8");
const raw = /```text\n([^`]+)```/.exec(text)?.[1] ?? "";
const hex = (/```hex\n([^`]+)```/.exec(text)?.[1] ?? "").matchAll(/^(?:[0-9a-f]{2} ?)+/gm);
const bytes = Uint8Array.from(
  [...hex].flatMap(([line]) => line.trim().split(" ").map((byte) => Number.parseInt(byte, 16))),
);

test("FORMAT.md: the example is gzip of its two lines", () => {
  assert.equal(zlib.gunzipSync(bytes).toString(), raw);
});

test("FORMAT.md: the example's table reads back and is written again byte for byte", () => {
  const table = decodeHeader(bytes, zlib.crc32);
  assert.ok(table);
  assert.equal(table.rawBytes, raw.length);
  assert.deepEqual(table.blocks.map(({ offset, rawOffset, lines }) => ({ offset, rawOffset, lines })), [
    { offset: 0x60, rawOffset: 0, lines: 1 },
    { offset: 0x9d, rawOffset: 55, lines: 1 },
  ]);
  assert.deepEqual(table.blocks.map(({ earliest, latest }) => [earliest, latest]), [
    [1777982400000000000n, 1777982400000000000n],
    [1777982401500000000n, 1777982401500000000n],
  ]);
  assert.deepEqual(encodeHeader(table, zlib.crc32), bytes.subarray(0, 0x60));
});

test("FORMAT.md: each block of the example inflates alone", () => {
  const { blocks } = decodeHeader(bytes, zlib.crc32) ?? { blocks: [] };
  const lines = blocks.map((block, index) => {
    const deflated = bytes.subarray(block.offset, blocks[index + 1]?.offset ?? bytes.length - 8);
    const inflated = zlib.inflateRawSync(deflated, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    assert.equal(zlib.crc32(inflated), block.crc);
    return inflated.toString();
  });
  assert.deepEqual(lines, raw.split("\n").slice(0, 2).map((line) => `${line}\n`));
});
