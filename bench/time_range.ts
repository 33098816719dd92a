/**
 * P8: how fast is a range of one minute out of a compressed log, beside reading all of it?
 *
 * - Measured: the time from `openStore` to the last record of the minute, in a new process; in a line of its own, the time
 *   of further minutes, asked of the same store. The runtime's own start is in neither. The peer is a pipeline's time from
 *   start to end. All files are in the page cache. Each round asks for another minute. Further lines have half of the last
 *   segment active, not yet compressed and without a table of its times: so is a journal most of the time.
 * - Size: 1 GiB of log in ten segments, one day, so that a minute is a 1440th of it (small: 1 MiB); 5 rounds.
 * - A worse number: look at how many blocks are inflated, and at what a segment costs whose times lie elsewhere.
 *
 * Command line: `deno run -A bench/main.ts P8`, `bun bench/main.ts P8`
 *
 * @module
 */

import type { Bench } from "./comparison.ts";
import { type LogSearch, searchLog } from "./log_search.ts";
import { ZCAT_GREP } from "./outside_search.ts";
import { linkUnfinished } from "./subjects/history_log.ts";

const MINUTE_MS = 60_000;
/** `2026-04-30T12:34` */
const MINUTE_CHARS = 16;

const MINUTE: LogSearch = {
  id: "P8",
  what: "one minute",
  query({ ts }) {
    const fromMs = Date.parse(`${ts.slice(0, MINUTE_CHARS)}Z`);
    return { from: fromMs, to: fromMs + MINUTE_MS };
  },
  text: ({ ts }) => `"ts":"${ts.slice(0, MINUTE_CHARS)}`,
  peers: [{ search: ZCAT_GREP, must: "100×", moonshot: "1000×" }],
};

const MINUTE_OF_UNFINISHED: LogSearch = {
  ...MINUTE,
  what: "one minute, half a segment active",
  journal: ({ root }) => linkUnfinished(root, "unfinished"),
  peers: [{ search: ZCAT_GREP }],
};

/** See the module. */
export const timeRange: Bench = {
  ids: ["P8"],
  run: async (run) => [...await searchLog(run, MINUTE), ...await searchLog(run, MINUTE_OF_UNFINISHED)],
};
