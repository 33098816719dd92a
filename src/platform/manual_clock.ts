/**
 * A clock that stands still until it is told to move.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock, StopTimer } from "./clock.ts";

interface PendingTimer {
  readonly callback: () => void;
  readonly dueMs: number;
}

/**
 * A {@linkcode Clock} for tests and simulations: time passes only in {@linkcode advance} and {@linkcode advanceAsync}.
 *
 * @example Let a second pass at once
 * ```ts
 * import assert from "node:assert/strict";
 * import { ManualClock } from "@varve/varve/testing";
 *
 * const clock = new ManualClock(Date.UTC(2026, 4, 5));
 * let seen: string | undefined;
 * clock.setTimer(() => (seen = new Date(clock.now()).toISOString()), 250);
 * clock.advance(1000);
 * assert.equal(seen, "2026-05-05T00:00:00.250Z");
 * ```
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<PendingTimer>();
  #monotonicMs = 0;
  #wallOffsetMs: number;

  /** Starts with the wall clock at `epochMs`, in milliseconds since the epoch, and the monotonic clock at 0. */
  constructor(epochMs: number) {
    this.#wallOffsetMs = epochMs;
  }

  /** How many timers wait: 0 once everything under test was closed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The wall clock, in milliseconds since the epoch. */
  now(): number {
    return this.#wallOffsetMs + this.#monotonicMs;
  }

  /** Milliseconds since the clock was made. */
  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Calls `callback` once the clock was advanced by `delayMs`; by 0 when it is not positive. */
  setTimer(callback: () => void, delayMs: number): StopTimer {
    const timer = { callback, dueMs: this.#monotonicMs + Math.max(delayMs, 0) };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Resolves after one turn of the event loop; no time passes. */
  turn(): Promise<void> {
    return settlePromises();
  }

  /** Resolves once the clock was advanced by `delayMs`. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.setTimer(resolve, delayMs));
  }

  /** Moves the wall clock to `epochMs`, forwards or backwards. Timers and the monotonic clock do not notice. */
  set(epochMs: number): void {
    this.#wallOffsetMs = epochMs - this.#monotonicMs;
  }

  /**
   * Lets `durationMs` pass. Calls the timers that fall due in the order of their time, then of their making, each at its
   * own time; those that a callback sets count too. A callback's error ends the call at that time.
   */
  advance(durationMs: number): void {
    const endMs = this.#endOf(durationMs);
    while (this.#fireNext(endMs));
    this.#monotonicMs = endMs;
  }

  /** Like {@linkcode advance}, and lets promises settle before the first timer, after each one, and at the end. */
  async advanceAsync(durationMs: number): Promise<void> {
    const endMs = this.#endOf(durationMs);
    do await settlePromises(); while (this.#fireNext(endMs));
    this.#monotonicMs = endMs;
    await settlePromises();
  }

  #endOf(durationMs: number): number {
    if (!(durationMs >= 0)) throw new RangeError(`Cannot advance the clock: received ${durationMs} ms`);
    return this.#monotonicMs + durationMs;
  }

  #fireNext(endMs: number): boolean {
    let next: PendingTimer | undefined;
    // A set keeps the order of insertion, so that of two timers with one time the older is found first.
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
    next.callback();
    return true;
  }
}

/** A turn of the event loop: promises that wait only for each other have settled after it. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
