/**
 * Data points of every kind of metric ⇄ records of the signal `timeseries`.
 *
 * A record is `ts, name, value, labels?, unit?, type?, temporality?, start?`, then what its kind of point has besides
 * (see {@linkcode RECORD_FIELDS}), and last `otlp`: the resource and the scope, and under its OTLP/JSON name each field
 * that the rest does not say. What is absent is 0, empty or not set.
 *
 * @module
 */

import type { TelemetryRecord } from "../model/record.ts";
import type { TimeNs } from "../model/time.ts";
import { flattenAttributes, inferAttributes } from "./flat_attributes.ts";
import { flattenInteger, infer, isInferableDouble } from "./flat_value.ts";
import { readJson, readJsonAttributes } from "./json_reader.ts";
import { keyValueToJson, writeJson } from "./json_writer.ts";
import { jsonObject, type Message, type MessageType } from "./message.ts";
import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  NUMBER_DATA_POINT,
  SUMMARY_DATA_POINT,
} from "./messages.ts";
import type { DataPoint, KeyValue, Metric } from "./model.ts";
import { type OtlpFields, otlpFieldsOf } from "./origin.ts";
import { parseTimestamp } from "./timestamp.ts";

/** The field of a metric that holds its points. */
export type MetricKind = "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";

/** What the five kinds of metric have, taken together. */
export interface MetricData {
  readonly dataPoints: readonly DataPoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

/** A metric's kind and its points. */
export interface MetricContent {
  readonly kind: MetricKind;
  readonly data: MetricData;
}

/** What the records of one metric have in common. */
export interface PointContext {
  readonly metric: Metric;
  readonly content: MetricContent;
  readonly origin: OtlpFields;
}

/** A point's times as text, and what `timeUnixNano` is taken for when it is not set. */
export interface PointTimes {
  readonly time: TimeNs;
  readonly timestamp: string;
  readonly start: string | undefined;
}

/** What a record says of its metric as a whole. */
export interface MetricAggregation {
  readonly isMonotonic: boolean;
  readonly aggregationTemporality: number;
  readonly metadata: readonly KeyValue[];
}

const POINT_TYPES: Readonly<Record<MetricKind, MessageType<DataPoint>>> = {
  gauge: NUMBER_DATA_POINT,
  sum: NUMBER_DATA_POINT,
  histogram: HISTOGRAM_DATA_POINT,
  exponentialHistogram: EXPONENTIAL_HISTOGRAM_DATA_POINT,
  summary: SUMMARY_DATA_POINT,
};

/** OTLP's names of what a point has besides its value, and ours. */
const RECORD_FIELDS: ReadonlyMap<string, string> = new Map([
  ["count", "count"],
  ["sum", "sum"],
  ["min", "min"],
  ["max", "max"],
  ["explicitBounds", "bounds"],
  ["bucketCounts", "bucket_counts"],
  ["scale", "scale"],
  ["zeroCount", "zero_count"],
  ["zeroThreshold", "zero_threshold"],
  ["positive", "positive"],
  ["negative", "negative"],
  ["offset", "offset"],
  ["quantileValues", "quantiles"],
  ["exemplars", "exemplars"],
  ["flags", "flags"],
]);
const OTLP_FIELDS: ReadonlyMap<string, string> = new Map(Array.from(RECORD_FIELDS, ([otlp, ours]) => [ours, otlp]));

const TEMPORALITIES: readonly (string | undefined)[] = [undefined, "delta", "cumulative"];

/** A metric's kind and points; `undefined` if it has none. */
export function contentOf(metric: Metric): MetricContent | undefined {
  for (const kind of Object.keys(POINT_TYPES) as MetricKind[]) {
    const data = metric[kind];
    if (data !== undefined) return { kind, data };
  }
  return undefined;
}

/** A metric's type in records: its kind, with `counter` for a sum that only grows. */
export function typeOf({ kind, data }: MetricContent): string {
  if (data.isMonotonic === true) return "counter";
  return kind === "exponentialHistogram" ? "exponential_histogram" : kind;
}

/** The kind that a record's `type` stands for. What has none, or an unknown one, is a gauge. */
export function kindOf(type: unknown): MetricKind {
  if (type === "counter" || type === "sum") return "sum";
  if (type === "exponential_histogram") return "exponentialHistogram";
  return type === "histogram" || type === "summary" ? type : "gauge";
}

/** The record of one point. */
export function flattenPoint(
  point: DataPoint,
  { metric, content, origin, time, timestamp, start }: PointContext & PointTimes,
): TelemetryRecord {
  const otherFields = { ...point, attributes: [], startTimeUnixNano: 0n, timeUnixNano: 0n };
  const { asInt, asDouble, ...fields } = writeJson(POINT_TYPES[content.kind], otherFields, flattenInteger);
  const labels: Message = {};
  const typed = flattenAttributes(point.attributes, labels);
  const temporality = TEMPORALITIES[content.data.aggregationTemporality ?? 0];
  const otlp = {
    ...origin,
    ...(typed && { typed }),
    ...(point.timeUnixNano !== time && { timeUnixNano: String(point.timeUnixNano) }),
    ...(asDouble !== undefined && !isInferableDouble(Number(asDouble)) && { asDouble }),
    ...unsaidOfMetric(metric, content),
  };
  return {
    ts: timestamp,
    name: metric.name,
    value: plainNumber(isNumberKind(content.kind) ? asInt ?? asDouble : fields.sum ?? fields.count ?? 0),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(metric.unit !== "" && { unit: metric.unit }),
    type: typeOf(content),
    ...(temporality && { temporality }),
    ...(start !== undefined && { start }),
    ...rename(fields, RECORD_FIELDS),
    ...(Object.keys(otlp).length > 0 && { otlp }),
  };
}

/**
 * The point that a record stands for.
 *
 * @throws {SyntaxError} If a field is not of its type.
 */
export function inferPoint(record: TelemetryRecord): DataPoint {
  const otlp = otlpFieldsOf(record);
  const kind = kindOf(record.type);
  const fields = {
    ...rename(record, OTLP_FIELDS),
    ...(isNumberKind(kind) && inferNumber(otlp.asDouble, record.value)),
    timeUnixNano: otlp.timeUnixNano ?? parseTimestamp(record.ts),
    startTimeUnixNano: parseTimestamp(record.start),
  };
  const typed = readJsonAttributes(otlp.typed ?? []);
  return {
    ...readJson(POINT_TYPES[kind], fields),
    attributes: inferAttributes(jsonObject(record.labels) ?? {}, typed),
  };
}

/**
 * What a record says of its metric as a whole: the inverse of `typeOf` and `unsaidOfMetric`.
 *
 * @throws {SyntaxError} If the metadata is no list of attributes.
 */
export function inferAggregation(record: TelemetryRecord): MetricAggregation {
  const { aggregationTemporality, metadata = [] } = otlpFieldsOf(record);
  const said = TEMPORALITIES.indexOf(typeof record.temporality === "string" ? record.temporality : "cumulative");
  return {
    isMonotonic: record.type === "counter",
    aggregationTemporality: typeof aggregationTemporality === "number" ? aggregationTemporality : Math.max(said, 0),
    metadata: readJsonAttributes(metadata),
  };
}

/** The metric's own fields that its records do not say otherwise. No temporality would be read as cumulative. */
function unsaidOfMetric({ metadata }: Metric, { data: { aggregationTemporality } }: MetricContent): OtlpFields {
  const isUnsaid = aggregationTemporality !== undefined && TEMPORALITIES[aggregationTemporality] === undefined;
  return {
    ...(isUnsaid && { aggregationTemporality }),
    ...(metadata.length > 0 && { metadata: metadata.map(keyValueToJson) }),
  };
}

function isNumberKind(kind: MetricKind): boolean {
  return POINT_TYPES[kind] === NUMBER_DATA_POINT;
}

/** A value as a column of numbers can hold it: NaN and the infinities become null. */
function plainNumber(json: unknown): unknown {
  if (typeof json !== "string") return json ?? null;
  return Number.isFinite(Number(json)) ? Number(json) : null;
}

function inferNumber(asDouble: unknown, value: unknown): Message {
  if (asDouble !== undefined) return { asDouble };
  const inferred = infer(value);
  return "intValue" in inferred ? { asInt: inferred.intValue } : { asDouble: value };
}

/** Picks the fields that `names` has, under their other names, also within nested objects. */
function rename(fields: OtlpFields, names: ReadonlyMap<string, string>): Message {
  const renamed: Message = {};
  for (const [name, value] of Object.entries(fields)) {
    const otherName = names.get(name);
    const nested = jsonObject(value);
    if (otherName !== undefined) renamed[otherName] = nested ? rename(nested, names) : value;
  }
  return renamed;
}
