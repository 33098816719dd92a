/**
 * Appends records in short slices while a timer watches the event loop, and prints, as JSON, the longest time that the
 * timer came late. `event_loop_stall.ts` starts it.
 *
 * Command line: `event_loop_stall.ts <varve|naive> <directory> <segment bytes>`
 *
 * @module
 */

import process from "node:process";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { RecordSource } from "../records.ts";
import { open as openNaive } from "../subjects/naive.ts";
import type { AppendSubject } from "../subjects/subject.ts";
import { openWith } from "../subjects/varve.ts";

/** What the program prints. */
export interface StallReport {
  /** While the first records were appended, and the compressing thread started. */
  readonly startMs: number;
  /** From then on. */
  readonly longestMs: number;
  readonly records: number;
  /** What Varve did meanwhile; all zero for the naive floor. */
  readonly rotations: number;
  readonly compressions: number;
  readonly pruned: number;
}

const TICK_MS = 1;
/** A shorter stall cannot be told from none. */
const RESOLUTION_MS = 0.1;
/** About half a millisecond of appending, so that the slices are not the stall. */
const SLICE_RECORDS = 200;
/** Segments that are filled: the second sealing prunes the first segment. */
const SEGMENTS = 2.2;
/** A segment is filled no further than this while the one before is being compressed, so that none is pruned raw. */
const FILL_SHARE_MAX = 0.9;
const POLL_MS = 1;
/** Two MiB: a journal that long has its compressing thread started. */
const START_RECORDS = 10_000;
const START_MS = 300;
const RECORD_BYTES = 210;

const [subject = "", directory = "", segmentText = ""] = process.argv.slice(2);
const source = new RecordSource();
const varve = subject === "varve"
  ? await openWith({
    directory,
    source,
    segmentMaxBytes: Number(segmentText),
    maxSegments: 1,
  })
  : undefined;
const opened = varve ?? await openNaive(directory, source);
const records = Math.ceil(SEGMENTS * Number(segmentText) / RECORD_BYTES);
const startMs = await watch(async () => {
  await appendSlices(opened, START_RECORDS);
  await delay(START_MS);
});
const longestMs = await watch(() => appendSlices(opened, records));
const stats = varve?.store.stats();
const report: StallReport = {
  startMs,
  longestMs,
  records,
  rotations: stats?.rotations ?? 0,
  compressions: stats?.compression.finished ?? 0,
  pruned: stats?.prunedSegments ?? 0,
};
await opened.close?.();
console.log(JSON.stringify(report));

async function appendSlices(to: AppendSubject, count: number): Promise<void> {
  for (let done = 0; done < count; done += SLICE_RECORDS) {
    while (isNearSealing(done) && isCompressing()) await delay(POLL_MS);
    for (
      let index = done;
      index < Math.min(count, done + SLICE_RECORDS);
      index++
    ) to.append();
    await (to.ready?.() ?? turn());
  }
  await to.flush();
  await to.settle?.();
}

function isNearSealing(appendedRecords: number): boolean {
  return (appendedRecords * RECORD_BYTES / Number(segmentText)) % 1 >
    FILL_SHARE_MAX;
}

function isCompressing(): boolean {
  return varve !== undefined && varve.store.stats().compression.backlog > 0;
}

/** The longest time beyond its due moment that a repeated timer of 1 ms came while the work ran. */
async function watch(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let lastMs = performance.now();
  const tick = (): void => {
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - lastMs - TICK_MS);
    lastMs = nowMs;
    timer = setTimeout(tick, TICK_MS);
  };
  let timer = setTimeout(tick, TICK_MS);
  await work();
  clearTimeout(timer);
  return Math.max(longest, RESOLUTION_MS);
}
