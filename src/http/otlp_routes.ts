/**
 * The OTLP/HTTP receiver.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @module
 */

import { RequestError } from "../errors.ts";
import { RETRY_AFTER_SECONDS } from "../limits.ts";
import { timeFromMs, type TimeNs } from "../model/time.ts";
import { logsToRecords } from "../otlp/logs.ts";
import { metricsToRecords } from "../otlp/metrics.ts";
import type { RecordGroup } from "../otlp/record_groups.ts";
import { decodeLogsRequest, decodeMetricsRequest, decodeTracesRequest, type OtlpEncoding } from "../otlp/requests.ts";
import { encodeExportResponse, type OtlpSignal } from "../otlp/response.ts";
import { tracesToRecords } from "../otlp/traces.ts";
import { type Route, type ServiceContext, unreadyReasons } from "./context.ts";
import { contentTypeOf, encodingOf } from "./otlp_encoding.ts";
import { OtlpIntake } from "./otlp_intake.ts";
import { readBody } from "./request_body.ts";

/** The routes that exporters post to. */
export function otlpRoutes(context: ServiceContext): readonly Route[] {
  const intake = new OtlpIntake(context);
  return (["logs", "traces", "metrics"] as const).map((signal) => ({
    method: "POST",
    path: `/v1/${signal}`,
    summary: `takes OTLP ${signal}, as protobuf or JSON`,
    answer: (request) => receive(request, { signal, context, intake }),
  }));
}

interface Receiver {
  readonly signal: OtlpSignal;
  readonly context: ServiceContext;
  readonly intake: OtlpIntake;
}

async function receive(request: Request, { signal, context, intake }: Receiver): Promise<Response> {
  const encoding = encodingOf(request);
  if (encoding === undefined) throw unknownContentType(request);
  checkReady(context);
  const body = await readBody(request, context.bodyMaxBytes);
  const receivedTime = timeFromMs(context.clock.now());
  const { defaultStack, store: { recordMaxBytes } } = context;
  const groups = readGroups(body, { signal, encoding, defaultStack, receivedTime, recordMaxBytes });
  const partialSuccess = await intake.take(groups);
  if (partialSuccess !== undefined) context.counters.countRejected(signal, partialSuccess.rejected);
  const answer = encodeExportResponse(signal, { encoding, partialSuccess });
  return new Response(answer, { headers: { "content-type": contentTypeOf(encoding) } });
}

/** Before the body is read: records that were appended, and then refused, would come twice. */
function checkReady(context: ServiceContext): void {
  const [reason] = unreadyReasons(context);
  if (reason === undefined) return;
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  throw new RequestError(503, `Cannot store telemetry now: ${reason}`, { headers });
}

function unknownContentType(request: Request): RequestError {
  const expected = `${contentTypeOf("protobuf")} or ${contentTypeOf("json")}`;
  const received = request.headers.get("content-type") ?? "";
  return new RequestError(415, `Cannot read Content-Type "${received}": expected ${expected}`);
}

interface BodyMeaning {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly defaultStack: string;
  readonly receivedTime: TimeNs;
  readonly recordMaxBytes: number;
}

function readGroups(body: Uint8Array, { signal, encoding, ...options }: BodyMeaning): readonly RecordGroup[] {
  try {
    switch (signal) {
      case "logs":
        return logsToRecords(decodeLogsRequest(body, encoding), options);
      case "metrics":
        return metricsToRecords(decodeMetricsRequest(body, encoding), options);
      case "traces":
        return tracesToRecords(decodeTracesRequest(body, encoding), options);
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new RequestError(400, error.message);
    throw error;
  }
}
