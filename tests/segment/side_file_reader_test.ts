// Goal: a side file never hides a line, whatever became of it, and spares most blocks.
// Method: a segment of which every block's tokens are known; each is looked up in the side file, whole and damaged.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { FileHandle } from "../../src/platform/file_system.ts";
import { systemError } from "../../src/platform/system_error.ts";
import { openGzipReader } from "../../src/segment/gzip_reader.ts";
import { listSignal } from "../../src/segment/listing.ts";
import { openSealedSegment } from "../../src/segment/segment_reader.ts";
import { SIDE_HEADER_BYTES, sideLayout } from "../../src/segment/side_file.ts";
import type { TokenNeed } from "../../src/segment/tokens.ts";
import { seededRandom } from "../recovery/stores.ts";
import {
  compress,
  compressWithSideFile,
  flipped,
  line,
  memoryFile,
  memoryFolder,
  openGzip,
  textOf,
} from "./segments.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261122);

const small = compressWithSideFile(
  Array.from({ length: 30 }, (_, n) => line(n, `,"id":"id${n * n}","msg":"word${n % 7} of all"`)).join(""),
);
const SMALL_TOKENS = ["id0", "id1", "id49", "id841", "word0", "word6", "all", "absent", "1970"];

function token(text: string): TokenNeed {
  return { kind: "token", token: text };
}

/** The lines with a token. */
function linesWith(blocks: readonly string[], wanted: string): string[] {
  return blocks.filter((block) => hasToken(block, wanted)).flatMap((block) => block.split(/(?<=\n)/))
    .filter((each) => hasToken(each, wanted));
}

function hasToken(text: string, wanted: string): boolean {
  return text.includes(wanted) && new RegExp(`(?<!\\w)${wanted}(?!\\w)`).test(text);
}

test("openGzipReader gives every block with a token, and hardly another one", async () => {
  const random = seededRandom(SEED);
  const words = Array.from({ length: 4000 }, () => Math.floor(random() * 2 ** 40).toString(36).padStart(3, "0"));
  const lines = Array.from({ length: 20_000 }, (_, n) => {
    const [rare, common] = [words[Math.floor(random() * words.length)], words[Math.floor(random() ** 3 * 40)]];
    return `{"n":${n},"trace_id":"${n.toString(16).padStart(32, "0")}","msg":"${rare} and ${common}"}\n`;
  });
  const { gzip, side } = compressWithSideFile(lines.join(""), { blockTargetBytes: 8192 });
  const { reader } = openGzip(gzip, side);
  const blocks = await textOf(reader.forwards());
  const counts = { held: 0, spared: 0, inVain: 0 };
  for (let index = 0; index < 600; index++) {
    const n = Math.floor(random() * lines.length);
    const wanted = index % 3 === 0
      ? n.toString(16).padStart(32, "0")
      : index % 3 === 1
      ? words[n % 4000] ?? ""
      : `no${n}`;
    const found = new Set(await textOf(reader.forwards({ tokens: token(wanted) })));
    for (const block of blocks) {
      const isHeld = hasToken(block, wanted);
      assert.ok(!isHeld || found.has(block), `seed ${SEED}: no block of ${wanted}`);
      if (isHeld) counts.held++;
      else if (found.has(block)) counts.inVain++;
      else counts.spared++;
    }
  }
  assert.ok(counts.held > 500, JSON.stringify(counts));
  assert.ok(counts.inVain < 0.006 * counts.spared, JSON.stringify(counts));
});

test("openGzipReader asks for all or any of several tokens, within a range too, forwards and backwards", async () => {
  const { reader } = openGzip(small.gzip, small.side);
  const blocks = await textOf(reader.forwards());
  const range = { earliest: 5_000_000_000n, latest: 20_000_000_000n };
  const some = (...needs: readonly TokenNeed[]): TokenNeed => ({ kind: "any", needs });
  const all = (...needs: readonly TokenNeed[]): TokenNeed => ({ kind: "all", needs });
  const CASES: readonly [need: TokenNeed, isMeant: (block: string) => boolean][] = [
    [all(token("word3"), token("id9")), (block) => block.includes('"id9"')],
    [some(token("id9"), token("id841")), (block) => /"id(9|841)"/.test(block)],
    [
      all(some(token("id9"), token("id16")), some(token("word4"), token("absent"))),
      (block) => block.includes('"id16"'),
    ],
    [all(), () => true],
    [some(), () => false],
    // What is no token rules out nothing.
    [token("two words"), () => true],
    [some(token("id9"), token("x")), () => true],
  ];
  for (const [need, isMeant] of CASES) {
    const expected = blocks.filter(isMeant);
    const found = await textOf(reader.forwards({ tokens: need }));
    assert.deepEqual(expected.filter((block) => !found.includes(block)), [], JSON.stringify(need));
    assert.ok(found.length <= expected.length + 1, `${found.length} blocks for ${JSON.stringify(need)}`);
    assert.deepEqual((await textOf(reader.backwards({ tokens: need }))).reverse(), found);
    const inRange = await textOf(reader.forwards({ range }));
    const both = await textOf(reader.forwards({ tokens: need, range }));
    assert.deepEqual(both, inRange.filter((block) => found.includes(block)));
  }
});

