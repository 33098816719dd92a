/**
 * Streams records and prints, as JSON, how the memory of the process went up meanwhile. `stream_memory.ts` starts it, a
 * process for each figure.
 *
 * Command line: `stream_memory.ts <root> <query as JSON> <records> <warm-up records>`, or `-` for the root and a list of
 * files as JSON, which Node's own streams then read
 *
 * @module
 */

import { createReadStream } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { openStore, type ReadQuery } from "../../mod.ts";

/** What the program prints. */
export interface StreamMemory {
  /** Resident bytes before anything was read. */
  readonly newBytes: number;
  /** Resident bytes once the program was warm, the most of the first half of the records, and the most of all. */
  readonly startBytes: number;
  readonly halfBytes: number;
  readonly mostBytes: number;
  readonly ms: number;
  readonly records: number;
}

/** Some milliseconds of reading. */
const SAMPLE_RECORDS = 2500;

const [root = "", what = "", recordsText = "", warmUpText = ""] = process.argv.slice(2);
const read = root === "-" ? readNaively : readStore;
const newBytes = residentBytes();
await watch(Number(warmUpText));
const memory: StreamMemory = { newBytes, ...await watch(Number(recordsText)) };
console.log(JSON.stringify(memory));

/** Reads so many records and keeps none. */
async function watch(limit: number): Promise<Omit<StreamMemory, "newBytes">> {
  const startMs = performance.now();
  const startBytes = residentBytes();
  let [halfBytes, mostBytes, records] = [startBytes, startBytes, 0];
  for await (const _ of read(limit)) {
    records++;
    if (records % SAMPLE_RECORDS > 0) continue;
    mostBytes = Math.max(mostBytes, residentBytes());
    if (records <= limit / 2) halfBytes = mostBytes;
  }
  return { startBytes, halfBytes, mostBytes, ms: performance.now() - startMs, records };
}

async function* readStore(limit: number): AsyncGenerator<unknown, void, void> {
  const query: ReadQuery = { ...JSON.parse(what), limit };
  await using store = await openStore(root);
  yield* store.read(query);
}

/** What a program without Varve would do: inflate, split into lines, parse. */
async function* readNaively(limit: number): AsyncGenerator<unknown, void, void> {
  const files: readonly string[] = JSON.parse(what);
  let left = limit;
  for (const file of files) {
    const bytes = createReadStream(file);
    const lines = createInterface({ input: file.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes });
    for await (const line of lines) {
      yield JSON.parse(line);
      left--;
      if (left === 0) return;
    }
  }
}

function residentBytes(): number {
  return process.memoryUsage().rss;
}
