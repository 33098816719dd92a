/**
 * P1 and P2: how many records a second does a program append, beside the naive floor and beside other loggers?
 *
 * - Measured: records/s from the first record to the moment the operating system has the last one; in lines of their
 *   own, to the moment when the last sealed segment is compressed, where the subject compresses (Varve also verifies).
 *   The program lets the event loop run after every 1000 records. A ratio is taken within a round; the rounds go
 *   through all subjects in turn, each time from another start.
 * - Size: 300,000 records of about 210 bytes, six rotations at 10 MiB (small: 2,000 records); 5 rounds.
 * - A worse number: profile `Journal.append` first; then see how much the compressing thread takes from the other core.
 * - Not compared: what a crash costs. The naive floor may lose 1 MiB, Varve 256 KiB or 100 ms, pino and zerolog nothing;
 *   LogTape syncs to disk as it goes.
 *
 * Command line: `deno run -A bench/main.ts P1 P2`, `bun bench/main.ts P1 P2`
 *
 * @module
 */

import { join } from "node:path";
import {
  type Bench,
  type BenchRun,
  type Comparison,
  median,
  roundCount,
  type SkippedComparison,
} from "./comparison.ts";
import { runCommand, runProgram } from "./program.ts";
import type { AppendTimes } from "./programs/append.ts";
import { countLines } from "./written_lines.ts";
import { buildZerolog } from "./zerolog.ts";

const RECORDS = { small: 2000, real: 300_000 } as const;

interface Peer {
  readonly id: "P1" | "P2";
  readonly name: string;
  readonly subject: string;
  /** The targets for the time until the last record is flushed. */
  readonly must?: string;
  readonly moonshot?: string;
  /** Whether its time until compressed is worth a line: it compresses, or it is the floor for all. */
  readonly isSettled?: true;
}

const ZEROLOG: Peer = {
  id: "P2",
  name: "zerolog + lumberjack",
  subject: "zerolog",
  must: "1.5×",
  moonshot: "3×",
  isSettled: true,
};
const PEERS: readonly Peer[] = [
  { id: "P1", name: "naive floor", subject: "naive", must: "1×", moonshot: "1.5×", isSettled: true },
  { id: "P2", name: "pino", subject: "pino", must: "2×", moonshot: "4×" },
  { id: "P2", name: "pino, 4 KiB buffer", subject: "pino_buffered" },
  { id: "P2", name: "LogTape, syncs", subject: "logtape", must: "3×", moonshot: "6×" },
  {
    id: "P2",
    name: "rotating-file-stream",
    subject: "rotating_file_stream",
    must: "3×",
    moonshot: "6×",
    isSettled: true,
  },
];

/** Times of one subject, round by round. */
type Times = Map<string, AppendTimes[]>;

/** See the module. */
export const append: Bench = {
  ids: ["P1", "P2"],
  run(run) {
    const zerolog = buildZerolog(run.directory());
    const peers = "path" in zerolog ? [...PEERS, ZEROLOG] : PEERS;
    const zerologPath = "path" in zerolog ? zerolog.path : "";
    const times: Times = new Map();
    const subjects = ["varve", ...peers.map(({ subject }) => subject)];
    for (let round = 0; round < roundCount(run); round++) {
      for (const [index] of subjects.entries()) {
        const subject = subjects[(index + round) % subjects.length] ?? "";
        const measured = measure(run, { subject, zerologPath });
        times.set(subject, [...times.get(subject) ?? [], measured]);
        run.report(
          `append round ${round + 1}: ${subject} ${Math.round(rate(run, measured.flushedMs) / 1000)}k records/s`,
        );
      }
    }
    const lines: (Comparison | SkippedComparison)[] = [
      ...peers.map((peer) => compare(run, { peer, times, until: "flushedMs" })),
      ...peers.filter((peer) => peer.isSettled).map((peer) => compare(run, { peer, times, until: "settledMs" })),
    ];
    if ("skipped" in zerolog) {
      lines.push({
        id: "P2",
        what: `append beside ${ZEROLOG.name}`,
        skipped: zerolog.skipped,
      });
    }
    return Promise.resolve(lines.toSorted((a, b) => a.id.localeCompare(b.id)));
  },
};

function measure(
  run: BenchRun,
  what: { readonly subject: string; readonly zerologPath: string },
): AppendTimes {
  const directory = run.directory();
  const records = RECORDS[run.size];
  const times: AppendTimes = what.subject === "zerolog"
    ? JSON.parse(runCommand(what.zerologPath, [directory, String(records)]))
    : runProgram("append.ts", [what.subject, directory, String(records)]);
  const lines = countLines(join(directory, "measured"));
  if (lines === records) return times;
  throw new Error(
    `Cannot compare ${what.subject}: of ${records} records ${lines} are on disk`,
  );
}

function compare(
  run: BenchRun,
  options: {
    readonly peer: Peer;
    readonly times: Times;
    readonly until: keyof AppendTimes;
  },
): Comparison {
  const { peer, times, until } = options;
  const ratesOf = (subject: string) => (times.get(subject) ?? []).map((measured) => rate(run, measured[until]));
  const ours = ratesOf("varve");
  const theirs = ratesOf(peer.subject);
  const targets = until === "flushedMs" && peer.must !== undefined &&
      peer.moonshot !== undefined
    ? { must: peer.must, moonshot: peer.moonshot }
    : {};
  return {
    id: peer.id,
    what: `append ${until === "flushedMs" ? "until flushed" : "until compressed"}`,
    unit: "records/s",
    ours: median(ours),
    peer: { name: peer.name, value: median(theirs) },
    ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
    ...targets,
    proof: `${RECORDS[run.size]} lines each`,
  };
}

function rate(run: BenchRun, ms: number): number {
  return RECORDS[run.size] / (ms / 1000);
}
