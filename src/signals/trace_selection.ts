/**
 * Which traces a list is to have, and in which order.
 *
 * @module
 */

import { ANSWER_DEFAULT_RECORDS, TRACE_SLACK_MS } from "../limits.ts";
import type { ReadQuery } from "../model/query.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { formatRfc3339, timeFromInput, type TimeInput, type TimeNs } from "../model/time.ts";
import type { TraceBuilder } from "./trace_summary.ts";

/** Which traces come first. */
export type TraceOrder =
  /** Those that started last. */
  | "newest"
  /** Those that took longest. */
  | "slowest";

/** What {@linkcode listTraces} gives back. */
export interface TraceQuery {
  /** Only spans of this stack. Default: of every one. */
  readonly stack?: string | undefined;
  /** Only spans of this server, or these; a trace is then what they have of it. Default: of every one. */
  readonly server?: string | readonly string[] | undefined;
  /** Only traces that started at or after this time. */
  readonly from?: TimeInput | undefined;
  /** Only traces that started before this time. */
  readonly to?: TimeInput | undefined;
  /** Only traces whose root has this name, as a whole. */
  readonly name?: string | undefined;
  /** Only traces with an error in a span, or only those without. Default: both. */
  readonly hasError?: boolean | undefined;
  /** Only traces that took as many milliseconds or more. */
  readonly minDurationMs?: number | undefined;
  /** Only traces that took as many milliseconds or less. */
  readonly maxDurationMs?: number | undefined;
  /**
   * Only traces with a span that meets this condition. It is asked about flat records: `ts, name, kind, status,
   * status_message, trace_id, span_id, parent_span_id, duration_ms, stack, server, service, scope`, then `resource` with its
   * attributes, and the span's own attributes under their keys. Kind and status are words, such as `client` and `error`.
   */
  readonly matches?: ((span: TelemetryRecord) => boolean) | undefined;
  /**
   * Which traces come first. Of those that are equal in this, the ids decide.
   *
   * @default {"newest"}
   */
  readonly order?: TraceOrder | undefined;
  /** Only traces behind this place, which is {@linkcode TraceList.next} of the same query. Default: all. */
  readonly after?: string | undefined;
  /**
   * At most so many traces.
   *
   * @default {100}
   */
  readonly limit?: number | undefined;
}

/** Where a trace stands in an order. */
interface TracePlace {
  /** When it started, or how long it took, in nanoseconds. Greater ones come first. */
  readonly value: bigint;
  readonly traceId: string;
}

/** A trace that may be listed. */
export interface ListedTrace extends TraceBuilder {
  /** Whether a span meets {@linkcode TraceQuery.matches}. */
  readonly hasMatch: boolean;
}

/** OTLP's times have 64 bits without a sign, which is also well within what RFC 3339 can say. */
const TIME_MAX = 2n ** 64n - 1n;
const NS_PER_MS = 1_000_000n;

/** How far beyond the times asked for records are read. */
export const SLACK_NS = BigInt(TRACE_SLACK_MS) * NS_PER_MS;

/** A {@linkcode TraceQuery} that was checked. */
export class TraceSelection {
  readonly order: TraceOrder;
  readonly limit: number;
  /** The end of what is read; `undefined` where that is all. */
  readonly readTo: TimeNs | undefined;
  readonly #query: TraceQuery;
  readonly #from: TimeNs | undefined;
  readonly #to: TimeNs | undefined;
  readonly #minDurationNs: bigint | undefined;
  readonly #maxDurationNs: bigint | undefined;
  readonly #after: TracePlace | undefined;

