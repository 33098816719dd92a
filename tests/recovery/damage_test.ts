/**
 * What damage costs: for each kind of it, in each form of a segment, which records are still read, and what a verification
 * names.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type DamagedPlace, openStore, type Store, type Verified, type VerifiedSegment } from "../../mod.ts";
import { compress, flipped } from "../segment/segments.ts";
import { inRoot, LOGS, numbersIn, putFiles, range } from "./stores.ts";

const FOLDER = "shop/github";
const SEALED = `${FOLDER}/logs-2026-05-04T00-00-00.000`;
const COUNT = 10;
const MIB = 1024 * 1024;

/** Each a line of the same length, with a letter beyond ASCII. */
const LINES = range(0, COUNT).map((n) => `{"ts":"2026-05-05T12:00:0${n}Z","n":${n},"text":"* é@"}\n`);
const LINE_BYTES = bytesOf(LINES[0] ?? "").length;
const CLEAN = bytesOf(LINES.join(""));

/** The forms that a segment has. Those that are compressed hold the damage from before they were. */
const FORMS = ["active", "raw", "gzip", "foreign"] as const;
type Form = typeof FORMS[number];

const FILES: Readonly<Record<Form, (content: Uint8Array) => Record<string, Uint8Array>>> = {
  active: (content) => ({ [`${FOLDER}/logs.jsonl`]: content }),
  raw: (content) => ({ [`${SEALED}.jsonl`]: content }),
  gzip: (content) => ({ [`${SEALED}.jsonl.gz`]: compress(content) }),
  foreign: (content) => ({ [`${SEALED}.jsonl.gz`]: gzipSync(content) }),
};

/** What a verification says of a place, without its path. */
type Named = readonly [reason: RegExp, offset: number, bytes: number | undefined, lines: number | undefined];

interface ContentDamage {
  readonly what: string;
  readonly content: Uint8Array;
  /** Numbers of the records that are read. Default: all. */
  readonly kept?: readonly number[];
  readonly named?: readonly Named[];
  /** What is neither lost nor named in an active file, because it may be what is being written. */
  readonly unfinishedBytes?: number;
}

const CONTENT_DAMAGE: readonly ContentDamage[] = [
  { what: "no damage", content: CLEAN },
  // The value is still JSON: nothing in a raw file tells it from what was written. A block's checksum does, see below.
  { what: "a flipped bit in a value", content: flipped(CLEAN, { offset: inLine(3, "@"), mask: 0x01 }) },
  {
    what: "a flipped bit that makes a line no UTF-8",
    content: flipped(CLEAN, { offset: inLine(3, "é"), mask: 0x40 }),
    kept: without(3),
    named: [[/no UTF-8/, at(3), LINE_BYTES, 1]],
  },
  {
    what: "a flipped bit that makes a line no JSON",
    content: flipped(CLEAN, { offset: at(3), mask: 0x01 }),
    kept: without(3),
    named: [[/no JSON object/, at(3), LINE_BYTES, 1]],
  },
  {
    what: "a flipped bit that makes a byte a NUL",
    content: flipped(CLEAN, { offset: inLine(3, " "), mask: 0x20 }),
    kept: without(3),
    named: [[/hole of zero bytes/, at(3), LINE_BYTES, 1]],
  },
  {
    what: "a flipped line feed",
    content: flipped(CLEAN, { offset: at(4) - 1, mask: 0x40 }),
    kept: without(3, 4),
    named: [[/no JSON object/, at(3), 2 * LINE_BYTES, 1]],
  },
  {
    what: "a line feed that a flipped bit made",
    content: flipped(CLEAN, { offset: inLine(3, "*"), mask: 0x20 }),
    kept: without(3),
    named: [[/no JSON object/, at(3), LINE_BYTES, 2]],
  },
  {
    what: "a hole directly before a good line",
    content: holed(at(3), at(5)),
    kept: without(3, 4),
    named: [[/hole of zero bytes/, at(3), 2 * LINE_BYTES, undefined]],
  },
  {
    what: "a hole that begins with a line feed",
    content: holed(at(4) - 1, at(5)),
    kept: without(4),
    named: [[/hole of zero bytes/, at(4) - 1, LINE_BYTES + 1, undefined]],
  },
  {
    what: "a hole from within one line into another",
    content: holed(at(3) + 20, at(6) + 20),
    kept: without(3, 4, 5, 6),
    named: [[/hole of zero bytes/, at(3), 4 * LINE_BYTES, 1]],
  },
  {
    what: "a hole at the start",
    content: holed(0, at(2) + 5),
    kept: without(0, 1, 2),
    named: [[/hole of zero bytes/, 0, 3 * LINE_BYTES, 1]],
  },
  {
    what: "a tail of NULs",
    content: holed(at(9), at(10)),
    kept: without(9),
    named: [[/hole of zero bytes/, at(9), LINE_BYTES, undefined]],
    unfinishedBytes: LINE_BYTES,
  },
  {
    what: "a cut within a character",
    content: CLEAN.subarray(0, inLine(9, "é") + 1),
    kept: without(9),
    named: [[/no UTF-8/, at(9), inLine(9, "é") + 1 - at(9), 1]],
    unfinishedBytes: inLine(9, "é") + 1 - at(9),
  },
  {
    what: "a line of 64 MiB",
    content: inserted(at(5), `${"x".repeat(64 * MIB - 1)}\n`),
    named: [[/longer than 16777216 bytes/, at(5), 64 * MIB, 1]],
  },
  {
    what: "nothing but a line of 17 MiB",
    content: bytesOf(`${"x".repeat(17 * MIB - 1)}\n`),
    kept: [],
    named: [[/longer than 16777216 bytes/, 0, 17 * MIB, 1]],
  },
  {
    what: "a line of 5 MiB, as gridctl writes them",
    content: inserted(at(10), `{"n":10,"x":"${"y".repeat(5 * MIB)}"}\n`),
    kept: range(0, COUNT + 1),
  },
  { what: "lines that end in CR LF", content: bytesOf(LINES.join("").replaceAll("\n", "\r\n")) },
  { what: "a byte-order mark", content: bytesOf(`\ufeff${LINES.join("")}`) },
  { what: "blank lines", content: bytesOf(LINES.join("\n \n")) },
];

