/**
 * P9: how fast are the lines of one trace out of a compressed log, beside reading all of it?
 *
 * - Measured: the time from `openStore` to the last record, in a new process; in a line of its own, the time of further
 *   traces, asked of the same store. The runtime's own start is in neither. A peer's time is that from start to end;
 *   ripgrep decompresses on every core. All files are in the page cache. Each round asks for another trace.
 * - Size: 1 GiB of log in ten segments, traces of 5 to 10 lines that stand within some hundred kB (small: 1 MiB);
 *   5 rounds.
 * - A worse number: look at how many blocks are inflated, against how many the trace stands in.
 *
 * Command line: `deno run -A bench/main.ts P9`, `bun bench/main.ts P9`
 *
 * @module
 */

import type { Bench } from "./comparison.ts";
import { type LogSearch, searchLog } from "./log_search.ts";
import { RIPGREP, ZCAT_GREP } from "./outside_search.ts";

const TRACE: LogSearch = {
  id: "P9",
  what: "one trace",
  query: ({ traceId }) => ({ filter: { kind: "equals", field: "trace_id", value: traceId } }),
  text: ({ traceId }) => traceId,
  peers: [{ search: ZCAT_GREP, must: "50×", moonshot: "500×" }, { search: RIPGREP }],
};

/** See the module. */
export const traceLookup: Bench = { ids: ["P9"], run: (run) => searchLog(run, TRACE) };
