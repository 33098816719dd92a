/**
 * How long a store keeps records, on a machine in memory where days pass at once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RetentionOptions, Store, StoreOptions } from "../mod.ts";
import { RefusingFileSystem } from "./recovery/refusing_file_system.ts";
import {
  assertAccounts,
  closeIn,
  LOGS,
  MEMORY_ROOT,
  type MemoryMachine,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
} from "./recovery/stores.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** One record fills a segment. */
const TINY = { segment: { maxBytes: 60, compression: "none" } } as const;
const FOLDER = `${MEMORY_ROOT}/shop/github`;

test("retention keeps as many sealed segments as maxSegments says, besides the active one", async () => {
  const table: [RetentionOptions | undefined, string, number[]][] = [
    [undefined, "logs", range(4, 10)],
    [{ maxSegments: 2 }, "logs", range(7, 10)],
    [{ maxSegments: 1 }, "metrics", range(8, 10)],
    [{ maxSegments: false }, "logs", range(0, 10)],
    [{ maxSegments: 2, signals: { logs: { maxSegments: 4 } } }, "logs", range(5, 10)],
    [{ maxSegments: 2, signals: { logs: { maxSegments: false } } }, "logs", range(0, 10)],
    [undefined, "audit", range(0, 10)],
    [{ maxSegments: 2 }, "audit", range(0, 10)],
    [{ signals: { audit: { maxSegments: 2 } } }, "audit", range(7, 10)],
  ];
  for (const [retention, signal, kept] of table) {
    await inStore({ ...TINY, ...retention && { retention } }, async (store) => {
      await appendEach(store, range(0, 10), signal);
      assert.deepEqual(await numbersIn(store, { ...LOGS, signal }), kept, `${signal} ${JSON.stringify(retention)}`);
      assert.equal(store.stats().prunedSegments, 10 - kept.length);
    });
  }
});

test("retention by maxTotalBytes deletes the oldest segments of all journals, never of audit", async () => {
  const bytes = JSON.stringify(numbered(0)).length + 1;
  const options = { ...TINY, retention: { maxSegments: false, maxTotalBytes: 6 * bytes } } as const;
  await inStore(options, async (store, machine) => {
    for (const n of range(0, 10)) {
      await appendEach(store, [n], n % 2 === 0 ? "logs" : "metrics");
      await pass(machine, 1000);
    }
    await pass(machine, 2 * MINUTE_MS);
    const left = [...await numbersIn(store), ...await numbersIn(store, { ...LOGS, signal: "metrics" })].sort();
    assert.deepEqual(left, range(4, 10));
    await appendEach(store, range(10, 30), "audit");
    assert.deepEqual(await numbersIn(store, { ...LOGS, signal: "audit" }), range(10, 30));
    // Audit alone is over the limit: all that may be deleted is, active segments too.
    assert.deepEqual(await numbersIn(store), []);
  });
});

test("retention by maxAgeMs deletes quiet journals' segments on a timer, the active one once it is sealed", async () => {
  await inStore({ ...TINY, retention: { maxAgeMs: 10 * MINUTE_MS } }, async (store, machine) => {
    await appendEach(store, [0, 1, 2], "logs");
    await appendEach(store, [0, 1, 2], "audit");
    // The folder stays in use, so that the store keeps its lock.
    for (let minute = 0; minute < 21; minute++) {
      const found = await numbersIn(store);
      if (minute < 10) assert.deepEqual(found, [0, 1, 2], `minute ${minute}`);
      await appendEach(store, [minute], "events");
      await pass(machine, MINUTE_MS);
    }
    assert.deepEqual(await numbersIn(store), []);
    assert.deepEqual(await numbersIn(store, { ...LOGS, signal: "audit" }), [0, 1, 2]);
  });
});

test("retention seals an active segment whose first record is older than maxAgeMs, and loses nothing younger", async () => {
  const options = { segment: { compression: "none" }, retention: { maxAgeMs: 10 * MINUTE_MS } } as const;
  await inStore(options, async (store, machine) => {
    for (let minute = 0; minute < 60; minute++) {
      await appendEach(store, [minute], "logs");
      await pass(machine, MINUTE_MS);
      const found = await numbersIn(store);
      assert.deepEqual(found, range(found[0] ?? 0, minute + 1), "no hole");
      assert.ok((found[0] ?? 0) <= Math.max(0, minute - 9), `minute ${minute}: ${found[0]} came too early`);
      assert.ok((found[0] ?? 0) >= minute - 21, `minute ${minute}: ${found[0]} is still there`);
    }
  });
});

test("retention by age also holds for a program that is restarted all the time", async () => {
  const machine = memoryMachine();
  for (let day = 0; day < 30; day++) {
    const store = await machine.open({ segment: { compression: "none" } });
    await appendEach(store, [day], "logs");
    await pass(machine, 2 * MINUTE_MS);
    const [oldest = 0] = await numbersIn(store);
    await store.close();
    assert.ok(oldest >= day - 15, `day ${day}: day ${oldest} is still there, twice the 7 days are over`);
    machine.clock.set(machine.clock.now() + DAY_MS);
  }
});

