/**
 * Request bodies for the tests of `src/otlp`; see `testdata/README.md`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { decodeRecord, encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { decodeLogsRequest, type OtlpEncoding } from "../../src/otlp/requests.ts";
import type { AnyValue, KeyValue, LogRecord, LogsData } from "../../src/otlp/model.ts";
import type { RecordGroup } from "../../src/otlp/record_groups.ts";

export const RECEIVED = { defaultStack: "default", receivedTime: 1_777_982_500_000_000_000n };

export function sampleBody(signal: "logs" | "traces" | "metrics", encoding: OtlpEncoding): Uint8Array {
  const extension = encoding === "json" ? "json" : "bin";
  return new Uint8Array(readFileSync(new URL(`./testdata/${signal}.${extension}`, import.meta.url)));
}

/** What a journal gives back of the records: the text in between is what is on disk. */
export function throughText(groups: readonly RecordGroup[], signal?: string): TelemetryRecord[] {
  return groups.filter(({ key }) => signal === undefined || key.signal === signal)
    .flatMap(({ records }) => records.map((record) => decodeRecord(encodeRecord(record))));
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A request with one log record, by OTLP/JSON. */
export function logsOf(...logRecords: readonly object[]): LogsData {
  return decodeLogsRequest(json({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), "json");
}

export function logRecordsOf(data: LogsData): readonly LogRecord[] {
  return data.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

export function attributes(entries: Readonly<Record<string, AnyValue>>): KeyValue[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

/** Every kind of value, and for each the ones that JSON would confuse with another. */
export const ANY_VALUES: Readonly<Record<string, AnyValue>> = {
  "empty": {},
  "text": { stringValue: "5" },
  "empty text": { stringValue: "" },
  "text that means NaN elsewhere": { stringValue: "NaN" },
  "true": { boolValue: true },
  "false": { boolValue: false },
  "integer": { intValue: 5n },
  "zero": { intValue: 0n },
  "integer beyond 2^53": { intValue: 2n ** 53n + 1n },
  "least integer": { intValue: -(2n ** 63n) },
  "greatest integer": { intValue: 2n ** 63n - 1n },
  "whole double": { doubleValue: 5 },
  "zero double": { doubleValue: 0 },
  "minus zero": { doubleValue: -0 },
  "fraction": { doubleValue: 0.1 },
  "double beyond 2^53": { doubleValue: 2 ** 60 },
  "double beyond 2^64": { doubleValue: 3e20 },
  "double with an exponent": { doubleValue: 1e21 },
  "greatest double": { doubleValue: Number.MAX_VALUE },
  "least double": { doubleValue: Number.MIN_VALUE },
  "NaN": { doubleValue: NaN },
  "infinity": { doubleValue: Infinity },
  "minus infinity": { doubleValue: -Infinity },
  "bytes": { bytesValue: new Uint8Array([0, 255, 254, 1]) },
  "no bytes": { bytesValue: new Uint8Array() },
  "list": { arrayValue: { values: [{ intValue: 1n }, { stringValue: "a" }, {}, { boolValue: true }] } },
  "empty list": { arrayValue: { values: [] } },
  "list with a whole double": { arrayValue: { values: [{ intValue: 1n }, { doubleValue: 1 }] } },
  "list of lists of bytes": {
    arrayValue: { values: [{ arrayValue: { values: [{ bytesValue: new Uint8Array([7]) }] } }] },
  },
  "map": { kvlistValue: { values: attributes({ a: { intValue: 1n }, b: { stringValue: "x" } }) } },
  "empty map": { kvlistValue: { values: [] } },
  "map with a repeated key": {
    kvlistValue: { values: [{ key: "a", value: { intValue: 1n } }, { key: "a", value: { intValue: 2n } }] },
  },
  "map with NaN": { kvlistValue: { values: attributes({ n: { doubleValue: NaN } }) } },
  "map with keys that every object has": {
    kvlistValue: {
      values: [
        { key: "__proto__", value: { intValue: 1n } },
        { key: "constructor", value: { stringValue: "c" } },
        { key: "toString", value: {} },
      ],
    },
  },
};
