/**
 * The encodings of OTLP/HTTP by their media types.
 *
 * @module
 */

import type { OtlpEncoding } from "../otlp/requests.ts";

const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** The encoding that a request says its body has; `undefined` if that is none of OTLP's. */
export function encodingOf(request: Request): OtlpEncoding | undefined {
  const mediaType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType === CONTENT_TYPES.protobuf) return "protobuf";
  return mediaType === CONTENT_TYPES.json ? "json" : undefined;
}

/** The Content-Type of an encoding. */
export function contentTypeOf(encoding: OtlpEncoding): string {
  return CONTENT_TYPES[encoding];
}
