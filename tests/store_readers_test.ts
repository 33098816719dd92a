/**
 * Readers beside a writer that rotates as fast as it can, with compression and retention on: no scan has a hole, gives a
 * record twice, or lacks one that was acknowledged before it began.
 *
 * Retention may take the oldest records of a scan away, never one in its middle. `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { type Cursor, type Journal, openStore, type Store, type StoreOptions } from "../mod.ts";
import { startProgram, type StoreProgram } from "./recovery/program.ts";
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
  seededRandom,
  until,
} from "./recovery/stores.ts";
import { currentRuntime, requireTool } from "./tools.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
/** How long each of the tests on the real file system writes and reads. */
const DURATION_MS = 1800;
const DURATION_MAX_MS = 20_000;
const ROUNDS_MIN = 7;
const KEPT_SEGMENTS = 50;
const ROTATING: StoreOptions = { segment: { maxBytes: 8192 }, retention: { maxSegments: KEPT_SEGMENTS } };
const UNPRUNED: StoreOptions = { segment: { maxBytes: 32_768 }, retention: { maxSegments: false } };

/** What tests/recovery/programs/rotating_writer.ts reports. */
interface WriterReport {
  readonly appended: number;
  readonly rotations: number;
  readonly prunedSegments: number;
  readonly compressed: number;
}

const otherRuntime = currentRuntime === "bun" ? "deno" : "bun";
const table: readonly ["bun" | "deno", string | false][] = [
  [currentRuntime, false],
  [otherRuntime, requireTool(otherRuntime).skip],
];

for (const [runtime, skip] of table) {
  test(`read() and tail() beside a writing ${runtime} process: no hole, nothing twice, nothing late`, { skip }, () => {
    return besideWriter({ runtime, options: ROTATING }, async ({ store, acknowledged, stop }) => {
      const scans = new ScanCheck();
      await forDuration(async () => {
        for (const scan of [scanAll, scanTail(100), scanTail(1_000_000)]) {
          const target = acknowledged();
          scans.add(await scan(store), target);
        }
      });
      const report = await stop();
      scans.add(await scanAll(store), report.appended);
      console.log(`seed ${SEED}: ${scans.count} scans, ${JSON.stringify(report)}`);
      assert.ok(scans.count >= 20 && report.rotations >= 50, "too little was tried");
      // Segments are pruned sooner than they can be compressed; the next test has both forms.
      assert.ok(report.prunedSegments > 0, "too little was tried");
      assert.equal(store.stats().damagedPlaces, 0);
    });
  });
}

test("read() with after: following a writing process gives every record once", async () => {
  await besideWriter({ runtime: currentRuntime, options: UNPRUNED }, async ({ store, stop }) => {
    const follower = new Follower(store);
    await forDuration(() => follower.follow());
    const { appended, rotations, compressed } = await stop();
    await follower.follow();
    assert.deepEqual(follower.numbers, range(0, appended), `seed ${SEED}`);
    assert.ok(rotations >= 20 && compressed > 0, "too little was tried");
  });
});

test("read(), tail(), inventory() and following in the writing process: the same, and unflushed records too", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root, ROTATING);
    await using unpruned = await openStore(join(root, "unpruned"), UNPRUNED);
    const [scans, follower, random] = [new ScanCheck(), new Follower(unpruned), seededRandom(SEED)];
    const journals = [store, unpruned].map((each) => each.journal(LOGS));
    let appended = 0;
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        appended = appendSome(journals, { appended, random });
        // Now and then, so that some scans find records in memory and the disk keeps up even so.
        if (random() < 0.3) await Promise.all(journals.map((journal) => journal.flush()));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await forDuration(async () => {
      for (const scan of [scanAll, scanTail(100), scanTail(1_000_000)]) {
        const target = appended;
        scans.add(await scan(store), target);
      }
      await follower.follow();
      await assertSegmentCount(unpruned);
    }, () => {
      const { rotations, prunedSegments, compression } = store.stats();
      return rotations >= 20 && prunedSegments > 0 && compression.finished > 0;
    });
    isWriting = false;
    await writing;
    await follower.follow();
    assert.deepEqual(follower.numbers, range(0, appended), `seed ${SEED}`);
    const { rotations, prunedSegments, damagedPlaces, compression } = store.stats();
    console.log(`seed ${SEED}: ${scans.count} scans, ${JSON.stringify({ appended, rotations, ...compression })}`);
    assert.ok(scans.count >= 12 && rotations >= 20, "too little was tried");
    assert.ok(prunedSegments > 0 && compression.finished > 0, "too little was tried");
    assert.equal(damagedPlaces, 0);
  });
});