test("openGzipReader misses no line with a token, whichever byte of the side file is another one", async () => {
  const blocks = await textOf(openGzip(small.gzip).reader.forwards());
  let ruledOut = 0;
  for (let bit = 0; bit < small.side.length * 8; bit++) {
    const { reader } = openGzip(small.gzip, flipped(small.side, { offset: bit >> 3, mask: 1 << (bit & 7) }));
    const wanted = SMALL_TOKENS[bit % SMALL_TOKENS.length] ?? "";
    const found = await textOf(reader.forwards({ tokens: token(wanted) }));
    assert.deepEqual(linesWith(found, wanted), linesWith(blocks, wanted), `bit ${bit}, ${wanted}`);
    ruledOut += blocks.length - found.length;
  }
  // One group holds all rows, so that no damaged file rules out anything.
  assert.equal(ruledOut, 0);
});

test("openGzipReader still uses what is whole of a side file", async () => {
  const words = Array.from({ length: 3000 }, (_, n) => `word${n}`);
  const raw = words.map((word) => `{"ts":"1970-01-01T00:00:00Z","a":"${word}"}\n`).join("");
  const { gzip, side } = compressWithSideFile(raw, { blockTargetBytes: 1500 });
  const blocks = await textOf(openGzip(gzip).reader.forwards());
  let ruledOut = 0;
  for (let offset = 0; offset < side.length; offset += 397) {
    const wanted = words[(offset * 31) % words.length] ?? "";
    const cut = openGzip(gzip, side.subarray(0, offset)).reader;
    const zeroed = openGzip(gzip, side.map((byte, at) => at >= offset && at < offset + 512 ? 0 : byte)).reader;
    for (const reader of [cut, zeroed]) {
      const found = await textOf(reader.forwards({ tokens: token(wanted) }));
      assert.deepEqual(linesWith(found, wanted), linesWith(blocks, wanted), `offset ${offset}`);
      if (offset > 20) ruledOut += blocks.length - found.length;
    }
  }
  assert.ok(ruledOut > blocks.length * side.length / 397, `ruled out ${ruledOut} blocks`);
});

test("openGzipReader misses no line with a token where two groups of rows have changed places", async () => {
  const words = Array.from({ length: 3000 }, (_, n) => `word${n}`);
  const { gzip, side } = compressWithSideFile(words.map((word) => `{"a":"${word}"}\n`).join(""), {
    blockTargetBytes: 1500,
  });
  const blocks = await textOf(openGzip(gzip).reader.forwards());
  const { groupBytes } = sideLayout({ blockCount: blocks.length, rowCount: 1 });
  const groupAt = (group: number) => SIDE_HEADER_BYTES + group * groupBytes;
  const swapped = Uint8Array.from(side);
  for (let group = 0; groupAt(group + 2) < side.length; group += 2) {
    swapped.set(side.subarray(groupAt(group), groupAt(group + 1)), groupAt(group + 1));
    swapped.set(side.subarray(groupAt(group + 1), groupAt(group + 2)), groupAt(group));
  }
  const { reader } = openGzip(gzip, swapped);
  for (const word of words.slice(0, 300)) {
    const found = await textOf(reader.forwards({ tokens: token(word) }));
    assert.deepEqual(linesWith(found, word), linesWith(blocks, word), word);
  }
});

test("openGzipReader misses no line with a token, wherever the side file is cut off", async () => {
  const blocks = await textOf(openGzip(small.gzip).reader.forwards());
  for (let sizeBytes = 0; sizeBytes < small.side.length; sizeBytes++) {
    for (const rest of [new Uint8Array(), new Uint8Array(small.side.length - sizeBytes)]) {
      const wanted = SMALL_TOKENS[sizeBytes % SMALL_TOKENS.length] ?? "";
      const { reader } = openGzip(small.gzip, Uint8Array.of(...small.side.subarray(0, sizeBytes), ...rest));
      const found = await textOf(reader.forwards({ tokens: token(wanted) }));
      assert.deepEqual(linesWith(found, wanted), linesWith(blocks, wanted), `cut to ${sizeBytes}, ${wanted}`);
    }
  }
});

