/**
 * What a store must not do: answer for what it did not do, touch what is not its own, let one bad folder spoil the rest.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../mod.ts";
import { MemoryFileSystem } from "../src/platform/memory_file_system.ts";
import {
  closeIn,
  inRoot,
  LOGS,
  MEMORY_ROOT,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
} from "./recovery/stores.ts";

const OTHER = { ...LOGS, server: "other" } as const;

test("sync() after a sync that failed in the background writes the bytes again before it answers", async () => {
  const machine = memoryMachine();
  const store = await machine.open({
    segment: { maxBytes: 300, compression: "none" },
    retention: { maxSegments: false },
  });
  const journal = store.journal(LOGS);
  for (const n of range(0, 20)) journal.append(numbered(n));
  await journal.flush();
  // The sealed segments' sync, a second after they were sealed.
  machine.fileSystem.failNext("sync", { code: "EIO" });
  await pass(machine, 1500);
  machine.fileSystem.failNext("sync", { code: "EIO" });
  await assert.rejects(journal.sync(), { name: "StoreWriteError" });
  await journal.sync();
  assert.deepEqual(await numbersIn(store), range(0, 20));
  await closeIn(machine, store);
});

test("flush() tells of records lost before it, also while others are lost, and also when a reader came first", async () => {
  const machine = memoryMachine();
  const store = await machine.open({ queueMaxBytes: 300 });
  const journal = store.journal(LOGS);
  machine.fileSystem.failNext("write", { code: "ENOSPC" });
  machine.fileSystem.failNext("write", { code: "ENOSPC" });
  for (const n of range(0, 30)) {
    journal.append(numbered(n));
    await pass(machine, 100);
    if (n === 10) machine.fileSystem.failNext("write", { code: "ENOSPC" });
  }
  const { queue_full: dropped = 0 } = store.stats().records["logs"]?.dropped ?? {};
  assert.ok(dropped > 0);
  await numbersIn(store);
  await assert.rejects(journal.flush(), { name: "StoreWriteError" });
  await journal.flush();
  await closeIn(machine, store);
});

test("appending audit entries to a disk that refuses costs no more with each one that waits", async () => {
  const machine = memoryMachine();
  const store = await machine.open({ queueMaxBytes: 16_000_000 });
  const journal = store.journal({ ...LOGS, signal: "audit" });
  for (let count = 0; count < 50; count++) machine.fileSystem.failNext("write", { code: "ENOSPC" });
  const startMs = performance.now();
  for (const n of range(0, 50_000)) journal.append(numbered(n));
  assert.ok(performance.now() - startMs < 5000, `${performance.now() - startMs} ms`);
  await pass(machine, 60_000);
  await closeIn(machine, store);
});

test("a store whose lock file was replaced no longer touches the folder's files", async () => {
  const machine = memoryMachine();
  const store = await machine.open();
  const journal = store.journal(LOGS);
  journal.append(numbered(0));
  await journal.flush();
  const folder = `${MEMORY_ROOT}/shop/github`;
  // A write of ours that failed half-way, whose cut is due.
  machine.fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 5 });
  for (let count = 0; count < 3; count++) machine.fileSystem.failNext("truncate", { code: "EIO" });
  journal.append(numbered(1));
  await assert.rejects(journal.flush());
  const other = new MemoryFileSystem(machine.disk);
  other.remove(`${folder}/.lock`);
  const next = await openStore(MEMORY_ROOT, { fileSystem: other, clock: machine.clock });
  const written = next.journal(LOGS);
  for (const n of range(10, 20)) written.append(numbered(n));
  await written.flush();
  await pass(machine, 5000);
  await assert.rejects(journal.flush(), { name: "StoreLockedError" });
  const numbers = await numbersIn(next);
  assert.deepEqual(numbers.filter((n) => n >= 10), range(10, 20));
  assert.ok(!numbers.includes(1));
  await closeIn(machine, next);
  await closeIn(machine, store);
});

test("a symbolic link in the place of a segment is neither followed nor changed", async () => {
  await inRoot(async (directory) => {
    const [root, precious] = [join(directory, "root"), join(directory, "precious")];
    writeFileSync(precious, "no line feed at its end");
    mkdirSync(join(root, LOGS.stack, LOGS.server), { recursive: true });
    symlinkSync(precious, join(root, LOGS.stack, LOGS.server, "logs.jsonl"));
    await using store = await openStore(root);
    assert.throws(() => store.journal(LOGS), /ELOOP/);
    assert.equal(readFileSync(precious, "utf8"), "no line feed at its end");
  });
});

test("prune() mends, counts, and gives locks back that it took", async () => {
  await inRoot(async (root) => {
    const folder = join(root, LOGS.stack, LOGS.server);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "logs.jsonl"), '{"n":0}\n{"torn');
    writeFileSync(join(folder, "logs-2026-05-04T00-00-00.000.jsonl"), '{"n":-1}\n');
    await using store = await openStore(root);
    await store.prune();
    assert.equal(store.stats().tornLines, 1);
    assert.equal(store.stats().compression.finished, 1);
    assert.equal(store.stats().heldFolders, 0);
    await using other = await openStore(root);
    other.journal(LOGS).append({ n: 1 });
    assert.deepEqual(await numbersIn(other), [-1, 0, 1]);
  });
});

test("prune() goes on behind a folder that it cannot use", async () => {
  await inRoot(async (root) => {
    for (const server of ["a".repeat(230), "b"]) {
      const folder = join(root, "shop", server);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "logs.jsonl"), '{"torn');
    }
    await using store = await openStore(root);
    await assert.rejects(store.prune(), RangeError);
    assert.equal(store.stats().tornLines, 1);
  });
});

test("wipe() goes on behind a folder whose holder does not answer", async () => {
  const machine = memoryMachine();
  const holder = await machine.open();
  holder.journal(LOGS).append(numbered(0));
  await holder.flush();
  const process = new MemoryFileSystem(machine.disk);
  const store = await openStore(MEMORY_ROOT, { fileSystem: process, clock: machine.clock });
  store.journal({ ...OTHER, server: "z" }).append(numbered(1));
  await store.flush();
  // The holder cannot answer: its file system refuses to list what was asked.
  for (let count = 0; count < 1000; count++) machine.fileSystem.failNext("remove", { code: "EIO" });
  const wiped = assert.rejects(store.wipe({ stack: "shop" }), { name: "WipeTimeoutError" });
  await pass(machine, 11_000);
  await wiped;
  assert.deepEqual(await numbersIn(store, { ...OTHER, server: "z" }), []);
  await closeIn(machine, store);
  await closeIn(machine, holder);
});

test("maxTotalBytes prunes every journal of a folder that is held, and not only those in use", async () => {
  const machine = memoryMachine();
  const options = { segment: { maxBytes: 500, compression: "none" } } as const;
  const first = await machine.open({ ...options, retention: { maxSegments: false } });
  for (const signal of ["logs", "events"]) {
    for (const n of range(0, 100)) first.journal({ ...LOGS, signal }).append(numbered(n));
  }
  await closeIn(machine, first);
  const store = await machine.open({ ...options, retention: { maxSegments: false, maxTotalBytes: 2000 } });
  const journal = store.journal(LOGS);
  for (const n of range(100, 130)) journal.append(numbered(n));
  await journal.flush();
  const total = (await store.inventory()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  assert.ok(total <= 2500, `${total} bytes`);
  assert.ok((await numbersIn(store)).includes(129));
  await closeIn(machine, store);
});
