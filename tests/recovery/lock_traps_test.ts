/**
 * What frees or loses the lock of a folder by accident, and what others do to the files of a live writer: nothing is ever
 * written by two, and nothing into a file that is somebody else's.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, StoreLockedError } from "../../mod.ts";
import type { FileHandle, FileLock, OpenMode } from "../../src/platform/file_system.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { nodeFileSystem } from "../../src/platform/node_file_system.ts";
import { requireTool } from "../tools.ts";
import { startProgram, type StoreProgram } from "./program.ts";
import { RefusingFileSystem } from "./refusing_file_system.ts";
import { closeIn, inRoot, LOGS, MEMORY_ROOT, memoryMachine, numbered, numbersIn, range } from "./stores.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const RUNTIMES = ["deno", "bun"] as const;
const skip = requireTool("deno").skip || requireTool("bun").skip;

/** A holder in a process of its own, and its folder. */
interface Held {
  readonly holder: StoreProgram;
  readonly root: string;
  readonly folder: string;
  /** A path where nothing is, outside of the root. */
  readonly elsewhere: string;
}

/** What is done in the holder's process, or to its files, that must leave it the lock. */
interface Trap {
  readonly name: string;
  readonly spring: (held: Held) => Promise<string> | void;
  /** What the holder answers. */
  readonly answer?: string;
}

const TRAPS: readonly Trap[] = [
  { name: "opening the lock file", spring: ({ holder }) => holder.ask("openLock"), answer: "EBUSY,EBUSY,EBUSY" },
  { name: "reading and taking stock", spring: ({ holder }) => holder.ask("read"), answer: "0" },
  { name: "a second store", spring: ({ holder }) => holder.ask("otherStore"), answer: "StoreLockedError" },
  {
    name: "a second store by another path",
    spring: ({ holder, elsewhere }) => holder.ask(`otherPath ${elsewhere}`),
    answer: "StoreLockedError",
  },
  {
    name: "a second copy of the modules",
    spring: ({ holder, elsewhere }) => {
      for (const path of ["mod.ts", "src"]) cpSync(join(PROJECT, path), join(elsewhere, path), { recursive: true });
      // Where Bun looks for packages; Deno goes by its configuration.
      symlinkSync(join(PROJECT, "node_modules"), join(elsewhere, "node_modules"));
      return holder.ask(`otherCopy ${join(elsewhere, "mod.ts")}`);
    },
    answer: "StoreLockedError",
  },
  { name: "a store in a thread", spring: ({ holder }) => holder.ask("thread"), answer: "StoreLockedError" },
  { name: "a child process", spring: ({ holder }) => holder.ask("childProcess"), answer: "0" },
  { name: "a garbage collection", spring: ({ holder }) => holder.ask("collectGarbage"), answer: "undefined" },
  {
    name: "another process that reads every file, the lock's too",
    spring: ({ root, elsewhere }) => cpSync(root, elsewhere, { recursive: true }),
  },
];

for (const { name, spring, answer } of TRAPS) {
  test(`a holder keeps its lock: ${name}`, { skip }, async () => {
    await Promise.all(RUNTIMES.map((runtime) =>
      withHolder(runtime, async (held) => {
        for (const n of range(0, 3)) {
          await held.holder.ask(`append ${n}`);
          assert.equal(await held.holder.ask("flush"), "undefined");
          if (n === 1) assert.equal(await spring(held), answer, runtime);
          await using other = await openStore(held.root);
          for (const server of [LOGS.server, "forgotten"]) {
            assert.throws(() => other.journal({ ...LOGS, server }), StoreLockedError, `${runtime}, ${server}`);
          }
        }
        await assertNumbers(held.root, range(0, 3));
      })
    ));
  });
}

test("a reader opens everything but the lock, and writes nothing", { skip }, async () => {
  await withHolder("bun", async ({ holder, root, folder }) => {
    for (const n of range(0, 3)) await holder.ask(`append ${n}`);
    await holder.ask("flush");
    const fileSystem = new RecordingFileSystem(nodeFileSystem);
    await using reader = await openStore(root, { fileSystem });
    assert.deepEqual(await numbersIn(reader), range(0, 3));
    assert.equal((await reader.tail(LOGS, { count: 1 })).length, 1);
    assert.equal((await reader.inventory({ stack: LOGS.stack, server: LOGS.server })).length, 1);
    assert.deepEqual([...fileSystem.opened], [`read ${folder}/logs.jsonl`]);
  });
});

