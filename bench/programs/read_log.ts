/**
 * Answers one query after another from a store that it opens, and prints, as JSON, how long each took and what it found.
 * The benchmarks that search a log start it, a process for each round.
 *
 * Command line: `read_log.ts <root> <queries as JSON>`
 *
 * @module
 */

import process from "node:process";
import { openStore, type ReadQuery, type Store, type TelemetryRecord } from "../../mod.ts";
import { digestOf, type Found } from "../digest.ts";

/** What the program prints, a list with one for each query. */
export interface LogAnswer extends Found {
  /** Until the last record was there. The first query's time has the opening of the store in it. */
  readonly ms: number;
}

const [root = "", queriesText = ""] = process.argv.slice(2);
const queries: readonly ReadQuery[] = JSON.parse(queriesText);
const answers: LogAnswer[] = [];
let startMs = performance.now();
await using store = await openStore(root);
for (const query of queries) {
  const records = await readAll(store, query);
  const ms = performance.now() - startMs;
  answers.push({ ms, ...digestOf(records.map((record) => JSON.stringify(record))) });
  startMs = performance.now();
}
console.log(JSON.stringify(answers));

async function readAll(store: Store, query: ReadQuery): Promise<TelemetryRecord[]> {
  const records: TelemetryRecord[] = [];
  for await (const { record } of store.read(query)) records.push(record);
  return records;
}
