// Goal: FORMAT.md tells the truth of side files, and a side file stays within its bounds.
// Method: the document's example is written again byte for byte, and asked; lengths are computed for many shapes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { decodeHeader } from "../../src/segment/block_table.ts";
import {
  markedRows,
  SIDE_FILE_SIZES,
  SIDE_HEADER_BYTES,
  sideFileMaxBytes,
  sideFileParts,
  sideHeader,
  sideLayout,
  sideRowsMax,
} from "../../src/segment/side_file.ts";
import { tokenHash, tokenParts } from "../../src/segment/tokens.ts";
import { compressWithSideFile, openGzip, textOf } from "./segments.ts";

const text = readFileSync(new URL("../../src/segment/FORMAT.md", import.meta.url), "utf8");
const raw = /```text\n([^`]+)```/.exec(text)?.[1] ?? "";
const [gzip, side] = Array.from(text.matchAll(/```hex\n([^`]+)```/g), ([, hex = ""]) => {
  const lines = hex.matchAll(/^(?:[0-9a-f]{2} ?)+/gm);
  return Uint8Array.from(
    [...lines].flatMap(([line]) => line.trim().split(" ").map((byte) => Number.parseInt(byte, 16))),
  );
});

test("FORMAT.md: the example of a side file is written again byte for byte, beside the example of a segment", () => {
  assert.deepEqual(compressWithSideFile(raw, { blockTargetBytes: 10 }), { gzip, side });
});

test("FORMAT.md: the example's header, hash and rows are what the document says", () => {
  assert.ok(gzip !== undefined && side !== undefined);
  const tableCrc = decodeHeader(gzip, zlib.crc32)?.crc ?? 0;
  const shape = { blockCount: 2, rowCount: 60, tokenRows: 7, tableCrc };
  assert.deepEqual(sideHeader(shape, zlib.crc32), side.subarray(0, SIDE_HEADER_BYTES));
  assert.equal(sideLayout(shape).sizeBytes, side.length);
  const hash = tokenHash("WARN") ?? 0;
  assert.equal(hash >>> 0, 0xbb9eb5ed);
  const rows = new Uint32Array(7);
  markedRows(tokenParts, hash, { rows, rowCount: 60 });
  assert.deepEqual([...rows], [43, 53, 3, 12, 22, 31, 41]);
});

test("FORMAT.md: the example's side file leads to the block of each token", async () => {
  assert.ok(gzip !== undefined);
  const { reader } = openGzip(gzip, side);
  const [first = "", second = ""] = raw.split(/(?<=\n)/);
  const found = (token: string) => textOf(reader.forwards({ tokens: { kind: "token", token } }));
  assert.deepEqual(await found("INFO"), [first]);
  assert.deepEqual(await found("WARN"), [second]);
  assert.deepEqual(await found("level"), [first, second]);
  assert.deepEqual(await found("ERROR"), []);
});

test("sideRowsMax gives the most rows that fit, for any count of blocks", () => {
  for (let blockCount = 1; blockCount <= 2046; blockCount += blockCount < 40 ? 1 : 59) {
    for (const bytes of [20, 24, 25, 60, 300, 1052, 1053, 5000, 1_000_003]) {
      const rowCount = sideRowsMax(sideFileParts, { blockCount, bytes });
      const about = `${rowCount} rows of ${blockCount} in ${bytes} bytes`;
      assert.ok(rowCount === 0 || sideLayout({ blockCount, rowCount }).sizeBytes <= bytes, about);
      assert.ok(sideLayout({ blockCount, rowCount: rowCount + 1 }).sizeBytes > bytes, about);
    }
  }
});

test("sideFileMaxBytes bounds what is written, also where every token is another one", () => {
  for (const lines of [0, 1, 40, 3000]) {
    const content = Array.from({ length: lines }, (_, n) => `{"a":"${"xyz ".repeat(n % 3)}${n * 7919} ${n}abc"}\n`)
      .join("");
    const written = compressWithSideFile(content, { blockTargetBytes: 1000 }).side.length;
    const maxBytes = sideFileMaxBytes(content.length, SIDE_FILE_SIZES);
    assert.ok(written <= maxBytes, `${written} of ${maxBytes} bytes`);
    assert.ok(lines < 3000 || written > 0.99 * maxBytes, `${written} of ${maxBytes} bytes`);
  }
  assert.equal(sideFileMaxBytes(2 ** 30, SIDE_FILE_SIZES), 2 ** 25);
});
