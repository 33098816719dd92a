/**
 * Appends records through one subject and prints, as JSON, how long it took. `append.ts` starts it: each subject gets a
 * process of its own, so that compiled code, garbage and buffers of one do not weigh on the next.
 *
 * Command line: `append.ts <subject> <directory> <records>`
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { RecordSource } from "../records.ts";
import type { AppendSubject, SubjectModule } from "../subjects/subject.ts";

/** What the program prints. Times start before the first record. */
export interface AppendTimes {
  /** Until the operating system had the last record. */
  readonly flushedMs: number;
  /** Until nothing was left to be compressed. */
  readonly settledMs: number;
}

/** Records between two turns of the event loop: about a millisecond, as a busy server would have. */
const SLICE_RECORDS = 1000;
/** Enough for the runtime to have compiled what the loop calls. */
const WARM_UP_RECORDS = 20_000;

const SUBJECTS: Readonly<Record<string, () => Promise<SubjectModule>>> = {
  varve: () => import("../subjects/varve.ts"),
  varve_paced: () => import("../subjects/varve_paced.ts"),
  naive: () => import("../subjects/naive.ts"),
  pino: () => import("../subjects/pino.ts"),
  pino_buffered: () => import("../subjects/pino_buffered.ts"),
  logtape: () => import("../subjects/logtape.ts"),
  rotating_file_stream: () => import("../subjects/rotating_file_stream.ts"),
  sqlite: () => import("../subjects/sqlite.ts"),
  sqlite_numbered: () => import("../subjects/sqlite_numbered.ts"),
};

const [subject = "", directory = "", records = ""] = process.argv.slice(2);
const load = SUBJECTS[subject];
if (load === undefined) {
  throw new RangeError(
    `Cannot measure an unknown subject: received "${subject}"`,
  );
}
const { open } = await load();
const source = new RecordSource();
await measure({
  name: "warm_up",
  records: Math.min(WARM_UP_RECORDS, Number(records)),
});
console.log(
  JSON.stringify(await measure({ name: "measured", records: Number(records) })),
);

async function measure(
  run: { readonly name: string; readonly records: number },
): Promise<AppendTimes> {
  const place = join(directory, run.name);
  mkdirSync(place, { recursive: true });
  const opened = await open(place, source);
  const startMs = performance.now();
  await appendAll(opened, run.records);
  await opened.flush();
  const flushedMs = performance.now() - startMs;
  await opened.settle?.();
  const settledMs = performance.now() - startMs;
  await opened.close?.();
  return { flushedMs, settledMs };
}

async function appendAll(
  opened: AppendSubject,
  records: number,
): Promise<void> {
  for (let done = 0; done < records; done += SLICE_RECORDS) {
    const end = Math.min(records, done + SLICE_RECORDS);
    for (let count = done; count < end; count++) opened.append();
    if (opened.ready === undefined) await turn();
    else await opened.ready();
  }
}