/** Notes what is opened and locked. */
class RecordingFileSystem extends RefusingFileSystem {
  readonly opened = new Set<string>();

  override open(path: string, mode: OpenMode): FileHandle {
    this.opened.add(`${mode} ${path}`);
    return super.open(path, mode);
  }

  override lock(path: string): FileLock | undefined {
    this.opened.add(`lock ${path}`);
    return super.lock(path);
  }
}

/** What becomes of a lock file under its holder. */
interface Replacement {
  readonly name: string;
  readonly replace: (held: Held) => void | Promise<string>;
  /** Whether what was written before is no longer where the journal is. */
  readonly takesRecords?: boolean;
}

const REPLACEMENTS: readonly Replacement[] = [
  { name: "removed", replace: ({ folder }) => unlinkSync(join(folder, ".lock")) },
  { name: "renamed", replace: ({ folder }) => renameSync(join(folder, ".lock"), join(folder, ".lock.old")) },
  {
    name: "replaced by an empty file",
    replace: ({ folder, elsewhere }) => {
      writeFileSync(elsewhere, "");
      renameSync(elsewhere, join(folder, ".lock"));
    },
  },
  {
    name: "replaced by its copy",
    replace: ({ folder, elsewhere }) => {
      copyFileSync(join(folder, ".lock"), elsewhere);
      renameSync(elsewhere, join(folder, ".lock"));
    },
  },
  { name: "moved with its folder", replace: ({ folder }) => renameSync(folder, `${folder}-old`), takesRecords: true },
];

/** Frees the lock and leaves its file, so that the holder finds out only once somebody else took it. */
const COPY: Replacement = {
  name: "freed as the holder's program copies its own files",
  replace: ({ holder, elsewhere }) => holder.ask(`copyRoot ${elsewhere}`),
};

for (const { name, replace, takesRecords = false } of [...REPLACEMENTS, COPY]) {
  const kept = takesRecords ? [] : range(0, 5);

  test(`a lock file that is ${name}: the holder writes nothing once another has it`, { skip }, async () => {
    await Promise.all(RUNTIMES.map((runtime) =>
      withHolder(runtime, async (held) => {
        await appendThenReplace(held, replace);
        await using next = await openStore(held.root);
        const journal = next.journal(LOGS);
        for (const n of range(100, 105)) journal.append(numbered(n));
        await journal.flush();
        await held.holder.ask("append 7");
        assert.equal(await held.holder.ask("flush"), "StoreLockedError");
        journal.append(numbered(105));
        assert.deepEqual(await numbersIn(next), [...kept, ...range(100, 106)]);
        assert.equal(await held.holder.ask("dropped"), "3");
        await next.close();
        await held.holder.ask("append 8");
        assert.equal(await held.holder.ask("flush"), "undefined");
        await assertNumbers(held.root, [...kept, ...range(100, 106), 8]);
        if (takesRecords) assert.deepEqual(numbersInFile(`${held.folder}-old/logs.jsonl`), range(0, 5));
      })
    ));
  });
}

for (const { name, replace, takesRecords = false } of REPLACEMENTS) {
  const kept = takesRecords ? [] : range(0, 5);

  test(`a lock file that is ${name}: the holder takes the folder again where nobody else did`, { skip }, async () => {
    await Promise.all(RUNTIMES.map((runtime) =>
      withHolder(runtime, async (held) => {
        await appendThenReplace(held, replace);
        await held.holder.ask("append 7");
        assert.equal(await held.holder.ask("flush"), "undefined");
        await using other = await openStore(held.root);
        assert.throws(() => other.journal(LOGS), StoreLockedError);
        await assertNumbers(held.root, [...kept, 5, 6, 7]);
        if (takesRecords) assert.deepEqual(numbersInFile(`${held.folder}-old/logs.jsonl`), range(0, 5));
      })
    ));
  });
}

