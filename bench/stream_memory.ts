/**
 * `memory`: how much more memory does a program need while a result of ten million records streams through it?
 *
 * - Measured: the most resident memory of the process while it reads, above what it had when it began, looked at every 2500
 *   records. A first result of two million records has warmed it up. What the process had when it was new is printed as
 *   well, and how much more it needed in the second half of the result. The peer is the same runtime's `createGunzip`,
 *   `readline` and `JSON.parse` over the same files: what it needs is the runtime's.
 * - Size: 10,000,000 records of about 226 bytes (small: 5000), the segments of the log of P8 several times over; one round,
 *   for each figure is the most of some thousand.
 * - A worse number: V8 doubles its room for young objects, up to 32 MiB at once, when enough of them have outlived a
 *   collection, which may be late. Nothing but that should be needed in the second half; else something grows with the
 *   result.
 *
 * Command line: `deno run -A bench/main.ts memory`, `bun bench/main.ts memory`
 *
 * @module
 */

import type { ReadQuery } from "../mod.ts";
import type { Bench, Comparison } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { StreamMemory } from "./programs/stream_memory.ts";
import { linkSegments, LOG_KEY, logFiles } from "./subjects/history_log.ts";

interface Reading {
  readonly what: string;
  readonly query: Pick<ReadQuery, "server" | "order" | "filter">;
}

const RECORDS = { small: { measured: 5000, warmUp: 1000 }, real: { measured: 10_000_000, warmUp: 2_000_000 } } as const;
const SERVERS = ["copies-a", "copies-b"] as const;
const READINGS: readonly Reading[] = [
  { what: "oldest first", query: { server: SERVERS[0] } },
  { what: "newest first", query: { server: SERVERS[0], order: "newest" } },
  { what: "through a filter", query: { server: SERVERS[0], filter: "duration_ms>=0" } },
  { what: "of two servers", query: { server: SERVERS } },
];
/** Not every record has what the filter asks for. */
const FILTER_MARGIN = 1.2;
const MIB = 1024 * 1024;
/** Less is the difference of two looks. */
const RESOLUTION_BYTES = MIB / 16;

/** See the module. */
export const streamMemory: Bench = {
  ids: ["memory"],
  async run(run) {
    const { root, records } = await run.historyLog();
    const { measured, warmUp } = RECORDS[run.size];
    const copies = Math.ceil(FILTER_MARGIN * measured / records);
    const [key = LOG_KEY] = SERVERS.map((server) => linkSegments(root, { server, copies }));
    const measure = (name: string, args: readonly string[]): StreamMemory => {
      const memory: StreamMemory = runProgram("stream_memory.ts", [...args, String(measured), String(warmUp)]);
      run.report(
        `${name}: ${span(memory)}, ` +
          `${Math.round(memory.records / memory.ms)}k records/s`,
      );
      if (memory.records === measured) return memory;
      throw new Error(`Cannot measure memory: of ${measured} records ${memory.records} were read`);
    };
    const naive = measure("gunzip, lines, parse", ["-", JSON.stringify(logFiles(root, key))]);
    return READINGS.map(({ what, query }): Comparison => {
      const ours = measure(what, [root, JSON.stringify({ ...LOG_KEY, ...query })]);
      return {
        id: "memory",
        what: `more memory, ${what}`,
        unit: "bytes",
        ours: riseOf(ours),
        peer: { name: "gunzip, lines, parse", value: riseOf(naive) },
        ratios: [riseOf(ours) / riseOf(naive)],
        must: "32 MiB",
        proof: `${ours.records} records, ${span(ours)}`,
      };
    });
  },
};

function riseOf({ startBytes, mostBytes }: StreamMemory): number {
  return Math.max(RESOLUTION_BYTES, mostBytes - startBytes);
}

/** What the process had once it was warm, at most from then on, more in the second half, and when it was new. */
function span({ newBytes, startBytes, halfBytes, mostBytes }: StreamMemory): string {
  const bytes = [startBytes, mostBytes, mostBytes - halfBytes, newBytes];
  const [start, most, later, before] = bytes.map((value) => (value / MIB).toFixed(0));
  return `${start} to ${most} MiB, second half +${later}, new ${before}`;
}
