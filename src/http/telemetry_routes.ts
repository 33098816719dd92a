/**
 * What is on disk, and its deletion.
 *
 * @module
 */

import { RequestError, WipeTimeoutError } from "../errors.ts";
import { RETRY_AFTER_SECONDS } from "../limits.ts";
import { signalOf } from "../model/signal.ts";
import type { Store, WipeSelection } from "../store.ts";
import type { Route, ServiceContext } from "./context.ts";
import { badParameter, inParameter, readParameters, stackAndServer } from "./query_parameters.ts";

/** The routes `/api/telemetry` and `/api/telemetry/inventory`. */
export function telemetryRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/api/telemetry/inventory",
      summary: "what is on disk: ?stack&server",
      answer: (request) => answerInventory(request, context),
    },
    {
      method: "DELETE",
      path: "/api/telemetry",
      summary: "wipes: ?stack, and to wipe less &server&signal",
      answer: (request) => answerWipe(request, context),
    },
  ];
}

async function answerInventory(request: Request, { store }: ServiceContext): Promise<Response> {
  const parameters = readParameters(request, ["stack", "server"]);
  return Response.json(await store.inventory(stackAndServer(parameters)));
}

async function answerWipe(request: Request, { store }: ServiceContext): Promise<Response> {
  const parameters = readParameters(request, ["stack", "server", "signal"]);
  // Whoever meant one server and sent none, as a script with an unset variable does, must not lose the others.
  for (const [name, value] of new URL(request.url).searchParams) {
    if (value === "") throw badParameter(name, "it is empty; leave it out to wipe every one");
  }
  const { stack, server } = stackAndServer(parameters);
  const signal = parameters.get("signal");
  if (stack === undefined) throw badParameter("stack", "it is missing; a wipe is of one stack");
  if (signal !== undefined) inParameter("signal", () => signalOf(signal));
  await wipe(store, { stack, server, signal });
  return Response.json({ success: true, inventory: await store.inventory({ stack }) });
}

async function wipe(store: Store, selection: WipeSelection): Promise<void> {
  try {
    await store.wipe(selection);
  } catch (error) {
    if (!(error instanceof WipeTimeoutError)) throw error;
    throw new RequestError(503, error.message, { headers: { "retry-after": String(RETRY_AFTER_SECONDS) } });
  }
}
