/**
 * P14: how many OTLP log records a second does the service take into files, from one sender?
 *
 * - Measured: records/s of requests that follow each other on one connection, protobuf, each answered once the operating
 *   system has its records. Bodies are encoded beforehand. The service, the sender and the peer, a server that reads
 *   bodies and drops them, are processes of their own on the same runtime.
 * - Size: 400 requests of 512 records, after 40 more (small: 4 after 1); 5 rounds.
 * - A worse number: profile the decoder of protobuf first, then the way from a request to its body.
 *
 * Command line: `deno run -A bench/main.ts P14`, `bun bench/main.ts P14`
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Bench, type BenchRun, median, roundCount } from "./comparison.ts";
import { runProgram, runtimeArgs } from "./program.ts";
import type { OtlpTimes } from "./programs/otlp_client.ts";
import { countLines } from "./written_lines.ts";

const REQUESTS = { small: { measured: 4, warmUp: 1 }, real: { measured: 400, warmUp: 40 } } as const;
/** What an exporter sends at once unless told otherwise. */
const REQUEST_RECORDS = 512;
const SERVICE = new URL("../src/cli/main.ts", import.meta.url);
const BODY_SINK = new URL("./programs/body_sink.ts", import.meta.url);

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
}

/** See the module. */
export const otlpLogs: Bench = {
  ids: ["P14"],
  async run(run) {
    const rounds: { readonly ours: number; readonly theirs: number }[] = [];
    for (let round = 0; round < roundCount(run); round++) {
      const ours = await measureService(run);
      const theirs = await measureServer(run, { program: BODY_SINK, args: [] });
      rounds.push({ ours, theirs });
      run.report(`OTLP round ${round + 1}: ${thousands(ours)} records/s, dropped unread ${thousands(theirs)}`);
    }
    return [{
      id: "P14",
      what: "OTLP log records into files",
      unit: "records/s",
      ours: median(rounds.map(({ ours }) => ours)),
      peer: { name: "bodies dropped", value: median(rounds.map(({ theirs }) => theirs)) },
      ratios: rounds.map(({ ours, theirs }) => ours / theirs),
      must: "100k/s",
      moonshot: "400k/s",
      proof: `${sentRecords(run)} lines`,
    }];
  },
};

async function measureService(run: BenchRun): Promise<number> {
  const root = run.directory();
  const rate = await measureServer(run, { program: SERVICE, args: ["serve", "--port", "0", "--root", root] });
  const lines = countLines(root);
  if (lines === sentRecords(run)) return rate;
  throw new Error(`Cannot measure the service: of ${sentRecords(run)} records ${lines} are on disk`);
}

/** Records/s that a server takes. */
async function measureServer(
  run: BenchRun,
  server: { readonly program: URL; readonly args: readonly string[] },
): Promise<number> {
  const { measured, warmUp } = REQUESTS[run.size];
  const { url, process: child } = await start(server.program, server.args);
  try {
    const counts = [measured, warmUp, REQUEST_RECORDS].map(String);
    const times: OtlpTimes = runProgram("otlp_client.ts", [`${url}/v1/logs`, ...counts]);
    return measured * REQUEST_RECORDS / (times.ms / 1000);
  } finally {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  }
}

/** Starts a server on this runtime and waits for the line in which it says where it listens. */
async function start(program: URL, args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [...runtimeArgs(program), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url !== undefined) return { url, process: child };
  }
  throw new Error(`Cannot start ${program.pathname}: it ended before it listened`);
}

function sentRecords(run: BenchRun): number {
  const { measured, warmUp } = REQUESTS[run.size];
  return (measured + warmUp) * REQUEST_RECORDS;
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)}k`;
}
