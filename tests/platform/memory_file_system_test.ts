/**
 * The suite of file systems in memory, and what can be ordered there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import type { MemoryOperation } from "../../src/platform/memory_process.ts";
import { assertCode, assertRejection, bytes, put, textAt } from "./file_system_case.ts";
import { testFileSystem } from "./file_system_conformance.ts";

const EVERY_STEP_COUNT = 15;

testFileSystem("MemoryFileSystem", {
  create: () => ({
    fileSystem: newProcess(new MemoryDisk(new ManualClock(0), { capacityBytes: 2 ** 20 })),
    directory: "/store",
    dispose() {},
  }),
});

test("MemoryFileSystem: processes on one disk share its files and exclude each other from locks", () => {
  const disk = newDisk();
  const [first, second] = [newProcess(disk), newProcess(disk)];
  put(first, "/store/a", "shared");
  assert.equal(textAt(second, "/store/a"), "shared");
  const lock = first.lock("/store/.lock");
  assert.equal(second.lock("/store/.lock"), undefined);
  lock?.release();
  assert.ok(second.lock("/store/.lock"));
});

test("MemoryFileSystem.kill() frees locks, stops writes under way and refuses further calls", async () => {
  const disk = newDisk();
  const [killed, other] = [newProcess(disk), newProcess(disk)];
  killed.lock("/store/.lock");
  const handle = killed.open("/store/a", "update");
  handle.writeSync(bytes("landed"), 0);
  const write = handle.write(bytes("lost"), 0);
  killed.kill();
  await assertRejection(write, "EIO");
  assertCode(() => handle.writeSync(bytes("lost"), 0), "EIO");
  assertCode(() => killed.stat("/store/a"), "EIO");
  assert.equal(textAt(other, "/store/a"), "landed");
  assert.ok(other.lock("/store/.lock"));
});

test("MemoryFileSystem.failNext() lets one operation fail, after the bytes that it was told to land", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 2 });
  fileSystem.failNext("write", { code: "EIO" });
  assertCode(() => handle.writeSync(bytes("abcdef"), 0), "ENOSPC");
  assert.equal(textAt(fileSystem, "/store/a"), "ab");
  await assertRejection(handle.write(bytes("xyz"), 10), "EIO");
  assert.equal(textAt(fileSystem, "/store/a"), "ab");
  handle.writeSync(bytes("abcdef"), 0);
  assert.equal(textAt(fileSystem, "/store/a"), "abcdef");
});

test("MemoryFileSystem.failNext() reaches every operation, once, and changes nothing", async () => {
  const fileSystem = newProcess(newDisk());
  put(fileSystem, "/store/a", "kept");
  const handle = fileSystem.open("/store/a", "update");
  const calls = {
    open: () => fileSystem.open("/store/b", "replace"),
    create: () => fileSystem.open("/store/b", "update"),
    stat: () => fileSystem.stat("/store/a"),
    list: () => fileSystem.list("/store"),
    freeBytes: () => fileSystem.freeBytes("/store"),
    read: () => handle.readSync(new Uint8Array(1), 0),
    write: () => handle.writeSync(bytes("x"), 0),
    truncate: () => handle.truncate(0),
    sync: () => handle.sync(),
    makeDirectory: () => fileSystem.makeDirectory("/store/folder"),
    rename: () => fileSystem.rename("/store/a", "/store/b"),
    remove: () => fileSystem.remove("/store/a"),
    setModifiedTime: () => fileSystem.setModifiedTime("/store/a", 0),
    syncDirectory: () => fileSystem.syncDirectory("/store"),
    lock: () => fileSystem.lock("/store/.lock"),
  } satisfies Record<MemoryOperation, () => unknown>;
  const before = fileSystem.stat("/store/a");
  for (const operation of Object.keys(calls) as MemoryOperation[]) {
    fileSystem.failNext(operation, { code: "EIO" });
    await assertRejection((async () => await calls[operation]())(), "EIO");
  }
  assert.deepEqual(fileSystem.list("/store"), [{ name: "a", kind: "file" }]);
  assert.deepEqual(fileSystem.stat("/store/a"), before);
  assert.equal(textAt(fileSystem, "/store/a"), "kept");
});

test("MemoryFileSystem.holdNext() keeps an asynchronous write from landing, and others from waiting, until released", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  const release = fileSystem.holdNext("write");
  const slow = handle.write(bytes("slow"), 0);
  handle.writeSync(bytes("..."), 4);
  await handle.write(bytes("fast"), 7);
  assert.equal(textAt(fileSystem, "/store/a"), "\0\0\0\0...fast");
  release();
  await slow;
  assert.equal(textAt(fileSystem, "/store/a"), "slow...fast");
});

test("MemoryFileSystem.failWhen() lets operations fail as long as its rule stands, after what failNext() ordered", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  const end = fileSystem.failWhen(({ operation, path }) => {
    if (operation === "write" && path === "/store/a") return { code: "ENOSPC", landedBytes: 1 };
    return operation === "list" ? { code: "EMFILE" } : undefined;
  });
  fileSystem.failNext("write", { code: "EIO" });
  assertCode(() => handle.writeSync(bytes("xyz"), 0), "EIO");
  assertCode(() => handle.writeSync(bytes("abc"), 0), "ENOSPC");
  await assertRejection(handle.write(bytes("bcd"), 1), "ENOSPC");
  assertCode(() => fileSystem.list("/store"), "EMFILE");
  put(fileSystem, "/store/b", "x");
  assert.equal(textAt(fileSystem, "/store/a"), "ab");
  end();
  handle.writeSync(bytes("!"), 2);
  assert.equal(textAt(fileSystem, "/store/a"), "ab!");
});

test("MemoryFileSystem.failWhen() is asked when an asynchronous operation takes effect", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  const release = fileSystem.holdNext("write");
  const write = handle.write(bytes("x"), 0);
  fileSystem.failWhen(({ operation }) => operation === "write" ? { code: "ENOSPC" } : undefined);
  release();
  await assertRejection(write, "ENOSPC");
});

test("MemoryFileSystem.onStep() is called before each operation that changes the disk, in order, until it is ended", async () => {
  const fileSystem = newProcess(newDisk());
  const steps: string[] = [];
  const end = fileSystem.onStep(({ operation, path }) => void steps.push(`${operation} ${path}`));
  await everyOperation(fileSystem);
  const names = [
    "makeDirectory b",
    "create a",
    "write a",
    "write a",
    "truncate a",
    "sync a",
    "sync a",
    "setModifiedTime a",
  ]
    .concat("lock .lock", "rename a", "syncDirectory ", "syncDirectory ", "create d", "remove d", "remove c");
  assert.deepEqual(steps, names.map((name) => name.replace(" ", " /store/").replace(/\/$/, "")));
  end();
  put(fileSystem, "/store/a", "x");
  assert.equal(steps.length, EVERY_STEP_COUNT);
});

for (const way of ["kill", "crash"] as const) {
  test(`MemoryFileSystem.onStep(): a ${way} before any step keeps it from taking effect, and ends the process`, async () => {
    for (let stop = 0; stop < EVERY_STEP_COUNT; stop++) {
      const disk = newDisk();
      const fileSystem = newProcess(disk);
      let before: string | undefined;
      let steps = 0;
      fileSystem.onStep(() => {
        if (steps++ < stop) return;
        before = treeAt(new MemoryFileSystem(disk));
        if (way === "kill") fileSystem.kill();
        else disk.crash(() => 0);
      });
      await assertRejection(everyOperation(fileSystem), "EIO");
      assert.equal(steps, stop + 1);
      assert.equal(treeAt(new MemoryFileSystem(disk)), before, `step ${stop}`);
    }
  });
}

test("MemoryFileSystem.onStep() is called when an asynchronous write lands, not when it is begun", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  const steps: string[] = [];
  fileSystem.onStep(({ operation }) => void steps.push(operation));
  const release = fileSystem.holdNext("write");
  const write = handle.write(bytes("slow"), 0);
  await handle.sync();
  assert.deepEqual(steps, ["sync"]);
  release();
  await write;
  assert.deepEqual(steps, ["sync", "write"]);
});

test("MemoryFileSystem: asynchronous writes take their bytes after the call, so that a reused buffer shows", async () => {
  const fileSystem = newProcess(newDisk());
  const handle = fileSystem.open("/store/a", "update");
  const buffer = bytes("given");
  const write = handle.write(buffer, 0);
  buffer.fill(33);
  await write;
  assert.equal(textAt(fileSystem, "/store/a"), "!!!!!");
});

test("MemoryFileSystem dates changes by its clock", () => {
  const clock = new ManualClock(1000);
  const fileSystem = newProcess(new MemoryDisk(clock));
  put(fileSystem, "/store/a", "x");
  clock.advance(500);
  put(fileSystem, "/store/b", "x");
  assert.deepEqual(["a", "b"].map((name) => fileSystem.stat(`/store/${name}`)?.modifiedTimeMs), [1000, 1500]);
});

test("MemoryFileSystem refuses a relative path", () => {
  assert.throws(() => newProcess(newDisk()).stat("store/a"), { name: "TypeError", message: /"store\/a"/ });
});

/** Every operation that changes a disk, once or in both forms: {@linkcode EVERY_STEP_COUNT} steps. */
async function everyOperation(fileSystem: MemoryFileSystem): Promise<void> {
  fileSystem.makeDirectory("/store/b");
  const handle = fileSystem.open("/store/a", "replace");
  handle.writeSync(bytes("abc"), 0);
  await handle.write(bytes("d"), 3);
  handle.truncate(2);
  handle.syncSync();
  await handle.sync();
  handle.close();
  fileSystem.setModifiedTime("/store/a", 5);
  fileSystem.lock("/store/.lock");
  fileSystem.rename("/store/a", "/store/c");
  fileSystem.syncDirectorySync("/store");
  await fileSystem.syncDirectory("/store");
  fileSystem.open("/store/d", "update").close();
  fileSystem.remove("/store/d");
  await fileSystem.unlink("/store/c");
}

/** What stands on a disk. */
function treeAt(fileSystem: MemoryFileSystem): string {
  const files = fileSystem.list("/store").filter(({ kind }) => kind === "file");
  return JSON.stringify(
    files.map(({ name }) => [fileSystem.stat(`/store/${name}`), textAt(fileSystem, `/store/${name}`)]),
  );
}

function newDisk(): MemoryDisk {
  return new MemoryDisk(new ManualClock(0));
}

function newProcess(disk: MemoryDisk): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem(disk);
  fileSystem.makeDirectory("/store");
  return fileSystem;
}
