/**
 * Appends to so many journals in turn that not all of them can be open, and counts what the process holds meanwhile.
 *
 * Arguments: root, number of journals, signals of each server. Prints what was seen.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openStore } from "../../../mod.ts";
import { BUILT_IN_SIGNALS } from "../../../src/model/signal.ts";
import { numbered } from "../stores.ts";

/** What the process held at one moment. */
interface Holdings {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly openFiles: number;
}

/** What the program prints. */
export interface ManyJournalsReport {
  readonly before: Holdings;
  readonly after: Holdings;
  readonly openFilesMax: number;
  readonly openJournalsMax: number;
  readonly heldFoldersMax: number;
  readonly accepted: number;
  readonly written: number;
  readonly failures: number;
  /** Of all journals, each by itself. */
  readonly tailRecords: number;
  /** Of all journals, those of one signal merged. */
  readonly mergedRecords: number;
  readonly openFilesAtEnd: number;
}

const ROUNDS = 2;
const LOOK_EVERY = 50;

const [root = "", countText = "", signalsText = ""] = process.argv.slice(2);
const signals = BUILT_IN_SIGNALS.slice(0, Number(signalsText)).map(({ name }) => name);
const keys = Array.from({ length: Number(countText) }, (_, index) => ({
  stack: "shop",
  server: `server-${Math.floor(index / signals.length)}`,
  signal: signals[index % signals.length] ?? "",
}));
const store = await openStore(root);
const before = holdings();
const maxima = { openFilesMax: 0, openJournalsMax: 0, heldFoldersMax: 0 };
for (let round = 0; round < ROUNDS; round++) await appendToAll(round);
await store.flush();
look();
const after = holdings();
const { records, failures } = store.stats();
const accounts = Object.values(records);
const tailRecords = await readTails();
const mergedRecords = await readMerged();
await store.close();
const report: ManyJournalsReport = {
  before,
  after,
  ...maxima,
  accepted: accounts.reduce((sum, { accepted }) => sum + accepted, 0),
  written: accounts.reduce((sum, { written }) => sum + written, 0),
  failures: failures.length,
  tailRecords,
  mergedRecords,
  openFilesAtEnd: openFiles(),
};
console.log(JSON.stringify(report));
process.exit(0);

async function appendToAll(round: number): Promise<void> {
  for (const [index, key] of keys.entries()) {
    store.journal(key).append(numbered(round));
    if (index % LOOK_EVERY > 0) continue;
    look();
    await turn();
  }
}

function look(): void {
  const { openJournals, heldFolders } = store.stats();
  maxima.openFilesMax = Math.max(maxima.openFilesMax, openFiles());
  maxima.openJournalsMax = Math.max(maxima.openJournalsMax, openJournals);
  maxima.heldFoldersMax = Math.max(maxima.heldFoldersMax, heldFolders);
}

async function readTails(): Promise<number> {
  let records = 0;
  for (const signal of signals) {
    records += (await store.tail({ stack: "shop", signal }, { count: ROUNDS * keys.length })).length;
    look();
  }
  return records;
}

async function readMerged(): Promise<number> {
  let records = 0;
  for (const signal of signals) {
    for await (const _ of store.read({ stack: "shop", signal })) if (records++ % LOOK_EVERY === 0) look();
  }
  return records;
}

function holdings(): Holdings {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, openFiles: openFiles() };
}

function collectGarbage(): void {
  const { Bun: bun } = globalThis as { Bun?: { gc(isForced: boolean): void } };
  if (bun !== undefined) return bun.gc(true);
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** Zero where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
