/**
 * Looks for a few lines in a large log, at several places of it, with Varve and with programs that read all of it: what
 * P8 and P9 have in common.
 *
 * @module
 */

import type { JournalKey, ReadQuery } from "../mod.ts";
import {
  type BenchId,
  type BenchRun,
  type Comparison,
  median,
  roundCount,
  type SkippedComparison,
} from "./comparison.ts";
import { type OutsideAnswer, type OutsideSearch, searchOutside, whyImpossible } from "./outside_search.ts";
import { runProgram } from "./program.ts";
import type { LogAnswer } from "./programs/read_log.ts";
import { type HistoryLog, type KnownRecord, LOG_KEY, logFiles } from "./subjects/history_log.ts";

/** What is looked for, and how it is said to either side. */
export interface LogSearch {
  readonly id: BenchId;
  /** What is looked for, for the table. */
  readonly what: string;
  /** The journal that is searched, which may be made of parts of the log. Default: the log as it is. */
  journal?(log: HistoryLog): JournalKey;
  /** The query for the place of the log where this record stands. */
  query(known: KnownRecord): Pick<ReadQuery, "from" | "to" | "filter">;
  /** The text that the same lines have, and no others. */
  text(known: KnownRecord): string;
  readonly peers: readonly LogSearchPeer[];
}

/** A program that Varve is measured against. */
export interface LogSearchPeer {
  readonly search: OutsideSearch;
  /** The targets, as text; left out where the line is only there to be known. */
  readonly must?: string;
  readonly moonshot?: string;
}

/** One round: Varve's answer in a fresh process, those that followed there, and each peer's. */
interface Round {
  readonly first: LogAnswer;
  readonly laterMs: number;
  readonly peers: ReadonlyMap<string, OutsideAnswer>;
}

const MIB = 1024 * 1024;
/** Places of the log that are looked for; each round begins with another one. */
const PLACES = 5;

/** Runs all rounds. */
export async function searchLog(
  run: BenchRun,
  search: LogSearch,
): Promise<readonly (Comparison | SkippedComparison)[]> {
  const log = await run.historyLog();
  const key = search.journal?.(log) ?? LOG_KEY;
  const reasons = new Map(search.peers.map((peer) => [peer.search.name, whyImpossible(peer.search)]));
  const possible = search.peers.filter((peer) => reasons.get(peer.search.name) === undefined);
  const rounds = Array.from({ length: roundCount(run) }, (_, round) => {
    const measured = runRound(run, { search, log, key, round, peers: possible });
    const theirs = [...measured.peers].map(([name, { ms }]) => `${name} ${ms.toFixed(0)} ms`);
    run.report(
      `${search.what}, round ${round + 1}: ${measured.first.ms.toFixed(1)} ms, ` +
        `then ${measured.laterMs.toFixed(1)} ms, ${theirs.join(", ")}`,
    );
    return measured;
  });
  const what = `${search.what}, ${Math.round(log.rawBytes / MIB)} MiB`;
  return search.peers.flatMap((peer): (Comparison | SkippedComparison)[] => {
    const skipped = reasons.get(peer.search.name);
    if (skipped !== undefined) return [{ id: search.id, what: `${what} beside ${peer.search.name}`, skipped }];
    const compared = { id: search.id, peer, rounds };
    return [
      compare({ ...compared, what: `${what}, new process`, oursMs: ({ first }) => first.ms }),
      compare({ ...compared, what: "the same, asked again", oursMs: ({ laterMs }) => laterMs }),
    ];
  });
}

function runRound(
  run: BenchRun,
  options: {
    readonly search: LogSearch;
    readonly log: HistoryLog;
    readonly key: JournalKey;
    readonly round: number;
    readonly peers: readonly LogSearchPeer[];
  },
): Round {
  const { search, log, key, round, peers } = options;
  const places = placesOf(log);
  const inTurn = places.map((_, index) => places[(index + round) % places.length] ?? { traceId: "", ts: "" });
  const wanted = inTurn.map((known) => search.text(known))[0] ?? "";
  const queries = inTurn.map((known) => ({ ...key, ...search.query(known) }));
  const files = logFiles(log.root, key);
  const answers = new Map(peers.map((peer) => {
    return [peer.search.name, searchOutside(peer.search, { wanted, files, directory: run.directory() })];
  }));
  const [first, ...later]: readonly LogAnswer[] = runProgram("read_log.ts", [log.root, JSON.stringify(queries)]);
  if (first === undefined || [first, ...later].some(({ lines }) => lines === 0)) {
    throw new Error(`Cannot measure ${search.what}: found nothing at one of ${queries.length} places`);
  }
  for (const [name, { lines, digest }] of answers) {
    if (lines === first.lines && digest === first.digest) continue;
    throw new Error(`Cannot compare ${search.what}: found ${first.lines} lines for ${wanted}, ${name} ${lines}`);
  }
  return { first, laterMs: median(later.map(({ ms }) => ms)), peers: answers };
}

/** Known records from all over the log but its last segment. */
function placesOf({ known }: HistoryLog): readonly KnownRecord[] {
  return Array.from({ length: PLACES }, (_, place) => known[Math.floor((place + 0.5) / PLACES * (known.length - 1))])
    .filter((record) => record !== undefined);
}

function compare(
  options: {
    readonly id: BenchId;
    readonly what: string;
    readonly peer: LogSearchPeer;
    readonly rounds: readonly Round[];
    readonly oursMs: (round: Round) => number;
  },
): Comparison {
  const { id, what, peer: { search, must, moonshot }, rounds, oursMs } = options;
  const ours = rounds.map((round) => 1000 / oursMs(round));
  const theirs = rounds.map(({ peers }) => 1000 / (peers.get(search.name)?.ms ?? Number.NaN));
  return {
    id,
    what,
    unit: "queries/s",
    ours: median(ours),
    peer: { name: search.name, value: median(theirs) },
    ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
    ...(must === undefined ? {} : { must }),
    ...(moonshot === undefined ? {} : { moonshot }),
    proof: rounds.map(({ first }) => `${first.lines} lines ${first.digest}`)[0] ?? "",
  };
}