test("read() that pruning overtakes goes on without a hole", async () => {
  for (const readBefore of [1, 4, 7]) {
    const machine = memoryMachine();
    const options = { segment: { maxBytes: 60, compression: "none" }, retention: { maxSegments: 8 } } as const;
    const store = await machine.open(options);
    const journal = store.journal(LOGS);
    // One record fills a segment.
    for (const n of range(0, 9)) await appendOne(journal, n);
    const records = store.read(LOGS);
    const found: unknown[] = [];
    for (let count = 0; count < readBefore; count++) found.push((await records.next()).value?.record["n"]);
    for (const n of range(9, 15)) await appendOne(journal, n);
    for await (const { record } of records) found.push(record["n"]);
    assert.deepEqual(found, range(0, 9), `after ${readBefore} records`);
    await closeIn(machine, store);
  }
});

test("read() with after: nothing that is left is missed, whatever retention has removed", async () => {
  for (const readBefore of range(1, 10)) {
    const machine = memoryMachine();
    const options = { segment: { maxBytes: 120, compression: "none" }, retention: { maxSegments: 3 } } as const;
    const store = await machine.open(options);
    const journal = store.journal(LOGS);
    const follower = new Follower(store);
    for (const n of range(0, readBefore)) await appendOne(journal, n);
    await follower.follow();
    assert.deepEqual(follower.numbers, (await numbersIn(store)).filter((n) => n < readBefore));
    for (const n of range(readBefore, readBefore + 20)) await appendOne(journal, n);
    follower.numbers.length = 0;
    await follower.follow();
    assert.deepEqual(follower.numbers, await numbersIn(store), `a cursor behind ${readBefore} records`);
    await closeIn(machine, store);
  }
});

test("read() and inventory() while a raw segment and its .gz are both there: one segment, each record once", async () => {
  const machine = memoryMachine();
  const store = await machine.open({ segment: { maxBytes: 600 }, retention: { maxSegments: false } });
  const journal = store.journal(LOGS);
  let pairs = 0;
  let appended = 0;
  const look = async (): Promise<void> => {
    const names = machine.fileSystem.list(`${MEMORY_ROOT}/shop/github`).map(({ name }) => name);
    if (names.some((name) => names.includes(`${name}.gz`))) pairs++;
    assert.deepEqual(await numbersIn(store), range(0, appended));
    await assertSegmentCount(store);
  };
  // The next sync of names is held up for some steps, so that the states before and after it last.
  const hold = () => machine.fileSystem.holdNext("syncDirectory");
  let release = hold();
  for (let step = 0; step < 100; step++) {
    if (step % 5 === 0) {
      for (const n of range(appended, appended + 20)) journal.append(numbered(n));
      appended += 20;
    }
    await pass(machine, 1);
    await look();
    if (step % 4 !== 3) continue;
    release();
    release = hold();
  }
  release();
  assert.ok(pairs >= 10, `a raw file and its .gz were seen together ${pairs} times`);
  await closeIn(machine, store);
});

/** A program that writes, and a store that reads beside it. */
interface WriterBeside {
  readonly store: Store;
  /** How many records were on file at least. */
  acknowledged(): number;
  stop(): Promise<WriterReport>;
}

