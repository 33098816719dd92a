/**
 * Errors as answers: a `google.rpc.Status` in the sender's encoding below `/v1/`, else RFC 9457's problem details.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import type { OtlpEncoding } from "../otlp/requests.ts";
import { encodeStatus } from "../otlp/response.ts";
import { contentTypeOf, encodingOf } from "./otlp_encoding.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** gRPC's codes: invalid argument, unauthenticated, permission denied, … */
const GRPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  500: 13,
  503: 14,
};

/** The answer to a request that failed. An error that is no {@linkcode RequestError} is ours: status 500. */
export function errorResponse(request: Request, cause: unknown): Response {
  const error = cause instanceof RequestError ? cause : new RequestError(500, messageOf(cause));
  if (!new URL(request.url).pathname.startsWith("/v1/")) return problemResponse(error);
  return statusResponse(error, encodingOf(request) ?? "json");
}

/** What an error says of itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function problemResponse({ status, message, parameter, headers }: RequestError): Response {
  const problem = { type: "about:blank", title: TITLES[status], status, detail: message, parameter };
  const contentType = { "content-type": "application/problem+json" };
  return new Response(JSON.stringify(problem), { status, headers: { ...contentType, ...headers } });
}

function statusResponse({ status, message, headers }: RequestError, encoding: OtlpEncoding): Response {
  const body = encodeStatus({ code: GRPC_CODES[status] ?? 2, message }, encoding);
  return new Response(body, { status, headers: { "content-type": contentTypeOf(encoding), ...headers } });
}
