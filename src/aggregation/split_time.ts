/**
 * Times as two numbers: one loses nanoseconds, and `bigint` takes ten times as long.
 *
 * @module
 */

import type { TimeNs } from "../model/time.ts";

const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;

/** A point in time, or all of it before or behind every other. */
export interface SplitTime {
  /** Whole milliseconds since the epoch, rounded down; may be infinite. */
  readonly ms: number;
  /** Nanoseconds beyond them, less than a million. */
  readonly ns: number;
}

/** Before every time; stands for that of a record without one. */
export const BEFORE_ALL: SplitTime = { ms: -Infinity, ns: 0 };

/** Behind every time. */
export const BEHIND_ALL: SplitTime = { ms: Infinity, ns: 0 };

/** The two parts of a time. */
export function splitTime(time: TimeNs): SplitTime {
  const ms = Number(time / 1_000_000n);
  const ns = Number(time % 1_000_000n);
  return ns < 0 ? { ms: ms - 1, ns: ns + NS_PER_MS } : { ms, ns };
}

/** Whether a time is earlier than another. */
export function isBefore(time: SplitTime, other: SplitTime): boolean {
  return time.ms < other.ms || (time.ms === other.ms && time.ns < other.ns);
}

/** The earlier of two times. */
export function earlierOf(time: SplitTime, other: SplitTime): SplitTime {
  return isBefore(time, other) ? time : other;
}

/** The later of two times. */
export function laterOf(time: SplitTime, other: SplitTime): SplitTime {
  return isBefore(time, other) ? other : time;
}

/** Seconds from one time to another, rounded once for up to a hundred days. */
export function secondsBetween(from: SplitTime, to: SplitTime): number {
  return ((to.ms - from.ms) * NS_PER_MS + to.ns - from.ns) / NS_PER_SECOND;
}
