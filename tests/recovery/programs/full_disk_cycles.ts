/**
 * Appends to journals on a small disk that becomes full and gets room again, time after time, and looks at what the store
 * says and does meanwhile. Ends with a status other than 0 at the first thing that is not as promised.
 *
 * Arguments: directory on the disk, kind of disk, number of cycles, `gzip` or `none`. Prints what happened in all of them.
 * With `gzip`, a compression that succeeds gives room back in the middle of a cycle, so that the disk takes and refuses
 * records in turn; only with `none` it can be said when it refuses.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { type Cursor, type Journal, openStore, StoreWriteError } from "../../../mod.ts";
import { createApp } from "../../../src/http/mod.ts";
import { WRITE_RETRY_MS } from "../../../src/limits.ts";
import { type DiskKind, openSmallDisk } from "../full_disk.ts";
import { assertAccounts, LOGS, numbered, until } from "../stores.ts";

const SEGMENT_BYTES = 64 * 1024;
const QUEUE_BYTES = 64 * 1024;
const QUIET_RECORDS = 100;
/** Enough for the room that is left, the queue, and some to be shed. */
const REFUSED_RECORDS_MAX = 5000;
const REFUSALS_MAX = 50;
/** Records of each journal in a cycle on a disk that is filled again and again. */
const RESTLESS_RECORDS = 1000;
/** Room that is left for the last write: none, a part of a line, some lines, most of a batch. */
const LEFT_BYTES = [0, 100, 5000, 30_000];
/** In one of so many cycles nobody calls `flush`: the store tries again by itself. */
const ALONE_EVERY = 8;
/** Once in so many cycles the journals are wiped: they would fill the disk themselves. */
const WIPE_EVERY = 8;
/** The disk was slow before it was full, and too much waits for it. */
const SLOW_REFUSAL = /queue is full/;
const PAD = "x".repeat(100);

/** One journal, how far it was appended to, and what of it was read back. */
interface JournalProgress {
  readonly signal: "events" | "audit";
  readonly journal: Journal;
  next: number;
  /** Numbers that a flush acknowledged and that were not read yet. */
  readonly acknowledged: Set<number>;
  /** Numbers that no flush has acknowledged yet. */
  unacknowledged: number[];
  cursor: Cursor | undefined;
  read: number;
  last: number;
}

const [directory = "", kind = "", cyclesText = "", compression = ""] = process.argv.slice(2);
const disk = openSmallDisk(kind as DiskKind, directory);
const options = {
  segment: { maxBytes: SEGMENT_BYTES, compression: compression === "gzip" ? "gzip" : "none" },
  // Retention would give room back in the middle of a cycle.
  retention: { maxAgeMs: false, maxSegments: false },
  queueMaxBytes: QUEUE_BYTES,
} as const;
const store = await openStore(`${directory}/telemetry`, options);
const app = createApp(store);
const journals = (["events", "audit"] as const).map((signal): JournalProgress => ({
  signal,
  journal: store.journal({ ...LOGS, signal }),
  next: 0,
  acknowledged: new Set(),
  unacknowledged: [],
  cursor: undefined,
  read: 0,
  last: -1,
}));
for (let cycle = 0; cycle < Number(cyclesText); cycle++) await runCycle(cycle);
await endWell();

async function runCycle(cycle: number): Promise<void> {
  if (cycle % WIPE_EVERY === WIPE_EVERY - 1) await wipe();
  for (const entry of journals) append(entry, QUIET_RECORDS);
  await flushWell();
  await assertReady("at the start of a cycle");
  await until(() => store.stats().compression.backlog === 0);
  disk.fill(LEFT_BYTES[cycle % LEFT_BYTES.length] ?? 0);
  if (compression === "gzip") {
    await appendRestlessly();
  } else {
    await appendUntilShed();
    await refuseAll();
    await assertRefusing();
  }
  await readNew();
  disk.makeRoom();
  if (cycle % ALONE_EVERY !== 0) await flushWell();
  // Where all that was refused was shed, a flush has nothing to try the disk with, and the retry tells.
  await until(isWell, { timeoutMs: WRITE_RETRY_MS * 5 });
  await flushWell();
  await assertReady("once there is room");
  await readNew();
  for (const { signal, acknowledged } of journals) {
    assert.deepEqual([...acknowledged], [], `cycle ${cycle}: ${signal} that a flush acknowledged is not there`);
  }
}

async function wipe(): Promise<void> {
  await store.wipe({ stack: LOGS.stack });
  for (const entry of journals) entry.cursor = undefined;
}

function append(entry: JournalProgress, count: number): void {
  for (let n = 0; n < count; n++) {
    entry.unacknowledged.push(entry.next);
    entry.journal.append({ ...numbered(entry.next++), pad: PAD.slice(0, entry.next % PAD.length) });
  }
}

/** Until the disk has refused both journals and records of both were shed, which is counted. */
async function appendUntilShed(): Promise<void> {
  const before = journals.map(droppedOf);
  const isShedding = () => journals.every((entry, index) => droppedOf(entry) > (before[index] ?? 0));
  for (let appended = 0; !isShedding(); appended += 50) {
    assert.ok(appended < REFUSED_RECORDS_MAX, `the disk took ${appended} records, or they were not shed`);
    for (const entry of journals) append(entry, 50);
    await turn();
    assertAccounts(store);
  }
}

