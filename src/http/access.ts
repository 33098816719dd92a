/**
 * Who may use the service.
 *
 * Without a token only programs of this machine may, and no web page of another origin: a page that was opened in a
 * browser here can send requests to a loopback address, under a name of its own (DNS rebinding) or under ours.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../errors.ts";

/** The one route that answers without the token, for whatever watches the process. */
const OPEN_PATH = "/healthz";

/** Throws a {@linkcode RequestError} (401, 403) for a request that may not be answered. */
export type AccessRule = (request: Request) => void;

/**
 * The rule of a service with this token, or without one.
 *
 * @throws {RangeError} If the token is empty, or has characters that no header can carry.
 */
export function accessRule(token: string | undefined): AccessRule {
  if (token === undefined) return requireLoopback;
  // The message does not repeat it: it is a secret.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new RangeError("Cannot use the token: expected visible ASCII characters without spaces");
  }
  const expected = digest(token);
  return (request) => requireToken(request, expected);
}

/**
 * Checks that a service may listen at `host`.
 *
 * @throws {RangeError} If others than this machine could reach it and there is no token.
 */
export function checkListenHost(host: string, token: string | undefined): void {
  if (token !== undefined || isLoopback(host.includes(":") ? `[${host}]` : host)) return;
  throw new RangeError(
    `Cannot listen on "${host}" without a token: others than this machine could read and wipe the telemetry; ` +
      `set a token, or listen on 127.0.0.1`,
  );
}

function requireLoopback(request: Request): void {
  const { headers, url } = request;
  for (const host of [new URL(url).host, headers.get("host")]) {
    if (host !== null && !isLoopback(host)) throw forbidden("Host", host);
  }
  const origin = headers.get("origin");
  const match = /^https?:\/\/([^/]*)$/.exec(origin ?? "http://localhost");
  if (match?.[1] === undefined || !isLoopback(match[1])) throw forbidden("Origin", origin ?? "");
}

function forbidden(header: string, value: string): RequestError {
  return new RequestError(
    403,
    `Cannot answer: ${header} "${value}" is not this machine's, and the service has no token`,
  );
}

/** Whether a `Host` header, with a port or without, names this machine only. */
function isLoopback(host: string): boolean {
  // What else would make it more than a host and a port.
  if (!/^(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d*)?$/.test(host) || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function requireToken(request: Request, expected: Uint8Array): void {
  if (new URL(request.url).pathname === OPEN_PATH) return;
  const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  // Digests have one length, so that the comparison tells nothing of the token, its length included.
  if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
  const reason = given === undefined ? 'it needs "Authorization: Bearer …"' : "the token is not the service's";
  const headers = { "www-authenticate": `Bearer realm="varve"${given === undefined ? "" : ', error="invalid_token"'}` };
  throw new RequestError(401, `Cannot answer: ${reason}`, { headers });
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
