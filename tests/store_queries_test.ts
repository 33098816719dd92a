/**
 * Random queries beside writers that rotate as fast as they can, one in this process and one in another, with compression and
 * retention on: each gives a range of the records without a hole, nothing twice, and all that was acknowledged before it began
 * and is not pruned. What is left on disk in the end is read by `zcat | jq`, which has to find the same records by the same
 * filters.
 *
 * `VARVE_QUERIES` is thirty times how many each test tries; `VARVE_SEED` repeats a run, as far as races can be repeated.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore, type Store, type StoreOptions } from "../mod.ts";
import { inspect, Reference } from "./query/reference_answer.ts";
import { JQ_PATTERNS } from "./query/reference_conditions.ts";
import { referenceSkip } from "./query/reference_jq.ts";
import { isPlain } from "./query/reference_lines.ts";
import { assertSame } from "./query/reference_questions.ts";
import { RacingQueries } from "./query/reference_race.ts";
import { type ReferenceRecord, segmentFiles } from "./query/reference_root.ts";
import { NumberedRecords, Writing, type WritingPlan } from "./query/reference_writing.ts";
import { startProgram } from "./recovery/program.ts";
import { inRoot, LOGS, numbersIn, range, seededRandom, until } from "./recovery/stores.ts";
import { currentRuntime, requireTool } from "./tools.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
/** In each of the two tests; of files that nobody touches, many more are tried in the same time. */
const QUERIES = Math.max(60, Math.ceil(Number(process.env["VARVE_QUERIES"] ?? 2000) / 30));
/** How long the queries of a test may take. */
const TIMEOUT_MS = Math.max(40_000, QUERIES * 1000);
/** Segments that the writer of this process has to fill meanwhile. */
const ROTATIONS_MIN = 40;
/** How many of the filters are asked again in the end. */
const FILTERS_AT_REST = 16;
/** No more than so many are kept: a scan of two journals holds the newest 32 of each open, so that pruning cannot tear it. */
const KEPT_SEGMENTS = 28;

const otherRuntime = currentRuntime === "bun" ? "deno" : "bun";
const skip = requireTool(otherRuntime).skip || referenceSkip;

/** How the writers go about it. */
interface Pace {
  readonly what: string;
  readonly segmentBytes: number;
  readonly pauseMs: number;
  readonly isCompressed: boolean;
}

const PACES: readonly Pace[] = [
  // Segments are pruned sooner than they can be compressed.
  { what: "rotate as fast as they can", segmentBytes: 8192, pauseMs: 0, isCompressed: false },
  { what: "leave time to compress", segmentBytes: 12_000, pauseMs: 12, isCompressed: true },
];

/** What a writer did. */
interface WriterReport {
  readonly appended: number;
  readonly rotations: number;
  readonly prunedSegments: number;
  readonly compressed: number;
}

for (const pace of PACES) {
  const what = `read() and tail() beside two writers that ${pace.what}: no hole, nothing twice, nothing late`;
  test(what, { skip, timeout: 20_000 + TIMEOUT_MS }, () => {
    return tryQueries(pace).catch((error) => {
      throw new Error(`VARVE_SEED=${SEED}: ${error.message}`, { cause: error });
    });
  });
}

async function tryQueries({ segmentBytes, pauseMs, isCompressed }: Pace): Promise<void> {
  const options = { segment: { maxBytes: segmentBytes }, retention: { maxSegments: KEPT_SEGMENTS } };
  await besideWriters({ options, pauseMs }, async (queries, report) => {
    const { store, counts } = queries;
    const isEnough = () => {
      const { rotations, prunedSegments, compression } = store.stats();
      const isRotated = rotations >= ROTATIONS_MIN && prunedSegments > 0 && counts.overtaken > 0;
      return counts.queries >= QUERIES && isRotated && (!isCompressed || compression.finished > 0);
    };
    const endMs = Date.now() + TIMEOUT_MS;
    while (!isEnough() && Date.now() < endMs) await queries.ask();
    const reports = await report();
    console.log(`seed ${SEED}: ${JSON.stringify({ ...counts, reports })}`);
    assert.ok(isEnough() && counts.some > counts.queries * 0.3, `too little was tried: ${JSON.stringify(counts)}`);
    await checkAtRest(queries);
  });
}

/** Compares what is left when nobody writes any more with what `zcat | jq` finds in the files. */
async function checkAtRest({ store, journals, filters }: RacingQueries): Promise<void> {
  await until(() => store.stats().compression.backlog === 0);
  const tried = filters.slice(0, FILTERS_AT_REST);
  for (const { server, records, acknowledged } of journals) {
    const key = { ...LOGS, server };
    const numbers = await numbersIn(store, key);
    const [oldest = 0] = numbers;
    assert.deepEqual(numbers, range(oldest, acknowledged()));
    const known = numbers.map((n): ReferenceRecord => {
      const record = records.record(n);
      return { n, key, record, original: record, isPlain: isPlain(record) };
    });
    const journal = { key, records: known, damagedLines: 0, files: segmentFiles(store.root, key) };
    const patterns = JQ_PATTERNS;
    const reference = await Reference.of([journal], tried.map((filter) => ({ filter, patterns })));
    for (const filter of tried) {
      for (const order of ["oldest", "newest"] as const) {
        const expected = reference.answer({ ...key, filter, order }).map(({ n }) => n);
        assertSame(await numbersIn(store, { ...key, filter, order }), { expected, what: inspect(filter) });
      }
    }
  }
}

/** Runs queries beside a writer of this process and one of another. */
async function besideWriters(
  writers: { readonly options: StoreOptions; readonly pauseMs: number },
  use: (queries: RacingQueries, report: () => Promise<WriterReport[]>) => Promise<void>,
): Promise<void> {
  await inRoot(async (directory) => {
    const [root, notePath] = [join(directory, "root"), join(directory, "note")];
    const { options, pauseMs } = writers;
    // The writer of this process leaves the queries some time at least.
    const ownPlan: WritingPlan = { options, server: "web-1", seed: SEED, pauseMs: Math.max(2, pauseMs) };
    const otherPlan: WritingPlan = { options, server: "web-02", seed: SEED, pauseMs };
    const args = [root, notePath, JSON.stringify(otherPlan)];
    const program = startProgram("../../query/reference_writer.ts", args, otherRuntime);
    await using store = await openStore(root, options);
    const writing = new Writing(store.journal({ ...LOGS, server: ownPlan.server }), ownPlan);
    try {
      await until(() => (statSync(notePath, { throwIfNoEntry: false })?.size ?? 0) === 8);
      const own = {
        server: ownPlan.server,
        records: new NumberedRecords(ownPlan),
        acknowledged: () => writing.appended,
      };
      const others = {
        server: otherPlan.server,
        records: new NumberedRecords(otherPlan),
        acknowledged: () => Number(readFileSync(notePath).readBigUInt64LE(0)),
      };
      const queries = new RacingQueries(store, { journals: [own, others], random: seededRandom(SEED) });
      await use(queries, async () => {
        await writing.stop();
        return [ownReport(store, writing), JSON.parse(await program.ask("stop"))];
      });
    } finally {
      await writing.stop();
      await program.kill();
    }
  });
}

function ownReport(store: Store, { appended }: Writing): WriterReport {
  const { rotations, prunedSegments, compression } = store.stats();
  return { appended, rotations, prunedSegments, compressed: compression.finished };
}
