/**
 * Spans ⇄ records of the signal `traces`: each record is an OTLP/JSON `TracesData`, which OpenTelemetry's tools read.
 *
 * @module
 */

import type { TelemetryRecord } from "../model/record.ts";
import { type JsonDialect, OTLP_JSON, readJson } from "./json_reader.ts";
import { writeJson } from "./json_writer.ts";
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
