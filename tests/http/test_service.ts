/**
 * An app over a store in a directory of its own, and OTLP bodies to send it.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store, type StoreOptions } from "../../mod.ts";
import { type App, type AppOptions, createApp } from "../../src/http/mod.ts";
import type {
  AnyValue,
  KeyValue,
  LogRecord,
  LogsData,
  Metric,
  MetricsData,
  Span,
  TracesData,
} from "../../src/otlp/model.ts";
import { LOG_RECORD, METRIC, SPAN } from "../../src/otlp/messages.ts";

/** What a test works with. */
export interface TestService {
  readonly root: string;
  readonly store: Store;
  readonly app: App;
  /** Sends a request without a body, as a program of this machine. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The body of the answer to a GET; throws unless its status is 200. */
  json<T = Record<string, unknown>>(path: string): Promise<T>;
}

/** How the service of a test is made. */
export interface TestServiceOptions {
  readonly app?: AppOptions;
  readonly store?: StoreOptions;
}

/** Makes a service for the time of `use`, with nothing in its root. */
export async function withService(
  use: (service: TestService) => Promise<void>,
  options: TestServiceOptions = {},
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "varve-http-"));
  try {
    await using store = await openStore(root, options.store);
    const app = createApp(store, options.app);
    const request = (path: string, init?: RequestInit) => app.fetch(new Request(`http://localhost:4318${path}`, init));
    await use({ root, store, app, request, json: async (path) => JSON.parse(await bodyOf(await request(path))) });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A POST with a body. */
export function post(body: Uint8Array | string, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body: body as BodyInit, headers: { "content-type": "application/x-protobuf", ...headers } };
}

/** An export of logs from one service. */
export function logsOf(service: string | undefined, logs: readonly Partial<LogRecord>[]): LogsData {
  const logRecords = logs.map((log) => ({ ...LOG_RECORD.template, ...log }));
  const scopeLogs = [{ scope: undefined, logRecords, schemaUrl: "" }];
  return { resourceLogs: [{ resource: resourceOf(service), scopeLogs, schemaUrl: "" }] };
}

/** An export of spans from one service. */
export function tracesOf(service: string | undefined, spans: readonly Partial<Span>[]): TracesData {
  const scopeSpans = [{ scope: undefined, spans: spans.map((span) => ({ ...SPAN.template, ...span })), schemaUrl: "" }];
  return { resourceSpans: [{ resource: resourceOf(service), scopeSpans, schemaUrl: "" }] };
}

/** An export of metrics from one service. */
export function metricsOf(service: string | undefined, metrics: readonly Partial<Metric>[]): MetricsData {
  const scopeMetrics = [{
    scope: undefined,
    metrics: metrics.map((metric) => ({ ...METRIC.template, ...metric })),
    schemaUrl: "",
  }];
  return { resourceMetrics: [{ resource: resourceOf(service), scopeMetrics, schemaUrl: "" }] };
}

/** A gauge with one point. */
export function gauge(name: string, value: bigint, description = ""): Partial<Metric> {
  const point = { attributes: [], startTimeUnixNano: 0n, timeUnixNano: 1n, flags: 0, exemplars: [] };
  return { name, description, gauge: { dataPoints: [{ ...point, asInt: value, asDouble: undefined }] } };
}

/** A text value. */
export function text(stringValue: string): AnyValue {
  return { stringValue };
}

function resourceOf(service: string | undefined) {
  const attributes: KeyValue[] = service === undefined ? [] : [{ key: "service.name", value: text(service) }];
  return { attributes, droppedAttributesCount: 0, entityRefs: [] };
}

async function bodyOf(response: Response): Promise<string> {
  const body = await response.text();
  if (response.status !== 200) throw new Error(`Expected status 200, received ${response.status}: ${body}`);
  return body;
}
