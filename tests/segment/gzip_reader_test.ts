import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { LINE_MAX_BYTES } from "../../src/limits.ts";
import { type BlockTable, decodeHeader, encodeHeader } from "../../src/segment/block_table.ts";
import { compress, flipped, line, openGzip, textOf } from "./segments.ts";

const lines = Array.from({ length: 30 }, (_, second) => line(second));
const raw = lines.join("");
const gzip = compress(raw);
const table = tableOf(gzip);
const firstBlock = table.blocks[0]?.offset ?? 0;

test("openGzipReader: skips the blocks outside a time range", async () => {
  const { reader } = openGzip(gzip);
  const range = { earliest: 20_000_000_000n, latest: 21_000_000_000n };
  const found = (await textOf(reader.forwards({ range }))).join("");
  assert.ok(found.includes(line(20)) && found.includes(line(21)));
  assert.ok(found.length < 400, `read ${found.length} bytes`);
  assert.deepEqual(reader.timeRange && [reader.timeRange.earliest, reader.timeRange.latest], [0n, 29_000_000_000n]);
});

test("openGzipReader: a flipped bit, wherever it is, costs its block at most, and nothing wrong is read", async () => {
  const texts = await textOf(openGzip(gzip).reader.forwards());
  for (let offset = 0; offset < gzip.length; offset++) {
    const { reader, damage } = openGzip(flipped(gzip, { offset, mask: 1 << (offset % 8) }));
    const found = await textOf(reader.forwards());
    if (damage.length === 0) {
      assert.equal(found.join(""), raw, `offset ${offset}`);
      continue;
    }
    const hit = table.blocks.findLastIndex((block) => block.offset <= offset);
    assert.deepEqual(found, texts.filter((_, index) => index !== hit), `offset ${offset}`);
    const { offset: place, lines: lost, bytes, within } = damage[0] ?? {};
    const block = table.blocks[hit];
    assert.deepEqual([place, lost, within, damage.length], [block?.offset, block?.lines, "file", 1]);
    const end = table.blocks[hit + 1]?.offset ?? gzip.length;
    assert.equal(bytes, end - (block?.offset ?? 0));
  }
});

test("openGzipReader: verify() notices every flipped bit that can change what some program reads", async () => {
  const unnoticed: number[] = [];
  for (let bit = 0; bit < gzip.length * 8; bit++) {
    const damaged = flipped(gzip, { offset: bit >> 3, mask: 1 << (bit & 7) });
    const { reader, damage } = openGzip(damaged);
    const found = (await textOf(reader.verify())).join("");
    if (damage.length > 0) continue;
    assert.equal(found, raw);
    assert.equal(zlib.gunzipSync(damaged).toString(), raw, `bit ${bit}`);
    unnoticed.push(bit);
  }
  // Deflate pads a stored block's header to a whole byte: what stands in those bits means nothing to anybody.
  const blockEnds = [...table.blocks.slice(1).map(({ offset }) => offset), gzip.length - 10];
  for (const bit of unnoticed) assert.ok(blockEnds.some((end) => end - (bit >> 3) <= 6), `bit ${bit}`);
});

test("openGzipReader: a damaged table leaves the file readable from its start, and verify() names it", async () => {
  for (const offset of [16, 18, 20, 40, firstBlock - 1]) {
    const { reader, damage } = openGzip(flipped(gzip, { offset }));
    assert.equal((await textOf(reader.forwards())).join(""), raw, `offset ${offset}`);
    assert.equal((await textOf(reader.backwards())).toReversed().join(""), raw, `offset ${offset}`);
    assert.deepEqual(damage, []);
    await textOf(reader.verify());
    assert.deepEqual(damage.map(({ offset, lines, reason }) => [offset, lines, /block table/.test(reason)]), [
      [0, 0, true],
    ]);
  }
});

