/**
 * The spans that stand in records of the signal `traces`.
 *
 * @module
 */

import type { JournalKey } from "../model/journal_key.ts";
import type { StoredRecord } from "../model/query.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { formatRfc3339, type TimeNs } from "../model/time.ts";
import { flattenAttributes, type ReservedKeys } from "../otlp/flat_attributes.ts";
import { readJsonAttributes } from "../otlp/json_reader.ts";
import { jsonObject, type Message } from "../otlp/message.ts";
import { STATUS_CODE_ERROR } from "../otlp/model.ts";

/** The spans of one library in one record. */
export interface SpanGroup {
  /** The journal it stands in. */
  readonly key: JournalKey;
  /** The resource, as OTLP/JSON has it. */
  readonly resource: unknown;
  /** The library, as OTLP/JSON has it. */
  readonly scope: unknown;
  readonly spans: readonly StoredSpan[];
}

/** One span, as far as a trace is told by it. */
export interface StoredSpan {
  /** Lower-case hex, as every id here. */
  readonly traceId: string;
  /** Empty where it is missing. */
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 0 where neither start nor end is set. */
  readonly start: TimeNs;
  /** Never before the start; the start where it is not set. */
  readonly end: TimeNs;
  readonly isError: boolean;
  /** All that OTLP/JSON has of it. */
  readonly json: Message;
}

const HEX_ID = /^[0-9a-f]+$/;

/** Some exporters write zeros for an id that is not set. */
const UNSET_ID = /^0*$/;

const KINDS: readonly string[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES: readonly string[] = ["unset", "ok", "error"];

/** The fields of a flat span that are no attributes. */
const FLAT_FIELDS: ReadonlySet<string> = new Set([
  ...["ts", "name", "kind", "status", "status_message", "trace_id", "span_id", "parent_span_id", "duration_ms"],
  ...["stack", "server", "service", "scope", "resource"],
]);

/**
 * The spans of a record. Only what a trace is told by is looked at, so that one with damaged attributes counts too. What has
 * no trace's id, and what is no span, is passed over.
 */
export function spanGroups({ key, record }: StoredRecord): readonly SpanGroup[] {
  const groups: SpanGroup[] = [];
  for (const { resource, scopeSpans } of objectsIn(record.resourceSpans)) {
    for (const { scope, spans } of objectsIn(scopeSpans)) {
      groups.push({ key, resource, scope, spans: objectsIn(spans).map(readSpan).filter((span) => span !== undefined) });
    }
  }
  return groups;
}

/**
 * Turns spans of a group into flat records, for conditions: `ts, name, kind, status, status_message, trace_id, span_id,
 * parent_span_id, duration_ms, stack, server, service, scope`, then `resource` with its attributes, and the span's own
 * attributes under their keys. Kind and status are words, such as `client` and `error`. What is not set is left out, and so
 * are attributes that cannot be read.
 */
export function flatSpans({ key, resource, scope }: SpanGroup): (span: StoredSpan) => TelemetryRecord {
  const ofResource: Record<string, unknown> = {};
  addAttributes(jsonObject(resource)?.attributes, ofResource);
  const shared = {
    stack: key.stack,
    server: key.server,
    service: ofResource["service.name"],
    scope: jsonObject(scope)?.name,
    resource: ofResource,
  };
  return (span) => {
    const { json } = span;
    const status = jsonObject(json.status);
    const flat: Record<string, unknown> = {
      ts: span.start === 0n ? undefined : formatRfc3339(span.start),
      name: span.name,
      kind: wordOf(json.kind, { words: KINDS, prefix: "SPAN_KIND_" }),
      status: wordOf(status?.code, { words: STATUSES, prefix: "STATUS_CODE_" }),
      status_message: status?.message,
      trace_id: span.traceId,
      span_id: span.spanId,
      parent_span_id: span.parentSpanId === "" ? undefined : span.parentSpanId,
      duration_ms: Number(span.end - span.start) / 1e6,
      ...shared,
    };
    for (const field of Object.keys(flat)) if (flat[field] === undefined) delete flat[field];
    addAttributes(json.attributes, flat, (key) => FLAT_FIELDS.has(key));
    return flat;
  };
}

function readSpan(json: Message): StoredSpan | undefined {
  const traceId = idOf(json.traceId);
  if (traceId === "") return undefined;
  const ends = timeOf(json.endTimeUnixNano);
  const start = timeOf(json.startTimeUnixNano) || ends;
  const parentSpanId = idOf(json.parentSpanId);
  const code = jsonObject(json.status)?.code;
  return {
    traceId,
    spanId: idOf(json.spanId),
    parentSpanId: UNSET_ID.test(parentSpanId) ? "" : parentSpanId,
    name: typeof json.name === "string" ? json.name : "",
    start,
    end: ends > start ? ends : start,
    isError: code === STATUS_CODE_ERROR || code === "STATUS_CODE_ERROR",
    json,
  };
}

function objectsIn(list: unknown): readonly Message[] {
  if (!Array.isArray(list)) return [];
  return list.map(jsonObject).filter((object) => object !== undefined);
}

function idOf(id: unknown): string {
  if (typeof id !== "string") return "";
  const lower = id.toLowerCase();
  return HEX_ID.test(lower) ? lower : "";
}

/** Zero is OTLP's "not set". */
function timeOf(value: unknown): TimeNs {
  const text = typeof value === "string" ? value : String(value);
  return /^\d{1,20}$/.test(text) ? BigInt(text) : 0n;
}

function wordOf(value: unknown, of: { readonly words: readonly string[]; readonly prefix: string }): unknown {
  if (value === undefined || value === null) return of.words[0];
  if (typeof value === "string") return value.replace(of.prefix, "").toLowerCase();
  return typeof value === "number" ? of.words[value] ?? value : value;
}

function addAttributes(attributes: unknown, target: Record<string, unknown>, isReserved?: ReservedKeys): void {
  if (!Array.isArray(attributes)) return;
  try {
    flattenAttributes(readJsonAttributes(attributes), target, isReserved);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}
