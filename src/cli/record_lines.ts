/**
 * Records as lines for a person: time, level, message, and the rest as `key=value`.
 *
 * @module
 */

import type { JournalKey } from "../model/journal_key.ts";
import { encodeRecord, type TelemetryRecord } from "../model/record.ts";
import { severityNumberOf } from "../model/severity.ts";
import { formatRfc3339 } from "../model/time.ts";
import { type Span, STATUS_CODE_ERROR } from "../otlp/model.ts";
import { readTracesRecord } from "../otlp/traces.ts";
import { displayText } from "./display_text.ts";
import { type Paint, plainPaint, type Style } from "./paint.ts";

/** How far levels are padded, so that messages begin in one column. */
const LEVEL_WIDTH = 5;

/** By severity number, from one on to the next. */
const LEVEL_STYLES: readonly (readonly [least: number, style: Style])[] = [
  [21, "fatal"],
  [17, "error"],
  [13, "warn"],
  [9, "info"],
  [1, "debug"],
];

/** Options for {@linkcode recordLines}. */
export interface RecordLineOptions {
  /** The kind of record. */
  readonly signal: string;
  /** What escapes the text, and colors it. Default: no colors. */
  readonly paint?: Paint | undefined;
  /** What stands in front of each line, such as the server's name. Default: nothing. */
  readonly origin?: string | undefined;
}

/** The lines of a record, each with its line feed: one, or one a span for a record of traces. */
export function recordLines(record: TelemetryRecord, options: RecordLineOptions): string {
  const { signal, paint = plainPaint, origin } = options;
  const lines = signal === "traces" ? spanLines(record, paint) : [fieldLine(record, paint)];
  const front = origin === undefined ? "" : `${paint("server", wordOf(origin))} `;
  return lines.map((line) => `${front}${line}\n`).join("");
}

/** The record as one line of JSON, with its line feed; with a key, what `/api/logs` gives for it. */
export function jsonLine(record: TelemetryRecord, key?: JournalKey): string {
  const value = key === undefined ? record : { stack: key.stack, server: key.server, record };
  return `${displayText(encodeRecord(value))}\n`;
}

function fieldLine(record: TelemetryRecord, paint: Paint): string {
  // `otlp` repeats the sender's resource in each record, and says how to write the others as OTLP again.
  const { ts, level, msg, otlp: _otlp, ...fields } = record;
  let line = paint("time", ts === undefined ? "-" : plainText(ts));
  if (level !== undefined) line += ` ${levelText(plainText(level), paint)}`;
  if (msg !== undefined) line += ` ${paint("plain", plainText(msg))}`;
  for (const key of Object.keys(fields)) line += ` ${fieldText(key, { value: fields[key], paint })}`;
  return line;
}

/** Text as it is, and anything else as JSON: a value's own toString is other people's. */
function plainText(value: unknown): string {
  return typeof value === "string" ? value : valueText(value);
}

function levelText(level: string, paint: Paint): string {
  const number = severityNumberOf(level);
  const [, style] = LEVEL_STYLES.find(([least]) => number >= least) ?? [0, "plain" as const];
  return paint(style, level) + " ".repeat(Math.max(0, LEVEL_WIDTH - level.length));
}

function fieldText(key: string, { value, paint }: { readonly value: unknown; readonly paint: Paint }): string {
  return `${paint("key", `${key}=`)}${paint("plain", valueText(value))}`;
}

/** What is no `TracesData`, or an empty one, is shown by its fields. */
function spanLines(record: TelemetryRecord, paint: Paint): readonly string[] {
  let spans: readonly Span[] = [];
  try {
    const scopeSpans = readTracesRecord(record).resourceSpans.flatMap((resourceSpans) => resourceSpans.scopeSpans);
    spans = scopeSpans.flatMap((each) => each.spans);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return spans.length === 0 ? [fieldLine(record, paint)] : spans.map((span) => spanLine(span, paint));
}

function spanLine(span: Span, paint: Paint): string {
  const { name, startTimeUnixNano, endTimeUnixNano, status, traceId, spanId, parentSpanId } = span;
  const durationMs = Number(endTimeUnixNano - startTimeUnixNano) / 1e6;
  const isFailed = status?.code === STATUS_CODE_ERROR;
  const outcome = status === undefined || status.message === "" ? "ERROR" : `ERROR ${status.message}`;
  return [
    paint("time", formatRfc3339(startTimeUnixNano)),
    paint(isFailed ? "error" : "plain", name),
    paint("plain", `${durationMs} ms`),
    ...(isFailed ? [paint("error", outcome)] : []),
    fieldText("trace_id", { value: traceId, paint }),
    fieldText("span_id", { value: spanId, paint }),
    ...(parentSpanId === "" ? [] : [fieldText("parent_span_id", { value: parentSpanId, paint })]),
  ].join(" ");
}

/** A value without quotes where it reads the same without them. */
function valueText(value: unknown): string {
  if (typeof value === "string") return wordOf(value);
  // Only records are encoded with integers beyond 2^53 as they are.
  return encodeRecord({ value }).slice('{"value":'.length, -1);
}

function wordOf(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
