/**
 * Spans ⇄ records of the signal `traces`: each record is an OTLP/JSON `TracesData`, which OpenTelemetry's tools read.
 *
 * @module
 */

import type { TelemetryRecord } from "../model/record.ts";
import { type JsonDialect, OTLP_JSON, readJson } from "./json_reader.ts";
import { writeJson } from "./json_writer.ts";
import { jsonObject, type Message } from "./message.ts";
import { TRACES_DATA } from "./messages.ts";
import type { ResourceSpans, TracesData } from "./model.ts";
import { JournalItems, type RecordGroup } from "./record_groups.ts";
import { splitTraces } from "./trace_split.ts";

/** What a request does not say itself. */
export interface ReceiveTracesOptions {
  /** The stack of resources without `service.namespace`. */
  readonly defaultStack: string;
  /** The longest record, in bytes of its line. */
  readonly recordMaxBytes: number;
}

/**
 * One record for each server, or several where it would be longer than `recordMaxBytes`. A single span that is longer
 * stands alone in a record of its own. Groups are never empty.
 */
export function tracesToRecords(data: TracesData, options: ReceiveTracesOptions): readonly RecordGroup[] {
  const journals = new JournalItems<ResourceSpans>("traces", options.defaultStack);
  for (const resourceSpans of data.resourceSpans) {
    const hasSpans = resourceSpans.scopeSpans.some(({ spans }) => spans.length > 0);
    if (hasSpans) journals.itemsOf(resourceSpans.resource).push(resourceSpans);
  }
  return journals.journals().map(({ key, items }) => {
    const parts = splitTraces({ resourceSpans: items }, options.recordMaxBytes);
    return { key, records: parts.map((part) => writeJson(TRACES_DATA, part)), itemCount: countSpans(items) };
  });
}

/**
 * All spans of some records.
 *
 * @throws {SyntaxError} If a record is no `TracesData`.
 */
export function tracesFromRecords(records: Iterable<TelemetryRecord>): TracesData {
  return { resourceSpans: Array.from(records, readTracesRecord).flatMap(({ resourceSpans }) => resourceSpans) };
}

/**
 * Reads one record of the signal `traces`, as Varve, a collector or gridctl wrote it: ids in hex or base64, values of
 * enumerations as numbers or names. Unknown fields are passed over.
 *
 * @throws {SyntaxError} If the record is no `TracesData`; names the field's path and the value.
 */
export function readTracesRecord(record: TelemetryRecord): TracesData {
  return readJson(TRACES_DATA, record, PROTOBUF_JSON);
}

/**
 * A traces record as OTLP/JSON has it, ids in hex and enums as numbers, which gridctl's lines are not. One that is so
 * already, as all are that Varve wrote, is given back itself, and so is one that is no `TracesData`.
 */
export function normalizeTracesRecord(record: TelemetryRecord): TelemetryRecord {
  if (!jsonSpans(record).some(isForeignSpan)) return record;
  try {
    return writeJson(TRACES_DATA, readTracesRecord(record));
  } catch (error) {
    if (error instanceof SyntaxError) return record;
    throw error;
  }
}

function jsonSpans(record: TelemetryRecord): readonly Message[] {
  return children(children(children([record], "resourceSpans"), "scopeSpans"), "spans");
}

function children(parents: readonly Message[], field: string): readonly Message[] {
  const values = parents.flatMap((parent): readonly unknown[] => {
    const list = parent[field];
    return Array.isArray(list) ? list : [];
  });
  return values.map(jsonObject).filter((value) => value !== undefined);
}

/** Hex ids of traces have 32 characters, base64 ones 24. */
function isForeignSpan({ traceId, kind }: Message): boolean {
  return (typeof traceId === "string" && traceId.length !== 32) || typeof kind === "string";
}

const ENUM_NAMES: ReadonlyMap<string, number> = new Map([
  ...["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
    .map((name, number) => [`SPAN_KIND_${name}`, number] as const),
  ...["UNSET", "OK", "ERROR"].map((name, number) => [`STATUS_CODE_${name}`, number] as const),
]);

/** What protobuf's own JSON writers produce, gridctl's among them. Sixteen or eight bytes in base64 always end in `=`. */
const PROTOBUF_JSON: JsonDialect = {
  readId: (text) => OTLP_JSON.readId(text) ?? readBase64Id(text),
  readEnumName: (name) => ENUM_NAMES.get(name),
};

function readBase64Id(text: string): string | undefined {
  return /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=)$/.test(text) ? Uint8Array.fromBase64(text).toHex() : undefined;
}

function countSpans(resourceSpans: readonly ResourceSpans[]): number {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((count, { spans }) => count + spans.length, 0);
}
