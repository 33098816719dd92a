/**
 * The messages of OTLP: their field numbers and encodings.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 * @module
 */

import { defineMessage, optional, repeated, scalar } from "./message.ts";
import type * as model from "./model.ts";

// Common

const ENTITY_REF = defineMessage<model.EntityRef>("EntityRef", {
  schemaUrl: scalar(1, "string"),
  type: scalar(2, "string"),
  idKeys: repeated(3, "string"),
  descriptionKeys: repeated(4, "string"),
});

/** `opentelemetry.proto.resource.v1.Resource` */
export const RESOURCE = defineMessage<model.Resource>("Resource", {
  attributes: repeated(1, "keyValue"),
  droppedAttributesCount: scalar(2, "uint32"),
  entityRefs: repeated(3, ENTITY_REF),
});

/** `opentelemetry.proto.common.v1.InstrumentationScope` */
export const SCOPE = defineMessage<model.InstrumentationScope>("InstrumentationScope", {
  name: scalar(1, "string"),
  version: scalar(2, "string"),
  attributes: repeated(3, "keyValue"),
  droppedAttributesCount: scalar(4, "uint32"),
});

// Logs

/** `opentelemetry.proto.logs.v1.LogRecord` */
export const LOG_RECORD = defineMessage<model.LogRecord>("LogRecord", {
  timeUnixNano: scalar(1, "fixed64"),
  observedTimeUnixNano: scalar(11, "fixed64"),
  severityNumber: scalar(2, "enum"),
  severityText: scalar(3, "string"),
  body: scalar(5, "anyValue"),
  attributes: repeated(6, "keyValue"),
  droppedAttributesCount: scalar(7, "uint32"),
  flags: scalar(8, "fixed32"),
  traceId: scalar(9, "id"),
  spanId: scalar(10, "id"),
  eventName: scalar(12, "string"),
});

const SCOPE_LOGS = defineMessage<model.ScopeLogs>("ScopeLogs", {
  scope: optional(1, SCOPE),
  logRecords: repeated(2, LOG_RECORD),
  schemaUrl: scalar(3, "string"),
});

const RESOURCE_LOGS = defineMessage<model.ResourceLogs>("ResourceLogs", {
  resource: optional(1, RESOURCE),
  scopeLogs: repeated(2, SCOPE_LOGS),
  schemaUrl: scalar(3, "string"),
});

/** `opentelemetry.proto.logs.v1.LogsData`, `ExportLogsServiceRequest` */
export const LOGS_DATA = defineMessage<model.LogsData>("LogsData", {
  resourceLogs: repeated(1, RESOURCE_LOGS),
});

// Traces

const SPAN_EVENT = defineMessage<model.SpanEvent>("Event", {
  timeUnixNano: scalar(1, "fixed64"),
  name: scalar(2, "string"),
  attributes: repeated(3, "keyValue"),
  droppedAttributesCount: scalar(4, "uint32"),
});

const SPAN_LINK = defineMessage<model.SpanLink>("Link", {
  traceId: scalar(1, "id"),
  spanId: scalar(2, "id"),
  traceState: scalar(3, "string"),
  attributes: repeated(4, "keyValue"),
  droppedAttributesCount: scalar(5, "uint32"),
  flags: scalar(6, "fixed32"),
});

const SPAN_STATUS = defineMessage<model.SpanStatus>("Status", {
  message: scalar(2, "string"),
  code: scalar(3, "enum"),
});

/** `opentelemetry.proto.trace.v1.Span` */
export const SPAN = defineMessage<model.Span>("Span", {
  traceId: scalar(1, "id"),
  spanId: scalar(2, "id"),
  traceState: scalar(3, "string"),
  parentSpanId: scalar(4, "id"),
  flags: scalar(16, "fixed32"),
  name: scalar(5, "string"),
  kind: scalar(6, "enum"),
  startTimeUnixNano: scalar(7, "fixed64"),
  endTimeUnixNano: scalar(8, "fixed64"),
  attributes: repeated(9, "keyValue"),
  droppedAttributesCount: scalar(10, "uint32"),
  events: repeated(11, SPAN_EVENT),
  droppedEventsCount: scalar(12, "uint32"),
  links: repeated(13, SPAN_LINK),
  droppedLinksCount: scalar(14, "uint32"),
  status: optional(15, SPAN_STATUS),
});

/** `opentelemetry.proto.trace.v1.ScopeSpans` */
export const SCOPE_SPANS = defineMessage<model.ScopeSpans>("ScopeSpans", {
  scope: optional(1, SCOPE),
  spans: repeated(2, SPAN),
  schemaUrl: scalar(3, "string"),
});

/** `opentelemetry.proto.trace.v1.ResourceSpans` */
export const RESOURCE_SPANS = defineMessage<model.ResourceSpans>("ResourceSpans", {
  resource: optional(1, RESOURCE),
  scopeSpans: repeated(2, SCOPE_SPANS),
  schemaUrl: scalar(3, "string"),
});

/** `opentelemetry.proto.trace.v1.TracesData`, `ExportTraceServiceRequest` */
export const TRACES_DATA = defineMessage<model.TracesData>("TracesData", {
  resourceSpans: repeated(1, RESOURCE_SPANS),
});

// Metrics

const EXEMPLAR = defineMessage<model.Exemplar>("Exemplar", {
  filteredAttributes: repeated(7, "keyValue"),
  timeUnixNano: scalar(2, "fixed64"),
  asDouble: optional(3, "double", "asInt"),
  asInt: optional(6, "sfixed64", "asDouble"),
  spanId: scalar(4, "id"),
  traceId: scalar(5, "id"),
});