  /** @throws {RangeError} If a time, a duration, the place or the limit cannot be used. */
  constructor(query: TraceQuery) {
    const { order = "newest", limit = ANSWER_DEFAULT_RECORDS } = query;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`Cannot list traces: expected "limit" to be a whole number from 1, received ${limit}`);
    }
    this.#query = query;
    this.order = order;
    this.limit = limit;
    this.#from = boundOf(query, "from");
    this.#to = boundOf(query, "to");
    this.#minDurationNs = durationOf(query, "minDurationMs");
    this.#maxDurationNs = durationOf(query, "maxDurationMs");
    this.#after = query.after === undefined ? undefined : parsePlace(query.after, order);
    const ends = [this.#to, order === "newest" && this.#after ? this.#after.value : undefined];
    const [end] = ends.filter((time) => time !== undefined).sort((a, b) => a < b ? -1 : 1);
    this.readTo = end === undefined ? undefined : clampTime(end + SLACK_NS);
  }

  /** The records to read: a little more than the traces' own, so that those at the ends are whole. */
  get records(): ReadQuery {
    const { stack, server } = this.#query;
    const from = this.#from === undefined ? undefined : formatRfc3339(clampTime(this.#from - SLACK_NS));
    const to = this.readTo === undefined ? undefined : formatRfc3339(this.readTo);
    return { stack, server, signal: "traces", from, to };
  }

  /** Whether a span meets the condition, which is only then asked for its flat form. */
  matches(flatten: () => TelemetryRecord): boolean {
    return this.#query.matches === undefined || this.#query.matches(flatten());
  }

  /** Whether a trace, as far as it is known, is one of those asked for. */
  has(trace: ListedTrace): boolean {
    const { name, hasError } = this.#query;
    return this.#isInRange(trace.start) && trace.hasMatch && (name === undefined || trace.name === name) &&
      (hasError === undefined || trace.hasError === hasError) &&
      (this.#minDurationNs === undefined || trace.durationNs >= this.#minDurationNs) &&
      (this.#maxDurationNs === undefined || trace.durationNs <= this.#maxDurationNs) &&
      (this.#after === undefined || comparePlaces(this.#placeOf(trace), this.#after) > 0);
  }

  /** Sorts traces into the order asked for. */
  sort<Listed extends ListedTrace>(traces: Iterable<Listed>): Listed[] {
    return Array.from(traces).sort((a, b) => comparePlaces(this.#placeOf(a), this.#placeOf(b)));
  }

  /** The place behind a trace. */
  placeBehind(trace: ListedTrace): string {
    const { value, traceId } = this.#placeOf(trace);
    return `${this.order}.${value}.${traceId}`;
  }

  #placeOf({ traceId, start, durationNs }: ListedTrace): TracePlace {
    return { value: this.order === "newest" ? start : durationNs, traceId };
  }

  /** A trace without a time is in no range, like a record without one. */
  #isInRange(start: TimeNs): boolean {
    if (start === 0n && (this.#from !== undefined || this.readTo !== undefined)) return false;
    return (this.#from === undefined || start >= this.#from) && (this.#to === undefined || start < this.#to);
  }
}

function comparePlaces(a: TracePlace, b: TracePlace): number {
  if (a.value !== b.value) return a.value > b.value ? -1 : 1;
  if (a.traceId === b.traceId) return 0;
  return a.traceId < b.traceId ? -1 : 1;
}

function parsePlace(text: string, order: TraceOrder): TracePlace {
  const [, of, value = "", traceId = ""] = /^(newest|slowest)\.(\d{1,20})\.([0-9a-f]+)$/.exec(text) ?? [];
  if (of === order) return { value: BigInt(value), traceId };
  throw new RangeError(
    `Cannot list traces: expected "after" to be "next" of an earlier list in order "${order}", received "${text}"`,
  );
}

function boundOf(query: TraceQuery, name: "from" | "to"): TimeNs | undefined {
  const input = query[name];
  return input === undefined ? undefined : timeFromInput(input, name);
}

function durationOf(query: TraceQuery, name: "maxDurationMs" | "minDurationMs"): bigint | undefined {
  const ms = query[name];
  if (ms === undefined) return undefined;
  if (Number.isFinite(ms) && ms >= 0) return BigInt(Math.round(ms * 1e6));
  throw new RangeError(`Cannot list traces: expected "${name}" to be a number of milliseconds, received ${ms}`);
}

function clampTime(time: TimeNs): TimeNs {
  if (time < 0n) return 0n;
  return time > TIME_MAX ? TIME_MAX : time;
}
