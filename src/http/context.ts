/**
 * What every route works with.
 *
 * @module
 */

import type { Clock } from "../platform/clock.ts";
import type { Store } from "../store.ts";
import type { ServiceCounters } from "./service_counters.ts";

/** When a sender is told that its records were taken. */
export type Acknowledgement =
  /** Once the operating system has them: they outlive the process. */
  | "flushed"
  /** Once the disk has them: they outlive a loss of power. */
  | "synced";

/** What every route works with. */
export interface ServiceContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly counters: ServiceCounters;
  /** The stack of telemetry that names none. */
  readonly defaultStack: string;
  readonly acknowledgement: Acknowledgement;
  readonly bodyMaxBytes: number;
  /** Whether the service is about to end. */
  readonly isStopping: () => boolean;
}

/** One route. */
export interface Route {
  readonly method: "DELETE" | "GET" | "POST";
  /** Parts in braces are parameters: `/api/traces/{traceId}`. */
  readonly path: string;
  /** One line for a person. */
  readonly summary: string;
  /** Answers a request; `parts` are the path's parameters. */
  readonly answer: (request: Request, parts: Readonly<Record<string, string>>) => Response | Promise<Response>;
}

/** Why no telemetry can be taken now; empty if it can. */
export function unreadyReasons({ store, isStopping }: ServiceContext): readonly string[] {
  const { failures, queuedBytes } = store.stats();
  const reasons = failures.map(({ message }) => message);
  if (isStopping()) reasons.push("The service is stopping");
  if (queuedBytes >= QUEUE_NEARLY_FULL_SHARE * store.queueMaxBytes) {
    reasons.push(`The disk does not keep up: ${queuedBytes} bytes wait for it`);
  }
  return reasons;
}

/** A queue is not filled to the last byte, since a batch goes in whole or not at all. */
const QUEUE_NEARLY_FULL_SHARE = 0.9;
