/**
 * The machine's own clock.
 *
 * @module
 */

import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Clock, StopTimer } from "./clock.ts";

/** The longest delay a runtime takes, in milliseconds; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's wall clock, monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (callback, delayMs) => startTimer(callback, delayMs, (timer) => timer.unref()),
  turn: () => new Promise((resolve) => void setImmediate(resolve)),
  sleep: (delayMs) => new Promise((resolve) => void startTimer(resolve, delayMs, (timer) => timer.ref())),
};

/** Waits in steps that a runtime takes; `prepare` sees the timer of each. */
function startTimer(callback: () => void, delayMs: number, prepare: (timer: NodeJS.Timeout) => void): StopTimer {
  let timer: NodeJS.Timeout;
  const wait = (remainingMs: number) => {
    const stepMs = Math.min(Math.max(remainingMs, 0), TIMER_MAX_MS);
    timer = setTimeout(() => remainingMs > stepMs ? wait(remainingMs - stepMs) : callback(), stepMs);
    prepare(timer);
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
