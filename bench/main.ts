/**
 * Measures Varve side by side with its peers, prints a table and writes `results.json`. A missed target fails nothing;
 * only a benchmark that breaks makes the exit status 1.
 *
 * Command line: `deno run -A bench/main.ts`, `bun bench/main.ts`
 *
 * - names of targets (`P1 P4`): only these; nothing is written
 * - `--small`: tiny inputs, which show that everything works and measure nothing; nothing is written
 * - `--log-mib <number>`: MiB of the log that P8, P9, P10 and `memory` search, 1024 where it is left out
 * - `--results <path>`: writes the results there in any case
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { append } from "./append.ts";
import { appendCost } from "./append_cost.ts";
import type { Bench, BenchRun, Comparison, SkippedComparison } from "./comparison.ts";
import { compressedSize } from "./compressed_size.ts";
import { durableAppend } from "./durable_append.ts";
import { eventLoopStall } from "./event_loop_stall.ts";
import { machineFacts } from "./machine.ts";
import { logScan } from "./log_scan.ts";
import { openJournal } from "./open_journal.ts";
import { otlpLogs } from "./otlp_logs.ts";
import { sampleHistory } from "./sample_history.ts";
import { sqliteAppend } from "./sqlite_append.ts";
import { streamMemory } from "./stream_memory.ts";
import { type HistoryLog, makeHistoryLog } from "./subjects/history_log.ts";
import { formatTable } from "./table.ts";
import { timeRange } from "./time_range.ts";
import { traceLookup } from "./trace_lookup.ts";

const BENCHES: readonly Bench[] = [
  append,
  sqliteAppend,
  appendCost,
  eventLoopStall,
  durableAppend,
  openJournal,
  timeRange,
  traceLookup,
  logScan,
  streamMemory,
  compressedSize,
  otlpLogs,
  sampleHistory,
];
const MIB = 1024 * 1024;
const SMALL_LOG_BYTES = MIB;
const RESULTS_PATH = fileURLToPath(new URL("./results.json", import.meta.url));

const { values, positionals } = parseArgs({
  options: {
    small: { type: "boolean", default: false },
    "log-mib": { type: "string", default: "1024" },
    results: { type: "string" },
  },
  allowPositionals: true,
});
const benches = chooseBenches(positionals);
const isWhole = !values.small && positionals.length === 0;
const logBytes = values.small ? SMALL_LOG_BYTES : Number(values["log-mib"]) * MIB;
const resultsPath = values.results ?? (isWhole ? RESULTS_PATH : undefined);
await runAll();

/** The benchmarks that answer for any of the named targets; all of them when none is named. */
function chooseBenches(names: readonly string[]): readonly Bench[] {
  const known = BENCHES.flatMap(({ ids }) => ids);
  for (const name of names) {
    if (!known.some((id) => id === name)) {
      throw new RangeError(
        `Cannot measure "${name}": the targets are ${known.join(", ")}`,
      );
    }
  }
  return names.length === 0 ? BENCHES : BENCHES.filter(({ ids }) => ids.some((id) => names.includes(id)));
}

async function runAll(): Promise<void> {
  const started = new Date();
  const root = mkdtempSync(join(tmpdir(), "varve-bench-"));
  try {
    const machine = machineFacts(root);
    console.log(
      Object.entries(machine).map(([name, fact]) => `${name}: ${JSON.stringify(fact)}`).join("\n"),
    );
    const lines: (Comparison | SkippedComparison)[] = [];
    let log: Promise<HistoryLog> | undefined;
    const historyLog = () => log ??= makeLog(root);
    for (const bench of benches) lines.push(...await runOne(bench, { root, historyLog }));
    console.log(`\n${formatTable(lines)}\n`);
    const seconds = Math.round((Date.now() - started.getTime()) / 1000);
    console.log(
      `${seconds} s; ratio is ours ÷ peer, the median of the rounds (lowest–highest)`,
    );
    const size = values.small ? "small" : "real";
    if (resultsPath !== undefined) {
      writeResults(resultsPath, { started, size, seconds, machine, lines });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function makeLog(root: string): Promise<HistoryLog> {
  const log = await makeHistoryLog(mkdtempSync(join(root, "log-")), logBytes);
  const [rawMib, storedMib] = [log.rawBytes / MIB, log.storedBytes / MIB].map((mib) => mib.toFixed(1));
  console.error(`made a log of ${log.records} records, ${rawMib} MiB, on disk ${storedMib} MiB`);
  return log;
}

/** Each benchmark has a directory of its own, which is removed before the next one starts. */
async function runOne(
  bench: Bench,
  shared: { readonly root: string } & Pick<BenchRun, "historyLog">,
): Promise<readonly (Comparison | SkippedComparison)[]> {
  const { root, historyLog } = shared;
  const parent = mkdtempSync(join(root, "bench-"));
  const run: BenchRun = {
    size: values.small ? "small" : "real",
    directory: () => mkdtempSync(join(parent, "run-")),
    historyLog,
    report: (line) => console.error(line),
  };
  try {
    return await bench.run(run);
  } catch (error) {
    // What the others measured is worth keeping.
    process.exitCode = 1;
    console.error(error);
    return bench.ids.map((id) => ({ id, what: "no figures", skipped: `failed: ${error}` }));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Keeps what the file holds of the other runtime. */
function writeResults(
  path: string,
  results: Readonly<Record<string, unknown>>,
): void {
  const runtime = process.versions["deno"] === undefined ? "bun" : "deno";
  const all = { ...readResults(path), [runtime]: results };
  writeFileSync(path, JSON.stringify(all, null, 2) + "\n");
  console.log(`Wrote ${path}`);
}

function readResults(path: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // The first run, or a file that somebody cut short: it is written anew.
    return {};
  }
}
