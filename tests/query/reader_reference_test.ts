/**
 * Random queries over random roots give what `zcat | jq` gives: which records, in which order, page by page, from the end,
 * and turned round; at first of files that nobody touches, then while raw segments are compressed.
 *
 * `VARVE_QUERIES` is how many are tried; `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore } from "../../mod.ts";
import { inRoot, seededRandom, until } from "../recovery/stores.ts";
import { inspect, Reference } from "./reference_answer.ts";
import { JQ_PATTERNS } from "./reference_conditions.ts";
import { referenceSkip } from "./reference_jq.ts";
import { randomQuery, type ReferenceQuery } from "./reference_queries.ts";
import { AskedStore, checkGiven, type Given } from "./reference_questions.ts";
import { type ReferenceRoot, writeRoot } from "./reference_root.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
const QUERIES = Number(process.env["VARVE_QUERIES"] ?? 2000);
const QUERIES_PER_ROOT = 500;
const SIGNALS = ["logs", "timeseries", "traces"] as const;

for (let index = 0; index * QUERIES_PER_ROOT < QUERIES; index++) {
  const seed = SEED + index;
  const count = Math.min(QUERIES_PER_ROOT, QUERIES - index * QUERIES_PER_ROOT);
  test(`read() and tail() give what zcat | jq gives: ${count} queries, root ${index}`, { skip: referenceSkip }, () => {
    return inRoot((directory) => checkRoot(directory, { seed, count }));
  });
}

async function checkRoot(directory: string, { seed, count }: { readonly seed: number; readonly count: number }) {
  const random = seededRandom(seed);
  const again = `VARVE_SEED=${seed} VARVE_QUERIES=${count} tries this again`;
  const [root, copy] = [join(directory, "root"), join(directory, "copy")];
  mkdirSync(root);
  const written = await writeRoot(root, { random });
  // For jq: the store will compress some of the files.
  cpSync(root, copy, { recursive: true });
  const queries = Array.from({ length: count }, () => randomQuery(written, random));
  // jq works while the store is asked.
  const [references, given] = await Promise.all([
    Promise.all(SIGNALS.map((signal) => referenceOf(written, { signal, queries, copy }))),
    askAll(written, { queries, random }).catch((error) => {
      throw new Error(`${again}: ${error.message}`, { cause: error });
    }),
  ]);
  const counts = { none: 0, some: 0, all: 0, reads: 0, records: 0 };
  for (const [index, query] of queries.entries()) {
    const { known } = query;
    const reference = references[SIGNALS.findIndex((signal) => signal === known.signal)];
    const answer = given[index];
    assert.ok(reference !== undefined && answer !== undefined);
    const found = checked(query, { answer, reference, again });
    const total = reference.answer({ ...known, from: undefined, to: undefined, filter: undefined }).length;
    if (total > 0) counts[found === 0 ? "none" : found === total ? "all" : "some"]++;
    counts.reads += answer.reads;
    counts.records += answer.numbers.length;
  }
  const asked = references.map((reference) => reference.asked);
  console.log(`seed ${seed}: ${JSON.stringify({ ...counts, asked, forms: written.forms })}`);
  if (count === QUERIES_PER_ROOT) assertMixed(counts);
}

function referenceOf(
  { root, journals }: ReferenceRoot,
  of: { readonly signal: string; readonly queries: readonly ReferenceQuery[]; readonly copy: string },
): Promise<Reference> {
  const known = of.queries.filter(({ known }) => known.signal === of.signal).map(({ known }) => known.filter);
  const filters = known.filter((filter) => filter !== undefined).map((filter) => ({ filter, patterns: JQ_PATTERNS }));
  const copied = journals.filter(({ key }) => key.signal === of.signal).map(({ files, ...journal }) => ({
    ...journal,
    files: files.map((path) => path.replace(root, of.copy)),
  }));
  return Reference.of(copied, filters);
}

/** Asks every query of one store, which keeps no file open. */
async function askAll(
  root: ReferenceRoot,
  of: { readonly queries: readonly ReferenceQuery[]; readonly random: () => number },
): Promise<Given[]> {
  await using store = await openStore(root.root, { retention: { maxAgeMs: false, maxSegments: false } });
  const asked = new AskedStore(store, { root, random: of.random });
  const written = root.journals.reduce((sum, { records }) => sum + records.length, 0);
  assert.equal(await asked.checkContent(SIGNALS), written);
  const damaged = root.journals.reduce((sum, { damagedLines }) => sum + damagedLines, 0);
  assert.equal(store.stats().damagedPlaces, damaged, "damaged places");
  const given: Given[] = [];
  for (const [index, query] of of.queries.entries()) {
    if (index === Math.floor(of.queries.length * 0.4)) {
      // What was read ahead for a query that ended early holds its file until it is there.
      await until(() => openFiles(root.root).length === 0, { timeoutMs: 5000 });
      // Whoever opens a journal compresses its raw segments.
      for (const { key } of root.journals) store.journal(key);
    }
    given.push(
      await asked.ask(query).catch((error) => {
        throw new Error(`${describe(query)}: ${error.message}`, { cause: error });
      }),
    );
  }
  const { compression } = store.stats();
  const isAnyRaw = root.journals.some(({ files }) => files.some((path) => /-.*\.jsonl$/.test(basename(path))));
  assert.ok(!isAnyRaw || compression.finished + compression.backlog > 0, "nothing was compressed meanwhile");
  return given;
}

function checked(
  query: ReferenceQuery,
  of: { readonly answer: Given; readonly reference: Reference; readonly again: string },
): number {
  try {
    return checkGiven(of.answer, query, of.reference);
  } catch (error) {
    throw new Error(`${of.again}, ${describe(query)}: ${(error as Error).message}`, { cause: error });
  }
}

function describe({ query, question }: ReferenceQuery): string {
  const { filter, ...others } = query;
  return `${JSON.stringify(question)} of ${JSON.stringify(others)} where ${inspect(filter)}`;
}

/** Queries that find everything or nothing say little. */
function assertMixed(counts: { readonly none: number; readonly some: number; readonly all: number }): void {
  const { none, some, all } = counts;
  const total = none + some + all;
  assert.ok(
    some > total * 0.4 && none < total * 0.5 && all < total * 0.3,
    `too little was tried: ${JSON.stringify(counts)}`,
  );
}

/** The files under a root that this process has open, where the system says so. */
function openFiles(root: string): string[] {
  const directory = "/proc/self/fd";
  if (!existsSync(directory)) return [];
  const paths = readdirSync(directory).map((name) => {
    try {
      return readlinkSync(join(directory, name));
    } catch {
      // That of the look itself.
      return "";
    }
  });
  return paths.filter((path) => path.startsWith(root));
}
