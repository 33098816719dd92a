/**
 * The service without a socket: requests in, responses out.
 *
 * @module
 */

import { Hono } from "hono";
import { RequestError } from "../errors.ts";
import { encodeName } from "../inventory/folder_names.ts";
import { BODY_MAX_BYTES } from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { Store } from "../store.ts";
import { type AccessRule, accessRule } from "./access.ts";
import type { Acknowledgement, Route, ServiceContext } from "./context.ts";
import { errorResponse } from "./error_response.ts";
import { otlpRoutes } from "./otlp_routes.ts";
import { recordRoutes } from "./record_routes.ts";
import { ServiceCounters } from "./service_counters.ts";
import { statusRoutes } from "./status_routes.ts";
import { telemetryRoutes } from "./telemetry_routes.ts";
import { traceRoutes } from "./trace_routes.ts";

/** Options for {@linkcode createApp}. */
export interface AppOptions {
  /**
   * The stack of telemetry whose resource has no `service.namespace`.
   *
   * @default {"default"}
   */
  readonly stack?: string;
  /**
   * The token that every request but `/healthz` then needs, as `Authorization: Bearer …`. Without one, only requests
   * are answered whose `Host` and `Origin` are this machine's own.
   */
  readonly token?: string | undefined;
  /**
   * When a sender is told that its telemetry was taken: once it outlives the process, or also a loss of power.
   *
   * @default {"flushed"}
   */
  readonly acknowledgement?: Acknowledgement;
  /**
   * Bytes that a request body may have, as sent and inflated.
   *
   * @default {67_108_864}
   */
  readonly bodyMaxBytes?: number;
  /** What tells the time instead of the system's clock. For tests. */
  readonly clock?: Clock;
}

/** The service without a socket. {@linkcode createApp} gives one. */
export interface App {
  /** Answers a request. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** From now on no telemetry is taken and `/readyz` says so; everything else is answered as before. */
  stop(): void;
}

/**
 * Makes the service for a store, to be put behind any server that speaks `Request` and `Response`. The store stays the
 * caller's to close.
 *
 * @throws {RangeError} If the stack or the token cannot be used.
 *
 * @example Ask for what is on disk
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore } from "@varve/varve";
 * import { createApp } from "@varve/varve/http";
 *
 * await using store = await openStore("./telemetry");
 * const app = createApp(store);
 * const response = await app.fetch(new Request("http://localhost/api/telemetry/inventory"));
 * assert.deepEqual(await response.json(), []);
 * ```
 */
export function createApp(store: Store, options: AppOptions = {}): App {
  const { stack = "default", acknowledgement = "flushed", bodyMaxBytes = BODY_MAX_BYTES, clock = systemClock } =
    options;
  encodeName(stack, "stack");
  const access = accessRule(options.token);
  const counters = new ServiceCounters();
  let isStopping = false;
  const context: ServiceContext = {
    store,
    clock,
    counters,
    defaultStack: stack,
    acknowledgement,
    bodyMaxBytes,
    isStopping: () => isStopping,
  };
  const hono = route(allRoutes(context), { access, counters });
  return {
    fetch: async (request) => await hono.fetch(request),
    stop: () => void (isStopping = true),
  };
}

type Variables = { Variables: { route: string } };

function allRoutes(context: ServiceContext): readonly Route[] {
  const routes = [otlpRoutes, recordRoutes, traceRoutes, telemetryRoutes, statusRoutes]
    .flatMap((routesOf) => routesOf(context));
  const headers = { "content-type": "text/plain; charset=utf-8" };
  const list: Route = {
    method: "GET",
    path: "/",
    summary: "this list",
    answer: () => new Response(describe([list, ...routes]), { headers }),
  };
  return [list, ...routes];
}

function route(
  routes: readonly Route[],
  { access, counters }: { readonly access: AccessRule; readonly counters: ServiceCounters },
): Hono<Variables> {
  const hono = new Hono<Variables>();
  hono.use(async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
    // Telemetry is other people's text: no browser shall take it for a page.
    context.header("x-content-type-options", "nosniff");
    counters.countRequest(context.get("route") ?? "other", context.res.status);
  });
  hono.use((context, next) => {
    access(context.req.raw);
    return next();
  });
  for (const { method, path, answer } of routes) {
    hono.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), (context) => {
      context.set("route", path);
      return answer(context.req.raw, context.req.param() as Readonly<Record<string, string>>);
    });
  }
  for (const [path, ofPath] of Map.groupBy(routes, (each) => each.path)) {
    hono.all(path.replaceAll(/\{(\w+)\}/g, ":$1"), ({ req }) => refuseMethod(req.method, ofPath));
  }
  hono.notFound(({ req }) =>
    errorResponse(req.raw, new RequestError(404, `Cannot find "${req.path}"; GET / lists the routes`))
  );
  hono.onError((error, { req }) => errorResponse(req.raw, error));
  return hono;
}

function refuseMethod(method: string, routes: readonly Route[]): never {
  const allowed = routes.flatMap((each) => each.method === "GET" ? ["GET", "HEAD"] : [each.method]).join(", ");
  throw new RequestError(405, `Cannot ${method} here: expected ${allowed}`, { headers: { allow: allowed } });
}

function describe(routes: readonly Route[]): string {
  const lines = routes.map(({ method, path, summary }) => `${method.padEnd(6)} ${path.padEnd(24)} ${summary}\n`);
  return `Varve, a telemetry store on plain NDJSON files.\n\n${lines.join("")}`;
}
