/**
 * Request bodies, whole and inflated, within a limit that holds before and after.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { joinBytes } from "../model/bytes.ts";
import { inflateGzip } from "../segment/inflation.ts";

/**
 * Reads a body, inflating one whose `Content-Encoding` is gzip as it comes in. What passes the limit is not kept.
 *
 * @param maxBytes Bytes that the body may have, as sent and inflated.
 * @throws {RequestError} If it has more (413), is damaged (400), or is encoded in another way (415).
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    throw new RequestError(415, `Cannot read Content-Encoding "${encoding}": expected gzip or identity`);
  }
  const declaredBytes = Number(request.headers.get("content-length") ?? 0);
  if (declaredBytes > maxBytes) throw tooLarge(maxBytes);
  if (encoding === "gzip") return await inflate(bodyChunks(request, maxBytes), maxBytes);
  // A length that the connection enforces bounds the body; then the runtime collects it twice as fast.
  const isBounded = request.headers.has("content-length") && !request.headers.has("transfer-encoding");
  const body = isBounded ? await wholeBody(request) : joinBytes(await Array.fromAsync(bodyChunks(request, maxBytes)));
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  return body;
}

async function wholeBody(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    throw cutOff(error);
  }
}

async function* bodyChunks(request: Request, maxBytes: number): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof RequestError ? error : cutOff(error);
  }
}

/** Inflates gzip. It is counted as it comes, so that a small body cannot fill the memory. */
async function inflate(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const inflated: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of inflateGzip(chunks)) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      inflated.push(chunk);
    }
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(400, `Cannot inflate the body: ${error instanceof Error ? error.message : error}`);
  }
  return joinBytes(inflated);
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(413, `Cannot take the body: it has more than ${maxBytes} bytes; send less at once`);
}

function cutOff(error: unknown): RequestError {
  return new RequestError(400, `Cannot read the body: ${error instanceof Error ? error.message : error}`);
}
