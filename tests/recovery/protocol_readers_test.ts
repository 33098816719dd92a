/**
 * Readers beside each protocol: between any two calls that a reader makes, any steps may be taken.
 *
 * `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openStore, type Store } from "../../mod.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { PROTOCOLS } from "./protocol_cases.ts";
import { segmentsOf } from "./protocol_checks.ts";
import { listNames } from "./protocol_files.ts";
import { ReplayedFileSystem, type Schedule } from "./protocol_replay.ts";
import type { Moment, ProtocolRun } from "./protocol_run.ts";
import { type Protocol, traceProtocol } from "./protocol_steps.ts";
import { LOGS, MEMORY_ROOT, numbersIn, range, seededRandom, START_MS } from "./stores.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
const RANDOM_READS = 50;

/** What readers ask, and how the answer gives numbers of records. */
const QUERIES: Readonly<Record<string, (store: Store) => Promise<readonly number[]>>> = {
  "read()": (store) => numbersIn(store),
  "tail() of all": (store) => tailOf(store, 10_000),
  "tail() of three": (store) => tailOf(store, 3),
};

for (const protocol of PROTOCOLS) {
  const { name, steps } = protocol;

  test(`${name}: a read that a step, or all that are left, overtake at any of its calls`, async () => {
    const moments = await traceProtocol(protocol);
    let reads = 0;
    for (const start of range(0, steps.length)) {
      for (const target of new Set([start + 1, steps.length])) {
        let isOver = false;
        for (let jump = 0; !isOver; jump++) {
          const read = { start, schedule: (call: number) => call >= jump ? target : start };
          isOver = await checkRead({ protocol, moments, read, about: `at call ${jump} to ${target}` }) <= jump;
          reads++;
        }
      }
    }
    assert.ok(reads > 10 * steps.length, `only ${reads} reads were tried`);
  });

  test(`${name}: reads that steps overtake at random`, async () => {
    const moments = await traceProtocol(protocol);
    const random = seededRandom(SEED);
    for (const read of range(0, RANDOM_READS)) {
      const likelihood = random();
      const schedule: Schedule = (_call, before) =>
        random() < likelihood && before < steps.length ? before + 1 : before;
      await checkRead({ protocol, moments, read: { start: 0, schedule }, about: `seed ${SEED}, read ${read}` });
    }
  });

  test(`${name}: reads that begin before each step and end after all`, async () => {
    const reads: Promise<{ readonly moment: Moment; readonly numbers: readonly number[]; readonly query: string }>[] =
      [];
    await traceProtocol(protocol, (run, moment) => {
      for (const [query, ask] of Object.entries(QUERIES)) {
        reads.push(readBeside(run, ask).then((numbers) => ({ moment, numbers, query })));
      }
    });
    for (const { moment, numbers, query } of await Promise.all(reads)) {
      assertRead(numbers, { protocol, moment, about: `${query} from before "${moment.next}"` });
    }
    assert.equal(reads.length, Object.keys(QUERIES).length * (steps.length + 1));
  });
}

/** Asks everything of a store that moves through the moments, and gives the calls of the longest answer. */
async function checkRead(
  { protocol, moments, read, about }: {
    readonly protocol: Protocol;
    readonly moments: readonly Moment[];
    readonly read: { readonly start: number; readonly schedule: Schedule };
    readonly about: string;
  },
): Promise<number> {
  const [moment] = moments.slice(read.start);
  assert.ok(moment !== undefined);
  let calls = 0;
  for (const [query, ask] of Object.entries(QUERIES)) {
    const fileSystem = new ReplayedFileSystem(moments, read);
    const store = await openStore(MEMORY_ROOT, { fileSystem, clock: new ManualClock(START_MS) });
    assertRead(await ask(store), { protocol, moment, about: `${query} from before "${moment.next}", ${about}` });
    assert.equal(store.stats().damagedPlaces, 0);
    await store.close();
    calls = Math.max(calls, fileSystem.calls);
  }
  return Math.max(calls, await checkInventory({ moments, read, about }));
}

/** An inventory counts as many segments as there were at some moment while it was taken. */
async function checkInventory(
  { moments, read, about }: {
    readonly moments: readonly Moment[];
    readonly read: { readonly start: number; readonly schedule: Schedule };
    readonly about: string;
  },
): Promise<number> {
  const fileSystem = new ReplayedFileSystem(moments, read);
  const store = await openStore(MEMORY_ROOT, { fileSystem, clock: new ManualClock(START_MS) });
  const { fileCount = 0 } = (await store.inventory()).find(({ signal }) => signal === "logs") ?? {};
  await store.close();
  const counts = moments.slice(read.start, fileSystem.current + 1)
    .map(({ disk }) => segmentsOf(listNames(new MemoryFileSystem(disk)), "logs").size);
  assert.ok(counts.includes(fileCount), `${fileCount} segments, not ${counts}: from ${read.start}, ${about}`);
  return fileSystem.calls;
}

/** Each record once and in order, without a gap, and the newest that was flushed before the read began. */
function assertRead(
  numbers: readonly number[],
  { protocol, moment, about }: { readonly protocol: Protocol; readonly moment: Moment; readonly about: string },
): void {
  const { takes = 0, wipe } = protocol;
  const taken = wipe?.signals.includes("logs") === true ? wipe.records : takes;
  const { flushed = 0 } = moment.progress.get("logs") ?? {};
  // Where nothing is left, everything may have been taken, and that must be allowed.
  const [first = taken] = numbers;
  assert.deepEqual(numbers, range(first, first + numbers.length), `a gap: ${about}`);
  assert.ok(first <= taken || about.startsWith("tail() of three"), `the oldest are missing in [${numbers}]: ${about}`);
  assert.ok(first + numbers.length >= flushed, `the newest of ${flushed} are missing in [${numbers}]: ${about}`);
}

async function readBeside(
  run: ProtocolRun,
  ask: (store: Store) => Promise<readonly number[]>,
): Promise<readonly number[]> {
  const store = await openStore(MEMORY_ROOT, { fileSystem: run.otherProcess(), clock: new ManualClock(START_MS) });
  const numbers = await ask(store);
  await store.close();
  return numbers;
}

async function tailOf(store: Store, count: number): Promise<readonly number[]> {
  return (await store.tail(LOGS, { count })).map(({ record }) => Number(record["n"]));
}
