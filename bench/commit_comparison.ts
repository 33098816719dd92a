/**
 * Is append as fast as it was at an earlier commit? Runs the program of P1, with Varve alone, for that commit and for this
 * working tree in turn, and prints what differs.
 *
 * - Measured: records/s as P1 has them, until flushed and until compressed. Each run is a process of its own; which of the
 *   two comes first changes from round to round, so that a machine that slows down slows both.
 * - A difference is worth something when it is larger than the spread: the middle half of the runs is printed beside each
 *   median.
 *
 * Command line: `deno run -A bench/commit_comparison.ts <commit>`, `bun bench/commit_comparison.ts <commit>`
 *
 * - `--rounds <number>`: runs of each, 20 where it is left out
 * - `--records <number>`: records a run, 300000 where it is left out
 *
 * @module
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { median, quantile } from "./comparison.ts";
import { runCommand, runtimeArgs } from "./program.ts";
import type { AppendTimes } from "./programs/append.ts";

/** A tree of source files, and what was measured of it. */
interface MeasuredTree {
  readonly name: string;
  readonly directory: string;
  readonly times: AppendTimes[];
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values, positionals: [commit] } = parseArgs({
  options: { rounds: { type: "string", default: "20" }, records: { type: "string", default: "300000" } },
  allowPositionals: true,
});
const rounds = wholeNumber("rounds", values.rounds);
const records = wholeNumber("records", values.records);
if (commit === undefined) throw new RangeError("Cannot compare with a commit: none is named");
const scratch = mkdtempSync(join(tmpdir(), "varve-bench-"));
try {
  compare(commit);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function compare(commit: string): void {
  const before: MeasuredTree = { name: commit, directory: checkOut(commit), times: [] };
  const now: MeasuredTree = { name: "working tree", directory: ROOT, times: [] };
  for (let round = 0; round < rounds; round++) {
    for (const tree of round % 2 === 0 ? [before, now] : [now, before]) tree.times.push(measure(tree));
    const rates = [before, now].map(({ name, times }) => `${name} ${thousands(rate(times.at(-1)?.flushedMs))}`);
    console.error(`round ${round + 1}: ${rates.join(", ")}`);
  }
  for (const until of ["flushedMs", "settledMs"] as const) report([before, now], until);
}

/** Puts the files of a commit into a directory; the repository stays as it is. */
function checkOut(commit: string): string {
  const directory = join(scratch, "commit");
  const archive = join(scratch, "commit.tar");
  mkdirSync(directory);
  runCommand("git", ["-C", ROOT, "archive", "--output", archive, commit]);
  runCommand("tar", ["-xf", archive, "-C", directory]);
  // Bun finds packages where they are installed; Deno has a store of its own.
  const packages = join(ROOT, "node_modules");
  if (existsSync(packages)) symlinkSync(packages, join(directory, "node_modules"));
  return directory;
}

function measure({ directory }: MeasuredTree): AppendTimes {
  const place = mkdtempSync(join(scratch, "run-"));
  try {
    const program = pathToFileURL(join(directory, "bench", "programs", "append.ts"));
    return JSON.parse(runCommand(process.execPath, [...runtimeArgs(program), "varve", place, String(records)]));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function report(trees: readonly [MeasuredTree, MeasuredTree], until: keyof AppendTimes): void {
  console.log(`append until ${until === "flushedMs" ? "flushed" : "compressed"}, ${rounds} runs of ${records} records`);
  const [before, now] = trees.map(({ name, times }) => {
    const rates = times.map((measured) => rate(measured[until]));
    const ascending = rates.toSorted((a, b) => a - b);
    const [low, high] = [quantile(ascending, 0.25), quantile(ascending, 0.75)].map(thousands);
    const [lowest, highest] = [quantile(ascending, 0), quantile(ascending, 1)].map(thousands);
    console.log(
      `  ${name}: median ${thousands(median(rates))}, middle half ${low} to ${high}, all ${lowest} to ${highest}`,
    );
    return rates;
  });
  const ratio = median(now ?? []) / median(before ?? []);
  const ratios = (now ?? []).map((value, round) => value / (before?.[round] ?? Number.NaN));
  const difference = `${ratio < 1 ? "" : "+"}${((ratio - 1) * 100).toFixed(1)} %`;
  console.log(
    `  medians differ by ${difference} (ratio ${ratio.toFixed(3)}; median of the rounds ${median(ratios).toFixed(3)})`,
  );
}

function rate(ms: number | undefined): number {
  return records / ((ms ?? Number.NaN) / 1000);
}

function thousands(recordsPerSecond: number): string {
  return `${(recordsPerSecond / 1000).toFixed(0)}k/s`;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`Cannot compare: expected --${name} to be a whole number from 1, received "${text}"`);
}
