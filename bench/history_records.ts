/**
 * The records that the benchmarks of reading search: a gateway's calls of tools, in the form of Go's `log/slog`; seeded,
 * times included, about 226 bytes as a line, of which `gzip -6` leaves about a quarter.
 *
 * Some hundred calls run at any moment, and each of them is a trace of 5 to 10 lines, so that the lines of one trace stand
 * among thousands of others. Ids do not repeat.
 *
 * @module
 */

import { Random } from "./random.ts";

/** One line of the log. */
export interface HistoryRecord {
  readonly ts: string;
  readonly level: string;
  readonly msg: string;
  readonly tool: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly request_id: string;
  readonly duration_ms?: number;
  readonly bytes?: number;
}

/** A call under way. */
interface Trace {
  readonly id: string;
  readonly tool: string;
  linesLeft: number;
}

/** The first moment of the log. */
export const HISTORY_START_MS = Date.UTC(2026, 3, 30);

/** Bytes of a line, on average. */
export const HISTORY_RECORD_BYTES = 226;

const SEED = 0x1f83d9ab;
const OPEN_TRACES = 512;
const TRACE_LINES_MIN = 5;
const TRACE_LINES_MAX = 10;
/** Of 100 lines, one is an error, four are warnings and ten are for debugging. */
const LEVELS_BY_PERCENT = ["ERROR", ...Array(4).fill("WARN"), ...Array(10).fill("DEBUG"), ...Array(85).fill("INFO")];
/** One call in five searches. */
const TOOLS = [
  "search",
  "search",
  "fetch",
  "list_issues",
  "read_file",
  "write_file",
  "query",
  "post",
  "click",
  "lookup",
];
const MESSAGES = [
  "tool call finished",
  "tool call started",
  "request forwarded",
  "session resumed",
  "cache refreshed",
  "response streamed",
  "token refreshed",
  "upstream answered",
];
const DURATIONS_MS = 1000;
const SIZES_BYTES = 65_536;

/** Draws one record after another. */
export class HistorySource {
  readonly #random = new Random(SEED);
  readonly #stepMs: number;
  readonly #traces: Trace[];
  #timeMs = HISTORY_START_MS;

  /** @param stepMs Time between two records, on average; a fraction of a millisecond is no problem. */
  constructor(stepMs: number) {
    this.#stepMs = stepMs;
    this.#traces = Array.from({ length: OPEN_TRACES }, () => this.#trace());
  }

  /** The next record, no earlier than the one before. */
  record(): HistoryRecord {
    const random = this.#random;
    this.#timeMs += this.#stepMs * 2 * random.below(1024) / 1023;
    const { id, tool } = this.#nextTrace();
    const head = {
      ts: new Date(this.#timeMs).toISOString(),
      level: random.pick(LEVELS_BY_PERCENT),
      msg: random.pick(MESSAGES),
      tool,
      trace_id: id,
      span_id: random.hex(2),
      request_id: random.hex(2),
    };
    // What has just begun has neither taken time nor moved bytes.
    if (head.msg === "tool call started") return head;
    return { ...head, duration_ms: random.below(DURATIONS_MS), bytes: random.below(SIZES_BYTES) };
  }

  /** The trace of the next line; the last line of a trace makes room for a new one. */
  #nextTrace(): Trace {
    const index = this.#random.below(OPEN_TRACES);
    // All places are taken from the start.
    const trace = this.#traces[index]!;
    trace.linesLeft--;
    if (trace.linesLeft === 0) this.#traces[index] = this.#trace();
    return trace;
  }

  #trace(): Trace {
    const random = this.#random;
    return {
      id: random.hex(4),
      tool: random.pick(TOOLS),
      linesLeft: TRACE_LINES_MIN + random.below(TRACE_LINES_MAX - TRACE_LINES_MIN + 1),
    };
  }
}
