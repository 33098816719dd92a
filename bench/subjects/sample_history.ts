/**
 * A day of samples, one a second, in a journal and in SQLite, and how each of them gives averages and maxima of a quarter of
 * an hour.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { openStore } from "../../mod.ts";
import { Random } from "../random.ts";
import { logFiles } from "./history_log.ts";

/** One sample, as agbero has them. */
interface Sample {
  readonly ts: string;
  readonly requests_sec: number;
  readonly p99_ms: number;
  readonly error_rate: number;
  readonly active_backends: number;
}

/** What is drawn for a quarter of an hour. */
export interface HistoryPoint {
  readonly timeMs: number;
  readonly avg: number;
  readonly max: number;
}

/** Asks for the points of the day. */
export type AskHistory = () => Promise<readonly HistoryPoint[]> | readonly HistoryPoint[];

/** The day, and how long a step of the drawing is. */
export const DAY = { fromMs: Date.UTC(2026, 3, 30), toMs: Date.UTC(2026, 4, 1), stepMs: 900_000 } as const;

const KEY = { stack: "bench", server: "example.com", signal: "samples" } as const;
const SEED = 0x3c6ef372;
const SLICE_SAMPLES = 1000;
const POLL_MS = 2;

/** Makes the journal, its segments as long as is said; 100 MiB, where it is not. */
export async function makeSampleJournal(
  root: string,
  options: { readonly samples: number; readonly segmentMaxBytes?: number },
): Promise<void> {
  const { samples, segmentMaxBytes: maxBytes } = options;
  await using store = await openStore(root, {
    segment: maxBytes === undefined ? {} : { maxBytes },
    retention: { maxAgeMs: false, maxSegments: false },
  });
  const journal = store.journal(KEY);
  let count = 0;
  for (const sample of drawSamples(samples)) {
    journal.append({ ...sample });
    count++;
    if (count % SLICE_SAMPLES > 0) continue;
    await journal.flush();
    await turn();
  }
  await journal.flush();
  while (store.stats().compression.backlog > 0) await delay(POLL_MS);
}

/** Makes the database, with the samples of a host side by side in the order of time, which is the best it can have. */
export function makeSampleDatabase(directory: string, options: { readonly samples: number }): void {
  const database = openDatabase(directory);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE samples (
      host TEXT NOT NULL,
      ts INTEGER NOT NULL,
      requests_sec REAL NOT NULL,
      p99_ms REAL NOT NULL,
      error_rate REAL NOT NULL,
      active_backends INTEGER NOT NULL,
      PRIMARY KEY (host, ts)
    ) WITHOUT ROWID;
    BEGIN`);
  const insert = database.prepare("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)");
  for (const { ts, requests_sec, p99_ms, error_rate, active_backends } of drawSamples(options.samples)) {
    insert.run(KEY.server, Date.parse(ts) / 1000, requests_sec, p99_ms, error_rate, active_backends);
  }
  database.exec("COMMIT");
  database.close();
}

/** Opens the store and has it aggregate. */
export async function openVarve(root: string): Promise<AskHistory> {
  const store = await openStore(root);
  return async () => {
    const { series: [series] } = await store.aggregate({
      ...KEY,
      from: DAY.fromMs,
      to: DAY.toMs,
      field: "p99_ms",
      functions: ["avg", "max"],
      stepMs: DAY.stepMs,
    });
    return (series?.points ?? []).map(({ timeMs, values: { avg, max } }) => pointOf({ timeMs, avg, max }));
  };
}

/** Opens the database and has it group. */
export function openSqlite(directory: string): AskHistory {
  const database = openDatabase(directory);
  const [fromS, toS, stepS] = [DAY.fromMs / 1000, DAY.toMs / 1000, DAY.stepMs / 1000];
  const select = database.prepare(`
    SELECT ts / ${stepS} AS step, avg(p99_ms) AS avg, max(p99_ms) AS max FROM samples
    WHERE host = ? AND ts >= ? AND ts < ? GROUP BY step ORDER BY step`);
  return () =>
    select.all(KEY.server, fromS, toS).map(({ step, avg, max }) =>
      pointOf({ timeMs: Number(step) * DAY.stepMs, avg, max })
    );
}

/** Reads the journal's files whole, and parses each line. */
export function openNaive(root: string): AskHistory {
  return () => {
    const steps = new Map<number, { sum: number; count: number; max: number }>();
    for (const path of logFiles(root, KEY)) {
      const stored = readFileSync(path);
      const text = (path.endsWith(".gz") ? gunzipSync(stored) : stored).toString();
      for (const line of text.split("\n").slice(0, -1)) {
        const { ts, p99_ms }: Sample = JSON.parse(line);
        const timeMs = Math.floor(Date.parse(ts) / DAY.stepMs) * DAY.stepMs;
        const step = steps.get(timeMs);
        if (step === undefined) steps.set(timeMs, { sum: p99_ms, count: 1, max: p99_ms });
        else {
          step.sum += p99_ms;
          step.count++;
          step.max = Math.max(step.max, p99_ms);
        }
      }
    }
    return [...steps].map(([timeMs, { sum, count, max }]) => ({ timeMs, avg: sum / count, max }));
  };
}

function openDatabase(directory: string): DatabaseSync {
  return new DatabaseSync(join(directory, "samples.db"));
}

function pointOf(point: Readonly<Record<keyof HistoryPoint, unknown>>): HistoryPoint {
  return { timeMs: Number(point.timeMs), avg: Number(point.avg), max: Number(point.max) };
}

/** Samples that spread over the day, whatever their number. */
function* drawSamples(samples: number): Generator<Sample, void, void> {
  const random = new Random(SEED);
  const stepMs = (DAY.toMs - DAY.fromMs) / samples;
  for (let index = 0; index < samples; index++) {
    yield {
      ts: new Date(DAY.fromMs + index * stepMs).toISOString(),
      requests_sec: random.below(100_000) / 100,
      p99_ms: random.below(50_000) / 100,
      error_rate: random.below(300) / 100,
      active_backends: 1 + random.below(8),
    };
  }
}