/** With the last room taken, too: a flush tells of what is refused now. */
async function refuseAll(): Promise<void> {
  disk.fill(0);
  for (let attempt = 0; attempt < REFUSALS_MAX; attempt++) {
    for (const entry of journals) append(entry, 50);
    assert.ok(!(await flushAll()).includes(true));
    // Where the disk was slow, and the queue is full, records are shed before they are tried.
    if (store.stats().failures.length === journals.length) return;
    await delay(WRITE_RETRY_MS / 10);
  }
  assert.fail(`after ${REFUSALS_MAX} flushes that were refused, only ${store.stats().failures.length} journals say so`);
}

/** Fills what compressions give back, again and again. */
async function appendRestlessly(): Promise<void> {
  for (let appended = 0; appended < RESTLESS_RECORDS; appended += 50) {
    if (appended % 200 === 0) disk.fill(0);
    for (const entry of journals) append(entry, 50);
    await turn();
    assertAccounts(store);
  }
  await flushAll();
}

function droppedOf({ signal }: JournalProgress): number {
  return store.stats().records[signal]?.dropped.queue_full ?? 0;
}

async function flushWell(): Promise<void> {
  assert.ok(!(await flushAll()).includes(false));
}

/** Flushes each journal and tells whether that succeeded: then all that was appended since the call before is there. */
async function flushAll(): Promise<boolean[]> {
  const isFlushed: boolean[] = [];
  for (const entry of journals) {
    const flushed = entry.unacknowledged;
    entry.unacknowledged = [];
    const refusal: unknown = await entry.journal.flush().catch((error) => error);
    if (refusal !== undefined) assert.ok(isRefusal(refusal), String(refusal));
    else for (const n of flushed) entry.acknowledged.add(n);
    isFlushed.push(refusal === undefined);
  }
  assertAccounts(store);
  return isFlushed;
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof StoreWriteError)) return false;
  return [disk.refusal, SLOW_REFUSAL].some((pattern) => pattern.test(error.message));
}

function isWell(): boolean {
  return store.stats().failures.length === 0 && store.stats().queuedBytes === 0;
}

/** The service says what is wrong, takes nothing that it cannot keep, and answers for the rest. */
async function assertRefusing(): Promise<void> {
  const readiness = await get("/readyz");
  assert.equal(readiness.status, 503);
  assert.ok(readiness.headers.has("retry-after"));
  assert.match(await readiness.text(), disk.refusal);
  const metrics = await (await get("/metrics")).text();
  assert.match(metrics, new RegExp(`^varve_failing_journals ${journals.length}$`, "m"));
  for (const entry of journals) {
    const sample = `varve_records_dropped_total{signal="${entry.signal}",reason="queue_full"} ${droppedOf(entry)}`;
    assert.ok(metrics.includes(`${sample}\n`), sample);
  }
  assert.equal((await get("/healthz")).status, 200);
  assert.equal((await get("/api/telemetry/inventory")).status, 200);
}

async function assertReady(when: string): Promise<void> {
  assert.deepEqual(store.stats().failures, [], when);
  assert.equal((await get("/readyz")).status, 200, when);
  assert.match(await (await get("/metrics")).text(), /^varve_failing_journals 0$/m, when);
}

function get(path: string): Promise<Response> {
  return app.fetch(new Request(`http://localhost${path}`));
}

/** Reads on behind what was read before: once each, in order, and all that the operating system has. */
async function readNew(): Promise<void> {
  for (const entry of journals) {
    const writtenBefore = writtenOf(entry);
    for await (const { record, cursor } of store.read({ ...LOGS, signal: entry.signal, after: entry.cursor })) {
      const n = Number(record["n"]);
      assert.ok(n > entry.last, `${entry.signal} has ${n} behind ${entry.last}`);
      entry.last = n;
      entry.read++;
      entry.cursor = cursor;
      entry.acknowledged.delete(n);
    }
    const [newest] = await store.tail({ ...LOGS, signal: entry.signal }, { count: 1 });
    assert.ok(Number(newest?.record["n"]) >= entry.last);
    // The retry may write what waits while this reads.
    const counts = `${entry.signal}: ${entry.read} read, ${writtenBefore} to ${writtenOf(entry)} written`;
    assert.ok(entry.read >= writtenBefore && entry.read <= writtenOf(entry), counts);
  }
}

function writtenOf({ signal }: JournalProgress): number {
  return store.stats().records[signal]?.written ?? 0;
}

/** What is on disk is whole: the next open has nothing to mend, and a read from the start passes over nothing. */
async function endWell(): Promise<void> {
  const { records, damagedPlaces, tornLines, rotations, compression } = store.stats();
  assert.deepEqual({ damagedPlaces, tornLines }, { damagedPlaces: 0, tornLines: 0 });
  await store.close();
  await using next = await openStore(`${directory}/telemetry`, options);
  for (const { signal, last } of journals) {
    next.journal({ ...LOGS, signal });
    let [previous, count] = [-1, 0];
    for await (const { record } of next.read({ ...LOGS, signal })) {
      assert.ok(Number(record["n"]) > previous);
      previous = Number(record["n"]);
      count++;
    }
    assert.equal(previous, last);
    assert.ok(count >= QUIET_RECORDS);
  }
  assert.equal(next.stats().tornLines, 0);
  assert.equal(next.stats().damagedPlaces, 0);
  console.log(JSON.stringify({ records, rotations, compressed: compression.finished }));
}
