/**
 * What a crash, a full disk or an editor leaves in an active file, and what becomes of it at the next open.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openStore } from "../../mod.ts";
import { inRoot, LOGS, numbered, numbersIn, putFiles, range } from "./stores.ts";

const FOLDER = "shop/github";
const APPENDED = 99;

/** An active file as it is found, and what is left of it. */
interface FoundFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** The numbers of the records that are read, without the one that is appended. */
  readonly kept: readonly number[];
  /** Lines that reading passes over. */
  readonly damaged?: number;
  /** Bytes that recovery cuts off. */
  readonly cutBytes?: number;
}

const CUT_CHARACTER = bytes(`${line(1)}{"n":2,"text":"é`).subarray(0, -1);
const LONG = `{"n":2,"pad":"${"x".repeat(3 * 1024 * 1024)}"}`;

const TABLE: readonly FoundFile[] = [
  { name: "an empty file", content: "", kept: [] },
  { name: "a clean file", content: line(1) + line(2), kept: [1, 2] },
  { name: "a torn last line", content: `${line(1)}{"n":2,"te`, kept: [1], cutBytes: 10 },
  { name: "a last line that is torn within a number", content: `${line(1)}{"n":2`, kept: [1], cutBytes: 6 },
  { name: "a whole last line without its line feed", content: `${line(1)}{"n":2}`, kept: [1, 2] },
  { name: "a whole last line of something else", content: `${line(1)}"text"`, kept: [1], cutBytes: 6 },
  { name: "a whole last line that is an array", content: `${line(1)}[1,2]`, kept: [1], cutBytes: 5 },
  { name: "nothing but a torn line", content: `{"n":`, kept: [], cutBytes: 5 },
  { name: "nothing but a brace", content: "{", kept: [], cutBytes: 1 },
  { name: "a tail of NULs", content: line(1) + "\0".repeat(5000), kept: [1], cutBytes: 5000 },
  { name: "nothing but NULs", content: "\0".repeat(70_000), kept: [], cutBytes: 70_000 },
  { name: "NULs and a line feed", content: `${line(1)}${"\0".repeat(10)}\n${line(2)}`, kept: [1, 2], damaged: 1 },
  { name: "a cut in a character", content: CUT_CHARACTER, kept: [1], cutBytes: CUT_CHARACTER.length - line(1).length },
  { name: "3 MiB of a last line without its line feed", content: line(1) + LONG, kept: [1, 2] },
  { name: "3 MiB of a torn last line", content: line(1) + LONG.slice(0, -1), kept: [1], cutBytes: LONG.length - 1 },
  { name: "lines with CR LF", content: `{"n":1}\r\n{"n":2}\r\n`, kept: [1, 2] },
  { name: "a last line with CR, without LF", content: `{"n":1}\r\n{"n":2}\r`, kept: [1, 2] },
  { name: "a byte-order mark", content: `\ufeff${line(1)}${line(2)}`, kept: [1, 2] },
  { name: "a byte-order mark before a single line without LF", content: `\ufeff{"n":1}`, kept: [1] },
  { name: "a corrupt line in the middle", content: `${line(1)}{"n":oops}\n${line(2)}`, kept: [1, 2], damaged: 1 },
  {
    name: "bytes that are no UTF-8 in the middle",
    content: Uint8Array.of(...bytes(line(1)), 0xff, 0xfe, 0x0a, ...bytes(line(2))),
    kept: [1, 2],
    damaged: 1,
  },
  { name: "two records glued by a crash", content: `{"tor{"b":2}\n${line(1)}`, kept: [1], damaged: 1 },
  { name: "lines of other values", content: `1\nnull\n[]\n"x"\n${line(1)}`, kept: [1], damaged: 4 },
  { name: "blank lines", content: `\n\n${line(1)}\r\n   \n${line(2)}\n`, kept: [1, 2] },
];

for (const { name, content, kept, damaged = 0, cutBytes = 0 } of TABLE) {
  test(`${name}: what is valid is kept, what is not is counted, and an append is readable`, async () => {
    await inRoot(async (root) => {
      putFiles(root, { [`${FOLDER}/logs.jsonl`]: content });
      await using store = await openStore(root);
      const journal = store.journal(LOGS);
      journal.append(numbered(APPENDED));
      await journal.flush();
      assert.deepEqual(await numbersIn(store), [...kept, APPENDED]);
      const { tornLines, tornBytes, damagedPlaces } = store.stats();
      assert.deepEqual({ tornLines, tornBytes, damagedPlaces }, {
        tornLines: cutBytes > 0 ? 1 : 0,
        tornBytes: cutBytes,
        damagedPlaces: damaged,
      });
      const tail = await store.tail(LOGS, { count: 2 });
      assert.deepEqual(tail.map(({ record }) => record["n"]), [...kept, APPENDED].slice(-2));
      const text = readFileSync(join(root, FOLDER, "logs.jsonl"));
      assert.deepEqual(text.subarray(text.length - cutBytes - 1).at(-1), 0x0a);
    });
  });

  test(`${name}: a reader without a lock sees what is whole, changes nothing, and never fails`, async () => {
    await inRoot(async (root) => {
      putFiles(root, { [`${FOLDER}/logs.jsonl`]: content });
      await using store = await openStore(root);
      const found = await numbersIn(store);
      // A last line without its line feed may be one that is being written.
      assert.deepEqual(found, kept.slice(0, found.length));
      assert.ok(found.length >= kept.length - 1);
      assert.equal((await store.inventory())[0]?.fileCount, 1);
      assert.deepEqual(readFileSync(join(root, FOLDER, "logs.jsonl")), Buffer.from(bytes(content)));
    });
  });
}

test("a compressed segment that is cut short costs the line it cuts, and is counted", async () => {
  for (const count of [5, 200, 20_000]) {
    const whole = gzipSync(range(0, count).map(line).join(""));
    // The trailer alone, which says whether all is there; then half of the content.
    for (const cutBytes of [8, Math.floor(whole.length / 2)]) {
      await inRoot(async (root) => {
        const path = `${FOLDER}/logs-2026-05-04T00-00-00.000.jsonl.gz`;
        putFiles(root, { [path]: whole.subarray(0, -cutBytes), [`${FOLDER}/logs.jsonl`]: line(APPENDED) });
        await using store = await openStore(root);
        const found = await numbersIn(store);
        assert.equal(store.stats().damagedPlaces, 1);
        assert.equal(found.pop(), APPENDED);
        assert.deepEqual(found, range(0, found.length));
        assert.ok(found.length >= (cutBytes === 8 ? count - 1 : Math.floor(count / 4)), `${found.length} of ${count}`);
      });
    }
  }
});

function line(n: number): string {
  return `{"n":${n}}\n`;
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
