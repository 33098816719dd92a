/**
 * P3: how many records a second does a program append, and how many bytes are they on disk, beside rows in SQLite?
 *
 * - Measured: records/s from the first record to the moment the operating system has the last one; then to the moment when
 *   the last sealed segment is compressed and verified, and for SQLite when its write-ahead log is in the database. The
 *   bytes are those of all files, Varve's where records came no faster than they were compressed. The peer is the design of
 *   Go's `observability`, but with the cheapest key there is; lines without a target have the random one that it makes. The
 *   rounds go through all subjects in turn, each time from another start.
 * - Size: 300,000 records of about 210 bytes, six rotations at 10 MiB (small: 2,000 records); 5 rounds.
 * - A worse number: for the rate see P1; for the bytes see P11, and what lies beside the segments.
 * - Not compared: what a crash costs. Varve may lose 100 ms of records, SQLite less than a hundred rows.
 *
 * Command line: `deno run -A bench/main.ts P3`, `bun bench/main.ts P3`
 *
 * @module
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchRun, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { AppendTimes } from "./programs/append.ts";
import { countRows } from "./subjects/sqlite.ts";
import { countLines } from "./written_lines.ts";

const RECORDS = { small: 2000, real: 300_000 } as const;
const SUBJECTS = ["varve", "varve_paced", "sqlite", "sqlite_numbered"] as const;

/** What one subject took, and what it left on disk. */
interface Measured extends AppendTimes {
  readonly bytes: number;
}

interface Peer {
  readonly name: string;
  readonly subject: typeof SUBJECTS[number];
  /** Whether the targets are meant for it. */
  readonly isTarget?: true;
}

/** A line for each peer. */
interface Figure extends Pick<Comparison, "what" | "unit" | "must" | "moonshot"> {
  readonly subject: "varve" | "varve_paced";
  of(measured: Measured, records: number): number;
}

const PEERS: readonly Peer[] = [
  { name: "SQLite, numbered rows", subject: "sqlite_numbered", isTarget: true },
  { name: "SQLite, random keys", subject: "sqlite" },
];
const FIGURES: readonly Figure[] = [
  {
    what: "append until flushed",
    subject: "varve",
    unit: "records/s",
    must: "2×",
    moonshot: "5×",
    of: ({ flushedMs }, records) => records / (flushedMs / 1000),
  },
  {
    what: "append until compressed",
    subject: "varve",
    unit: "records/s",
    of: ({ settledMs }, records) => records / (settledMs / 1000),
  },
  {
    what: "the same records on disk",
    subject: "varve_paced",
    unit: "bytes",
    must: "0.33× (1/3)",
    moonshot: "0.13× (1/8)",
    of: ({ bytes }) => bytes,
  },
];

/** See the module. */
export const sqliteAppend: Bench = {
  ids: ["P3"],
  run(run) {
    const records = RECORDS[run.size];
    const measured = new Map<string, Measured[]>(SUBJECTS.map((subject) => [subject, []]));
    for (let round = 0; round < roundCount(run); round++) {
      for (const [index] of SUBJECTS.entries()) {
        const subject = SUBJECTS[(index + round) % SUBJECTS.length] ?? "varve";
        const result = measure(run, subject);
        measured.get(subject)?.push(result);
        const rate = Math.round(records / result.flushedMs);
        run.report(`append beside SQLite round ${round + 1}: ${subject} ${rate}k records/s, ${result.bytes} bytes`);
      }
    }
    return Promise.resolve(FIGURES.flatMap((figure) =>
      PEERS.map((peer) => {
        const [ours = [], theirs = []] = [measured.get(figure.subject), measured.get(peer.subject)];
        return compare({ peer, figure, ours, theirs, records });
      })
    ));
  },
};

function measure(run: BenchRun, subject: typeof SUBJECTS[number]): Measured {
  const directory = run.directory();
  const records = RECORDS[run.size];
  const times: AppendTimes = runProgram("append.ts", [subject, directory, String(records)]);
  const place = join(directory, "measured");
  const bytes = storedBytes(place);
  const counted = subject.startsWith("varve") ? countLines(place) : countRows(place);
  if (counted === records) return { ...times, bytes };
  throw new Error(`Cannot compare ${subject}: of ${records} records ${counted} are on disk`);
}

function compare(
  options: {
    readonly peer: Peer;
    readonly figure: Figure;
    readonly ours: readonly Measured[];
    readonly theirs: readonly Measured[];
    readonly records: number;
  },
): Comparison {
  const { peer, figure: { what, unit, of, must, moonshot }, records } = options;
  const ours = options.ours.map((measured) => of(measured, records));
  const theirs = options.theirs.map((measured) => of(measured, records));
  const targets = peer.isTarget && must !== undefined && moonshot !== undefined ? { must, moonshot } : {};
  return {
    id: "P3",
    what,
    unit,
    ours: median(ours),
    peer: { name: peer.name, value: median(theirs) },
    ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
    ...targets,
    proof: `${records} lines each`,
  };
}

/** Bytes of every file below a directory, whatever it is there for. */
function storedBytes(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
