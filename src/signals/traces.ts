/**
 * One trace over all servers, with its logs.
 *
 * @module
 */

import { TRACE_MAX_SPANS } from "../limits.ts";
import type { Filter } from "../model/filter.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { RecordReader, StoredRecord } from "../model/query.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { TimeNs } from "../model/time.ts";
import { writeJson } from "../otlp/json_writer.ts";
import { RESOURCE, SCOPE, SPAN } from "../otlp/messages.ts";
import { readTracesRecord } from "../otlp/traces.ts";
import { type SpanGroup, spanGroups } from "./spans.ts";
import { compareStarts, TraceBuilder, type TraceSummary } from "./trace_summary.ts";

/** Options for {@linkcode readTrace}. */
export interface ReadTraceOptions {
  /** Only spans and logs of this stack. Default: of every one. */
  readonly stack?: string | undefined;
  /** Only spans and logs of this server, or these. Default: of every one. */
  readonly server?: string | readonly string[] | undefined;
  /**
   * At most so many spans, and at most so many logs, from 1 to the default: those that were stored first.
   *
   * @default {10_000}
   */
  readonly limit?: number | undefined;
}

/** A span as OTLP/JSON has it; what has its default is left out. */
export interface JsonSpan {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits in lower case. */
  readonly spanId?: string;
  /** That of the span it belongs to; absent for a root. */
  readonly parentSpanId?: string;
  /** What it does, such as `GET /cart`. */
  readonly name?: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind?: number;
  /** Nanoseconds since the epoch, in decimal. */
  readonly startTimeUnixNano?: string;
  /** Nanoseconds since the epoch, in decimal. */
  readonly endTimeUnixNano?: string;
  /** How it ended: code 1 ok, 2 error. */
  readonly status?: { readonly code?: number; readonly message?: string };
  /** Everything else: attributes, events, links and so on. */
  readonly [field: string]: unknown;
}

/** One span of a trace and where it came from. */
export interface TraceSpan {
  /** The journal it stands in. */
  readonly key: JournalKey;
  /** The span itself. */
  readonly span: JsonSpan;
  /** The library it was made with, as OTLP/JSON has it. */
  readonly scope: TelemetryRecord | undefined;
  /** What it was made by, as OTLP/JSON has it. */
  readonly resource: TelemetryRecord | undefined;
}

/** One trace. {@linkcode readTrace} gives one. */
export interface Trace extends TraceSummary {
  /** By their starts; those without a time last. */
  readonly spans: readonly TraceSpan[];
  /** Log records with the id of the trace, by their times. */
  readonly logs: readonly StoredRecord[];
  /** Spans that the summary counts and `spans` lacks: those past the limit, and any that are not valid OTLP. */
  readonly leftOutSpanCount: number;
  /** Logs past the limit. */
  readonly leftOutLogCount: number;
}

/**
 * Reads one trace: its spans in every journal, whoever wrote them, and the log records whose `trace_id` is its id.
 *
 * Costs a pass through the journals' `traces` and `logs`, but for blocks that are known not to hold the id. Memory is bounded
 * by the limit.
 *
 * @param reader Who is asked: a store.
 * @param traceId 32 hexadecimal digits in any case.
 * @returns `undefined` where there is no span of the trace.
 * @throws {RangeError} If the id, a name or the limit cannot be used.
 *
 * @example Read a trace and its logs
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore, readTrace } from "@varve/varve";
 *
 * await using store = await openStore("./telemetry");
 * const traceId = "5b8efff798038103d269b633813fc60c";
 * const span = {
 *   traceId,
 *   spanId: "eee19b7ec3c1b174",
 *   name: "GET /cart",
 *   startTimeUnixNano: "1777982461000000000",
 *   endTimeUnixNano: "1777982462500000000",
 * };
 * const traces = store.journal({ stack: "shop", server: "web", signal: "traces" });
 * traces.append({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
 * const logs = store.journal({ stack: "shop", server: "web", signal: "logs" });
 * logs.append({ ts: "2026-05-05T12:01:01Z", level: "INFO", msg: "cart loaded", trace_id: traceId });
 *
 * const trace = await readTrace(store, traceId);
 * assert.equal(trace?.name, "GET /cart");
 * assert.equal(trace.durationMs, 1500);
 * assert.deepEqual(trace.logs.map(({ record }) => record.msg), ["cart loaded"]);
 * ```
 */
