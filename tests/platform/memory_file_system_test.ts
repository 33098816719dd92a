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
import { assertCode, assertRejection, bytes, put, textAt } from "./file_system_case.ts";
import { testFileSystem } from "./file_system_conformance.ts";

testFileSystem("MemoryFileSystem", {
  create: () => ({ fileSystem: newProcess(newDisk()), directory: "/store", dispose() {} }),
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
  } as const;
  const before = fileSystem.stat("/store/a");
  for (const operation of Object.keys(calls) as (keyof typeof calls)[]) {
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

function newDisk(): MemoryDisk {
  return new MemoryDisk(new ManualClock(0));
}

function newProcess(disk: MemoryDisk): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem(disk);
  fileSystem.makeDirectory("/store");
  return fileSystem;
}
