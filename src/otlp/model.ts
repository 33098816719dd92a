/**
 * OpenTelemetry's data as typed plain objects, with the field names of OTLP/JSON. Both encodings are read into this and
 * written from it.
 *
 * 64-bit integers are `bigint`, ids are lower-case hex text (empty: not set), enumerations are numbers. A field that the
 * sender left out has its protobuf default; only where OTLP tells "not set" from the default is it `undefined`.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 * @module
 */

// Common

/** One value of an attribute or a body. `{}` is OTLP's empty value. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: bigint }
  | { readonly doubleValue: number }
  | { readonly arrayValue: ArrayValue }
  | { readonly kvlistValue: KeyValueList }
  | { readonly bytesValue: Uint8Array }
  | { readonly [field: string]: never };

/** A list of values, each of its own kind. */
export interface ArrayValue {
  readonly values: readonly AnyValue[];
}

/** A nested map. OTLP asks for unique keys; repeated ones are kept. */
export interface KeyValueList {
  readonly values: readonly KeyValue[];
}

/** One attribute. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** Refers to an entity whose attributes are among the resource's. */
export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

/** What produced the telemetry. */
export interface Resource {
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
  readonly entityRefs: readonly EntityRef[];
}

/** The library that produced the telemetry. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
}

// Logs

/** An export request for logs; OTLP's `LogsData` has the same form. */
export interface LogsData {
  readonly resourceLogs: readonly ResourceLogs[];
}

/** The logs of one resource. */
export interface ResourceLogs {
  readonly resource: Resource | undefined;
  readonly scopeLogs: readonly ScopeLogs[];
  readonly schemaUrl: string;
}

/** The logs of one library. */
export interface ScopeLogs {
  readonly scope: InstrumentationScope | undefined;
  readonly logRecords: readonly LogRecord[];
  readonly schemaUrl: string;
}

/** One log record. Times are nanoseconds since the epoch, 0 if unknown. */
export interface LogRecord {
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  /** 1 to 24, 0 if not set. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

// Traces

/** An export request for traces; OTLP's `TracesData` has the same form. */
export interface TracesData {
  readonly resourceSpans: readonly ResourceSpans[];
}

/** The spans of one resource. */
export interface ResourceSpans {
  readonly resource: Resource | undefined;
  readonly scopeSpans: readonly ScopeSpans[];
  readonly schemaUrl: string;
}

/** The spans of one library. */
export interface ScopeSpans {
  readonly scope: InstrumentationScope | undefined;
  readonly spans: readonly Span[];
  readonly schemaUrl: string;
}

/** One operation. Times are nanoseconds since the epoch, 0 if unknown. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly parentSpanId: string;
  readonly flags: number;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 if not set. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly status: SpanStatus | undefined;
}

/** A point in time within a span. */
export interface SpanEvent {
  readonly timeUnixNano: bigint;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
}

/** A reference from a span to another one. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
}

/** How a span ended. */
export interface SpanStatus {
  readonly message: string;
  /** 0 unset, 1 ok, 2 error. */
  readonly code: number;
}

// Metrics

/** An export request for metrics; OTLP's `MetricsData` has the same form. */
export interface MetricsData {
  readonly resourceMetrics: readonly ResourceMetrics[];
}

/** The metrics of one resource. */
export interface ResourceMetrics {
  readonly resource: Resource | undefined;
  readonly scopeMetrics: readonly ScopeMetrics[];
  readonly schemaUrl: string;
}

/** The metrics of one library. */
export interface ScopeMetrics {
  readonly scope: InstrumentationScope | undefined;
  readonly metrics: readonly Metric[];
  readonly schemaUrl: string;
}

/** One metric with its data points. At most one of `gauge` to `summary` is set. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly gauge: Gauge | undefined;
  readonly sum: Sum | undefined;
  readonly histogram: Histogram | undefined;
  readonly exponentialHistogram: ExponentialHistogram | undefined;
  readonly summary: Summary | undefined;
  readonly metadata: readonly KeyValue[];
}

/** A value sampled now and then. */
export interface Gauge {
  readonly dataPoints: readonly NumberDataPoint[];
}

/** A sum over time. */
export interface Sum {
  readonly dataPoints: readonly NumberDataPoint[];
  /** 1 delta, 2 cumulative, 0 if not set. */
  readonly aggregationTemporality: number;
  readonly isMonotonic: boolean;
}

/** A distribution over buckets with explicit bounds. */
export interface Histogram {
  readonly dataPoints: readonly HistogramDataPoint[];
  /** 1 delta, 2 cumulative, 0 if not set. */
  readonly aggregationTemporality: number;
}

/** A distribution over exponentially growing buckets. */
export interface ExponentialHistogram {
  readonly dataPoints: readonly ExponentialHistogramDataPoint[];
  /** 1 delta, 2 cumulative, 0 if not set. */
  readonly aggregationTemporality: number;
}

/** Quantiles that the sender computed. */
export interface Summary {
  readonly dataPoints: readonly SummaryDataPoint[];
}

/** What the points of every kind of metric have. Times are nanoseconds since the epoch, 0 if unknown. */
export interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  /** Bit 0: no value was recorded. */
  readonly flags: number;
}

/** A point of a gauge or a sum. At most one of `asDouble` and `asInt` is set. */
export interface NumberDataPoint extends DataPoint {
  readonly asDouble: number | undefined;
  readonly asInt: bigint | undefined;
  readonly exemplars: readonly Exemplar[];
}

/** A point of a histogram. */
export interface HistogramDataPoint extends DataPoint {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** A point of an exponential histogram. */
export interface ExponentialHistogramDataPoint extends DataPoint {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly positive: Buckets | undefined;
  readonly negative: Buckets | undefined;
  readonly exemplars: readonly Exemplar[];
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly zeroThreshold: number;
}

/** Consecutive buckets of an exponential histogram. */
export interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly bigint[];
}

/** A point of a summary. */
export interface SummaryDataPoint extends DataPoint {
  readonly count: bigint;
  readonly sum: number;
  readonly quantileValues: readonly ValueAtQuantile[];
}

/** One quantile (0 to 1) of a summary. */
export interface ValueAtQuantile {
  readonly quantile: number;
  readonly value: number;
}

/** A raw measurement beside an aggregated point. At most one of `asDouble` and `asInt` is set. */
export interface Exemplar {
  readonly filteredAttributes: readonly KeyValue[];
  readonly timeUnixNano: bigint;
  readonly asDouble: number | undefined;
  readonly asInt: bigint | undefined;
  readonly spanId: string;
  readonly traceId: string;
}

/** `STATUS_CODE_ERROR` of a span's status. */
export const STATUS_CODE_ERROR = 2;