/** `opentelemetry.proto.metrics.v1.NumberDataPoint` */
export const NUMBER_DATA_POINT = defineMessage<model.NumberDataPoint>("NumberDataPoint", {
  attributes: repeated(7, "keyValue"),
  startTimeUnixNano: scalar(2, "fixed64"),
  timeUnixNano: scalar(3, "fixed64"),
  asDouble: optional(4, "double", "asInt"),
  asInt: optional(6, "sfixed64", "asDouble"),
  exemplars: repeated(5, EXEMPLAR),
  flags: scalar(8, "uint32"),
});

/** `opentelemetry.proto.metrics.v1.HistogramDataPoint` */
export const HISTOGRAM_DATA_POINT = defineMessage<model.HistogramDataPoint>("HistogramDataPoint", {
  attributes: repeated(9, "keyValue"),
  startTimeUnixNano: scalar(2, "fixed64"),
  timeUnixNano: scalar(3, "fixed64"),
  count: scalar(4, "fixed64"),
  sum: optional(5, "double"),
  bucketCounts: repeated(6, "fixed64"),
  explicitBounds: repeated(7, "double"),
  exemplars: repeated(8, EXEMPLAR),
  flags: scalar(10, "uint32"),
  min: optional(11, "double"),
  max: optional(12, "double"),
});

const BUCKETS = defineMessage<model.Buckets>("Buckets", {
  offset: scalar(1, "sint32"),
  bucketCounts: repeated(2, "uint64"),
});

/** `opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint` */
export const EXPONENTIAL_HISTOGRAM_DATA_POINT = defineMessage<model.ExponentialHistogramDataPoint>(
  "ExponentialHistogramDataPoint",
  {
    attributes: repeated(1, "keyValue"),
    startTimeUnixNano: scalar(2, "fixed64"),
    timeUnixNano: scalar(3, "fixed64"),
    count: scalar(4, "fixed64"),
    sum: optional(5, "double"),
    scale: scalar(6, "sint32"),
    zeroCount: scalar(7, "fixed64"),
    positive: optional(8, BUCKETS),
    negative: optional(9, BUCKETS),
    flags: scalar(10, "uint32"),
    exemplars: repeated(11, EXEMPLAR),
    min: optional(12, "double"),
    max: optional(13, "double"),
    zeroThreshold: scalar(14, "double"),
  },
);

const VALUE_AT_QUANTILE = defineMessage<model.ValueAtQuantile>("ValueAtQuantile", {
  quantile: scalar(1, "double"),
  value: scalar(2, "double"),
});

/** `opentelemetry.proto.metrics.v1.SummaryDataPoint` */
export const SUMMARY_DATA_POINT = defineMessage<model.SummaryDataPoint>("SummaryDataPoint", {
  attributes: repeated(7, "keyValue"),
  startTimeUnixNano: scalar(2, "fixed64"),
  timeUnixNano: scalar(3, "fixed64"),
  count: scalar(4, "fixed64"),
  sum: scalar(5, "double"),
  quantileValues: repeated(6, VALUE_AT_QUANTILE),
  flags: scalar(8, "uint32"),
});

const GAUGE = defineMessage<model.Gauge>("Gauge", {
  dataPoints: repeated(1, NUMBER_DATA_POINT),
});

const SUM = defineMessage<model.Sum>("Sum", {
  dataPoints: repeated(1, NUMBER_DATA_POINT),
  aggregationTemporality: scalar(2, "enum"),
  isMonotonic: scalar(3, "bool"),
});

const HISTOGRAM = defineMessage<model.Histogram>("Histogram", {
  dataPoints: repeated(1, HISTOGRAM_DATA_POINT),
  aggregationTemporality: scalar(2, "enum"),
});

const EXPONENTIAL_HISTOGRAM = defineMessage<model.ExponentialHistogram>("ExponentialHistogram", {
  dataPoints: repeated(1, EXPONENTIAL_HISTOGRAM_DATA_POINT),
  aggregationTemporality: scalar(2, "enum"),
});

const SUMMARY = defineMessage<model.Summary>("Summary", {
  dataPoints: repeated(1, SUMMARY_DATA_POINT),
});

/** `opentelemetry.proto.metrics.v1.Metric` */
export const METRIC = defineMessage<model.Metric>("Metric", {
  name: scalar(1, "string"),
  description: scalar(2, "string"),
  unit: scalar(3, "string"),
  gauge: optional(5, GAUGE, "sum", "histogram", "exponentialHistogram", "summary"),
  sum: optional(7, SUM, "gauge", "histogram", "exponentialHistogram", "summary"),
  histogram: optional(9, HISTOGRAM, "gauge", "sum", "exponentialHistogram", "summary"),
  exponentialHistogram: optional(10, EXPONENTIAL_HISTOGRAM, "gauge", "sum", "histogram", "summary"),
  summary: optional(11, SUMMARY, "gauge", "sum", "histogram", "exponentialHistogram"),
  metadata: repeated(12, "keyValue"),
});

const SCOPE_METRICS = defineMessage<model.ScopeMetrics>("ScopeMetrics", {
  scope: optional(1, SCOPE),
  metrics: repeated(2, METRIC),
  schemaUrl: scalar(3, "string"),
});

const RESOURCE_METRICS = defineMessage<model.ResourceMetrics>("ResourceMetrics", {
  resource: optional(1, RESOURCE),
  scopeMetrics: repeated(2, SCOPE_METRICS),
  schemaUrl: scalar(3, "string"),
});

/** `opentelemetry.proto.metrics.v1.MetricsData`, `ExportMetricsServiceRequest` */
export const METRICS_DATA = defineMessage<model.MetricsData>("MetricsData", {
  resourceMetrics: repeated(1, RESOURCE_METRICS),
});
