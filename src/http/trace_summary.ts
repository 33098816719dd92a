/**
 * Traces put together from the spans of many records.
 *
 * @module
 */

import type { JournalKey } from "../model/journal_key.ts";
import { formatRfc3339, type TimeNs } from "../model/time.ts";
import { writeJson } from "../otlp/json_writer.ts";
import { RESOURCE, SCOPE, SPAN } from "../otlp/messages.ts";
import { type InstrumentationScope, type Resource, type Span, STATUS_CODE_ERROR } from "../otlp/model.ts";
import { readTracesRecord } from "../otlp/traces.ts";
import type { StoredRecord } from "../model/query.ts";

/** One span and where it came from. */
export interface PlacedSpan {
  readonly key: JournalKey;
  readonly resource: Resource | undefined;
  readonly scope: InstrumentationScope | undefined;
  readonly span: Span;
}

/** What is told of a trace. */
export interface TraceSummary {
  readonly traceId: string;
  /** Of the span without a parent, else of the earliest one. */
  readonly name: string;
  readonly stack: string;
  /** Every server with a span of it, in the order of their first spans. */
  readonly servers: readonly string[];
  /** Of the earliest span, RFC 3339. */
  readonly start: string;
  /** From the earliest start to the latest end. */
  readonly durationMs: number;
  readonly spanCount: number;
  /** Whether a span has the status error. */
  readonly error: boolean;
}

/** The spans of a record; none if it is no `TracesData`. */
export function spansOf({ key, record }: StoredRecord): readonly PlacedSpan[] {
  try {
    return readTracesRecord(record).resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ key, resource, scope, span })))
    );
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** The `limit` traces that started last, newest first. Each has at least one span. */
export function newestTraces(traces: readonly PlacedSpan[][], limit: number): readonly PlacedSpan[][] {
  const started = traces.map((trace) => ({ trace, start: startOf(trace) }));
  return started.sort((a, b) => compareTimes(b.start, a.start)).slice(0, limit).map(({ trace }) => trace);
}

/** Sums up the spans of one trace, of which there is at least one. */
export function summarizeTrace(placed: readonly PlacedSpan[]): TraceSummary {
  const ordered = placed.toSorted((a, b) => compareTimes(a.span.startTimeUnixNano, b.span.startTimeUnixNano));
  const root = ordered.find(({ span }) => span.parentSpanId === "") ?? ordered[0];
  if (root === undefined) throw new RangeError("Cannot sum up a trace: it has no spans");
  const start = ordered[0]?.span.startTimeUnixNano ?? 0n;
  const end = ordered.reduce(
    (latest, { span: { endTimeUnixNano } }) => endTimeUnixNano > latest ? endTimeUnixNano : latest,
    start,
  );
  return {
    traceId: root.span.traceId,
    name: root.span.name,
    stack: root.key.stack,
    servers: [...new Set(ordered.map(({ key }) => key.server))],
    start: formatRfc3339(start),
    durationMs: Number(end - start) / 1e6,
    spanCount: ordered.length,
    error: ordered.some(({ span }) => span.status?.code === STATUS_CODE_ERROR),
  };
}

/** One span as OTLP/JSON writes it, with ids in hex, and where it came from. */
export function spanToJson({ key, resource, scope, span }: PlacedSpan): object {
  return {
    stack: key.stack,
    server: key.server,
    ...writeJson(SPAN, span),
    ...(scope && { scope: writeJson(SCOPE, scope) }),
    ...(resource && { resource: writeJson(RESOURCE, resource) }),
  };
}

function startOf(trace: readonly PlacedSpan[]): TimeNs {
  return trace.map(({ span }) => span.startTimeUnixNano).reduce((earliest, time) => time < earliest ? time : earliest);
}

function compareTimes(a: TimeNs, b: TimeNs): number {
  return a < b ? -1 : Number(a > b);
}
