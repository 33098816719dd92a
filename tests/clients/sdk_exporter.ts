/**
 * A program with the official OpenTelemetry SDK, which the environment configures as for any other backend:
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_COMPRESSION`. The argument chooses the exporters: `proto` or `http`.
 *
 * @module
 */
import { SeverityNumber, SpanStatusCode } from "@opentelemetry/api";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import process from "node:process";

const isJson = process.argv[2] === "http";
const resource = resourceFromAttributes({
  "service.name": isJson ? "till-json" : "till",
  "service.namespace": "berlin",
});
const logExporter = isJson ? new JsonLogExporter() : new OTLPLogExporter();
const spanExporter = isJson ? new JsonTraceExporter() : new OTLPTraceExporter();
const metricExporter = isJson ? new JsonMetricExporter() : new OTLPMetricExporter();

const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: logExporter })] });
const tracers = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter: spanExporter })] });
const meters = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: metricExporter })],
});

loggers.getLogger("till").emit({
  severityNumber: SeverityNumber.WARN2,
  severityText: "WARN",
  body: "card declined",
  attributes: { amount: 12.5, count: 3, tags: ["a", "b"], nested: { deep: true }, raw: new Uint8Array([0, 255]) },
});
const span = tracers.getTracer("till").startSpan("POST /pay", { attributes: { "order.id": 42 } });
span.addEvent("retry", { attempt: 2 });
span.setStatus({ code: SpanStatusCode.ERROR, message: "declined" });
span.end();
const meter = meters.getMeter("till");
meter.createCounter("orders.taken", { description: "Orders taken.", unit: "{order}" }).add(3, { shop: "berlin" });
meter.createHistogram("order.value", { unit: "EUR" }).record(12.5);

await Promise.all([loggers.shutdown(), tracers.shutdown(), meters.shutdown()]);
