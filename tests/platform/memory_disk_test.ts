/**
 * Loss of power, copies and room of a disk in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { seededRandom } from "../recovery/stores.ts";
import { DIRECTORY, newMachine, putDurable, putSynced, treeOf } from "./crash_row.ts";
import { assertCode, assertRejection, bytes, put, textAt } from "./file_system_case.ts";

const PATH = `${DIRECTORY}/a`;

test("MemoryDisk.crash() kills all processes, frees locks, and keeps writes under way from landing", async () => {
  const { disk, fileSystem } = newMachine();
  const other = new MemoryFileSystem(disk);
  putDurable(fileSystem, "a", "kept");
  const lock = other.lock(`${DIRECTORY}/.lock`);
  fileSystem.syncDirectorySync(DIRECTORY);
  const handle = fileSystem.open(PATH, "update");
  const write = handle.write(bytes("lost"), 0);
  disk.crash(() => 0.5);
  await assertRejection(write, "EIO");
  for (const process of [fileSystem, other]) assertCode(() => process.stat(PATH), "EIO");
  assertCode(() => handle.syncSync(), "EIO");
  const after = new MemoryFileSystem(disk);
  assert.equal(textAt(after, PATH), "kept");
  assert.ok(after.lock(`${DIRECTORY}/.lock`));
  // What the dead still hold in their hands changes nothing.
  lock?.release();
  handle.close();
  assert.equal(new MemoryFileSystem(disk).lock(`${DIRECTORY}/.lock`), undefined);
});

test("MemoryDisk.crash() chooses the same for the same numbers, and different things for others", () => {
  const { disk, fileSystem } = newMachine();
  for (let index = 0; index < 20; index++) put(fileSystem, `${DIRECTORY}/${index}`, `content of ${index}`);
  const survivors = (seed: number): string => {
    const clone = disk.clone();
    clone.crash(seededRandom(seed));
    return treeOf(new MemoryFileSystem(clone));
  };
  const rows = Array.from({ length: 50 }, (_, seed) => survivors(seed));
  assert.deepEqual(Array.from({ length: 50 }, (_, seed) => survivors(seed)), rows);
  assert.ok(new Set(rows).size > 40, `${new Set(rows).size} different outcomes`);
});

test("MemoryDisk.crash() keeps all that was done for zeros, and loses all that was not synced for numbers just below 1", () => {
  for (const [number, survivors] of [[0, "a=new c=1"], [1 - 2 ** -53, "a=old b=2"]] as const) {
    const { disk, fileSystem } = newMachine();
    putDurable(fileSystem, "a", "old");
    putDurable(fileSystem, "b", "2");
    put(fileSystem, PATH, "new");
    put(fileSystem, `${DIRECTORY}/c`, "1");
    fileSystem.setModifiedTime(PATH, 5);
    fileSystem.remove(`${DIRECTORY}/b`);
    disk.crash(() => number);
    const after = new MemoryFileSystem(disk);
    assert.deepEqual([treeOf(after), after.stat(PATH)?.modifiedTimeMs], [survivors, number === 0 ? 5 : 1000]);
  }
});

test("MemoryDisk.crash() leaves files that can be written, synced and lost again", () => {
  const { disk, fileSystem } = newMachine();
  putDurable(fileSystem, "a", "abcd");
  fileSystem.open(PATH, "update").writeSync(bytes("ef"), 4);
  disk.crash(() => 1 - 2 ** -53);
  const after = new MemoryFileSystem(disk);
  const handle = after.open(PATH, "update");
  handle.truncate(2);
  handle.writeSync(bytes("XY"), 2);
  handle.syncSync();
  disk.crash(() => 1 - 2 ** -53);
  assert.equal(treeOf(new MemoryFileSystem(disk)), "a=abXY");
});

test("MemoryDisk.clone() and its original change without each other", () => {
  const { disk, fileSystem } = newMachine();
  putDurable(fileSystem, "a", "shared");
  putSynced(fileSystem, "b", "shared");
  const clone = disk.clone();
  const copy = new MemoryFileSystem(clone);
  const changes = [[fileSystem, "1"], [copy, "2"]] as const;
  for (const [process, content] of changes) {
    process.open(PATH, "update").writeSync(bytes(content), 0);
    process.open(`${DIRECTORY}/b`, "update").writeSync(bytes(content.repeat(3)), 6);
    put(process, `${DIRECTORY}/c`, content);
  }
  fileSystem.remove(`${DIRECTORY}/b`);
  assert.equal(treeOf(fileSystem), "a=1hared c=1");
  assert.equal(treeOf(copy), "a=2hared b=shared222 c=2");
});

test("MemoryDisk.clone() has what is durable of its own, no locks and no processes", () => {
  const { disk, fileSystem } = newMachine();
  putSynced(fileSystem, "a", "x");
  fileSystem.lock(`${DIRECTORY}/.lock`);
  const clone = disk.clone();
  const copy = new MemoryFileSystem(clone);
  assert.ok(copy.lock(`${DIRECTORY}/.lock`));
  copy.syncDirectorySync(DIRECTORY);
  clone.crash(() => 1 - 2 ** -53);
  disk.crash(() => 1 - 2 ** -53);
  assert.deepEqual([treeOf(new MemoryFileSystem(clone)), treeOf(new MemoryFileSystem(disk))], [".lock= a=x", ""]);
  assertCode(() => copy.stat(PATH), "EIO");
});

test("MemoryDisk.clone() goes on with a rename of which one directory was synced", () => {
  const { disk, fileSystem } = newMachine();
  for (const name of ["c", "d"]) fileSystem.makeDirectory(`${DIRECTORY}/${name}`);
  fileSystem.syncDirectorySync(DIRECTORY);
  putDurable(fileSystem, "c/a", "x");
  fileSystem.rename(`${DIRECTORY}/c/a`, `${DIRECTORY}/d/a`);
  fileSystem.syncDirectorySync(`${DIRECTORY}/c`);
  for (const [name, survivors] of [["c", "c/ c/a=x d/"], ["d", "c/ d/ d/a=x"]] as const) {
    const clone = disk.clone();
    new MemoryFileSystem(clone).syncDirectorySync(`${DIRECTORY}/${name}`);
    clone.crash(() => 1 - 2 ** -53);
    assert.equal(treeOf(new MemoryFileSystem(clone)), survivors);
  }
});

test("MemoryDisk.clone() keeps identities, and leaves the original's processes alone when it loses power", () => {
  const { disk, fileSystem } = newMachine();
  putDurable(fileSystem, "a", "x");
  const clone = disk.clone();
  clone.crash(() => 0);
  const copy = new MemoryFileSystem(clone);
  assert.deepEqual(copy.stat(PATH), fileSystem.stat(PATH));
  put(copy, `${DIRECTORY}/b`, "");
  assert.notEqual(copy.stat(`${DIRECTORY}/b`)?.identity, copy.stat(PATH)?.identity);
});

test("MemoryDisk.clone() dates its changes by the clock it is given", () => {
  const { disk } = newMachine();
  const copy = new MemoryFileSystem(disk.clone(new ManualClock(7)));
  put(copy, PATH, "x");
  assert.equal(copy.stat(PATH)?.modifiedTimeMs, 7);
});

test("MemoryDisk.capacityBytes: a write past it lands as far as there is room and throws ENOSPC", async () => {
  const { disk, fileSystem } = newMachine();
  const handle = fileSystem.open(PATH, "update");
  disk.capacityBytes = 10;
  handle.writeSync(bytes("12345678"), 0);
  assertCode(() => handle.writeSync(bytes("abcd"), 8), "ENOSPC");
  assert.equal(textAt(fileSystem, PATH), "12345678ab");
  await assertRejection(handle.write(bytes("c"), 10), "ENOSPC");
  assertCode(() => handle.writeSync(bytes("c"), 90), "ENOSPC");
  assertCode(() => handle.truncate(11), "ENOSPC");
  handle.writeSync(bytes("AB"), 8);
  assertCode(() => handle.writeSync(bytes("XYZ"), 8), "ENOSPC");
  assert.equal(textAt(fileSystem, PATH), "12345678XY");
  disk.capacityBytes = 11;
  handle.writeSync(bytes("Z"), 10);
  assert.equal(fileSystem.freeBytes(DIRECTORY), 0);
});

const ROOM_ROWS: readonly {
  readonly name: string;
  readonly freeBytes: number;
  run(fileSystem: MemoryFileSystem, other: MemoryFileSystem): void;
}[] = [
  { name: "what files hold", freeBytes: 90, run: () => {} },
  { name: "what a cut gives back", freeBytes: 96, run: (fileSystem) => fileSystem.open(PATH, "update").truncate(4) },
  { name: "what a removed file held", freeBytes: 100, run: (fileSystem) => fileSystem.remove(PATH) },
  {
    name: "what a removed file holds that is open",
    freeBytes: 88,
    run(fileSystem) {
      const handle = fileSystem.open(PATH, "update");
      fileSystem.remove(PATH);
      handle.writeSync(bytes("12"), 10);
    },
  },
  {
    name: "what a removed file held until its last handle was closed",
    freeBytes: 100,
    run(fileSystem) {
      const handles = [fileSystem.open(PATH, "update"), fileSystem.open(PATH, "read")];
      fileSystem.remove(PATH);
      for (const handle of handles) handle.close();
    },
  },
  {
    name: "what a replaced file held",
    freeBytes: 97,
    run(fileSystem) {
      put(fileSystem, `${DIRECTORY}/b`, "new");
      fileSystem.rename(`${DIRECTORY}/b`, PATH);
    },
  },
  {
    name: "what a file holds that was renamed to its own name",
    freeBytes: 90,
    run: (fileSystem) => fileSystem.rename(PATH, PATH),
  },
  {
    name: "what a removed file holds that is open, whatever a killed process closes",
    freeBytes: 90,
    run(fileSystem, killed) {
      const handle = killed.open(PATH, "update");
      killed.kill();
      handle.close();
      fileSystem.open(PATH, "update");
      fileSystem.remove(PATH);
    },
  },
  {
    name: "what a removed file held that a process had open which was killed",
    freeBytes: 100,
    run(fileSystem) {
      const handle = fileSystem.open(PATH, "update");
      fileSystem.remove(PATH);
      fileSystem.kill();
      handle.close();
    },
  },
];

for (const { name, freeBytes, run } of ROOM_ROWS) {
  test(`MemoryFileSystem.freeBytes() counts ${name}`, () => {
    const { disk, fileSystem } = newMachine();
    disk.capacityBytes = 100;
    put(fileSystem, PATH, "1234567890");
    run(fileSystem, new MemoryFileSystem(disk));
    const process = new MemoryFileSystem(disk);
    assert.equal(process.freeBytes(DIRECTORY), freeBytes);
    process.syncDirectorySync(DIRECTORY);
    const clone = disk.clone();
    const held = new Set(
      process.list(DIRECTORY).map(({ name }) => process.stat(`${DIRECTORY}/${name}`)?.sizeBytes ?? 0),
    );
    const namedBytes = [...held].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
    assert.equal(new MemoryFileSystem(clone).freeBytes(DIRECTORY), 100 - namedBytes);
    clone.crash(() => 0);
    assert.equal(new MemoryFileSystem(clone).freeBytes(DIRECTORY), 100 - namedBytes);
  });
}

test("MemoryDisk tells no free bytes without a capacity, none below what it holds, and refuses what is no number", () => {
  const { disk, fileSystem } = newMachine();
  assert.equal(fileSystem.freeBytes(DIRECTORY), undefined);
  put(fileSystem, PATH, "1234567890");
  disk.capacityBytes = 5;
  assert.equal(fileSystem.freeBytes(DIRECTORY), 0);
  assert.equal(textAt(fileSystem, PATH), "1234567890");
  for (const capacityBytes of [-1, NaN]) {
    const expected = { name: "RangeError", message: new RegExp(`received ${capacityBytes}`) };
    assert.throws(() => (disk.capacityBytes = capacityBytes), expected);
    assert.throws(() => new MemoryDisk(new ManualClock(0), { capacityBytes }), expected);
  }
});
