/**
 * What a store does at one moment or another when its disk, a tmpfs, is full. Ends with a status other than 0 where that
 * is not as promised.
 *
 * Arguments: directory on the disk, name of the moment. Prints `done`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { type Journal, openStore, StoreWriteError } from "../../../mod.ts";
import { createApp } from "../../../src/http/mod.ts";
import { FREE_BYTES_CHECK_INTERVAL_MS, WRITE_RETRY_MS } from "../../../src/limits.ts";
import { encodeLogsRequest } from "../../../src/otlp/requests.ts";
import { errorCode } from "../../../src/platform/file_system.ts";
import { logsOf, post, text } from "../../http/test_service.ts";
import { openSmallDisk } from "../full_disk.ts";
import { assertAccounts, LOGS, namesIn, numbered, numbersIn, range, seededRandom, until } from "../stores.ts";

const KIB = 1024;
/** More than the page that the last bytes of a file lie in has room for. */
const MORE_THAN_A_PAGE = 200;
const RECORDS_PER_FLUSH = 5;
const SMALL_SEGMENT_BYTES = 64 * KIB;
/** One batch, and a page for each file that is not filled. */
const SLACK_BYTES = 200 * KIB;
const [directory = "", moment = ""] = process.argv.slice(2);
const root = join(directory, "telemetry");
const folder = join(root, LOGS.stack, LOGS.server);
const disk = openSmallDisk("tmpfs", directory);
const unlimited = { retention: { maxAgeMs: false, maxSegments: false } } as const;
const random = seededRandom(7);

/** How a disk can be full: no blocks are left, or no more files can be made. Each gives a way to have room again. */
const FULL: Readonly<Record<string, () => () => void>> = {
  blocks: () => {
    disk.fill(0);
    return () => disk.makeRoom();
  },
  names: takeNames,
};

const MOMENTS: Readonly<Record<string, () => Promise<void>>> = {
  compression: compressWhenFull,
  rotation: rotateWhenFull,
  "wipe, no blocks": () => wipeWhenFull("blocks"),
  "wipe, no names": () => wipeWhenFull("names"),
  "open, no blocks": () => openWhenFull("blocks"),
  "open, no names": () => openWhenFull("names"),
  close: closeWhenFull,
  intake: takeInWhenFull,
  keepFreeBytes: keepFree,
  maxTotalBytes: keepToBudget,
};

const run = MOMENTS[moment];
if (run === undefined) throw new RangeError(`Cannot try an unknown moment: received "${moment}"`);
await run();
console.log("done");

/** A compression without room for its result leaves the segment as it is, and nothing else; a later one succeeds. */
async function compressWhenFull(): Promise<void> {
  await using store = await openStore(root, { ...unlimited, segment: { maxBytes: 256 * KIB } });
  const journal = store.journal(LOGS);
  let next = await appendUntil(journal, { start: 0, isDone: () => store.stats().writtenBytes > 200 * KIB });
  disk.fill(100 * KIB);
  next = await appendUntil(journal, { start: next, isDone: () => store.stats().rotations === 1 });
  await until(() => store.stats().compression.failed === 1);
  assert.deepEqual(namesIn(folder, /\.(gz|tmp)$/), []);
  assert.equal(namesIn(folder, /^logs-/).length, 1);
  assert.deepEqual(await numbersIn(store), range(0, next));
  disk.makeRoom();
  next = await appendUntil(journal, { start: next, isDone: () => store.stats().rotations === 2 });
  await until(() => store.stats().compression.finished === 2);
  assert.equal(namesIn(folder, /^logs-.*\.jsonl\.gz$/).length, 2);
  assert.equal(namesIn(folder, /^logs-.*\.idx$/).length, 2);
  assert.equal(namesIn(folder, /^logs-/).length, 4);
  assert.deepEqual(await numbersIn(store), range(0, next));
  assert.equal(store.stats().compression.failed, 1);
}

/** A segment is sealed, and the next file cannot be made: what comes waits until it can. */
async function rotateWhenFull(): Promise<void> {
  await using store = await openStore(root, { ...unlimited, segment: { maxBytes: 32 * KIB } });
  const journal = store.journal(LOGS);
  let next = await appendUntil(journal, { start: 0, isDone: () => store.stats().writtenBytes > 30 * KIB });
  const written = next;
  const giveBack = takeNames();
  for (const end = next + MORE_THAN_A_PAGE; next < end; next++) journal.append(padded(next));
  await assert.rejects(journal.flush(), isFullDisk);
  await assert.rejects(journal.flush(), isFullDisk);
  assert.equal(store.stats().rotations, 1);
  assert.equal(store.stats().failures.length, 1);
  assert.deepEqual((await numbersIn(store)).slice(0, written), range(0, written));
  giveBack();
  await until(() => store.stats().failures.length === 0, { timeoutMs: WRITE_RETRY_MS * 5 });
  await journal.flush();
  assert.deepEqual(await numbersIn(store), range(0, next));
}