export async function readTrace(
  reader: Pick<RecordReader, "read">,
  traceId: string,
  options: ReadTraceOptions = {},
): Promise<Trace | undefined> {
  const { stack, server, limit = TRACE_MAX_SPANS } = options;
  if (!/^[0-9a-f]{32}$/i.test(traceId)) {
    throw new RangeError(`Cannot read a trace: expected "traceId" to be 32 hexadecimal digits, received "${traceId}"`);
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > TRACE_MAX_SPANS) {
    throw new RangeError(`Cannot read a trace: expected "limit" from 1 to ${TRACE_MAX_SPANS}, received ${limit}`);
  }
  const of = { selection: { stack, server }, traceId: traceId.toLowerCase(), limit };
  const { builder, spans } = await readSpans(reader, of);
  const summary = builder.summary();
  if (summary.spanCount === 0) return undefined;
  const { logs, leftOut } = await readLogs(reader, of);
  return { ...summary, spans, logs, leftOutSpanCount: summary.spanCount - spans.length, leftOutLogCount: leftOut };
}

/** Which trace is read, and how much of it. */
interface TraceReading {
  readonly selection: Pick<ReadTraceOptions, "stack" | "server">;
  readonly traceId: string;
  readonly limit: number;
}

async function readSpans(
  reader: Pick<RecordReader, "read">,
  { selection, traceId, limit }: TraceReading,
): Promise<{ readonly builder: TraceBuilder; readonly spans: readonly TraceSpan[] }> {
  const builder = new TraceBuilder(traceId);
  const given: TraceSpan[] = [];
  const base64 = Uint8Array.fromHex(traceId).toBase64();
  const filter = hasId("resourceSpans.scopeSpans.spans.traceId", [traceId, traceId.toUpperCase(), base64]);
  for await (const stored of reader.read({ ...selection, signal: "traces", filter })) {
    for (const group of spanGroups(stored)) {
      const spans = group.spans.filter((span) => span.traceId === traceId && builder.add(span, group.key));
      given.push(...toTraceSpans({ ...group, spans: spans.slice(0, limit - given.length) }));
    }
  }
  return { builder, spans: given.sort((a, b) => compareStarts(startOf(a), startOf(b))) };
}

async function readLogs(
  reader: Pick<RecordReader, "read">,
  { selection, traceId, limit }: TraceReading,
): Promise<{ readonly logs: readonly StoredRecord[]; readonly leftOut: number }> {
  const logs: StoredRecord[] = [];
  let leftOut = 0;
  const filter = hasId("trace_id", [traceId, traceId.toUpperCase()]);
  for await (const stored of reader.read({ ...selection, signal: "logs", filter })) {
    if (logs.length < limit) logs.push(stored);
    else leftOut++;
  }
  return { logs, leftOut };
}

/** The forms that an id has in files are told as whole values, so that blocks without them need not be read. */
function hasId(field: string, forms: readonly string[]): Filter {
  return { kind: "any", filters: [...new Set(forms)].map((value) => ({ kind: "equals", field, value })) };
}

/** The spans in full, without those that are not valid. */
function toTraceSpans(group: SpanGroup): readonly TraceSpan[] {
  const { key, resource, scope, spans } = group;
  if (spans.length === 0) return [];
  const record = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(({ json }) => json) }] }] };
  try {
    return readTracesRecord(record).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const ofResource = resource && writeJson(RESOURCE, resource);
      return scopeSpans.flatMap(({ scope, spans }) => {
        const from = { key, scope: scope && writeJson(SCOPE, scope), resource: ofResource };
        return spans.map((span) => ({ ...from, span: writeJson(SPAN, span) as JsonSpan }));
      });
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The one that is not valid costs none of the others.
    return spans.length === 1 ? [] : spans.flatMap((span) => toTraceSpans({ ...group, spans: [span] }));
  }
}

function startOf({ span: { startTimeUnixNano, endTimeUnixNano } }: TraceSpan): TimeNs {
  return BigInt(startTimeUnixNano ?? endTimeUnixNano ?? 0);
}
