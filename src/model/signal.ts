/**
 * The kinds of record.
 *
 * @module
 */

import type { TimeSource } from "./record_time.ts";

/** What the engine knows of a signal. */
export interface SignalDefinition {
  /** Lower-case letters, digits and `_`, starting with a letter; at most 64 characters. */
  readonly name: string;
  /** Where its records carry their time. */
  readonly time: TimeSource;
  /** Whether each record is handed to the operating system before `append` returns. */
  readonly writesAtOnce: boolean;
  /** Whether the store's retention holds for it when the caller set none for this signal. */
  readonly isRetainedForever: boolean;
}

function define(name: string, special: Partial<SignalDefinition> = {}): SignalDefinition {
  const time: TimeSource = { kind: "field", field: "ts" };
  return { name, time, writesAtOnce: false, isRetainedForever: false, ...special };
}

/** The built-in signals, in the order that an inventory lists them. */
export const BUILT_IN_SIGNALS: readonly SignalDefinition[] = [
  define("logs"),
  define("metrics"),
  define("traces", { time: { kind: "spans" } }),
  define("timeseries"),
  define("metadata"),
  define("audit", { writesAtOnce: true, isRetainedForever: true }),
  define("events"),
  define("heartbeats"),
  define("requests"),
  define("alerts"),
  define("samples"),
];
