/**
 * The log that the benchmarks of reading search: a day of one journal, compressed but for its last records. It is made
 * once and serves them all.
 *
 * @module
 */

import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { type JournalKey, openStore, type Store } from "../../mod.ts";
import { HISTORY_RECORD_BYTES, HistorySource } from "../history_records.ts";

/** Where the log stands. */
export const LOG_KEY = { stack: "bench", server: "history", signal: "logs" } as const;

/** A record of the log that a benchmark may look for, so that what it finds is never nothing. */
export interface KnownRecord {
  readonly traceId: string;
  /** Text of RFC 3339. */
  readonly ts: string;
}

/** The log as it was made. */
export interface HistoryLog {
  /** The root of the store. */
  readonly root: string;
  /** Bytes of all records as lines. */
  readonly rawBytes: number;
  /** Bytes of the files they are in. */
  readonly storedBytes: number;
  readonly records: number;
  /** One record from the middle of most segments, oldest first. */
  readonly known: readonly KnownRecord[];
}

/** Sealed segments of the log. At 1 GiB each has about the 100 MiB at which a segment is sealed by default. */
export const LOG_SEGMENTS = 10;
const DAY_MS = 86_400_000;
const YEAR_CHARS = 4;
const SLICE_RECORDS = 200;
const POLL_MS = 2;
/** With more segments waiting, compression turns to its fastest level, which a log that grows for a day never sees. */
const BACKLOG_MAX = 1;

/**
 * Makes the log below `root`.
 *
 * @param sizeBytes Bytes of its records, before compression.
 */
export async function makeHistoryLog(root: string, sizeBytes: number): Promise<HistoryLog> {
  // A segment is sealed before the slice that would pass its size, and so may stay below it by that much.
  const segmentBytes = Math.ceil(sizeBytes / LOG_SEGMENTS) + SLICE_RECORDS * HISTORY_RECORD_BYTES;
  const source = new HistorySource(DAY_MS / (sizeBytes / HISTORY_RECORD_BYTES));
  await using store = await openStore(root, {
    segment: { maxBytes: segmentBytes },
    retention: { maxAgeMs: false, maxSegments: false },
  });
  const journal = store.journal(LOG_KEY);
  const known: KnownRecord[] = [];
  let records = 0;
  // The last segment is sealed by the first records after it, which stay in the active one.
  while (store.stats().rotations < LOG_SEGMENTS) {
    for (let count = 1; count < SLICE_RECORDS; count++) journal.append(source.record());
    const record = source.record();
    journal.append(record);
    records += SLICE_RECORDS;
    if (store.stats().writtenBytes >= (known.length + 0.5) * segmentBytes) {
      known.push({ traceId: record.trace_id, ts: record.ts });
    }
    await journal.flush();
    await turn();
    await compressed(store, BACKLOG_MAX);
  }
  await compressed(store, 0);
  const folder = folderOf(root, LOG_KEY);
  const storedBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { root, rawBytes: store.stats().writtenBytes, storedBytes, records, known };
}

/** The files of a journal that hold records, oldest first. */
export function logFiles(root: string, key: JournalKey): readonly string[] {
  const folder = folderOf(root, key);
  // A sealed segment's name goes on with "-", which sorts before the "." of the active one's.
  const names = readdirSync(folder).filter((name) => name.includes(".jsonl")).toSorted();
  return names.map((name) => join(folder, name));
}

/**
 * Gives sealed segments a journal of their own in the same root, side files included, without copying a byte.
 *
 * @param options.segments How many of them, the oldest ones; all, where it is left out.
 * @param options.copies How often they stand in it, one after another; once, where it is left out.
 */
export function linkSegments(
  root: string,
  options: { readonly server: string; readonly segments?: number; readonly copies?: number },
): JournalKey {
  const { server, segments = LOG_SEGMENTS, copies = 1 } = options;
  const key = { ...LOG_KEY, server };
  const [from, to] = [folderOf(root, LOG_KEY), folderOf(root, key)];
  mkdirSync(to, { recursive: true });
  const prefix = `${LOG_KEY.signal}-`;
  const names = readdirSync(from).filter((name) => name.startsWith(prefix)).toSorted();
  const stamps = new Set(names.map(stampOf));
  const chosen = new Set([...stamps].slice(0, segments));
  for (const name of names.filter((name) => chosen.has(stampOf(name)))) {
    for (let copy = 0; copy < copies; copy++) {
      // Names sort by the moment of sealing. Every day stands in the calendar of the fourth year after it.
      const year = Number(name.slice(prefix.length, prefix.length + YEAR_CHARS)) + 4 * copy;
      linkSync(join(from, name), join(to, prefix + year + name.slice(prefix.length + YEAR_CHARS)));
    }
  }
  return key;
}

/**
 * Gives all sealed segments but the newest a journal of their own, and the first half of that one as its active segment, as
 * a journal is most of the time.
 */
export function linkUnfinished(root: string, server: string): JournalKey {
  const key = linkSegments(root, { server, segments: LOG_SEGMENTS - 1 });
  const newest = logFiles(root, LOG_KEY).filter((path) => path.endsWith(".gz")).at(-1) ?? "";
  const lines = gunzipSync(readFileSync(newest));
  const half = lines.subarray(0, lines.lastIndexOf("\n", lines.length / 2) + 1);
  writeFileSync(join(folderOf(root, key), `${LOG_KEY.signal}.jsonl`), half);
  return key;
}

/** `logs-2026-04-29T09-30-00.125.jsonl.gz` → `logs-2026-04-29T09-30-00.125` */
function stampOf(name: string): string {
  return name.split(".").slice(0, 2).join(".");
}

function folderOf(root: string, { stack, server }: JournalKey): string {
  return join(root, stack, server);
}

async function compressed(store: Store, backlogMax: number): Promise<void> {
  while (store.stats().compression.backlog > backlogMax) await delay(POLL_MS);
}
