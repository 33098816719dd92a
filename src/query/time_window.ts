/**
 * Tells of a line that its record's time lies outside a range, without parsing it.
 *
 * @module
 */

import type { TimeSource } from "../model/record_time.ts";
import { formatRfc3339, type TimeNs, type TimeRange } from "../model/time.ts";

const AFTER_DIGITS = ":";
const SECONDS_LENGTH = "2026-11-20T12:00:00".length;

/** The years whose text sorts as the times do: those of four digits, but for the first, in which the one before can fall. */
const EARLIEST_WITH_TEXT = BigInt(Date.UTC(1)) * 1_000_000n;
const LATEST_WITH_TEXT = BigInt(Date.UTC(9999)) * 1_000_000n;

/**
 * Whether a line can hold a record with a time in `range`. It looks only at the usual form, a UTC time at the start, and there
 * only at whole seconds; every other line can.
 */
export function timeWindow(range: TimeRange, source: TimeSource): (line: string) => boolean {
  if (source.kind !== "field") return () => true;
  const key = `"${source.field}"`;
  const marker = `${key}:"`;
  const textStart = marker.length + 1;
  const earliest = secondsText(range.earliest, "");
  const latest = secondsText(range.latest, AFTER_DIGITS);
  return (line) => {
    if (!line.startsWith(marker, 1)) return true;
    const seconds = line.slice(textStart, textStart + SECONDS_LENGTH);
    if (seconds >= earliest && seconds <= latest) return true;
    // A leap second is the first moment of the next minute.
    if (seconds[10] !== "T" || seconds.endsWith("60")) return true;
    const end = line.indexOf('"', textStart);
    // What is no time at all is in no range either. A second field of that name would count instead, also one in escapes.
    return line[end - 1] !== "Z" || line.includes(key, end) || line.includes("\\u", textStart);
  };
}

function secondsText(time: TimeNs, outside: string): string {
  if (time < EARLIEST_WITH_TEXT || time > LATEST_WITH_TEXT) return outside;
  return formatRfc3339(time).slice(0, SECONDS_LENGTH);
}
