/**
 * The facts about the machine that figures are published with.
 *
 * @module
 */

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type as systemName } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runtimeName } from "../src/platform/runtime.ts";
import { quantile } from "./comparison.ts";
import { RecordSource } from "./records.ts";

/** See the module. */
export interface MachineFacts {
  readonly runtime: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryMib: number;
  /** What `fdatasync` takes after 4 KiB were appended. On a virtual disk it is no promise about hardware. */
  readonly fdatasyncUs: { readonly p50: number; readonly p99: number };
  /** The records of the append benchmarks. */
  readonly record: { readonly bytes: number; readonly gzipShare: number };
}

const SYNCS = 200;
const SAMPLE_RECORDS = 20_000;

/** Takes the facts; writes a file below `directory`. */
export function machineFacts(directory: string): MachineFacts {
  return {
    runtime: runtimeName(),
    system: `${systemName()} ${release()}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / 1024 / 1024),
    fdatasyncUs: measureSync(directory),
    record: sampleRecords(),
  };
}

function measureSync(directory: string): MachineFacts["fdatasyncUs"] {
  const descriptor = openSync(join(directory, "sync"), "w");
  const page = new Uint8Array(4096).fill(0x20);
  const times = new Float64Array(SYNCS);
  for (let index = 0; index < SYNCS; index++) {
    writeSync(descriptor, page);
    const startMs = performance.now();
    fdatasyncSync(descriptor);
    times[index] = (performance.now() - startMs) * 1000;
  }
  closeSync(descriptor);
  times.sort();
  return {
    p50: Math.round(quantile(times, 0.5)),
    p99: Math.round(quantile(times, 0.99)),
  };
}

function sampleRecords(): MachineFacts["record"] {
  const source = new RecordSource();
  const lines = Array.from(
    { length: SAMPLE_RECORDS },
    () => JSON.stringify(source.record()) + "\n",
  );
  const bytes = new TextEncoder().encode(lines.join(""));
  const gzipShare = gzipSync(bytes, { level: 6 }).length / bytes.length;
  return {
    bytes: Math.round(bytes.length / SAMPLE_RECORDS),
    gzipShare: Math.round(gzipShare * 1000) / 1000,
  };
}
