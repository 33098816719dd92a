/**
 * The time of records, worked out in another way than `src` does: no `Date`, no expression for the whole text.
 *
 * @module
 */
import type { TelemetryRecord } from "../../src/model/record.ts";
import type { TimeRange } from "../../src/model/time.ts";

const NS_PER_SECOND = 1_000_000_000n;
const NINE_ZEROS = "000000000";

/** Nanoseconds since the epoch that RFC 3339 text stands for, digits beyond them cut off; `undefined` for any other text. */
export function readTime(text: string): bigint | undefined {
  const [date = "", clock = "", ...others] = text.split(/[Tt]/);
  const offsetAt = clock.search(/[Zz+-]/);
  if (others.length > 0 || offsetAt < 0) return undefined;
  const [seconds = "", fraction, ...more] = clock.slice(0, offsetAt).split(".");
  const days = readDays(date);
  const second = readSecond(seconds);
  const offset = readOffset(clock.slice(offsetAt));
  if (more.length > 0 || (fraction !== undefined && !isDigits(fraction))) return undefined;
  if (days === undefined || second === undefined || offset === undefined) return undefined;
  return (BigInt(days) * 86_400n + BigInt(second - offset)) * NS_PER_SECOND +
    BigInt(((fraction ?? "") + NINE_ZEROS).slice(0, 9));
}

/** From the earliest to the latest time of a record; `undefined` where it has none. */
export function spanOfRecord(record: TelemetryRecord, signal: string): TimeRange | undefined {
  if (signal !== "traces") {
    const { ts } = record;
    const time = typeof ts === "string" ? readTime(ts) : undefined;
    return time === undefined ? undefined : { earliest: time, latest: time };
  }
  const times: bigint[] = [];
  for (const resource of listIn(record, "resourceSpans")) {
    for (const scope of listIn(resource, "scopeSpans")) {
      for (const span of listIn(scope, "spans")) times.push(...timesOfSpan(span));
    }
  }
  const [first, ...others] = times;
  if (first === undefined) return undefined;
  return {
    earliest: others.reduce((least, time) => time < least ? time : least, first),
    latest: others.reduce((most, time) => time > most ? time : most, first),
  };
}

/** Whether a record of this time is asked for; one without a time is only where neither bound is given. */
export function isWithin(
  span: TimeRange | undefined,
  { from, to }: { readonly from?: bigint | undefined; readonly to?: bigint | undefined },
): boolean {
  if (span === undefined) return from === undefined && to === undefined;
  return (from === undefined || span.latest >= from) && (to === undefined || span.earliest < to);
}

/** The start and the end of a span, as far as they are set: OTLP takes zero for nothing. */
function timesOfSpan(span: unknown): bigint[] {
  const { startTimeUnixNano, endTimeUnixNano } = span as Record<string, unknown>;
  return [startTimeUnixNano, endTimeUnixNano].map((time) => BigInt(String(time ?? 0))).filter((time) => time > 0n);
}

function listIn(holder: unknown, name: string): readonly unknown[] {
  const list = (holder as Record<string, unknown>)[name];
  return Array.isArray(list) ? list : [];
}

/** Days since the epoch (Hinnant, "chrono-compatible low-level date algorithms"). */
function readDays(date: string): number | undefined {
  const [year, month, day, ...others] = date.split("-");
  if (others.length > 0 || !isDigits(year, 4) || !isDigits(month, 2) || !isDigits(day, 2)) return undefined;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m)) return undefined;
  const fromMarch = m > 2 ? y : y - 1;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5) + d - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Seconds since midnight; the 60th of a minute, a leap second, is the first of the next. */
function readSecond(text: string): number | undefined {
  const [hour, minute, second, ...others] = text.split(":");
  if (others.length > 0 || !isDigits(hour, 2) || !isDigits(minute, 2) || !isDigits(second, 2)) return undefined;
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  return h <= 23 && m <= 59 && s <= 60 ? h * 3600 + m * 60 + s : undefined;
}

/** How many seconds the clock of an offset is ahead of UTC. */
function readOffset(text: string): number | undefined {
  if (text === "Z" || text === "z") return 0;
  const [hours, minutes, ...others] = text.slice(1).split(":");
  if (others.length > 0 || !isDigits(hours, 2) || !isDigits(minutes, 2)) return undefined;
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  if (seconds >= 86_400) return undefined;
  return text.startsWith("-") ? -seconds : seconds;
}

function isDigits(text: string | undefined, count?: number): boolean {
  return text !== undefined && /^[0-9]+$/.test(text) && (count === undefined || text.length === count);
}
