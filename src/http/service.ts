/**
 * The service on a socket.
 *
 * @module
 */

import { SHUTDOWN_GRACE_MS } from "../limits.ts";
import { listen } from "../platform/http_server.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { Store } from "../store.ts";
import { checkListenHost } from "./access.ts";
import { type AppOptions, createApp } from "./app.ts";

/** Options for {@linkcode startService}. */
export interface ServiceOptions extends AppOptions {
  /**
   * The address to listen on. Any but this machine's own needs a token.
   *
   * @default {"127.0.0.1"}
   */
  readonly host?: string;
  /**
   * The port; 0 takes any free one.
   *
   * @default {4318}
   */
  readonly port?: number;
}

/** A service that listens. {@linkcode startService} gives one. */
export interface Service extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:4318`. */
  readonly url: string;
  /**
   * Takes no more telemetry, and resolves once the requests under way are answered, or cut off after 10 seconds. Closing
   * twice is harmless.
   */
  close(): Promise<void>;
}

/** The port of OTLP/HTTP, which exporters use unless told otherwise. */
export const OTLP_PORT = 4318;

/**
 * Starts the service for a store: an OTLP receiver, queries, and Varve's own figures. The store stays the caller's to
 * close, after the service.
 *
 * @throws {RangeError} If the host needs a token, or an option cannot be used.
 * @throws {Error} If the address cannot be listened on; its `code` is the system's, such as `EADDRINUSE`.
 *
 * @example Start the service on a free port
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore } from "@varve/varve";
 * import { startService } from "@varve/varve/http";
 *
 * await using store = await openStore("./telemetry");
 * await using service = startService(store, { port: 0 });
 * const response = await fetch(`${service.url}/healthz`);
 * assert.deepEqual(await response.json(), { status: "ok" });
 * ```
 */
export function startService(store: Store, options: ServiceOptions = {}): Service {
  const { host = "127.0.0.1", port = OTLP_PORT } = options;
  checkListenHost(host, options.token);
  const app = createApp(store, options);
  const server = listen((request) => app.fetch(request), { host, port });
  const clock = options.clock ?? systemClock;
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => {
      app.stop();
      const stopAborting = clock.setTimer(() => server.abort(), SHUTDOWN_GRACE_MS);
      await server.stop();
      stopAborting();
    })();
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
  return { url, close, [Symbol.asyncDispose]: close };
}
