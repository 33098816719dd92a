/**
 * Posts OTLP/HTTP protobuf requests one after another, over the one connection that then is kept open, and prints, as
 * JSON, how long they took. `otlp_logs.ts` starts it.
 *
 * Command line: `otlp_client.ts <url> <requests> <warm-up requests> <records of a request>`
 *
 * @module
 */

import process from "node:process";
import type { KeyValue, LogRecord, LogsData } from "../../src/otlp/model.ts";
import { encodeLogsRequest } from "../../src/otlp/requests.ts";
import { RecordSource } from "../records.ts";

/** What the program prints. */
export interface OtlpTimes {
  readonly ms: number;
}

/** Bodies are encoded beforehand and sent in turn. */
const BODIES = 8;
const INFO = 9;

const [url = "", requests = "", warmUpRequests = "", requestRecords = ""] = process.argv.slice(2);
const source = new RecordSource();
const bodies = Array.from({ length: BODIES }, () => encodeLogsRequest(logsData(), "protobuf"));
await postAll(Number(warmUpRequests));
const startMs = performance.now();
await postAll(Number(requests));
const times: OtlpTimes = { ms: performance.now() - startMs };
console.log(JSON.stringify(times));

async function postAll(count: number): Promise<void> {
  const headers = { "content-type": "application/x-protobuf" };
  for (let index = 0; index < count; index++) {
    const body = bodies[index % bodies.length] ?? new Uint8Array();
    const response = await fetch(url, { method: "POST", headers, body });
    const answer = await response.bytes();
    // An empty answer says that every record was taken.
    if (response.status === 200 && answer.length === 0) continue;
    throw new Error(`Cannot post to ${url}: status ${response.status}, ${new TextDecoder().decode(answer)}`);
  }
}

function logsData(): LogsData {
  const logRecords = Array.from({ length: Number(requestRecords) }, logRecord);
  const scope = { name: "bench", version: "1.0.0", attributes: [], droppedAttributesCount: 0 };
  const resource = { attributes: [text("service.name", "bench")], droppedAttributesCount: 0, entityRefs: [] };
  return { resourceLogs: [{ resource, schemaUrl: "", scopeLogs: [{ scope, schemaUrl: "", logRecords }] }] };
}

function logRecord(): LogRecord {
  const { msg, fields } = source.parts();
  const timeUnixNano = BigInt(Date.now()) * 1_000_000n;
  return {
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano,
    severityNumber: INFO,
    severityText: "INFO",
    body: { stringValue: msg },
    attributes: [
      text("session", fields.session),
      { key: "duration_ms", value: { intValue: BigInt(fields.duration_ms) } },
      { key: "bytes", value: { intValue: BigInt(fields.bytes) } },
    ],
    droppedAttributesCount: 0,
    flags: 1,
    traceId: fields.trace_id,
    spanId: fields.span_id,
    eventName: "",
  };
}

function text(key: string, stringValue: string): KeyValue {
  return { key, value: { stringValue } };
}