test("retention goes on after the lock was given back to an idle folder, and loses no new record", async () => {
  await inStore({ ...TINY, retention: { maxAgeMs: 2 * MINUTE_MS } }, async (store, machine) => {
    await appendEach(store, [0, 1, 2], "logs");
    await pass(machine, 70_000);
    assert.equal(store.stats().heldFolders, 0);
    await pass(machine, 3 * MINUTE_MS);
    await appendEach(store, [3], "logs");
    assert.deepEqual(await numbersIn(store), [3]);
    assert.deepEqual(store.stats().failures, []);
  });
});

test("sealing by age waits for a write under way: its record is there once, also when its segment is compressed", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem, retention: { maxAgeMs: 100_000 } });
  await appendEach(store, [0], "logs");
  await pass(machine, 50_000);
  await appendEach(store, [1], "logs");
  await pass(machine, 50_000);
  // A slow write makes the next one asynchronous, and that one takes ten seconds.
  fileSystem.beforeWrite = () => machine.clock.advance(2500);
  await appendEach(store, [2], "logs");
  fileSystem.beforeWrite = () => {};
  await pass(machine, 17_000);
  const finish = machine.fileSystem.holdNext("write");
  const journal = store.journal(LOGS);
  journal.append(numbered(3));
  const flushed = journal.flush();
  await pass(machine, 10_000);
  finish();
  await pass(machine, 1000);
  await flushed;
  await pass(machine, MINUTE_MS);
  assert.deepEqual(await numbersIn(store), [0, 1, 2, 3]);
  await closeIn(machine, store);
});

test("sealing by age leaves nothing of a failed write behind", async () => {
  await inStore({ segment: { compression: "none" }, retention: { maxAgeMs: 59_000 } }, async (store, machine) => {
    const journal = store.journal(LOGS);
    await appendEach(store, [0], "logs");
    const lineBytes = JSON.stringify(numbered(1)).length + 1;
    await pass(machine, 58_000);
    for (let count = 0; count < 65; count++) {
      machine.fileSystem.failNext("write", { code: "ENOSPC", landedBytes: lineBytes });
    }
    journal.append(numbered(1));
    journal.append(numbered(2));
    await assert.rejects(journal.flush(), /ENOSPC/);
    await pass(machine, 70_000);
    await journal.flush();
    assert.deepEqual(await numbersIn(store), [0, 1, 2]);
  });
});

test("retention that the file system refuses costs the program nothing, and is made up for", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem, ...TINY, retention: { maxSegments: 2 } });
  const journal = store.journal(LOGS);
  const allow = fileSystem.refuse({ operation: "remove", path: /logs-/, code: "EPERM" });
  for (const n of range(0, 8)) {
    journal.append(numbered(n));
    await journal.flush();
  }
  await pass(machine, 70_000);
  assert.deepEqual(await numbersIn(store), range(0, 8));
  assertAccounts(store);
  allow();
  await appendEach(store, [8], "logs");
  assert.deepEqual(await numbersIn(store), [6, 7, 8]);
  await store.close();
});

for (const operation of ["open", "stat"] as const) {
  test(`compression that the file system refuses (${operation}) costs the program nothing, and close() ends`, async () => {
    const machine = memoryMachine();
    const fileSystem = new RefusingFileSystem(machine.fileSystem);
    const store = await machine.open({ fileSystem, segment: { maxBytes: 60 } });
    fileSystem.refuse({ operation, path: operation === "open" ? /\.tmp$/ : /logs-.*jsonl$/, code: "EROFS" });
    fileSystem.refuse({ operation: "remove", path: /\.tmp$/, code: "EROFS" });
    await appendEach(store, [0, 1, 2], "logs").catch(() => {});
    await pass(machine, 5000);
    assert.equal(store.stats().compression.finished, 0);
    await closeIn(machine, store);
    const next = await machine.open();
    assert.deepEqual(await numbersIn(next), [0, 1, 2]);
    await next.close();
  });
}

async function inStore(
  options: StoreOptions,
  use: (store: Store, machine: MemoryMachine) => Promise<void>,
): Promise<void> {
  const machine = memoryMachine();
  const store = await machine.open(options);
  await use(store, machine);
  await closeIn(machine, store);
  assert.equal(machine.clock.pendingTimers, 0, "timers are left");
  assert.ok(machine.fileSystem.list(FOLDER).every(({ name }) => !name.endsWith(".tmp")));
}

/** Appends and flushes one record at a time. */
async function appendEach(store: Store, numbers: readonly number[], signal: string): Promise<void> {
  const journal = store.journal({ ...LOGS, signal });
  for (const n of numbers) {
    journal.append(numbered(n));
    await journal.flush();
  }
}
