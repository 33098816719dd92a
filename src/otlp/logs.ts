/**
 * Log records ⇄ records of the signal `logs`.
 *
 * A record is `ts, level, msg`, the attributes flat, `trace_id` and `span_id`, and last `otlp`. In `otlp` stand the
 * resource and the scope, and besides, under its OTLP/JSON name, each field that the rest of the record does not say.
 * What is absent there follows from the rest: `timeUnixNano` and `observedTimeUnixNano` from `ts`, `severityNumber` and
 * `severityText` from `level`, `body` from `msg`; `typed` lists the attributes that the flat ones do not say.
 *
 * @module
 */

import type { TelemetryRecord } from "../model/record.ts";
import type { TimeNs } from "../model/time.ts";
import { flattenAttributes, inferAttributes } from "./flat_attributes.ts";
import { flatten, flatText, infer } from "./flat_value.ts";
import { readJson, readJsonAttributes } from "./json_reader.ts";
import { anyValueToJson } from "./json_writer.ts";
import { EMPTY_VALUE, jsonObject } from "./message.ts";
import { LOG_RECORD } from "./messages.ts";
import type { AnyValue, LogRecord, LogsData } from "./model.ts";
import { flattenOrigin, OriginGroups, type OtlpFields } from "./origin.ts";
import { JournalItems, type ReceiveOptions, type RecordGroup } from "./record_groups.ts";
import { levelOf, severityNumberOf } from "../model/severity.ts";
import { parseTimestamp, TimestampFormatter } from "./timestamp.ts";

const LOG_FIELDS = new Set(["ts", "level", "msg", "trace_id", "span_id", "otlp"]);

/** One record for each log record, by journal. Groups are never empty. */
export function logsToRecords(data: LogsData, options: ReceiveOptions): readonly RecordGroup[] {
  const journals = new JournalItems<TelemetryRecord>("logs", options.defaultStack);
  const timestamps = new TimestampFormatter();
  for (const { resource, scopeLogs, schemaUrl } of data.resourceLogs) {
    const records = journals.itemsOf(resource);
    for (const { scope, logRecords, schemaUrl: scopeSchemaUrl } of scopeLogs) {
      const origin = flattenOrigin({ resource, resourceSchemaUrl: schemaUrl, scope, scopeSchemaUrl });
      for (const log of logRecords) {
        const time = log.timeUnixNano || log.observedTimeUnixNano || options.receivedTime;
        records.push(flattenLog(log, { time, timestamp: timestamps.format(time), origin }));
      }
    }
  }
  return journals.journals().map(({ key, items }) => ({ key, records: items, itemCount: items.length }));
}

/**
 * The log records that records of the signal `logs` stand for, those that came in as OTLP without any loss of type.
 * Records with the same resource and scope come together. A record that a program appended has neither; what it holds
 * under a field's name without being of its type becomes an attribute.
 */
export function logsFromRecords(records: Iterable<TelemetryRecord>): LogsData {
  const groups = new OriginGroups<LogRecord>();
  for (const record of records) {
    const otlp = jsonObject(record.otlp);
    try {
      const log = inferLog(record, otlp);
      groups.itemsOf(otlp ?? {}).push(log);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The program's own attribute happens to be called "otlp".
      groups.itemsOf({}).push(inferLog(record, undefined));
    }
  }
  const resourceLogs = groups.groups().map(({ resource, schemaUrl, scopes }) => ({
    resource,
    scopeLogs: scopes.map(({ scope, schemaUrl, items }) => ({ scope, logRecords: items, schemaUrl })),
    schemaUrl,
  }));
  return { resourceLogs };
}

interface FlatLog {
  readonly time: TimeNs;
  readonly timestamp: string;
  readonly origin: OtlpFields;
}

