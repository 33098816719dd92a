/**
 * The log records that the append benchmarks write: seeded, about 200 bytes as a line, of which `gzip -6` leaves about a
 * quarter.
 *
 * A record is built anew for each call and carries the time of the call, as a program's own would; what that costs is
 * part of every figure. `zerolog/main.go` draws the same values in the same order.
 *
 * @module
 */

import { Random } from "./random.ts";

/** What a logger that adds time, level and message by itself is given. */
export type SlogFields = {
  readonly trace_id: string;
  readonly span_id: string;
  readonly session: string;
  readonly duration_ms: number;
  readonly bytes: number;
};

/** One record in the form of Go's `log/slog`. */
export interface SlogRecord extends SlogFields {
  readonly ts: string;
  readonly level: string;
  readonly msg: string;
}

const SEED = 0x2545f491;
/** A power of two; far more ids than gzip's window of 32 KiB has lines, so that none repeats within it. */
const ID_COUNT = 16_384;
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

/** Draws the values of one record after another. */
export class RecordSource {
  readonly #traceIds: readonly string[];
  readonly #shortIds: readonly string[];
  readonly #random = new Random(SEED);

  constructor() {
    this.#traceIds = this.#ids(4);
    this.#shortIds = this.#ids(2);
  }

  /** The next record, whole. */
  record(): SlogRecord {
    const bits = this.#random.next();
    const more = this.#random.next();
    // Written out, not spread from fields(): a spread would be half the cost of the naive append.
    return {
      ts: new Date().toISOString(),
      level: "INFO",
      msg: MESSAGES[bits & 7] ?? "",
      trace_id: this.#traceIds[(bits >>> 3) & (ID_COUNT - 1)] ?? "",
      span_id: this.#shortIds[(bits >>> 17) & (ID_COUNT - 1)] ?? "",
      session: this.#shortIds[more & (ID_COUNT - 1)] ?? "",
      duration_ms: (more >>> 14) & 1023,
      bytes: more >>> 16,
    };
  }

  /** The next record's message and fields, for a logger that adds the rest. */
  parts(): { readonly msg: string; readonly fields: SlogFields } {
    const bits = this.#random.next();
    const more = this.#random.next();
    const fields = {
      trace_id: this.#traceIds[(bits >>> 3) & (ID_COUNT - 1)] ?? "",
      span_id: this.#shortIds[(bits >>> 17) & (ID_COUNT - 1)] ?? "",
      session: this.#shortIds[more & (ID_COUNT - 1)] ?? "",
      duration_ms: (more >>> 14) & 1023,
      bytes: more >>> 16,
    };
    return { msg: MESSAGES[bits & 7] ?? "", fields };
  }

  /** Ids of so many words of 32 bits. */
  #ids(words: number): readonly string[] {
    const ids = Array.from({ length: ID_COUNT }, () => this.#random.hex(words));
    // Parsed text is flat: an engine may keep a joined string in pieces, which would slow every use of it.
    return JSON.parse(JSON.stringify(ids));
  }
}
