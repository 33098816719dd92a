/**
 * What a loss of power takes of the content of files whose names are durable.
 *
 * @module
 */
import { assertCode, bytes } from "./file_system_case.ts";
import { type CrashRow, DIRECTORY, putDurable, testCrashes } from "./crash_row.ts";
import type { FileHandle } from "../../src/platform/file_system.ts";
import type { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";

const PATH = `${DIRECTORY}/a`;

/** A row about the file `a`, which starts with `content`, all durable. */
interface ContentRow {
  readonly name: string;
  readonly content: string;
  run(handle: FileHandle, fileSystem: MemoryFileSystem): void | Promise<void>;
  readonly see?: CrashRow["see"];
  /** The content, with 0 for a zero byte. */
  readonly outcomes: readonly string[];
}

testContent([
  {
    name: "a synced write survives whole",
    content: "",
    run(handle) {
      handle.writeSync(bytes("abc"), 0);
      handle.syncSync();
    },
    outcomes: ["abc"],
  },
  {
    name: "an un-synced append is lost, survives, is torn, or lands its length before some or all of its bytes",
    content: "xy",
    run: (handle) => handle.writeSync(bytes("abc"), 2),
    outcomes: ["xy", "xyabc", "xya", "xyab", "xy000", "xya00", "xyab0", "xy0bc", "xy00c"],
  },
  {
    name: "an un-synced write over durable bytes changes any part of them",
    content: "abcd",
    run: (handle) => handle.writeSync(bytes("XY"), 1),
    outcomes: ["abcd", "aXYd", "aXcd", "abYd"],
  },
  {
    name: "a later write survives without an earlier one",
    content: "",
    run(handle) {
      handle.writeSync(bytes("a"), 0);
      handle.writeSync(bytes("b"), 1);
    },
    outcomes: ["", "a", "0", "ab", "a0", "0b", "00"],
  },
  {
    name: "an asynchronous write is no more durable than a synchronous one",
    content: "",
    run: (handle) => handle.write(bytes("a"), 0),
    outcomes: ["", "a", "0"],
  },
  {
    name: "a write keeps its bytes when the caller uses the buffer again",
    content: "",
    run(handle) {
      const buffer = bytes("a");
      handle.writeSync(buffer, 0);
      buffer.fill(33);
    },
    outcomes: ["", "a", "0"],
  },
  {
    name: "a cut is lost until the sync",
    content: "abcd",
    run: (handle) => handle.truncate(2),
    outcomes: ["abcd", "ab"],
  },
  {
    name: "an extension is lost until the sync",
    content: "ab",
    run: (handle) => handle.truncate(4),
    outcomes: ["ab", "ab00"],
  },
  {
    name: "a cut and the write after it survive without each other",
    content: "abcd",
    run(handle) {
      handle.truncate(2);
      handle.writeSync(bytes("x"), 2);
    },
    outcomes: ["abcd", "ab", "abxd", "abx", "ab0"],
  },
  {
    name: "a cut between two writes is durable with them",
    content: "",
    run(handle) {
      handle.writeSync(bytes("abcd"), 0);
      handle.truncate(2);
      handle.writeSync(bytes("x"), 3);
      handle.syncSync();
    },
    outcomes: ["ab0x"],
  },
  {
    name: "emptying a file by opening it is lost until the sync",
    content: "ab",
    run: (_handle, fileSystem) => fileSystem.open(PATH, "replace").close(),
    outcomes: ["ab", ""],
  },
  {
    name: "a sync covers what other handles wrote",
    content: "",
    run(handle, fileSystem) {
      handle.writeSync(bytes("ab"), 0);
      fileSystem.open(PATH, "read").syncSync();
    },
    outcomes: ["ab"],
  },
  {
    name: "a sync covers what was written before its call, and no append after it",
    content: "",
    run(handle, fileSystem) {
      handle.writeSync(bytes("a"), 0);
      return syncWhile(handle, fileSystem, () => handle.writeSync(bytes("b"), 1));
    },
    outcomes: ["a", "ab", "a0"],
  },
  {
    name: "a sync covers what was written before its call, and nothing written over it since",
    content: "",
    run(handle, fileSystem) {
      handle.writeSync(bytes("a"), 0);
      return syncWhile(handle, fileSystem, () => handle.writeSync(bytes("X"), 0));
    },
    outcomes: ["a", "X"],
  },
  {
    name: "a sync covers what was written before its call, and no cut since",
    content: "",
    run(handle, fileSystem) {
      handle.writeSync(bytes("a"), 0);
      return syncWhile(handle, fileSystem, () => handle.truncate(0));
    },
    outcomes: ["a", ""],
  },
  {
    name: "a sync that is under way promises nothing",
    content: "",
    run(handle, fileSystem) {
      handle.writeSync(bytes("a"), 0);
      fileSystem.holdNext("sync");
      void handle.sync().catch(() => {});
    },
    outcomes: ["", "a", "0"],
  },
  {
    name: "a write forgotten by a failed sync is not made durable by the next one",
    content: "",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "a" });
      handle.syncSync();
    },
    outcomes: ["", "a", "0"],
  },
  {
    name: "what is appended and synced after a failed sync survives it",
    content: "",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "a" });
      handle.writeSync(bytes("b"), 1);
      handle.syncSync();
    },
    outcomes: ["ab", "0b"],
  },
  {
    name: "of a forgotten write, what is written again is durable with the next sync",
    content: "",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "abc" });
      handle.writeSync(bytes("b"), 1);
      handle.writeSync(bytes("c"), 2);
      handle.syncSync();
    },
    outcomes: ["abc", "0bc"],
  },
  {
    name: "a forgotten write that is written again as a whole is as durable as any other",
    content: "xy",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "abc" });
      handle.writeSync(bytes("abc"), 0);
      handle.syncSync();
    },
    outcomes: ["abc"],
  },
  {
    name: "a forgotten write may survive what was written over it and not synced",
    content: "",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "a" });
      return syncWhile(handle, fileSystem, () => handle.writeSync(bytes("X"), 0));
    },
    outcomes: ["", "a", "0", "X"],
  },
  {
    name: "a synced cut ends what was forgotten behind it",
    content: "xy",
    run(handle, fileSystem) {
      forget(handle, { fileSystem, content: "abc" });
      handle.truncate(1);
      handle.syncSync();
    },
    outcomes: ["x", "a"],
  },
  {
    name: "a failed sync forgets no change of length",
    content: "abcd",
    run(handle, fileSystem) {
      handle.truncate(2);
      fileSystem.failNext("sync", { code: "EIO" });
      assertCode(() => handle.syncSync(), "EIO");
      handle.syncSync();
    },
    outcomes: ["ab"],
  },
  {
    name: "the bytes that a failed write landed are as good as others",
    content: "",
    run(handle, fileSystem) {
      fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 1 });
      assertCode(() => handle.writeSync(bytes("abc"), 0), "ENOSPC");
      handle.syncSync();
    },
    outcomes: ["a"],
  },
  {
    name: "a time that was set is lost until the sync",
    content: "",
    run: (_handle, fileSystem) => fileSystem.setModifiedTime(PATH, 5),
    see: timeOf,
    outcomes: ["1000", "5"],
  },
  {
    name: "a time that was set survives a sync",
    content: "",
    run(handle, fileSystem) {
      fileSystem.setModifiedTime(PATH, 5);
      handle.syncSync();
    },
    see: timeOf,
    outcomes: ["5"],
  },
]);

function testContent(rows: readonly ContentRow[]): void {
  testCrashes(rows.map(({ name, content, run, see, outcomes }): CrashRow => ({
    name,
    async run(fileSystem) {
      putDurable(fileSystem, "a", content);
      await run(fileSystem.open(PATH, "update"), fileSystem);
    },
    ...(see === undefined ? { outcomes: outcomes.map((outcome) => `a=${outcome}`) } : { see, outcomes }),
  })));
}

function timeOf(fileSystem: MemoryFileSystem): string {
  return String(fileSystem.stat(PATH)?.modifiedTimeMs);
}

/** Does `change` between the call of a sync and its effect. */
async function syncWhile(handle: FileHandle, fileSystem: MemoryFileSystem, change: () => void): Promise<void> {
  const release = fileSystem.holdNext("sync");
  const synced = handle.sync();
  change();
  release();
  await synced;
}

/** Writes `content` at the start, and lets the sync after it fail. */
function forget(
  handle: FileHandle,
  { fileSystem, content }: { readonly fileSystem: MemoryFileSystem; readonly content: string },
): void {
  handle.writeSync(bytes(content), 0);
  fileSystem.failNext("sync", { code: "EIO" });
  assertCode(() => handle.syncSync(), "EIO");
}
