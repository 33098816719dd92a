/**
 * OTLP's times (nanoseconds in 64 bits, without sign) as RFC 3339 text, and back.
 *
 * @module
 */

import { formatRfc3339, parseRfc3339, type TimeNs } from "../model/time.ts";

const NS_PER_SECOND = 1_000_000_000n;
const TIME_MAX = 2n ** 64n - 1n;

/** Writes times like `formatRfc3339`, several times quicker where most of them lie in the same second. */
export class TimestampFormatter {
  #second: TimeNs = -NS_PER_SECOND;
  #prefix = "";

  /** RFC 3339 in UTC, with as many fractional digits as the time needs. */
  format(time: TimeNs): string {
    const ns = Number(time - this.#second);
    if (ns < 0 || ns >= 1e9) return this.#formatNewSecond(time);
    if (ns === 0) return `${this.#prefix}Z`;
    let digits = String(1e9 + ns).slice(1);
    while (digits.endsWith("0")) digits = digits.slice(0, -1);
    return `${this.#prefix}.${digits}Z`;
  }

  #formatNewSecond(time: TimeNs): string {
    const text = formatRfc3339(time);
    this.#second = time - time % NS_PER_SECOND;
    this.#prefix = text.slice(0, "2026-01-01T00:00:00".length);
    return text;
  }
}

/** Reads RFC 3339 text; `undefined` for anything else and for times that OTLP cannot hold. */
export function parseTimestamp(text: unknown): TimeNs | undefined {
  const time = typeof text === "string" ? parseRfc3339(text) : undefined;
  return time !== undefined && time >= 0n && time <= TIME_MAX ? time : undefined;
}
