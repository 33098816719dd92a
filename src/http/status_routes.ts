/**
 * How the service itself is: alive, ready, and its figures.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { negotiateFormat } from "../exposition/negotiation.ts";
import { renderFamilies } from "../exposition/text_format.ts";
import { RETRY_AFTER_SECONDS } from "../limits.ts";
import { type Route, type ServiceContext, unreadyReasons } from "./context.ts";
import { readParameters } from "./query_parameters.ts";
import { storeFamilies } from "./store_families.ts";

/** The routes `/healthz`, `/readyz` and `/metrics`. */
export function statusRoutes(context: ServiceContext): readonly Route[] {
  return [
    { method: "GET", path: "/healthz", summary: "whether the process answers", answer: answerOk },
    {
      method: "GET",
      path: "/readyz",
      summary: "whether telemetry can be taken now",
      answer: (request) => answerReadiness(request, context),
    },
    {
      method: "GET",
      path: "/metrics",
      summary: "Varve's own figures, for Prometheus",
      answer: (request) => answerMetrics(request, context),
    },
  ];
}

function answerOk(): Response {
  return Response.json({ status: "ok" });
}

function answerReadiness(request: Request, context: ServiceContext): Response {
  readParameters(request, []);
  const reasons = unreadyReasons(context);
  if (reasons.length === 0) return answerOk();
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  throw new RequestError(503, reasons.join("; "), { headers });
}

function answerMetrics(request: Request, { store, counters }: ServiceContext): Response {
  const { format, contentType } = negotiateFormat(request.headers.get("accept"));
  const families = [...storeFamilies(store.stats()), ...counters.families()];
  return new Response(renderFamilies(families, format), { headers: { "content-type": contentType } });
}
