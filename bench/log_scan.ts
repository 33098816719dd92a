/**
 * P10: how fast is a scan of a whole compressed log with a filter that one record in a hundred meets?
 *
 * - Measured: the time from `openStore` to the last record that was found, as an object, in a new process; the runtime's own
 *   start is not in it. Two filters: one of words that stand in the lines, and one of a number's size, which no search for
 *   bytes decides. `zcat | jq` is timed from start to end, on one segment, for it is slow; DuckDB from the opening of its
 *   database to the last row, on the whole log and on every core. DuckDB gives rows as objects, as Varve does: that is the
 *   target; what it takes to count them, reading only the fields of the condition, is there to be known. All files are in
 *   the page cache.
 * - Size: 1 GiB of log in ten segments (small: 1 MiB); 5 rounds.
 * - A worse number: compare with `zcat | wc -l`, the time of inflating alone; then see how many lines are parsed that the
 *   filter does not find.
 *
 * Command line: `deno run -A bench/main.ts P10`, `bun bench/main.ts P10`
 *
 * @module
 */

import type { JournalKey, ReadQuery } from "../mod.ts";
import {
  type Bench,
  type BenchRun,
  type Comparison,
  median,
  roundCount,
  type SkippedComparison,
} from "./comparison.ts";
import { countInDuckdb, findDuckdb, readInDuckdb } from "./duckdb.ts";
import { searchOutside, whyImpossible, ZCAT_JQ } from "./outside_search.ts";
import { runProgram } from "./program.ts";
import type { LogAnswer } from "./programs/read_log.ts";
import { type HistoryLog, linkSegments, LOG_KEY, LOG_SEGMENTS, logFiles } from "./subjects/history_log.ts";

/** One condition, as each side has it. */
interface ScanFilter {
  readonly varve: string;
  readonly jq: string;
  readonly sql: string;
}

/** What a peer's search took and found; the lines themselves are compared where it has them. */
interface PeerAnswer {
  readonly ms: number;
  readonly lines: number;
  readonly digest?: string;
}

/** A program that Varve is measured against. */
interface ScanPeer {
  readonly name: string;
  /** The journal that both sides scan, and how long its lines are together. */
  readonly key: JournalKey;
  readonly bytes: number;
  /** The targets, as text; left out where the line is only there to be known. */
  readonly targets?: { readonly must: string; readonly moonshot: string };
  search(filter: ScanFilter, files: readonly string[]): PeerAnswer;
}

const MIB = 1024 * 1024;
const FILTERS: readonly ScanFilter[] = [
  {
    varve: "level>=warn tool=search",
    jq: '(.level == "WARN" or .level == "ERROR") and .tool == "search"',
    sql: "level IN ('WARN', 'ERROR') AND tool = 'search'",
  },
  { varve: "duration_ms>=990", jq: ".duration_ms >= 990", sql: "duration_ms >= 990" },
];

/** See the module. */
export const logScan: Bench = {
  ids: ["P10"],
  async run(run) {
    const log = await run.historyLog();
    const found = [findJq(run, log), ...findDuckdbPeers(run, log)];
    const peers = found.filter((peer) => "search" in peer);
    const lines = FILTERS.flatMap((filter) => peers.map((peer) => scan(run, { log, filter, peer })));
    return [...lines, ...found.filter((peer) => "skipped" in peer)];
  },
};

function findJq(run: BenchRun, log: HistoryLog): ScanPeer | SkippedComparison {
  const skipped = whyImpossible(ZCAT_JQ);
  if (skipped !== undefined) return { id: "P10", what: `scan with a filter beside ${ZCAT_JQ.name}`, skipped };
  return {
    name: ZCAT_JQ.name,
    key: linkSegments(log.root, { server: "one-segment", segments: 1 }),
    bytes: log.rawBytes / LOG_SEGMENTS,
    targets: { must: "10×", moonshot: "30×" },
    search: ({ jq }, files) => searchOutside(ZCAT_JQ, { wanted: jq, files, directory: run.directory() }),
  };
}

function findDuckdbPeers(run: BenchRun, log: HistoryLog): readonly (ScanPeer | SkippedComparison)[] {
  const duckdb = findDuckdb();
  if ("skipped" in duckdb) {
    return [{ id: "P10", what: "scan with a filter beside DuckDB", skipped: duckdb.skipped }];
  }
  const whole = { key: LOG_KEY, bytes: log.rawBytes };
  return [
    {
      ...whole,
      name: `DuckDB ${duckdb.version}, rows`,
      targets: { must: "1×", moonshot: "2×" },
      search: ({ sql }, files) => readInDuckdb({ condition: sql, files }, run.directory()),
    },
    {
      ...whole,
      name: `DuckDB ${duckdb.version}, count`,
      search: ({ sql }, files) => countInDuckdb({ condition: sql, files }),
    },
  ];
}

function scan(
  run: BenchRun,
  options: { readonly log: HistoryLog; readonly filter: ScanFilter; readonly peer: ScanPeer },
): Comparison {
  const { log, filter, peer } = options;
  const files = logFiles(log.root, peer.key);
  const rounds = Array.from({ length: roundCount(run) }, (_, round) => {
    const theirs = peer.search(filter, files);
    const ours = scanWithVarve(log.root, { ...peer.key, filter: filter.varve });
    if (ours.lines !== theirs.lines || (theirs.digest ?? ours.digest) !== ours.digest || ours.lines === 0) {
      throw new Error(`Cannot compare ${filter.varve}: found ${ours.lines} lines, ${peer.name} ${theirs.lines}`);
    }
    run.report(
      `${filter.varve}, round ${round + 1}: ${ours.ms.toFixed(0)} ms, ${peer.name} ${theirs.ms.toFixed(0)} ms`,
    );
    return { ours, theirs };
  });
  const ours = rounds.map(({ ours: { ms } }) => 1000 / ms);
  const theirs = rounds.map(({ theirs: { ms } }) => 1000 / ms);
  return {
    id: "P10",
    what: `${filter.varve}, ${Math.round(peer.bytes / MIB)} MiB`,
    unit: "queries/s",
    ours: median(ours),
    peer: { name: peer.name, value: median(theirs) },
    ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
    ...peer.targets,
    proof: rounds.map(({ ours: { lines, digest } }) => `${lines} lines ${digest}`)[0] ?? "",
  };
}

function scanWithVarve(root: string, query: ReadQuery): LogAnswer {
  const [answer]: readonly LogAnswer[] = runProgram("read_log.ts", [root, JSON.stringify([query])]);
  if (answer !== undefined) return answer;
  throw new Error(`Cannot measure ${query.filter}: there is no answer`);
}