/** A wipe needs no room, and gives all there is back; what waits in memory is wiped with the rest. */
async function wipeWhenFull(reason: string): Promise<void> {
  await using store = await openStore(root, { ...unlimited, segment: { maxBytes: 32 * KIB } });
  const journal = store.journal(LOGS);
  const next = await appendUntil(journal, { start: 0, isDone: () => store.stats().rotations === 3 });
  FULL[reason]?.();
  for (const n of range(next, next + 2 * MORE_THAN_A_PAGE)) journal.append(padded(n));
  await assert.rejects(journal.flush(), isFullDisk);
  await store.wipe({ stack: LOGS.stack });
  assert.deepEqual(await numbersIn(store), []);
  for (const n of range(0, 10)) journal.append(padded(n));
  await journal.sync();
  assert.deepEqual(await numbersIn(store), range(0, 10));
  assert.deepEqual(store.stats().failures, []);
  assert.ok((store.stats().records["logs"]?.dropped.wiped ?? 0) > 0);
  assertAccounts(store);
  assert.deepEqual(namesIn(folder, /wipe/), []);
}

/** What is there can be read, and a journal that is there opened; a new one says what is wrong, and opens later. */
async function openWhenFull(reason: string): Promise<void> {
  const before = await openStore(root, unlimited);
  for (const n of range(0, 100)) before.journal(LOGS).append(padded(n));
  await before.close();
  const giveBack = FULL[reason]?.();
  await using store = await openStore(root, unlimited);
  assert.deepEqual(await numbersIn(store), range(0, 100));
  const journal = store.journal(LOGS);
  const other = { ...LOGS, server: "other" };
  assert.throws(() => store.journal(other), (error) => errorCode(error) === "ENOSPC");
  const next = 100 + MORE_THAN_A_PAGE;
  for (const n of range(100, next)) journal.append(padded(n));
  // A disk without room for another name has room for records.
  if (reason === "blocks") await assert.rejects(journal.flush(), isFullDisk);
  giveBack?.();
  await journal.flush();
  assert.deepEqual(await numbersIn(store), range(0, next));
  store.journal(other).append(padded(0));
  await store.journal(other).flush();
  assert.deepEqual(await numbersIn(store, other), [0]);
  assert.deepEqual(namesIn(join(root, LOGS.stack, "other")), [".holder.json", ".lock", "logs.jsonl"]);
}

/** `close` says that records could not be written, and counts them; what could is whole. */
async function closeWhenFull(): Promise<void> {
  const store = await openStore(root, unlimited);
  const journal = store.journal(LOGS);
  for (const n of range(0, 100)) journal.append(padded(n));
  await journal.flush();
  disk.fill(0);
  for (const n of range(100, 100 + MORE_THAN_A_PAGE)) journal.append(padded(n));
  await assert.rejects(store.close(), isFullDisk);
  assert.equal(store.stats().records["logs"]?.dropped.write_failed, MORE_THAN_A_PAGE);
  assert.equal(store.stats().heldFolders, 0);
  assertAccounts(store);
  await using next = await openStore(root, unlimited);
  next.journal(LOGS);
  assert.deepEqual(await numbersIn(next), range(0, 100));
  assert.equal(next.stats().tornLines, 0);
}

/** The service asks a sender to try again later, for a server that it knows and for one that it does not. */
async function takeInWhenFull(): Promise<void> {
  await using store = await openStore(root, unlimited);
  const app = createApp(store);
  const send = (server: string) => {
    const logs = range(0, MORE_THAN_A_PAGE).map((n) => ({ body: text(`record ${n}`) }));
    const body = encodeLogsRequest(logsOf(server, logs), "protobuf");
    return app.fetch(new Request("http://localhost/v1/logs", post(body)));
  };
  assert.equal((await send("known")).status, 200);
  disk.fill(0);
  for (const server of ["known", "unknown"]) {
    const refused = await send(server);
    assert.equal(refused.status, 503, server);
    assert.ok(refused.headers.has("retry-after"));
  }
  disk.makeRoom();
  await until(() => store.stats().failures.length === 0, { timeoutMs: WRITE_RETRY_MS * 5 });
  for (const server of ["known", "unknown"]) assert.equal((await send(server)).status, 200, server);
  assertAccounts(store);
}

