/**
 * What becomes of appended records: on disks that are quick, slow, full or broken, and at the end of a process.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type Journal, openStore, type Store, StoreClosedError, StoreLockedError, StoreWriteError } from "../mod.ts";
import { startProgram } from "./recovery/program.ts";
import { RefusingFileSystem } from "./recovery/refusing_file_system.ts";
import {
  assertAccounts,
  closeIn,
  inRoot,
  LOGS,
  MEMORY_ROOT,
  type MemoryMachine,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
  seededRandom,
} from "./recovery/stores.ts";
import { requireTool } from "./tools.ts";

const FOLDER = `${MEMORY_ROOT}/shop/github`;

test("append() takes what JSON can hold as an object, and counts what it drops by reason", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const throwing = {
    get x(): never {
      throw new Error("no");
    },
  };
  const table: [unknown, string | undefined][] = [
    [{ ts: "2026-05-05T12:00:00Z", msg: "fine" }, undefined],
    [{}, undefined],
    [{ big: 2n ** 63n - 1n }, undefined],
    [{ text: "\ud800 lone, \u2028, \n, \u0000, 😀" }, undefined],
    [{ left_out: () => 1, also: undefined, sym: Symbol("s"), infinite: Infinity }, undefined],
    [cycle, "unencodable"],
    [throwing, "unencodable"],
    [() => 1, "unencodable"],
    [[1, 2], "unencodable"],
    [null, "unencodable"],
    [undefined, "unencodable"],
    ["text", "unencodable"],
    [new Date(0), "unencodable"],
    [{ toJSON: () => undefined }, "unencodable"],
    [{ text: "x".repeat(1000) }, "too_large"],
    [{ text: "é".repeat(300) }, "too_large"],
    [{ text: "é".repeat(240) }, undefined],
  ];
  await inStore({ recordMaxBytes: 500 }, async (store) => {
    const journal = store.journal(LOGS);
    for (const [record, reason] of table) {
      const before = store.stats().records["logs"]?.dropped ?? {};
      assert.equal(journal.append(record as object), reason === undefined);
      const after = store.stats().records["logs"]?.dropped ?? {};
      const expected = reason === undefined ? before : { ...before, [reason]: (count(before, reason) ?? 0) + 1 };
      assert.deepEqual(after, expected);
      assertAccounts(store);
    }
    await journal.flush();
    const found = await Array.fromAsync(store.read(LOGS), ({ record }) => record);
    assert.equal(found.length, table.filter(([, reason]) => reason === undefined).length);
    assert.deepEqual(found[3], { text: "\ud800 lone, \u2028, \n, \u0000, 😀" });
  });
});

test("integers of 64 bits are the same after a round trip", async () => {
  const exact = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 9007199254740993n, -9007199254740993n];
  await inStore({}, async (store) => {
    store.journal(LOGS).append({
      exact,
      nested: { deep: [exact] },
      small: [0n, 5n, -1n],
      real: 1.5,
      text: String(exact[0]),
    });
    const [found] = await store.tail(LOGS, { count: 1 });
    const expected = { exact, nested: { deep: [exact] }, small: [0, 5, -1], real: 1.5, text: String(exact[0]) };
    assert.deepEqual(found?.record, expected);
  });
});

test("appendAll() counts and drops one by one, also when the iterable throws half-way", async () => {
  await inStore({ recordMaxBytes: 100 }, async (store) => {
    const journal = store.journal(LOGS);
    assert.equal(journal.appendAll([numbered(0), { text: "x".repeat(200) }, [], numbered(1)] as object[]), 2);
    assert.throws(() => journal.appendAll(failing()), /half-way/);
    assertAccounts(store);
    await journal.flush();
    const { written } = store.stats().records["logs"] ?? { written: 0 };
    assert.equal((await numbersIn(store)).length, written);
    assert.deepEqual((await numbersIn(store)).slice(0, 2), [0, 1]);
  });
});

function* failing(): Generator<object> {
  yield numbered(2);
  yield numbered(3);
  throw new Error("half-way");
}

test("append() of audit is on file when it returns, also after a slow write", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem });
  const journal = store.journal({ ...LOGS, signal: "audit" });
  const lineBytes = JSON.stringify(numbered(0)).length + 1;
  for (const n of range(0, 6)) {
    fileSystem.beforeWrite = () => machine.clock.advance(n === 2 ? 300 : 0);
    journal.append(numbered(n));
    assert.equal(machine.fileSystem.stat(`${FOLDER}/audit.jsonl`)?.sizeBytes, (n + 1) * lineBytes, `record ${n}`);
  }
  await closeIn(machine, store);
});

test("flush() rejects while the disk refuses, a later one succeeds, and every record is there once", async () => {
  const table: [string, number][] = [["ENOSPC", 0], ["ENOSPC", 10], ["ENOSPC", 60], ["EIO", 45], ["EDQUOT", 90]];
  for (const [code, landedBytes] of table) {
    await inStore({}, async (store, machine) => {
      const journal = store.journal(LOGS);
      for (const n of range(0, 3)) journal.append(numbered(n));
      machine.fileSystem.failNext("write", { code, landedBytes });
      machine.fileSystem.failNext("write", { code, landedBytes });
      await assert.rejects(
        journal.flush(),
        (error) => error instanceof StoreWriteError && error.message.includes(code),
      );
      assert.match(store.stats().failures.join(), new RegExp(code));
      assert.equal(store.stats().records["logs"]?.queued, 3);
      journal.append(numbered(3));
      await journal.flush();
      assert.deepEqual(store.stats().failures, []);
      journal.append(numbered(4));
      await journal.sync();
      assert.deepEqual(await numbersIn(store), range(0, 5), `${code} after ${landedBytes}`);
    });
  }
});

test("appends wait for a full disk up to queueMaxBytes, then are dropped and counted; they resume with it", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem, queueMaxBytes: 100_000 });
  const journal = store.journal(LOGS);
  const makeRoom = fileSystem.refuse({ operation: "write", path: /logs/, code: "ENOSPC" });
  for (const n of range(0, 20_000)) journal.append(numbered(n));
  await assert.rejects(journal.flush(), /ENOSPC/);
  const { queuedBytes, records } = store.stats();
  assert.ok(queuedBytes <= 100_000 && queuedBytes > 0);
  assert.ok((records["logs"]?.dropped.queue_full ?? 0) > 10_000);
  assertAccounts(store);
  makeRoom();
  await pass(machine, 2000);
  journal.append(numbered(20_000));
  await journal.flush().catch(() => {});
  await journal.flush();
  const found = await numbersIn(store);
  assert.equal(found.length, store.stats().records["logs"]?.written);
  assert.deepEqual(found, [...found].sort((a, b) => a - b));
  assert.equal(found.at(-1), 20_000);
  await closeIn(machine, store);
});

test("a synchronous write that fails while an asynchronous one of the same records succeeds loses none", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem, flushIntervalMs: 1 });
  const journal = store.journal(LOGS);
  const append = (start: number, end: number) => {
    for (const n of range(start, end)) journal.append({ ...numbered(n), pad: "x".repeat(1000) });
  };
  // After a slow write the next ones are asynchronous: one batch, then the batches that came meanwhile, together.
  fileSystem.beforeWrite = () => machine.clock.advance(2000);
  append(0, 1);
  await journal.flush();
  const [finishFirst, finishTogether] = [machine.fileSystem.holdNext("write"), machine.fileSystem.holdNext("write")];
  append(1, 500);
  finishFirst();
  await pass(machine, 500);
  // More than 1 MiB in one turn is written synchronously, of which the second write fails.
  let writes = 0;
  fileSystem.beforeWrite = () => {
    if (++writes === 2) throw Object.assign(new Error("once"), { code: "EIO" });
  };
  append(500, 2000);
  assert.equal(writes, 2);
  finishTogether();
  await pass(machine, 3000);
  await journal.flush();
  assert.deepEqual(await numbersIn(store), range(0, 2000));
  await closeIn(machine, store);
});

test("close() of a store whose disk refuses drops what waits, says so, and leaves no half record", async () => {
  const machine = memoryMachine();
  const store = await machine.open();
  const journal = store.journal(LOGS);
  journal.append(numbered(0));
  await journal.flush();
  for (let count = 0; count < 5; count++) machine.fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 70 });
  for (const n of range(1, 5)) journal.append(numbered(n));
  await assert.rejects(store.close(), StoreWriteError);
  assert.deepEqual(store.stats().records["logs"], { accepted: 5, written: 1, queued: 0, dropped: { write_failed: 4 } });
  assert.equal(journal.append(numbered(9)), false);
  assert.deepEqual(store.stats().records["logs"]?.dropped, { write_failed: 4, closed: 1 });
  assert.throws(() => store.journal(LOGS), StoreClosedError);
  const next = await machine.open();
  assert.deepEqual(await numbersIn(next), [0], "what was counted as dropped is not there");
  await next.close();
});

test("append() and sync() work under a root that stands directly in the file system's root", async () => {
  const { fileSystem, clock } = memoryMachine();
  const store = await openStore("/telemetry", { fileSystem, clock });
  const journal = store.journal(LOGS);
  journal.append(numbered(0));
  await journal.sync();
  await store.close();
});

for (const round of range(0, 4)) {
  test(`accepted = written + queued + dropped through random failures, round ${round}`, async () => {
    const seed = (Date.now() + round * 7919) % 2 ** 31;
    try {
      await tryRandomOperations(seededRandom(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  });
}

async function tryRandomOperations(random: () => number): Promise<void> {
  const machine = memoryMachine();
  const options = { segment: { maxBytes: 2000 }, recordMaxBytes: 300, queueMaxBytes: 3000, flushIntervalMs: 50 };
  const store = await machine.open({ ...options, retention: { maxSegments: false } });
  const journals = ["logs", "metrics", "audit"].map((signal) => store.journal({ ...LOGS, signal }));
  const written = new Set<string>();
  let next = 0;
  for (let step = 0; step < 400; step++) {
    const journal = journals[Math.floor(random() * journals.length)] as Journal;
    const record = () => ({ ...numbered(next++), pad: "é".repeat(random() * 40) });
    const operations: (() => unknown)[] = [
      () => journal.append(record()),
      () => journal.append(random() < 0.5 ? { text: "x".repeat(400) } : [] as object),
      () => journal.appendAll(Array.from({ length: random() * 8 }, record)),
      () => machine.fileSystem.failNext("write", { code: "ENOSPC", landedBytes: Math.floor(random() * 200) }),
      () => machine.fileSystem.failNext("rename", { code: "EIO" }),
      () => journal.flush().catch(() => {}),
      () => pass(machine, random() * 700),
    ];
    const operation = operations[Math.floor(random() * operations.length * 1.5)] ?? operations[0];
    await operation?.();
    assertAccounts(store);
  }
  for (let tries = 0; tries < 500 && await refuses(store); tries++) await pass(machine, 250);
  assertAccounts(store);
  for (const { key } of journals) {
    const found = await numbersIn(store, key);
    assert.deepEqual(found, [...new Set(found)].sort((a, b) => a - b), `${key.signal}: order`);
    assert.equal(found.length, store.stats().records[key.signal]?.written ?? 0, `${key.signal}: as many as written`);
    for (const n of found) assert.ok(!written.has(String(n)) && written.add(String(n)));
  }
  await closeIn(machine, store);
}

async function refuses(store: Store): Promise<boolean> {
  const outcomes = await Promise.allSettled([store.flush()]);
  return outcomes.some(({ status }) => status === "rejected") || store.stats().queuedBytes > 0;
}

test("a second store is refused while the first one writes, in one process or two; close() or kill frees at once", async () => {
  await inRoot(async (root) => {
    const first = await openStore(root);
    first.journal(LOGS).append(numbered(0));
    const second = await openStore(root);
    assert.throws(() => second.journal(LOGS), isLockedBy(process.pid));
    assert.equal(second.journal({ ...LOGS, server: "weather" }).append(numbered(0)), true);
    await first.close();
    assert.equal(second.journal(LOGS).append(numbered(1)), true);
    assert.deepEqual(await numbersIn(second), [0, 1]);
    await second.close();

    for (const runtime of ["deno", "bun"] as const) {
      if (requireTool(runtime).skip !== false) continue;
      const holder = startProgram("holder.ts", [root, JSON.stringify(LOGS)], runtime);
      assert.equal(await holder.nextLine(), "held");
      const store = await openStore(root);
      assert.throws(() => store.journal(LOGS), isLockedBy(holder.process.pid));
      await holder.kill();
      assert.equal(store.journal(LOGS).append(numbered(2)), true);
      await store.close();
    }
  });
});

function isLockedBy(pid: number | undefined): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreLockedError);
    assert.match(error.message, new RegExp(`locked by process ${pid} .*use another server name`));
    return error.holder?.pid === pid;
  };
}

test("what was appended is on file when the process exits, also with a write in flight", async () => {
  for (const flushIntervalMs of [0, 3_600_000]) {
    await inRoot(async (root) => {
      const options = { flushIntervalMs, segment: { maxBytes: 1_000_000 }, retention: { maxSegments: false } };
      const program = startProgram("holder.ts", [root, JSON.stringify(LOGS), JSON.stringify(options)]);
      assert.equal(await program.nextLine(), "held");
      program.process.stdin?.write("appendMany 30000\n");
      program.process.stdin?.write("appendMany 30000\nexit\n");
      assert.equal(await program.ended, 0);
      await using store = await openStore(root);
      assert.deepEqual(await numbersIn(store), [...range(0, 30_000), ...range(0, 30_000)]);
      assert.equal(store.stats().damagedPlaces, 0);
      assert.ok(existsSync(join(root, "shop/github/logs.jsonl")));
    });
  }
});

async function inStore(
  options: Parameters<MemoryMachine["open"]>[0],
  use: (store: Store, machine: MemoryMachine) => Promise<void>,
): Promise<void> {
  const machine = memoryMachine();
  const store = await machine.open(options);
  await use(store, machine);
  await closeIn(machine, store);
}

function count(dropped: object, reason: string): number | undefined {
  return (dropped as Record<string, number>)[reason];
}
