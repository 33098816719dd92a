/**
 * What outlives the process and what outlives a loss of power, at each level that can be asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Durability, Journal, StoreOptions } from "../mod.ts";
import { MemoryFileSystem } from "../src/platform/memory_file_system.ts";
import {
  closeIn,
  LOGS,
  type MemoryMachine,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
  seededRandom,
} from "./recovery/stores.ts";

/** How often each row loses power: what is lost, and how, differs. */
const CRASHES = 40;
const RECORDS = 5;

/** What is done for the records, and what of them is always there afterwards. */
interface Level {
  readonly name: string;
  readonly durability?: Durability;
  readonly signal?: string;
  readonly ask: (journal: Journal, machine: MemoryMachine) => void | Promise<void>;
  readonly afterKill: "all" | "none";
  readonly afterPowerLoss: "all" | "some";
}

const LEVELS: readonly Level[] = [
  { name: "append", ask: () => {}, afterKill: "none", afterPowerLoss: "some" },
  { name: "append, 100 ms ago", ask: (_, machine) => pass(machine, 101), afterKill: "all", afterPowerLoss: "some" },
  { name: "flush", ask: (journal) => journal.flush(), afterKill: "all", afterPowerLoss: "some" },
  { name: "sync", ask: (journal) => journal.sync(), afterKill: "all", afterPowerLoss: "all" },
  { name: "append, flushed", durability: "flushed", ask: () => {}, afterKill: "all", afterPowerLoss: "some" },
  { name: "append, synced", durability: "synced", ask: () => {}, afterKill: "all", afterPowerLoss: "some" },
  {
    name: "append, synced, a moment ago",
    durability: "synced",
    ask: (_, machine) => pass(machine, 1),
    afterKill: "all",
    afterPowerLoss: "all",
  },
  {
    name: "flush, synced",
    durability: "synced",
    ask: (journal) => journal.flush(),
    afterKill: "all",
    afterPowerLoss: "all",
  },
  {
    name: "flush of audit",
    signal: "audit",
    ask: (journal) => journal.flush(),
    afterKill: "all",
    afterPowerLoss: "all",
  },
  {
    name: "flush of audit, buffered",
    signal: "audit",
    durability: "buffered",
    ask: (journal) => journal.flush(),
    afterKill: "all",
    afterPowerLoss: "some",
  },
];

for (const level of LEVELS) {
  test(`${level.name}: ${level.afterKill} outlive the process, ${level.afterPowerLoss} a loss of power`, async () => {
    assert.deepEqual(
      await survivors(level, (machine) => machine.fileSystem.kill()),
      level.afterKill === "all" ? range(0, RECORDS) : [],
    );
    let losses = 0;
    for (let seed = 0; seed < CRASHES; seed++) {
      const numbers = await survivors(level, (machine) => machine.disk.crash(seededRandom(seed)));
      assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), `seed ${seed}`);
      if (numbers.length < RECORDS) losses++;
    }
    if (level.afterPowerLoss === "all") assert.equal(losses, 0);
    else assert.ok(losses > 0, "the disk is too kind to show the difference");
  });
}

test("flush() of a synced journal throws what the sync says, and the next one makes up for it", async () => {
  const machine = memoryMachine();
  const store = await machine.open();
  const journal = store.journal({ ...LOGS, signal: "audit" });
  machine.fileSystem.failNext("sync", { code: "EIO" });
  journal.append(numbered(0));
  await pass(machine, 1);
  machine.fileSystem.failNext("sync", { code: "EIO" });
  journal.append(numbered(1));
  await assert.rejects(journal.flush(), /EIO/);
  await journal.flush();
  machine.disk.crash(seededRandom(1));
  assert.deepEqual(await numbersAfter(machine, "audit"), [0, 1]);
  await assert.rejects(store.close());
});

test("a background sync does not take away what flush() has to tell: records that were dropped", async () => {
  const machine = memoryMachine();
  const store = await machine.open({ queueMaxBytes: 1 });
  const journal = store.journal({ ...LOGS, signal: "audit" });
  machine.fileSystem.failNext("write", { code: "ENOSPC" });
  journal.append(numbered(0));
  await pass(machine, 1100);
  journal.append(numbered(1));
  await pass(machine, 10);
  await assert.rejects(journal.flush(), /ENOSPC/);
  await journal.flush();
  assert.deepEqual(await numbersIn(store, { ...LOGS, signal: "audit" }), [1]);
  await closeIn(machine, store);
});

/** Appends, asks, ends the process in one way or another, and tells what the next one finds. */
async function survivors(level: Level, end: (machine: MemoryMachine) => void): Promise<number[]> {
  const { durability, signal = "logs" } = level;
  const machine = memoryMachine();
  const options: StoreOptions = durability === undefined ? {} : { durability: { [signal]: durability } };
  const store = await machine.open(options);
  const journal = store.journal({ ...LOGS, signal });
  for (const n of range(0, RECORDS)) journal.append(numbered(n));
  await level.ask(journal, machine);
  end(machine);
  const numbers = await numbersAfter(machine, signal);
  await store.close().catch(() => {});
  return numbers;
}

/** What the next process reads, and that it can go on. */
async function numbersAfter({ disk, open }: MemoryMachine, signal: string): Promise<number[]> {
  const fileSystem = new MemoryFileSystem(disk);
  const store = await open({ fileSystem });
  const key = { ...LOGS, signal };
  const numbers = await numbersIn(store, key);
  const journal = store.journal(key);
  journal.append(numbered(99));
  await journal.flush();
  assert.deepEqual(await numbersIn(store, key), [...numbers, 99]);
  await store.close();
  return numbers;
}