function flattenLog(log: LogRecord, { time, timestamp, origin }: FlatLog): TelemetryRecord {
  const level = levelOf(log.severityNumber, log.severityText);
  const record: Record<string, unknown> = { ts: timestamp, level, msg: bodyText(log.body) };
  const typed = flattenAttributes(log.attributes, record, isLogField);
  if (log.traceId !== "") record.trace_id = log.traceId;
  if (log.spanId !== "") record.span_id = log.spanId;
  const unsaid = unsaidFields(log, { time, level });
  if (typed !== undefined) unsaid.typed = typed;
  const otlp = hasFields(unsaid) ? { ...origin, ...unsaid } : origin;
  if (hasFields(otlp)) record.otlp = otlp;
  return record;
}

/** The fields that `inferLog` would not find out from the others, as OTLP/JSON. */
function unsaidFields(
  log: LogRecord,
  said: { readonly time: TimeNs; readonly level: string },
): Record<string, unknown> {
  const unsaid: Record<string, unknown> = {};
  if (log.timeUnixNano !== said.time) unsaid.timeUnixNano = String(log.timeUnixNano);
  if (log.observedTimeUnixNano !== said.time) unsaid.observedTimeUnixNano = String(log.observedTimeUnixNano);
  if (log.severityNumber !== severityNumberOf(said.level)) unsaid.severityNumber = log.severityNumber;
  if (log.severityText !== said.level) unsaid.severityText = log.severityText;
  if (!("stringValue" in log.body)) unsaid.body = anyValueToJson(log.body);
  if (log.droppedAttributesCount !== 0) unsaid.droppedAttributesCount = log.droppedAttributesCount;
  if (log.flags !== 0) unsaid.flags = log.flags;
  if (log.eventName !== "") unsaid.eventName = log.eventName;
  return unsaid;
}

function bodyText(body: AnyValue): string {
  if ("stringValue" in body) return body.stringValue;
  return Object.keys(body).length === 0 ? "" : flatText(flatten(body));
}

/** Keys that look like array indices are kept out too: objects put them before `ts`. */
function isLogField(key: string): boolean {
  return LOG_FIELDS.has(key) || (key.length <= 10 && /^\d+$/.test(key));
}

function hasFields(object: OtlpFields): boolean {
  return Object.keys(object).length > 0;
}

function inferLog(record: TelemetryRecord, otlp: OtlpFields | undefined): LogRecord {
  const { ts, level, msg, trace_id: traceId, span_id: spanId } = record;
  const time = parseTimestamp(ts);
  const consumed = new Set(["msg"]);
  if (time !== undefined) consumed.add("ts");
  if (typeof level === "string") consumed.add("level");
  if (isHexId(traceId)) consumed.add("trace_id");
  if (isHexId(spanId)) consumed.add("span_id");
  if (otlp !== undefined) consumed.add("otlp");
  const log: LogRecord = {
    ...LOG_RECORD.template,
    timeUnixNano: time ?? 0n,
    observedTimeUnixNano: time ?? 0n,
    severityNumber: typeof level === "string" ? severityNumberOf(level) : 0,
    severityText: typeof level === "string" ? level : "",
    body: msg === undefined ? EMPTY_VALUE : infer(msg),
    attributes: inferAttributes(record, readJsonAttributes(otlp?.typed ?? []), (key) => consumed.has(key)),
    traceId: isHexId(traceId) ? traceId.toLowerCase() : "",
    spanId: isHexId(spanId) ? spanId.toLowerCase() : "",
  };
  return { ...log, ...saidFields(otlp ?? {}) };
}

/** The fields that `otlp` gives under their own names. */
function saidFields(otlp: OtlpFields): Partial<LogRecord> {
  const said = LOG_RECORD.fields.filter(({ name }) => otlp[name] !== undefined);
  if (said.length === 0) return {};
  const fields = readJson(LOG_RECORD, otlp) as unknown as OtlpFields;
  return Object.fromEntries(said.map(({ name }) => [name, fields[name]]));
}

function isHexId(value: unknown): value is string {
  return typeof value === "string" && /^(?:[0-9a-f]{2})+$/i.test(value);
}