for (const { what, content, kept = range(0, COUNT), named = [], unfinishedBytes = 0 } of CONTENT_DAMAGE) {
  for (const form of FORMS) {
    const isUnfinished = form === "active" && unfinishedBytes > 0;
    const count = isUnfinished ? 0 : named.length;
    test(`damage: ${what} (${form}) leaves ${kept.length} records, and ${count} places are named`, async () => {
      await inDamaged(FILES[form](content), async (store) => {
        await assertReads(store, kept);
        const isDamaged = named.length > 0 && !isUnfinished;
        assert.equal(store.stats().damagedPlaces > 0, isDamaged, "readers count what they go past");
        const [segment] = await verifiedSegments(store);
        assert.ok(segment !== undefined);
        assert.equal(segment.form, form === "foreign" ? "gzip" : form);
        assert.equal(segment.records, kept.length);
        assertNamed(segment.damage, isUnfinished ? [] : named);
        assert.equal(segment.unfinishedBytes, isUnfinished ? unfinishedBytes : 0);
        const within = form === "active" || form === "raw" ? "file" : "content";
        for (const place of segment.damage) assert.equal(place.within, within);
      });
    });
  }
}

const GZIP = compress(CLEAN);
const FOREIGN = gzipSync(CLEAN);
const BLOCK_OFFSET = blockOffset(1);

interface FileDamage {
  readonly what: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly kept: readonly number[];
  readonly named?: readonly Named[];
  /** Names of files that are neither read nor damaged. */
  readonly leftovers?: readonly string[];
}

const RAW = `${SEALED}.jsonl`;
const BESIDE = `${SEALED}.jsonl.gz`;

