import assert from "node:assert/strict";
import { test } from "node:test";
import { LINE_MAX_BYTES } from "../../src/limits.ts";
import type { FileHandle } from "../../src/platform/file_system.ts";
import { recordOfLine, splitLines } from "../../src/segment/lines.ts";
import { openRawReader } from "../../src/segment/raw_reader.ts";
import type { LineBlock } from "../../src/segment/segment_reader.ts";
import { memoryFile } from "./segments.ts";

const MIB = 1024 * 1024;
const BIG = `{"n":9,"x":"${"y".repeat(5 * MIB)}"}\n`;

/** What a file holds, the numbers of the records that a reader gives, and how many lines it passes over. */
const TABLE: readonly [what: string, content: string, sealed: readonly number[], active?: readonly number[]][] = [
  ["nothing", "", []],
  ["lines", line(1) + line(2), [1, 2]],
  ["a last line without its line feed", `${line(1)}{"n":2}`, [1, 2], [1]],
  ["nothing but a line without its line feed", `{"n":2}`, [2], []],
  ["a line of 5 MiB, as gridctl writes them", line(1) + BIG + line(2), [1, 9, 2]],
  ["a line of 64 MiB", `${line(1)}${"x".repeat(64 * MIB)}\n${line(2)}`, [1, 2]],
  ["a line of 20 MiB at the start", `${"x".repeat(20 * MIB)}\n${line(2)}`, [2]],
  ["a line of 20 MiB that is being written", `${line(1)}${"x".repeat(20 * MIB)}`, [1]],
  ["a tail of 20 MiB of NULs", `${line(1)}${"\0".repeat(20 * MIB)}`, [1]],
  ["a hole of 40 MiB before a line", `${line(1)}${"\0".repeat(40 * MIB)}${line(2)}${line(3)}`, [1, 2, 3]],
  [
    "many lines",
    Array.from({ length: 50_000 }, (_, n) => line(n)).join(""),
    Array.from({ length: 50_000 }, (_, n) => n),
  ],
];

for (const [what, content, sealed, active = sealed] of TABLE) {
  test(`openRawReader: ${what}, forwards and backwards, sealed and active`, async () => {
    const cases = [["sealed", sealed], ["active", active]] as const;
    for (const [kind, numbers] of cases) {
      const { file, longestRead } = watchedFile(content);
      const reader = openRawReader(file, { path: "/d/logs.jsonl", kind });
      assert.deepEqual((await numbersOf(reader.forwards())).flat(), numbers, `${kind} forwards`);
      assert.deepEqual((await numbersOf(reader.backwards())).toReversed().flat(), numbers, `${kind} backwards`);
      assert.ok(longestRead() <= 2 * LINE_MAX_BYTES, `read ${longestRead()} bytes at once`);
      reader.close();
    }
  });
}

test("openRawReader: forwards() from an offset gives what stands behind it", async () => {
  const reader = openRawReader(memoryFile(line(1) + line(2) + line(3)), { path: "/d/logs.jsonl", kind: "active" });
  const fromRawOffset = line(1).length;
  assert.deepEqual(await numbersOf(reader.forwards({ fromRawOffset })), [[2, 3]]);
  assert.deepEqual(await numbersOf(reader.forwards({ fromRawOffset: 10_000 })), []);
});

test("openRawReader: a file that is cut while it is read ends there", async () => {
  const file = memoryFile(line(1) + line(2));
  const reader = openRawReader(file, { path: "/d/logs.jsonl", kind: "sealed" });
  file.truncate(line(1).length);
  assert.deepEqual(await numbersOf(reader.forwards()), [[1]]);
});

function line(n: number): string {
  return `{"n":${n}}\n`;
}

/** The numbers of the records, by block. */
function numbersOf(blocks: AsyncIterable<LineBlock>): Promise<number[][]> {
  return Array.fromAsync(blocks, (block) =>
    [...splitLines(block)].flatMap((each) => {
      const record = recordOfLine(each);
      return record === undefined ? [] : [Number(record["n"])];
    }));
}

function watchedFile(content: string): { readonly file: FileHandle; readonly longestRead: () => number } {
  const inner = memoryFile(content);
  let longest = 0;
  const file: FileHandle = {
    stat: () => inner.stat(),
    readSync: (buffer, offset) => {
      longest = Math.max(longest, buffer.length);
      return inner.readSync(buffer, offset);
    },
    read: (buffer, offset) => {
      longest = Math.max(longest, buffer.length);
      return inner.read(buffer, offset);
    },
    writeSync: (buffer, offset) => inner.writeSync(buffer, offset),
    write: (buffer, offset) => inner.write(buffer, offset),
    truncate: (sizeBytes) => inner.truncate(sizeBytes),
    sync: () => inner.sync(),
    syncSync: () => inner.syncSync(),
    close: () => {},
  };
  return { file, longestRead: () => longest };
}
