/**
 * What a benchmark is given and what it answers.
 *
 * @module
 */

import type { HistoryLog } from "./subjects/history_log.ts";

/** The names of the targets that benchmarks measure, as the command line takes them. */
export type BenchId =
  | "P1"
  | "P2"
  | "P3"
  | "P4"
  | "P5"
  | "P6"
  | "P7"
  | "P8"
  | "P9"
  | "P10"
  | "P11"
  | "P14"
  | "P16"
  | "memory";

/** What a benchmark is given. */
export interface BenchRun {
  /** `small` proves that the benchmark works, in about a second; only `real` measures. */
  readonly size: "small" | "real";
  /** Creates an empty directory for one program; it is removed after the run. */
  directory(): string;
  /** The log that is searched. It is made when it is first asked for, and the same for every benchmark. */
  historyLog(): Promise<HistoryLog>;
  /** Tells whoever watches what was just measured. */
  report(line: string): void;
}

/** How a figure is written: a rate, a time or a size. Of a rate, more is better; of the others, less. */
export type Unit = "records/s" | "queries/s" | "µs" | "ms" | "bytes";

/** One line of the table. */
export interface Comparison {
  readonly id: BenchId;
  readonly what: string;
  readonly unit: Unit;
  /** Median of the rounds. */
  readonly ours: number;
  readonly peer: { readonly name: string; readonly value: number };
  /** Ours ÷ peer of each round. */
  readonly ratios: readonly number[];
  /** The targets, as text; left out where the line is only there to be known. */
  readonly must?: string;
  readonly moonshot?: string;
  /** A count or a hash of what was done, so that a benchmark that does nothing shows. */
  readonly proof: string;
}

/** A line that could not be measured here. */
export interface SkippedComparison {
  readonly id: BenchId;
  readonly what: string;
  readonly skipped: string;
}

/** One question. */
export interface Bench {
  /** The targets it answers for. */
  readonly ids: readonly BenchId[];
  run(run: BenchRun): Promise<readonly (Comparison | SkippedComparison)[]>;
}

/** Rounds of a real run: an odd number, so that the median is one of them. */
const ROUNDS = 5;

/** How often each program is run. */
export function roundCount(run: BenchRun): number {
  return run.size === "small" ? 1 : ROUNDS;
}

/** The middle one of the values, or the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values.toSorted((a, b) => a - b), 0.5);
}

/** The value at a share of values in ascending order. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  return ascending[Math.floor((ascending.length - 1) * share)] ?? Number.NaN;
}