async function besideWriter(
  writer: { readonly runtime: "bun" | "deno"; readonly options: StoreOptions },
  use: (beside: WriterBeside) => Promise<void>,
): Promise<void> {
  await inRoot(async (directory) => {
    const [root, notePath] = [join(directory, "root"), join(directory, "note")];
    const args = [root, notePath, String(SEED), JSON.stringify(writer.options)];
    const program: StoreProgram = startProgram("rotating_writer.ts", args, writer.runtime);
    try {
      await until(() => (statSync(notePath, { throwIfNoEntry: false })?.size ?? 0) === 8);
      await using store = await openStore(root);
      await use({
        store,
        acknowledged: () => Number(readFileSync(notePath).readBigUInt64LE(0)),
        stop: async () => JSON.parse(await program.ask("stop")),
      });
    } finally {
      await program.kill();
    }
  });
}

/** Compares scans with what was on file before each, and with each other. */
class ScanCheck {
  count = 0;
  #oldest = 0;

  /** @param target How many records were on file when the scan began. */
  add({ numbers, limit }: Scan, target: number): void {
    this.count++;
    const [first = -1] = numbers;
    const about = `seed ${SEED}, scan ${this.count}: ${first} to ${numbers.at(-1)}, on file before it ${target}`;
    const broken = numbers.findIndex((n, index) => n !== first + index);
    assert.equal(broken, -1, `${about}: ${numbers[broken - 1]} is followed by ${numbers[broken]}`);
    assert.ok((numbers.at(-1) ?? -1) >= target - 1, `${about}: records are missing at the end`);
    // A tail of that length says nothing about where the journal begins.
    if (numbers.length === limit) return;
    assert.ok(first >= this.#oldest, `${about}: a scan before it began only with ${this.#oldest}`);
    this.#oldest = first;
  }
}

/** The numbers that a scan gave, and how many it gives at most. */
interface Scan {
  readonly numbers: readonly number[];
  readonly limit?: number;
}

async function scanAll(store: Store): Promise<Scan> {
  return { numbers: await numbersIn(store) };
}

function scanTail(limit: number): (store: Store) => Promise<Scan> {
  return async (store) => {
    const records = await store.tail(LOGS, { count: limit });
    return { numbers: records.map(({ record }) => Number(record["n"])), limit };
  };
}

/** Reads on from where it ended before. */
class Follower {
  readonly numbers: number[] = [];
  readonly #store: Store;
  #cursor: Cursor | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async follow(): Promise<void> {
    for await (const { record, cursor } of this.#store.read({ ...LOGS, after: this.#cursor })) {
      this.numbers.push(Number(record["n"]));
      this.#cursor = cursor;
    }
  }
}

/** Asserts that an inventory counts as many segments as there were at some moment while it was taken. */
async function assertSegmentCount(store: Store): Promise<void> {
  const before = store.stats().rotations;
  const { fileCount = 0 } = (await store.inventory())[0] ?? {};
  const after = store.stats().rotations;
  assert.ok(before < fileCount && fileCount <= after + 1, `${fileCount} segments at ${before} to ${after} rotations`);
}

function appendSome(
  journals: readonly Journal[],
  from: { readonly appended: number; readonly random: () => number },
): number {
  const end = from.appended + 1 + Math.floor(from.random() * 40);
  for (const n of range(from.appended, end)) {
    const record = { ...numbered(n), pad: "x".repeat(from.random() * 200) };
    for (const journal of journals) journal.append(record);
  }
  return end;
}

async function appendOne(journal: Journal, n: number): Promise<void> {
  journal.append(numbered(n));
  await journal.flush();
}

async function forDuration(act: () => Promise<void>, isEnough = () => true): Promise<void> {
  const startMs = Date.now();
  const isDue = () => Date.now() - startMs >= DURATION_MS && (isEnough() || Date.now() - startMs >= DURATION_MAX_MS);
  // On a busy machine it takes longer, rather than prove less.
  for (let rounds = 0; rounds < ROUNDS_MIN || !isDue(); rounds++) await act();
}