test("openGzipReader: a damaged header before a good table costs nothing, and verify() names it", async () => {
  for (let offset = 0; offset < 16; offset++) {
    const { reader, damage } = openGzip(flipped(gzip, { offset, mask: 0x40 }));
    assert.equal((await textOf(reader.forwards())).join(""), raw);
    await textOf(reader.verify());
    assert.deepEqual(damage.map(({ offset, lines, reason }) => [offset, lines, /gzip header/.test(reason)]), [
      [0, 0, true],
    ]);
  }
});

test("openGzipReader: a file cut short, wherever, gives every block that is whole", async () => {
  for (let sizeBytes = 0; sizeBytes < gzip.length; sizeBytes++) {
    const { reader, damage } = openGzip(gzip.subarray(0, sizeBytes));
    const text = (await textOf(reader.verify())).join("");
    const ends = table.blocks.map((_, index) => table.blocks[index + 1]?.offset ?? gzip.length - 10);
    const wholeBlocks = sizeBytes < firstBlock ? 0 : ends.filter((end) => end <= sizeBytes).length;
    assert.ok(raw.startsWith(text), `cut to ${sizeBytes}`);
    assert.ok(text.length >= (table.blocks[wholeBlocks]?.rawOffset ?? raw.length), `cut to ${sizeBytes}`);
    assert.ok(damage.length > 0, `cut to ${sizeBytes}`);
  }
});

test("openGzipReader: a table that points outside the file or claims too much costs its blocks, and no memory", async () => {
  const claims: readonly Partial<BlockTable["blocks"][number]>[] = [
    { offset: 4_294_967_295 },
    { offset: 0 },
    { rawOffset: 4_294_967_295 },
    { crc: 1 },
  ];
  for (const claim of claims) {
    const [first, ...rest] = table.blocks;
    assert.ok(first !== undefined);
    const forged = withTable(gzip, { ...table, blocks: [{ ...first, ...claim }, ...rest] });
    const { reader, damage } = openGzip(forged);
    const text = (await textOf(reader.forwards())).join("");
    assert.ok(raw.endsWith(text) && text.length >= raw.length - 200, JSON.stringify(claim));
    assert.equal(damage.length, 1);
  }
});

test("openGzipReader: a block with a line too long to be held gives the lines around it, if its checksum is right", async () => {
  const long = `${line(1)}{"x":"${"y".repeat(2 * LINE_MAX_BYTES)}"}\n${line(2)}`;
  const whole = compress(long, { blockTargetBytes: 1024 * 1024 });
  const { reader, damage } = openGzip(whole);
  const blocks = await Array.fromAsync(reader.verify());
  assert.deepEqual(blocks.map(({ bytes, rawOffset, skippedBytes }) => [bytes.length, rawOffset, skippedBytes]), [
    [line(1).length, 0, undefined],
    [0, line(1).length, 2 * LINE_MAX_BYTES + 9],
    [line(2).length, line(1).length + 2 * LINE_MAX_BYTES + 9, undefined],
  ]);
  assert.deepEqual(damage, []);
  const backwards = await Array.fromAsync(openGzip(whole).reader.backwards());
  assert.deepEqual(backwards.map(({ rawOffset }) => rawOffset), blocks.map(({ rawOffset }) => rawOffset).reverse());
  const broken = openGzip(flipped(whole, { offset: tableOf(whole).blocks[0]?.offset ?? 0, mask: 0x80 }));
  assert.deepEqual(await textOf(broken.reader.forwards()), [line(2)]);
  assert.equal(broken.damage[0]?.lines, 2);
});

function tableOf(bytes: Uint8Array): BlockTable {
  const decoded = decodeHeader(bytes, zlib.crc32);
  assert.ok(decoded !== undefined);
  return decoded;
}

/** The file with another table of the same length, whose checksum is right. */
function withTable(bytes: Uint8Array, forged: BlockTable): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const header = encodeHeader(forged, zlib.crc32);
  copy.set(header);
  return copy;
}
