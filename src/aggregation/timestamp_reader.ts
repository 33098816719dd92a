/**
 * Reads RFC 3339 times out of the bytes of JSON strings.
 *
 * @module
 */

import { parseRfc3339 } from "../model/time.ts";
import { ASCII, isDigit, skipScalar } from "./json_bytes.ts";
import { type SplitTime, splitTime } from "./split_time.ts";

const { quote: QUOTE, dot: DOT, zero: ZERO, colon: COLON, capitalT: CAPITAL_T, capitalZ: CAPITAL_Z } = ASCII;
const DAY_LENGTH = "2026-11-20".length;
const FRACTION_OFFSET = "2026-11-20T12:00:00".length;
/** What a digit behind the point counts, in milliseconds for the first three places, then in nanoseconds. */
const UNITS_OF_PLACES = [100, 10, 1, 100_000, 10_000, 1000, 100, 10, 1];
const MS_PLACES = 3;

const decoder = new TextDecoder();

/**
 * Gives the same times as {@linkcode parseRfc3339}, and those of one day in a twentieth of the time: it remembers when the day
 * of the last one began.
 */
export class TimestampReader implements SplitTime {
  /** Whether what was read last is a time. `ms` and `ns` are its parts. */
  isKnown = false;
  ms = 0;
  ns = 0;
  readonly #day = new Uint8Array(DAY_LENGTH);
  #dayMs = NaN;

  /** Reads the scalar at `offset`; gives the offset behind it, or -1 where there is none. */
  read(bytes: Uint8Array, offset: number): number {
    const end = bytes[offset] === QUOTE ? this.#readUsual(bytes, offset + 1) : -1;
    return end < 0 ? this.#readUnusual(bytes, offset) : end;
  }

  /** A time in UTC with capitals and no more than nine places. */
  #readUsual(bytes: Uint8Array, offset: number): number {
    const isShaped = bytes[offset + 10] === CAPITAL_T && bytes[offset + 13] === COLON && bytes[offset + 16] === COLON;
    if (!isShaped || !this.#readDay(bytes, offset)) return -1;
    const hour = twoDigits(bytes, offset + 11);
    const minute = twoDigits(bytes, offset + 14);
    const second = twoDigits(bytes, offset + 17);
    // A leap second is unusual.
    if (!(hour < 24 && minute < 60 && second < 60)) return -1;
    let end = offset + FRACTION_OFFSET;
    let fractionMs = 0;
    let ns = 0;
    if (bytes[end] === DOT) {
      const start = ++end;
      for (let byte = bytes[end] ?? 0; isDigit(byte); byte = bytes[++end] ?? 0) {
        const unit = UNITS_OF_PLACES[end - start];
        if (unit === undefined) return -1;
        if (end - start < MS_PLACES) fractionMs += (byte - ZERO) * unit;
        else ns += (byte - ZERO) * unit;
      }
      if (end === start) return -1;
    }
    if (bytes[end] !== CAPITAL_Z || bytes[end + 1] !== QUOTE) return -1;
    this.ms = this.#dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs;
    this.ns = ns;
    this.isKnown = true;
    return end + 2;
  }

  /** Sets the start of the day that stands there; `false` where that is none. */
  #readDay(bytes: Uint8Array, offset: number): boolean {
    const day = this.#day;
    // From the end, where days differ.
    let index = DAY_LENGTH - 1;
    while (index >= 0 && bytes[offset + index] === day[index]) index--;
    if (index >= 0) {
      day.set(bytes.subarray(offset, offset + DAY_LENGTH));
      const start = parseRfc3339(`${decoder.decode(day)}T00:00:00Z`);
      this.#dayMs = start === undefined ? NaN : splitTime(start).ms;
    }
    return !Number.isNaN(this.#dayMs);
  }

  #readUnusual(bytes: Uint8Array, offset: number): number {
    const end = skipScalar(bytes, offset);
    const value: unknown = end < 0 ? undefined : JSON.parse(decoder.decode(bytes.subarray(offset, end)));
    const time = typeof value === "string" ? parseRfc3339(value) : undefined;
    this.isKnown = time !== undefined;
    ({ ms: this.ms, ns: this.ns } = splitTime(time ?? 0n));
    return end;
  }
}

/** The number that two digits make; `NaN` where there are none. */
function twoDigits(bytes: Uint8Array, offset: number): number {
  const tens = (bytes[offset] ?? 0) - ZERO;
  const ones = (bytes[offset + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
