/**
 * P16: how long does it take to have 24 hours of samples, one a second, as the 96 averages and maxima that a page draws?
 *
 * - Measured: the first answer in a new process, the opening of the store included and the runtime's own start not; and the
 *   median of the 20 that follow, as a service gives them. Once from a journal as it is after a day, one active segment, and
 *   once from compressed segments. Peers: SQLite with its samples in the order that is asked for, and a program that
 *   reads the same files and parses each line. All files are in the page cache.
 * - Size: 86,400 samples of about 105 bytes (small: 960); 5 rounds.
 * - A worse number: see whether lines are parsed whole of which two fields are wanted, or segments read that lie elsewhere.
 *
 * Command line: `deno run -A bench/main.ts P16`, `bun bench/main.ts P16`
 *
 * @module
 */

import { type Bench, type BenchRun, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { HistoryTimes } from "./programs/sample_history.ts";
import { DAY, type HistoryPoint, makeSampleDatabase, makeSampleJournal } from "./subjects/sample_history.ts";

/** A journal that is asked, and the targets of its lines. */
interface MeasuredJournal {
  readonly name: string;
  readonly root: string;
  readonly rounds: { readonly varve: HistoryTimes; readonly naive: HistoryTimes; readonly sqlite: HistoryTimes }[];
}

const SAMPLES = { small: 960, real: 86_400 } as const;
/** So that nine of ten samples are in compressed segments. */
const COMPRESSED_PARTS = 9.5;
const SAMPLE_BYTES = 105;
const TIMES_AGAIN = { small: 2, real: 20 } as const;
const TARGETS = { must: "20 ms", moonshot: "3 ms" } as const;
/** Sums depend on the order in which they are made, by this share at most. */
const SUM_PRECISION = 1e-9;

/** See the module. */
export const sampleHistory: Bench = {
  ids: ["P16"],
  async run(run) {
    const samples = SAMPLES[run.size];
    const database = run.directory();
    makeSampleDatabase(database, { samples });
    const journals: readonly MeasuredJournal[] = [
      { name: "active", root: run.directory(), rounds: [] },
      { name: "compressed", root: run.directory(), rounds: [] },
    ];
    const segmentMaxBytes = Math.ceil(samples * SAMPLE_BYTES / COMPRESSED_PARTS);
    for (const { name, root } of journals) {
      await makeSampleJournal(root, name === "active" ? { samples } : { samples, segmentMaxBytes });
    }
    for (let round = 0; round < roundCount(run); round++) {
      for (const journal of journals) measure(run, { journal, database, round });
    }
    return journals.flatMap((journal) => linesOf(journal, samples));
  },
};

function measure(
  run: BenchRun,
  options: { readonly journal: MeasuredJournal; readonly database: string; readonly round: number },
): void {
  const { journal, database, round } = options;
  const ask = (subject: string, directory: string): HistoryTimes =>
    runProgram("sample_history.ts", [subject, directory, String(TIMES_AGAIN[run.size])]);
  const [varve, naive, sqlite] = [ask("varve", journal.root), ask("naive", journal.root), ask("sqlite", database)];
  checkSame(varve.points, naive.points);
  checkSame(varve.points, sqlite.points);
  journal.rounds.push({ varve, naive, sqlite });
  run.report(
    `samples, ${journal.name}, round ${round + 1}: ${varve.firstMs.toFixed(1)} ms, then ${
      varve.laterMs.toFixed(1)
    } ms, ` +
      `SQLite ${sqlite.laterMs.toFixed(1)} ms, JSON.parse ${naive.laterMs.toFixed(1)} ms`,
  );
}

function checkSame(ours: readonly HistoryPoint[], theirs: readonly HistoryPoint[]): void {
  const isSame = (a: HistoryPoint, b: HistoryPoint | undefined): boolean =>
    a.timeMs === b?.timeMs && a.max === b.max && Math.abs(a.avg - b.avg) <= SUM_PRECISION * b.avg;
  const expected = (DAY.toMs - DAY.fromMs) / DAY.stepMs;
  if (ours.length === expected && ours.every((point, index) => isSame(point, theirs[index]))) return;
  throw new Error(`Cannot compare histories: ${ours.length} points of ${expected}, or not the same ones`);
}

function linesOf({ name, rounds }: MeasuredJournal, samples: number): readonly Comparison[] {
  const maxima = rounds[0]?.varve.points.reduce((sum, { max }) => sum + max, 0) ?? Number.NaN;
  const line = (
    what: string,
    options: { readonly peer: "sqlite" | "naive"; readonly ms: "firstMs" | "laterMs" },
  ): Comparison => {
    const { peer, ms } = options;
    const [ours, theirs] = [rounds.map(({ varve }) => varve[ms]), rounds.map((round) => round[peer][ms])];
    return {
      id: "P16",
      what,
      unit: "ms",
      ours: median(ours),
      peer: { name: peer === "sqlite" ? "SQLite" : "JSON.parse", value: median(theirs) },
      ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
      ...TARGETS,
      proof: `${samples} samples, maxima ${maxima.toFixed(2)}`,
    };
  };
  return [
    line(`96 points of a day, ${name}, new process`, { peer: "sqlite", ms: "firstMs" }),
    line("the same, asked again", { peer: "sqlite", ms: "laterMs" }),
    line("the same, asked again", { peer: "naive", ms: "laterMs" }),
  ];
}
