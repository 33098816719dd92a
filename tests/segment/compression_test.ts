import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import { test } from "node:test";
import type { TimeSource } from "../../src/model/record_time.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { decodeHeader } from "../../src/segment/block_table.ts";
import { type CompressionJob, compressionParts, compressSegment } from "../../src/segment/compression.ts";
import { openGzipReader } from "../../src/segment/gzip_reader.ts";
import type { SegmentReader } from "../../src/segment/segment_reader.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const UNKNOWN = [-(2n ** 63n), 2n ** 63n - 1n];

function compress(raw: string | Uint8Array, job: Partial<CompressionJob> = {}): Uint8Array {
  const files = new MemoryFileSystem(new MemoryDisk(new ManualClock(0)));
  files.makeDirectory("/d");
  const bytes = typeof raw === "string" ? encoder.encode(raw) : raw;
  files.open("/d/raw", "update").writeSync(bytes, 0);
  files.setModifiedTime("/d/raw", 1_000_000);
  const time: TimeSource = { kind: "field", field: "ts" };
  const work = compressSegment({ files, zlib, parts: compressionParts }, {
    rawPath: "/d/raw",
    temporaryPath: "/d/tmp",
    level: 6,
    time,
    blockTargetBytes: 100,
    ...job,
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  assert.equal(files.stat("/d/tmp")?.modifiedTimeMs, 1_000_000);
  assert.equal(step.value.rawBytes, bytes.length);
  const compressed = new Uint8Array(step.value.compressedBytes);
  files.open("/d/tmp", "read").readSync(compressed, 0);
  return compressed;
}

function open(gzip: Uint8Array): { reader: SegmentReader; damage: string[] } {
  const files = new MemoryFileSystem(new MemoryDisk(new ManualClock(0)));
  files.makeDirectory("/d");
  files.open("/d/x.gz", "update").writeSync(gzip, 0);
  const damage: string[] = [];
  const onDamage = (error: Error) => damage.push(error.message);
  return { reader: openGzipReader(files.open("/d/x.gz", "read"), { path: "/d/x.gz", onDamage }), damage };
}

async function textOf(blocks: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { bytes } of blocks) texts.push(decoder.decode(bytes));
  return texts;
}

function line(second: number, more = ""): string {
  return `{"ts":"1970-01-01T00:00:${String(second).padStart(2, "0")}Z","n":${second}${more}}\n`;
}

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
    const { reader, damage } = open(gzip);
    assert.equal((await textOf(reader.forwards())).join(""), raw);
    assert.ok(reader.backwards);
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

test("openGzipReader: skips the blocks outside a time range", async () => {
  const { reader } = open(compress(lines.join("")));
  const range = { earliest: 20_000_000_000n, latest: 21_000_000_000n };
  const found = (await textOf(reader.forwards({ range }))).join("");
  assert.ok(found.includes(line(20)) && found.includes(line(21)));
  assert.ok(found.length < 400, `read ${found.length} bytes`);
  assert.deepEqual(reader.timeRange && [reader.timeRange.earliest, reader.timeRange.latest], [0n, 49_000_000_000n]);
});

test("openGzipReader: a flipped bit costs its block, and is always noticed", async () => {
  const raw = lines.join("");
  const gzip = compress(raw);
  const { blocks } = decodeHeader(gzip, zlib.crc32) ?? { blocks: [] };
  for (let offset = blocks[0]?.offset ?? 0; offset < gzip.length - 10; offset++) {
    const damaged = gzip.slice();
    damaged[offset] = (damaged[offset] ?? 0) ^ (1 << (offset % 8));
    const { reader, damage } = open(damaged);
    const hit = blocks.findLastIndex((block) => block.offset <= offset);
    const texts = await textOf(reader.forwards());
    // Some bits of a full flush's padding mean nothing; then nothing is lost.
    if (damage.length === 0) {
      assert.equal(texts.join(""), raw);
      continue;
    }
    assert.deepEqual(damage.length, 1);
    assert.match(damage[0] ?? "", new RegExp(`"/d/x.gz" at offset ${blocks[hit]?.offset}: `));
    assert.equal(texts.length, blocks.length - 1);
    assert.ok(raw.includes(texts.join("").slice(0, 50)));
  }
});

test("openGzipReader: a damaged table leaves the file readable from its start", async () => {
  const raw = lines.join("");
  const gzip = compress(raw);
  for (const offset of [16, 20, 40, 60]) {
    const damaged = gzip.slice();
    damaged[offset] = (damaged[offset] ?? 0) ^ 1;
    const { reader } = open(damaged);
    assert.equal(reader.backwards, undefined);
    assert.equal((await textOf(reader.forwards())).join(""), raw);
  }
});

test("openGzipReader: a foreign .gz is read, also of several members", async () => {
  const raw = lines.join("");
  const single = zlib.gzipSync(raw);
  const double = new Uint8Array([...zlib.gzipSync(raw.slice(0, 500)), ...zlib.gzipSync(raw.slice(500))]);
  for (const gzip of [single, double]) {
    const { reader, damage } = open(gzip);
    assert.equal((await textOf(reader.forwards())).join(""), raw);
    assert.deepEqual(damage, []);
  }
});

test("openGzipReader: a foreign .gz that is cut short yields its good lines", async () => {
  const raw = Array.from({ length: 40_000 }, (_, index) => `{"n":${(index * 7919) % 100_003}}\n`).join("");
  const gzip = zlib.gzipSync(raw);
  const { reader, damage } = open(gzip.subarray(0, gzip.length / 2));
  const text = (await textOf(reader.forwards())).join("");
  assert.ok(text.length > raw.length / 4 && raw.startsWith(text) && text.endsWith("\n"), `${text.length}`);
  assert.equal(damage.length, 1);
});

test("openGzipReader: an empty .gz yields nothing", async () => {
  const { reader } = open(new Uint8Array(0));
  assert.deepEqual(await textOf(reader.forwards()), []);
});