/** Five records are on file and two in memory when the lock file goes. */
async function appendThenReplace(held: Held, replace: Replacement["replace"]): Promise<void> {
  for (const n of range(0, 5)) await held.holder.ask(`append ${n}`);
  await held.holder.ask("flush");
  for (const n of range(5, 7)) await held.holder.ask(`append ${n}`);
  await replace(held);
}

/** What somebody else does to an active file, and what then stands in the file that is the journal's. */
const INTERFERENCES: readonly {
  readonly name: string;
  readonly interfere: (active: string, other: string) => void;
  readonly journal: readonly number[];
}[] = [
  { name: "removes", interfere: (active) => unlinkSync(active), journal: [3, 4] },
  { name: "renames", interfere: (active, other) => renameSync(active, other), journal: [3, 4] },
  {
    name: "renames and replaces",
    interfere: (active, other) => {
      renameSync(active, other);
      writeFileSync(active, `{"n":50}\n{"n":51}`);
    },
    journal: [50, 51, 3, 4],
  },
  {
    name: "replaces with an edited copy",
    interfere: (active, other) => {
      renameSync(active, other);
      writeFileSync(`${active}.new`, readFileSync(other, "utf8").replace("1}", "11}"));
      renameSync(`${active}.new`, active);
    },
    journal: [0, 11, 2, 3, 4],
  },
];

for (const { name, interfere, journal } of INTERFERENCES) {
  test(
    `an active file that somebody ${name}: the next flush writes to a new one, and none to theirs`,
    { skip },
    async () => {
      await Promise.all(RUNTIMES.map((runtime) =>
        withHolder(runtime, async ({ holder, root, folder }) => {
          const [active, other] = [join(folder, "logs.jsonl"), join(folder, "mine.jsonl")];
          for (const n of range(0, 3)) await holder.ask(`append ${n}`);
          await holder.ask("flush");
          const before = readFileSync(active, "utf8");
          interfere(active, other);
          for (const n of range(3, 5)) {
            await holder.ask(`append ${n}`);
            assert.equal(await holder.ask("flush"), "undefined");
          }
          await assertNumbers(root, journal);
          if (name !== "removes") assert.equal(readFileSync(other, "utf8"), before);
        })
      ));
    },
  );
}

test("an active file that is renamed while a write to it is under way: what comes after is in a new one", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem });
  const journal = store.journal(LOGS);
  // After a slow write the next one is asynchronous.
  fileSystem.beforeWrite = () => machine.clock.advance(100);
  journal.append(numbered(0));
  await journal.flush();
  const finish = machine.fileSystem.holdNext("write");
  journal.append(numbered(1));
  const first = journal.flush();
  const other = new MemoryFileSystem(machine.disk);
  const folder = `${MEMORY_ROOT}/${LOGS.stack}/${LOGS.server}`;
  other.rename(`${folder}/logs.jsonl`, `${folder}/mine.jsonl`);
  journal.append(numbered(2));
  const second = journal.flush();
  finish();
  await Promise.all([first, second]);
  assert.deepEqual(await numbersIn(store), [2]);
  const lengthBytes = 2 * (JSON.stringify(numbered(0)).length + 1);
  assert.equal(other.stat(`${folder}/mine.jsonl`)?.sizeBytes, lengthBytes);
  await closeIn(machine, store);
});

async function withHolder(runtime: "bun" | "deno", use: (held: Held) => Promise<void>): Promise<void> {
  await inRoot(async (directory) => {
    const root = join(directory, "telemetry");
    const holder = startProgram("trapped_holder.ts", [root], runtime);
    try {
      assert.equal(await holder.nextLine(), "held");
      const folder = join(root, LOGS.stack, LOGS.server);
      await use({ holder, root, folder, elsewhere: join(directory, "elsewhere") });
    } finally {
      await holder.kill();
      rmSync(root, { recursive: true, force: true });
    }
  });
}

/** Reads the journal in this process. */
async function assertNumbers(root: string, expected: readonly number[]): Promise<void> {
  await using store = await openStore(root);
  assert.deepEqual(await numbersIn(store), expected);
  assert.equal(store.stats().damagedPlaces, 0);
}

function numbersInFile(path: string): number[] {
  return readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line).n);
}