const OTHERS: readonly [what: string, open: () => FileHandle | undefined][] = [
  ["no side file", () => undefined],
  ["an empty one", () => memoryFile("")],
  ["another segment's", () => memoryFile(compressWithSideFile(line(1).repeat(40)).side)],
  [
    "that of the same lines in other blocks",
    () => memoryFile(compressWithSideFile(line(1), { blockTargetBytes: 99 }).side),
  ],
  ["one that may not be opened", () => {
    throw systemError("EACCES", "Cannot open it: no permission");
  }],
  ["one whose reading fails", () => {
    const file = memoryFile(small.side);
    return Object.assign(file, {
      readSync: () => {
        throw systemError("EIO", "Cannot read it: the disk is broken");
      },
    });
  }],
];

for (const [what, openSideFile] of OTHERS) {
  test(`openGzipReader gives every block beside ${what}`, async () => {
    const reader = openGzipReader(memoryFile(small.gzip), { path: "/d/x.gz", onDamage: () => {}, openSideFile });
    assert.equal((await textOf(reader.forwards({ tokens: token("absent") }))).length, 15);
  });
}

test("openGzipReader throws what is wrong with itself, and no failure of the file system", async () => {
  const openSideFile = () => {
    throw new TypeError("a mistake");
  };
  const reader = openGzipReader(memoryFile(small.gzip), { path: "/d/x.gz", onDamage: () => {}, openSideFile });
  await assert.rejects(async () => await textOf(reader.forwards({ tokens: token("absent") })), TypeError);
});

test("openGzipReader opens the side file for tokens alone, reads a little of it, and closes it", async () => {
  const raw = Array.from({ length: 5000 }, (_, n) => `{"ts":"1970-01-01T00:00:09Z","id":"number${n}"}\n`).join("");
  const { gzip, side } = compressWithSideFile(raw, { blockTargetBytes: 2000 });
  const seen = { opened: 0, closed: 0, bytes: 0 };
  const openSideFile = () => {
    const file = memoryFile(side);
    const [readSync, close] = [file.readSync.bind(file), file.close.bind(file)];
    seen.opened++;
    return Object.assign(file, {
      readSync: (buffer: Uint8Array, offset: number) => {
        seen.bytes += buffer.length;
        return readSync(buffer, offset);
      },
      close: () => {
        seen.closed++;
        close();
      },
    });
  };
  const reader = openGzipReader(memoryFile(gzip), { path: "/d/x.gz", onDamage: () => {}, openSideFile });
  await textOf(reader.forwards());
  await textOf(reader.verify());
  // No block of this range is left to be ruled out.
  await textOf(reader.backwards({ tokens: token("number7"), range: { earliest: 0n, latest: 1n } }));
  assert.deepEqual(seen, { opened: 0, closed: 0, bytes: 0 });
  assert.ok((await textOf(reader.forwards({ tokens: token("number7") }))).length <= 4);
  assert.deepEqual([seen.opened, seen.closed], [1, 1]);
  assert.ok(seen.bytes < 8192, `${seen.bytes} bytes`);
});

test("openSealedSegment finds the side file by the segment's name, and does without it once it is pruned", async () => {
  const files = memoryFolder();
  const base = "/d/logs-2026-05-01T00-00-00.000";
  const put = (path: string, bytes: Uint8Array) => files.open(path, "replace").writeSync(bytes, 0);
  put(`${base}.jsonl.gz`, small.gzip);
  put(`${base}.idx`, small.side);
  const [segment] = listSignal(files.list("/d"), "logs").sealed;
  assert.ok(segment !== undefined);
  const reader = openSealedSegment(files, { folder: "/d", segment, onDamage: () => {} });
  assert.ok(reader !== undefined);
  const tokens = token("id841");
  assert.equal((await textOf(reader.forwards({ tokens }))).length, 1);
  files.remove(`${base}.idx`);
  files.remove(`${base}.jsonl.gz`);
  assert.equal((await textOf(reader.forwards({ tokens }))).length, 15);
});

test("compressSegment writes no side file for a segment without tokens", () => {
  assert.equal(compress("").length > 0, true);
  for (const raw of ["", "\n\n", '{"a":1}\n', '{"n":12345}\n']) {
    assert.equal(compressWithSideFile(raw).side.length, 0, raw);
  }
});
