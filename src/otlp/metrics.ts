/**
 * Metrics ⇄ records of the signals `timeseries` and `metadata`.
 *
 * @module
 */

import { encodeRecord, type TelemetryRecord } from "../model/record.ts";
import { jsonObject, type Message } from "./message.ts";
import { METRIC } from "./messages.ts";
import type { DataPoint, Metric, MetricsData } from "./model.ts";
import { metadataRecord } from "./metric_metadata.ts";
import {
  contentOf,
  flattenPoint,
  inferAggregation,
  inferPoint,
  kindOf,
  type MetricAggregation,
  type MetricKind,
  type PointContext,
} from "./metric_points.ts";
import { flattenOrigin, OriginGroups, otlpFieldsOf } from "./origin.ts";
import { JournalItems, type ReceiveOptions, type RecordGroup } from "./record_groups.ts";
import { TimestampFormatter } from "./timestamp.ts";

/** What {@linkcode metricsFromRecords} is told besides the data points. */
export interface MetricsFromRecordsOptions {
  /** Records of the signal `metadata`, for the descriptions. The last one of a name counts. Default: none. */
  readonly metadata?: Iterable<TelemetryRecord>;
}

/**
 * One record of `timeseries` for each data point, and one of `metadata` for each metric's name, by journal. A metric
 * without points has metadata alone. Metadata count no items. Groups are never empty.
 */
export function metricsToRecords(data: MetricsData, options: ReceiveOptions): readonly RecordGroup[] {
  const points = new JournalItems<TelemetryRecord>("timeseries", options.defaultStack);
  const metadata = new JournalItems<TelemetryRecord>("metadata", options.defaultStack);
  const flattener = new MetricFlattener(options);
  for (const { resource, scopeMetrics, schemaUrl } of data.resourceMetrics) {
    for (const { scope, metrics, schemaUrl: scopeSchemaUrl } of scopeMetrics) {
      const origin = flattenOrigin({ resource, resourceSchemaUrl: schemaUrl, scope, scopeSchemaUrl });
      for (const metric of metrics) {
        const content = contentOf(metric);
        if (content === undefined) continue;
        flattener.flatten({ metric, content, origin }, points.itemsOf(resource));
        metadata.itemsOf(resource).push(metadataRecord({ metric, content, time: options.receivedTime }));
      }
    }
  }
  return [
    ...points.journals().map(({ key, items }) => ({ key, records: items, itemCount: items.length })),
    ...metadata.journals().map(({ key, items }) => ({ key, records: firstOfEachName(items), itemCount: 0 })),
  ];
}

/**
 * The metrics that records of the signal `timeseries` stand for, those that came in as OTLP without any loss of type.
 * Points of one metric, and metrics of the same resource and scope, come together.
 *
 * @throws {SyntaxError} If a field that a point needs is not of its type; names the field and the value.
 */
export function metricsFromRecords(
  records: Iterable<TelemetryRecord>,
  { metadata = [] }: MetricsFromRecordsOptions = {},
): MetricsData {
  const descriptions = new Map(Array.from(metadata, ({ name, help }) => [name, help]));
  const groups = new OriginGroups<TelemetryRecord>();
  for (const record of records) groups.itemsOf(otlpFieldsOf(record)).push(record);
  const resourceMetrics = groups.groups().map(({ resource, schemaUrl, scopes }) => ({
    resource,
    scopeMetrics: scopes.map(({ scope, schemaUrl, items }) => ({
      scope,
      metrics: inferMetrics(items, descriptions),
      schemaUrl,
    })),
    schemaUrl,
  }));
  return { resourceMetrics };
}

/** Flattens points; those of one request mostly share their time and their start. */
class MetricFlattener {
  readonly #receivedTime: bigint;
  readonly #timestamps = new TimestampFormatter();
  readonly #starts = new TimestampFormatter();

  constructor({ receivedTime }: ReceiveOptions) {
    this.#receivedTime = receivedTime;
  }

  /** Adds the records of one metric's points to `records`. */
  flatten(context: PointContext, records: TelemetryRecord[]): void {
    for (const point of context.content.data.dataPoints) {
      const time = point.timeUnixNano || this.#receivedTime;
      const start = point.startTimeUnixNano === 0n ? undefined : this.#starts.format(point.startTimeUnixNano);
      records.push(flattenPoint(point, { ...context, time, timestamp: this.#timestamps.format(time), start }));
    }
  }
}

/** A metric being put together. */
interface MetricParts {
  readonly record: TelemetryRecord;
  readonly kind: MetricKind;
  readonly aggregation: MetricAggregation;
  readonly dataPoints: DataPoint[];
}

function inferMetrics(
  records: readonly TelemetryRecord[],
  descriptions: ReadonlyMap<unknown, unknown>,
): readonly Metric[] {
  const metrics = new Map<string, MetricParts>();
  for (const record of records) {
    const { name, unit, type, temporality } = record;
    const { aggregationTemporality, metadata } = otlpFieldsOf(record);
    const id = encodeRecord({ name, unit, type, temporality, aggregationTemporality, metadata });
    const parts = metrics.get(id) ??
      { record, kind: kindOf(type), aggregation: inferAggregation(record), dataPoints: [] };
    metrics.set(id, parts);
    parts.dataPoints.push(inferPoint(record));
  }
  return Array.from(metrics.values(), (parts) => assemble(parts, descriptions.get(parts.record.name)));
}

function assemble({ record, kind, aggregation, dataPoints }: MetricParts, description: unknown): Metric {
  // The kind's own type says which of the aggregation's fields it has.
  const type = METRIC.fields.find(({ name }) => name === kind)?.message;
  const data: Message = { ...jsonObject(type?.template) };
  for (const [field, value] of Object.entries({ ...aggregation, dataPoints })) if (field in data) data[field] = value;
  return {
    ...METRIC.template,
    name: textOf(record.name),
    description: textOf(description),
    unit: textOf(record.unit),
    metadata: aggregation.metadata,
    [kind]: data,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function firstOfEachName(records: readonly TelemetryRecord[]): readonly TelemetryRecord[] {
  return Array.from(Map.groupBy(records, ({ name }) => name).values(), ([first]) => first as TelemetryRecord);
}
