/**
 * Points in time: nanoseconds since the epoch as a `bigint`, and RFC 3339 text.
 *
 * @module
 */

/** Nanoseconds since 1970-01-01T00:00:00Z. */
export type TimeNs = bigint;

/** A point in time as callers give it: a `Date`, milliseconds since the epoch, or RFC 3339 text. */
export type TimeInput = Date | number | string;

/** A span of record times, both ends inclusive. */
export interface TimeRange {
  readonly earliest: TimeNs;
  readonly latest: TimeNs;
}

/** Before and behind every time that RFC 3339 can say, those that 64 bits do not hold included. */
export const BEFORE_ALL_TIMES: TimeNs = -(2n ** 80n);
/** See {@linkcode BEFORE_ALL_TIMES}. */
export const BEHIND_ALL_TIMES: TimeNs = 2n ** 80n;

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
  ["d", 24 * 3600e9],
]);
const DURATION_PART = /(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(ns|[uµμm]s|[smhd])/y;

/**
 * Reads RFC 3339 text with any offset and up to nanoseconds; finer digits are cut off. Returns `undefined` for anything
 * else, a day that does not exist included.
 *
 * The body names nothing outside itself, because the compressing Worker receives it as source text.
 */
export function parseRfc3339(text: string): TimeNs | undefined {
  // Every record's time goes through here: reading digits by hand takes a seventh of what a regular expression does.
  const digitAt = (at: number) => {
    const digit = text.charCodeAt(at) - 0x30;
    return digit >= 0 && digit <= 9 ? digit : Number.NaN;
  };
  const twoAt = (at: number) => 10 * digitAt(at) + digitAt(at + 1);
  const hasMarks = text[4] === "-" && text[7] === "-" && text[13] === ":" && text[16] === ":";
  if (!hasMarks || (text[10] !== "T" && text[10] !== "t")) return undefined;
  const [year, month, day] = [100 * twoAt(0) + twoAt(2), twoAt(5), twoAt(8)];
  const [hour, minute, second] = [twoAt(11), twoAt(14), twoAt(17)];
  let end = 19;
  let fractionNs = 0;
  if (text[end] === ".") {
    for (let unitNs = 100_000_000; digitAt(++end) >= 0; unitNs = unitNs > 1 ? unitNs / 10 : 0) {
      fractionNs += digitAt(end) * unitNs;
    }
    if (end === 20) return undefined;
  }
  let offsetMinutes = 0;
  if (text[end] === "+" || text[end] === "-") {
    offsetMinutes = (60 * twoAt(end + 1) + twoAt(end + 4)) * (text[end] === "-" ? -1 : 1);
    if (text[end + 3] !== ":" || text.length !== end + 6) return undefined;
  } else if ((text[end] !== "Z" && text[end] !== "z") || text.length !== end + 1) return undefined;
  // A comparison with what is no digit is false. 60 is a leap second; it becomes the first moment of the next minute.
  if (!(hour <= 23 && minute <= 59 && second <= 60 && Math.abs(offsetMinutes) < 24 * 60)) return undefined;
  // Date.UTC takes the years 0 to 99 for others, and days that a month does not have for days of the next.
  const isUsual = year >= 100 && day >= 1 && day <= 28;
  const midnight = isUsual ? Date.UTC(year, month - 1, day) : new Date(0).setUTCFullYear(year, month - 1, day);
  const isDay = isUsual || new Date(midnight).getUTCDate() === day;
  if (!(month >= 1 && month <= 12 && isDay)) return undefined;
  const ms = midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000;
  return BigInt(ms) * 1_000_000n + BigInt(fractionNs);
}

/** Writes RFC 3339 in UTC, with as many fractional digits as the time needs (at most nine, no trailing zeros). */
export function formatRfc3339(time: TimeNs): string {
  const fraction = ((time % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = new Date(Number((time - fraction) / NS_PER_MS)).toISOString().slice(0, 19);
  if (fraction === 0n) return `${seconds}Z`;
  return `${seconds}.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}Z`;
}

/** Milliseconds since the epoch as nanoseconds; a fraction of a millisecond is kept to the microsecond. */
export function timeFromMs(ms: number): TimeNs {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/**
 * Reads a point in time that a caller gave.
 *
 * @param input The value.
 * @param parameter What it is called there, for the message.
 * @throws {RangeError} If it is no valid time.
 */
export function timeFromInput(input: TimeInput, parameter: string): TimeNs {
  if (typeof input === "string") {
    const time = parseRfc3339(input);
    if (time !== undefined) return time;
    throw new RangeError(`Cannot read "${parameter}": expected RFC 3339 text, received "${input}"`);
  }
  const ms = typeof input === "number" ? input : input.getTime();
  // The range of Date: what lies outside cannot be written back as RFC 3339.
  if (Math.abs(ms) <= 8.64e15) return timeFromMs(ms);
  throw new RangeError(`Cannot read "${parameter}": expected a valid Date or epoch milliseconds, received ${ms}`);
}

/**
 * Reads a point in time that a person wrote: RFC 3339, seconds since the epoch, or a time ago such as `-1h`.
 *
 * @param text The text.
 * @param options The time that it is now, in milliseconds since the epoch, and what the text is called, for the message.
 * @throws {RangeError} If it is none of these.
 */
export function timeFromText(
  text: string,
  { nowMs, parameter }: { readonly nowMs: number; readonly parameter: string },
): TimeInput {
  if (/^-\d{1,9}[smhd]$/.test(text)) return inRange(nowMs - durationMsFromText(text.slice(1), parameter), parameter);
  if (/^-?\d{1,12}(?:\.\d{1,9})?$/.test(text)) return inRange(Number(text) * 1000, parameter);
  // In a URL that is not escaped, the sign of an offset reads as a space.
  const written = text.replace(/ (?=\d\d:\d\d$)/, "+");
  if (parseRfc3339(written) !== undefined) return written;
  throw new RangeError(
    `Cannot read "${parameter}": expected RFC 3339, seconds since the epoch, or a time ago such as -1h, received "${text}"`,
  );
}

/**
 * Reads a length of time as Go writes them, and days: `150ms`, `1.5s`, `1h30m`, `7d`. In milliseconds, exact to the nanosecond
 * for lengths of up to a hundred days.
 *
 * @param text The text.
 * @param parameter What it is called there, for the message.
 * @throws {RangeError} If it is none.
 */
export function durationMsFromText(text: string, parameter: string): number {
  const part = new RegExp(DURATION_PART);
  let ns = 0;
  do {
    const [, amount = "", unit = ""] = part.exec(text) ?? [];
    ns += Math.round(Number(amount) * (NS_PER_UNIT.get(unit) ?? NaN));
  } while (part.lastIndex > 0 && part.lastIndex < text.length);
  if (!Number.isNaN(ns)) return ns / 1e6;
  throw new RangeError(
    `Cannot read "${parameter}": expected a duration such as 150ms, 1.5s, 1h30m or 7d, received "${text}"`,
  );
}

function inRange(ms: number, parameter: string): number {
  timeFromInput(ms, parameter);
  return ms;
}
