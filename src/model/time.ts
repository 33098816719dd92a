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

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Reads RFC 3339 text with any offset and up to nanoseconds; finer digits are cut off. Returns `undefined` for anything
 * else, a day that does not exist included.
 *
 * The body names nothing outside itself, because the compressing Worker receives it as source text.
 */
export function parseRfc3339(text: string): TimeNs | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour, offsetMinute] = match;
  const midnightMs = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  // Date.parse turns "02-30" into the second of March on some engines, so the day is compared.
  if (Number.isNaN(midnightMs) || new Date(midnightMs).getUTCDate() !== Number(day)) return undefined;
  const offsetMinutes = sign === undefined ? 0 : Number(offsetHour) * 60 + Number(offsetMinute);
  // 60 is a leap second; it becomes the first moment of the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || offsetMinutes >= 24 * 60) return undefined;
  const minutes = Number(hour) * 60 + Number(minute) - (sign === "-" ? -offsetMinutes : offsetMinutes);
  const ms = midnightMs + minutes * 60_000 + Number(second) * 1000;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
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
