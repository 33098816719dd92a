/**
 * Asks for the same history again and again, and prints, as JSON, how long it took and what the answer was.
 * `sample_history.ts` starts it, a process for each subject.
 *
 * Command line: `sample_history.ts <subject> <directory> <times to ask again>`
 *
 * @module
 */

import process from "node:process";
import { median } from "../comparison.ts";
import { type AskHistory, type HistoryPoint, openNaive, openSqlite, openVarve } from "../subjects/sample_history.ts";

/** What the program prints. */
export interface HistoryTimes {
  /** The first answer of the process, the opening of the store or the database included. */
  readonly firstMs: number;
  /** The median of the others. */
  readonly laterMs: number;
  readonly points: readonly HistoryPoint[];
}

const OPENERS: Readonly<Record<string, (directory: string) => Promise<AskHistory> | AskHistory>> = {
  varve: openVarve,
  sqlite: openSqlite,
  naive: openNaive,
};

const [subject = "", directory = "", timesText = ""] = process.argv.slice(2);
const open = OPENERS[subject];
if (open === undefined) throw new RangeError(`Cannot measure an unknown subject: received "${subject}"`);
const startMs = performance.now();
const ask = await open(directory);
const points = await ask();
const firstMs = performance.now() - startMs;
const laterMs: number[] = [];
for (let time = 0; time < Number(timesText); time++) {
  const againMs = performance.now();
  await ask();
  laterMs.push(performance.now() - againMs);
}
const times: HistoryTimes = { firstMs, laterMs: median(laterMs), points };
console.log(JSON.stringify(times));
