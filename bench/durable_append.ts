/**
 * P6: how many records a second can callers have on disk, each waiting for its own?
 *
 * - Measured: records that 64 concurrent callers had acknowledged a second, each calling `append` and waiting for `sync`
 *   before its next one. The peer writes and syncs one record after another with one `fdatasync` each; both JSON and time
 *   stamp are built for each call. Once on this machine's disk, and once with 3 ms added to each sync, as a disk without a
 *   write cache takes; the same pause serves both.
 * - Size: a second for each figure (small: 50 ms); 5 rounds.
 * - A worse number: look at what stands between two syncs. With 64 callers, one sync can acknowledge 64 records at most, so
 *   64× is the ceiling where the sync is all the time there is.
 * - The machine's own `fdatasync` is printed with the machine's facts. On a virtual disk it is no promise about hardware.
 *
 * Command line: `deno run -A bench/main.ts P6`, `bun bench/main.ts P6`
 *
 * @module
 */

import { type Bench, type BenchRun, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { DurableAppends } from "./programs/durable_append.ts";
import { countLines } from "./written_lines.ts";

const DURATION_MS = { small: 50, real: 1000 } as const;

/** A disk, and the targets on it. */
interface Disk {
  readonly what: string;
  readonly addedMs: number;
  readonly must?: string;
  readonly moonshot?: string;
}

const DISKS: readonly Disk[] = [
  { what: "synced appends, 64 callers", addedMs: 0, must: "20×" },
  { what: "the same, 3 ms added to each sync", addedMs: 3, must: "20×", moonshot: "50×" },
];

/** See the module. */
export const durableAppend: Bench = {
  ids: ["P6"],
  run(run) {
    const rounds = Array.from({ length: roundCount(run) }, (_, round) =>
      DISKS.map(({ addedMs }) => {
        const [varve, naive] = [measure(run, "varve", addedMs), measure(run, "naive", addedMs)];
        run.report(
          `durable append round ${round + 1}, ${addedMs} ms added: ` +
            `${Math.round(rate(varve))} records/s, naive ${Math.round(rate(naive))}`,
        );
        return { varve, naive };
      }));
    return Promise.resolve(DISKS.map(({ addedMs: _, ...line }, index): Comparison => {
      const measured = rounds.flatMap((round) => round[index] ?? []);
      const acknowledged = measured.reduce((sum, { varve }) => sum + varve.acknowledged, 0);
      return {
        id: "P6",
        unit: "records/s",
        ours: median(measured.map(({ varve }) => rate(varve))),
        peer: { name: "fdatasync a record", value: median(measured.map(({ naive }) => rate(naive))) },
        ratios: measured.map(({ varve, naive }) => rate(varve) / rate(naive)),
        proof: `${acknowledged} lines`,
        ...line,
      };
    }));
  },
};

function measure(run: BenchRun, subject: string, addedMs: number): DurableAppends {
  const directory = run.directory();
  const args = [subject, directory, String(addedMs), String(DURATION_MS[run.size])];
  const measured: DurableAppends = runProgram("durable_append.ts", args);
  const lines = countLines(directory);
  if (lines === measured.total) return measured;
  throw new Error(`Cannot compare ${subject}: of ${measured.total} acknowledged records ${lines} are on disk`);
}

function rate({ acknowledged, elapsedMs }: DurableAppends): number {
  return acknowledged / (elapsedMs / 1000);
}