/** With keepFreeBytes the store gives up its own oldest records first, then refuses, and resumes when others made room. */
async function keepFree(): Promise<void> {
  const keepFreeBytes = 2048 * KIB;
  const segment = { maxBytes: SMALL_SEGMENT_BYTES, compression: "none" } as const;
  await using store = await openStore(root, { segment, retention: { ...unlimited.retention, keepFreeBytes } });
  const journal = store.journal(LOGS);
  let next = await appendUntil(journal, {
    start: 0,
    isDone: () => {
      assert.ok(freeBytes() >= keepFreeBytes - SLACK_BYTES, `${freeBytes()} bytes are free`);
      return store.stats().writtenBytes > 3 * 1024 * KIB;
    },
  });
  const kept = await numbersIn(store);
  assert.ok(kept.length < next, "the oldest are gone");
  assert.deepEqual(kept, range(next - kept.length, next));
  assert.deepEqual(store.stats().failures, []);
  // Somebody else takes what was kept free, which is more than the store can give up.
  disk.fill(keepFreeBytes / 16);
  const startMs = performance.now();
  let refusal: unknown;
  while (refusal === undefined) {
    assert.ok(performance.now() - startMs < 10 * FREE_BYTES_CHECK_INTERVAL_MS, "the disk is not looked at");
    journal.append(padded(next++));
    refusal = await journal.flush().catch((error) => error);
  }
  assert.ok(isFullDisk(refusal), String(refusal));
  assert.match(store.stats().failures.join(), /keepFreeBytes/);
  disk.makeRoom();
  await until(() => store.stats().failures.length === 0, { timeoutMs: 5 * FREE_BYTES_CHECK_INTERVAL_MS });
  await journal.flush();
  assert.equal((await numbersIn(store)).at(-1), next - 1);
  assertAccounts(store);
}

/** With maxTotalBytes the store's files never take more, those of a compression under way included. */
async function keepToBudget(): Promise<void> {
  const maxTotalBytes = 1024 * KIB;
  const segment = { maxBytes: SMALL_SEGMENT_BYTES };
  await using store = await openStore(root, { segment, retention: { ...unlimited.retention, maxTotalBytes } });
  const journal = store.journal(LOGS);
  const next = await appendUntil(journal, {
    start: 0,
    isDone: () => {
      const usedBytes = namesIn(folder, /^logs/).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
      assert.ok(usedBytes <= maxTotalBytes + SLACK_BYTES, `${usedBytes} bytes are used`);
      return store.stats().writtenBytes > 3 * maxTotalBytes && store.stats().compression.finished > 3;
    },
  });
  assert.deepEqual(store.stats().failures, []);
  assert.deepEqual(Object.keys(store.stats().records["logs"]?.dropped ?? {}), []);
  const kept = await numbersIn(store);
  assert.deepEqual(kept, range(next - kept.length, next));
}

/** Zero for a file that was renamed or removed since it was listed. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** Appends records that gzip cannot make much shorter, a few to a flush, and gives the number of the next one. */
async function appendUntil(
  journal: Journal,
  { start, isDone }: { readonly start: number; readonly isDone: () => boolean },
): Promise<number> {
  for (let n = start;; n += RECORDS_PER_FLUSH) {
    if (isDone()) return n;
    for (const each of range(n, n + RECORDS_PER_FLUSH)) journal.append(padded(each));
    await journal.flush();
    await turn();
  }
}

function padded(n: number): object {
  return { ...numbered(n), pad: Array.from({ length: 8 }, () => random().toString(36).slice(2)).join("") };
}

/** Makes files until there can be no more. The function that is returned removes them. */
function takeNames(): () => void {
  const paths: string[] = [];
  try {
    for (;;) {
      const path = join(directory, `file-${paths.length}`);
      writeFileSync(path, "");
      paths.push(path);
    }
  } catch (error) {
    assert.equal(errorCode(error), "ENOSPC");
  }
  return () => paths.forEach((path) => rmSync(path));
}

function isFullDisk(error: unknown): boolean {
  return error instanceof StoreWriteError && errorCode(error.cause) === "ENOSPC";
}
