/**
 * P5: how long does the program stand still while segments are rotated, compressed and pruned?
 *
 * - Measured: the longest time that a repeated timer of 1 ms came late, in ms, to the end of the last compression. The
 *   first two MiB have a line of their own, for the compressing thread starts there, once. The peer is the naive floor under the same load: what it stalls is the machine's, the garbage
 *   collector's and the disk's.
 * - Size: 2.2 segments of 100 MiB, one sealed segment kept (small: 64 KiB); 5 rounds.
 * - A worse number: find what Varve does on the event loop in one piece: a sync or a removal that waits for the disk, a
 *   long listing, a compression that is not in its thread.
 *
 * Command line: `deno run -A bench/main.ts P5`, `bun bench/main.ts P5`
 *
 * @module
 */

import { type Bench, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { StallReport } from "./programs/event_loop_stall.ts";

const SEGMENT_BYTES = { small: 64 * 1024, real: 100 * 1024 * 1024 } as const;

/** See the module. */
export const eventLoopStall: Bench = {
  ids: ["P5"],
  run(run) {
    const rounds = Array.from({ length: roundCount(run) }, (_, round) => {
      const measure = (subject: string): StallReport =>
        runProgram("event_loop_stall.ts", [
          subject,
          run.directory(),
          String(SEGMENT_BYTES[run.size]),
        ]);
      const [varve, naive] = [measure("varve"), measure("naive")];
      run.report(
        `stall round ${round + 1}: ${varve.longestMs.toFixed(1)} ms, naive ${naive.longestMs.toFixed(1)} ms`,
      );
      return { varve, naive };
    });
    const { rotations, compressions, pruned } = rounds[0]?.varve ??
      { rotations: 0, compressions: 0, pruned: 0 };
    const row = (what: string, stallMs: (report: StallReport) => number): Comparison => ({
      id: "P5",
      what,
      unit: "ms",
      ours: median(rounds.map(({ varve }) => stallMs(varve))),
      peer: { name: "naive floor", value: median(rounds.map(({ naive }) => stallMs(naive))) },
      ratios: rounds.map(({ varve, naive }) => stallMs(varve) / stallMs(naive)),
      proof: `${rotations} rotations, ${compressions} compressions, ${pruned} pruned`,
    });
    return Promise.resolve([
      { ...row("longest stall of the event loop", ({ longestMs }) => longestMs), must: "15 ms", moonshot: "3 ms" },
      row("the same, in the first two MiB", ({ startMs }) => startMs),
    ]);
  },
};