const FILE_DAMAGE: readonly FileDamage[] = [
  ...([["half a", GZIP.subarray(0, 200)], ["an empty", new Uint8Array(0)], ["a complete", GZIP], [
    "a corrupt",
    flipped(GZIP, { offset: BLOCK_OFFSET + 9 }),
  ]] as const).map(([which, gzip]) => ({
    what: `${which} .gz beside the raw file`,
    files: { [RAW]: CLEAN, [BESIDE]: gzip },
    kept: without(),
    leftovers: [BESIDE],
  })),
  {
    what: "a temporary file of a compression",
    files: { [RAW]: CLEAN, [`${BESIDE}.tmp`]: GZIP.subarray(0, 99) },
    kept: without(),
    leftovers: [`${BESIDE}.tmp`],
  },
  {
    what: "a .gz of 0 bytes",
    files: { [BESIDE]: new Uint8Array(0) },
    kept: [],
    named: [[/holds nothing/, 0, 0, undefined]],
  },
  {
    what: "a damaged gzip header",
    files: { [BESIDE]: flipped(GZIP, { offset: 1 }) },
    kept: without(),
    named: [[/gzip header is damaged/, 0, 16, 0]],
  },
  {
    what: "a damaged block table",
    files: { [BESIDE]: flipped(GZIP, { offset: 40 }) },
    kept: without(),
    named: [[/block table is damaged/, 0, 16, 0]],
  },
  {
    what: "a flipped bit in a block",
    files: { [BESIDE]: flipped(GZIP, { offset: BLOCK_OFFSET + 9 }) },
    kept: without(2, 3),
    named: [[/block of 2 lines is damaged/, BLOCK_OFFSET, blockOffset(2) - BLOCK_OFFSET, 2]],
  },
  {
    what: "a .gz that is cut within its second block",
    files: { [BESIDE]: GZIP.subarray(0, BLOCK_OFFSET + 9) },
    kept: [0, 1],
    named: [
      [/block of 2 lines/, BLOCK_OFFSET, 9, 2],
      ...[2, 3, 4].map((index): Named => [/block of 2 lines/, blockOffset(index), 0, 2]),
      [/end of the file/, BLOCK_OFFSET - 1, 10, 0],
    ],
  },
  {
    what: "a .gz without its trailer",
    files: { [BESIDE]: GZIP.subarray(0, -8) },
    kept: without(),
    named: [[/end of the file/, GZIP.length - 18, 10, 0]],
  },
  {
    what: "a foreign .gz with a flipped bit",
    files: { [BESIDE]: flipped(FOREIGN, { offset: FOREIGN.length - 7 }) },
    kept: without(),
    named: [[/checksum tells, but not where/, FOREIGN.length - 4, 4, undefined]],
  },
  {
    what: "a foreign .gz without its trailer",
    files: { [BESIDE]: FOREIGN.subarray(0, -8) },
    kept: without(),
    named: [[/cut short behind/, FOREIGN.length - 8, 0, undefined]],
  },
];

for (const { what, files, kept, named = [], leftovers = [] } of FILE_DAMAGE) {
  test(`damage: with ${what}, ${kept.length} of ${COUNT} records are read, and ${named.length} places are named`, async () => {
    await inDamaged(files, async (store, root) => {
      await assertReads(store, kept);
      const verified = await Array.fromAsync(store.verify());
      const segments = verified.filter((each) => each.kind === "segment");
      assertNamed(segments.flatMap(({ damage }) => damage), named);
      const found = verified.filter((each) => each.kind === "leftover").map(({ path }) => path);
      assert.deepEqual(found, leftovers.map((path) => `${root}/${path}`));
    });
  });
}

/** Opens a store over these files. */
async function inDamaged(
  files: Readonly<Record<string, Uint8Array>>,
  use: (store: Store, root: string) => Promise<void>,
): Promise<void> {
  await inRoot(async (root) => {
    putFiles(root, files);
    await using store = await openStore(root);
    await use(store, root);
  });
}

/** Forwards and from the newest back: the same records. */
async function assertReads(store: Store, kept: readonly number[]): Promise<void> {
  assert.deepEqual(await numbersIn(store), kept);
  const tail = await store.tail(LOGS, { count: 1000 });
  assert.deepEqual(tail.map(({ record }) => record["n"]), kept);
}

async function verifiedSegments(store: Store): Promise<VerifiedSegment[]> {
  const verified: Verified[] = await Array.fromAsync(store.verify());
  return verified.filter((each) => each.kind === "segment");
}

function assertNamed(damage: readonly DamagedPlace[], named: readonly Named[]): void {
  assert.deepEqual(
    damage.map(({ offset, bytes, lines }) => [offset, bytes, lines]),
    named.map(([, ...rest]) => rest),
    JSON.stringify(damage),
  );
  for (const [index, [reason]] of named.entries()) assert.match(damage[index]?.reason ?? "", reason);
}

/** The numbers of all records but these. */
function without(...lost: readonly number[]): number[] {
  return range(0, COUNT).filter((n) => !lost.includes(n));
}

/** Where a line starts. */
function at(n: number): number {
  return n * LINE_BYTES;
}

/** Where a letter stands in a line. */
function inLine(n: number, letter: string): number {
  return at(n) + bytesOf((LINES[n] ?? "").split(letter)[0] ?? "").length;
}

function holed(start: number, end: number): Uint8Array {
  return Uint8Array.from(CLEAN).fill(0, start, end);
}

function inserted(offset: number, text: string): Uint8Array {
  const added = bytesOf(text);
  const content = new Uint8Array(CLEAN.length + added.length);
  content.set(CLEAN.subarray(0, offset));
  content.set(added, offset);
  content.set(CLEAN.subarray(offset), offset + added.length);
  return content;
}

function blockOffset(index: number): number {
  return new DataView(GZIP.buffer, GZIP.byteOffset).getUint32(28 + 32 * index, true);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
