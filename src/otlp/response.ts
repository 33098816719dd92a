/**
 * What an OTLP receiver answers: export responses, and Google's `Status` for errors.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 * @module
 */

import { defineMessage, type MessageType, optional, scalar } from "./message.ts";
import { encodeMessage, type OtlpEncoding } from "./requests.ts";

/** The signals of OTLP. */
export type OtlpSignal = "logs" | "traces" | "metrics";

/** What of a request was not accepted. With 0 rejected, the message is a warning. */
export interface PartialSuccess {
  /** Log records, spans or data points that were not accepted. */
  readonly rejected: number;
  /** Why, for a person to read. */
  readonly errorMessage: string;
}

/** The answer to an export request. */
export interface ExportResponse {
  readonly encoding: OtlpEncoding;
  /** Left out if everything was accepted. */
  readonly partialSuccess?: PartialSuccess | undefined;
}

/** An error as gRPC and OTLP write it. */
export interface Status {
  /** One of gRPC's codes, for instance 3: invalid argument. */
  readonly code: number;
  readonly message: string;
}

const STATUS = defineMessage<Status>("Status", { code: scalar(1, "int32"), message: scalar(2, "string") });

const EXPORT_RESPONSES = {
  logs: defineExportResponse("rejectedLogRecords"),
  traces: defineExportResponse("rejectedSpans"),
  metrics: defineExportResponse("rejectedDataPoints"),
} as const;

/** Writes the body of a successful answer (status 200), also of a partial one. */
export function encodeExportResponse(signal: OtlpSignal, response: ExportResponse): Uint8Array<ArrayBuffer> {
  const { encoding, partialSuccess } = response;
  const { type, rejectedField } = EXPORT_RESPONSES[signal];
  if (partialSuccess === undefined) return encodeMessage(type, { message: { partialSuccess }, encoding });
  const { rejected, errorMessage } = partialSuccess;
  const message = { partialSuccess: { [rejectedField]: BigInt(rejected), errorMessage } };
  return encodeMessage(type, { message, encoding });
}

/** Writes the body of an error answer (status 4xx, 5xx). */
export function encodeStatus(status: Status, encoding: OtlpEncoding): Uint8Array<ArrayBuffer> {
  return encodeMessage(STATUS, { message: status, encoding });
}

/** The three responses differ in the name of one field. */
function defineExportResponse(rejectedField: string): { type: MessageType<object>; rejectedField: string } {
  const partialSuccess = defineMessage<Record<string, unknown>>("PartialSuccess", {
    [rejectedField]: scalar(1, "int64"),
    errorMessage: scalar(2, "string"),
  });
  const type = defineMessage<{ partialSuccess: unknown }>("ExportResponse", {
    partialSuccess: optional(1, partialSuccess),
  });
  return { type, rejectedField };
}
