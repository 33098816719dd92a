/**
 * Records as lines for a person: time, level, message, and the rest as `key=value`.
 *
 * @module
 */

import { encodeRecord, type TelemetryRecord } from "../model/record.ts";
import { formatRfc3339 } from "../model/time.ts";
import { type Span, STATUS_CODE_ERROR } from "../otlp/model.ts";
import { readTracesRecord } from "../otlp/traces.ts";
import { displayText } from "./display_text.ts";

/** How far levels are padded, so that messages begin in one column. */
const LEVEL_WIDTH = 5;

/** The lines of a record, each with its line feed: one, or one a span for a record of traces. */
export function recordLines(record: TelemetryRecord, signal: string): string {
  const lines = signal === "traces" ? spanLines(record) : [fieldLine(record)];
  return lines.map((line) => `${displayText(line)}\n`).join("");
}

/** The record as one line of JSON, with its line feed. */
export function jsonLine(record: TelemetryRecord): string {
  return `${displayText(encodeRecord(record))}\n`;
}

function fieldLine(record: TelemetryRecord): string {
  // `otlp` repeats the sender's resource in each record, and says how to write the others as OTLP again.
  const { ts, level, msg, otlp: _otlp, ...fields } = record;
  const head = [
    ts === undefined ? "-" : String(ts),
    ...(level === undefined ? [] : [String(level).padEnd(LEVEL_WIDTH)]),
    ...(msg === undefined ? [] : [typeof msg === "string" ? msg : valueText(msg)]),
  ];
  return [...head, ...Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`)].join(" ");
}

/** What is no `TracesData`, or an empty one, is shown by its fields. */
function spanLines(record: TelemetryRecord): readonly string[] {
  let spans: readonly Span[] = [];
  try {
    const scopeSpans = readTracesRecord(record).resourceSpans.flatMap((resourceSpans) => resourceSpans.scopeSpans);
    spans = scopeSpans.flatMap((each) => each.spans);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return spans.length === 0 ? [fieldLine(record)] : spans.map(spanLine);
}

function spanLine({ name, startTimeUnixNano, endTimeUnixNano, status, traceId, spanId, parentSpanId }: Span): string {
  const durationMs = Number(endTimeUnixNano - startTimeUnixNano) / 1e6;
  const outcome = status?.code === STATUS_CODE_ERROR
    ? ["ERROR", ...(status.message === "" ? [] : [status.message])]
    : [];
  return [
    formatRfc3339(startTimeUnixNano),
    name,
    `${durationMs} ms`,
    ...outcome,
    `trace_id=${traceId}`,
    `span_id=${spanId}`,
    ...(parentSpanId === "" ? [] : [`parent_span_id=${parentSpanId}`]),
  ].join(" ");
}

/** A value without quotes where it reads the same without them. */
function valueText(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  // Only records are encoded with integers beyond 2^53 as they are.
  return encodeRecord({ value }).slice('{"value":'.length, -1);
}
