/**
 * What the engine asks of time.
 *
 * @module
 */

/** Stops a timer. Stopping twice, or after it fired, is harmless. */
export type StopTimer = () => void;

/** A source of time and timers. */
export interface Clock {
  /** The wall clock, in milliseconds since the epoch. May jump in either direction. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. The timer does not keep the process alive. */
  setTimer(callback: () => void, delayMs: number): StopTimer;
  /** Resolves after one turn of the event loop, in which timers, signals and requests that wait are served. Takes microseconds. */
  turn(): Promise<void>;
  /** Resolves after `delayMs`, and keeps the process alive until then: for what a caller waits for. */
  sleep(delayMs: number): Promise<void>;
}
