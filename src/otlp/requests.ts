/**
 * OTLP/HTTP bodies: export requests in both encodings.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @module
 */

import { decodeRecord, encodeRecord } from "../model/record.ts";
import { readJson } from "./json_reader.ts";
import { writeJson } from "./json_writer.ts";
import type { MessageType } from "./message.ts";
import { LOGS_DATA, METRICS_DATA, TRACES_DATA } from "./messages.ts";
import type { LogsData, MetricsData, TracesData } from "./model.ts";
import { readProtobuf } from "./protobuf_reader.ts";
import { writeProtobuf } from "./protobuf_writer.ts";

/** The encodings of OTLP/HTTP: `application/x-protobuf` and `application/json`. */
export type OtlpEncoding = "protobuf" | "json";

/**
 * Reads the body of `POST /v1/logs`, inflated. Unknown fields are passed over; no 64-bit integer goes through a double.
 * Byte values of a protobuf body are views of `body`.
 *
 * @throws {SyntaxError} If the body is malformed; the message names the field, and the path or offset.
 */
export function decodeLogsRequest(body: Uint8Array, encoding: OtlpEncoding): LogsData {
  return decodeMessage(LOGS_DATA, { body, encoding });
}

/** Reads the body of `POST /v1/traces`, under the terms of {@linkcode decodeLogsRequest}. */
export function decodeTracesRequest(body: Uint8Array, encoding: OtlpEncoding): TracesData {
  return decodeMessage(TRACES_DATA, { body, encoding });
}

/** Reads the body of `POST /v1/metrics`, under the terms of {@linkcode decodeLogsRequest}. */
export function decodeMetricsRequest(body: Uint8Array, encoding: OtlpEncoding): MetricsData {
  return decodeMessage(METRICS_DATA, { body, encoding });
}

/** Writes a body for `POST /v1/logs`. */
export function encodeLogsRequest(data: LogsData, encoding: OtlpEncoding): Uint8Array<ArrayBuffer> {
  return encodeMessage(LOGS_DATA, { message: data, encoding });
}

/** Writes a body for `POST /v1/traces`. */
export function encodeTracesRequest(data: TracesData, encoding: OtlpEncoding): Uint8Array<ArrayBuffer> {
  return encodeMessage(TRACES_DATA, { message: data, encoding });
}

/** Writes a body for `POST /v1/metrics`. */
export function encodeMetricsRequest(data: MetricsData, encoding: OtlpEncoding): Uint8Array<ArrayBuffer> {
  return encodeMessage(METRICS_DATA, { message: data, encoding });
}

/** Writes any message in either encoding. */
export function encodeMessage<T extends object>(
  type: MessageType<T>,
  { message, encoding }: { readonly message: T; readonly encoding: OtlpEncoding },
): Uint8Array<ArrayBuffer> {
  if (encoding === "protobuf") return writeProtobuf(type, message);
  return new TextEncoder().encode(encodeRecord(writeJson(type, message)));
}

function decodeMessage<T>(
  type: MessageType<T>,
  { body, encoding }: { readonly body: Uint8Array; readonly encoding: OtlpEncoding },
): T {
  return encoding === "protobuf" ? readProtobuf(type, body) : readJson(type, parseJson(body));
}

/** A JSON body has the form of a record, and the same need of exact integers. */
function parseJson(body: Uint8Array): unknown {
  try {
    return decodeRecord(new TextDecoder().decode(body));
  } catch (error) {
    // Text that nests too deep for the engine's parser is a RangeError.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new SyntaxError(`Cannot read OTLP/JSON: ${error.message}`, { cause: error });
  }
}
