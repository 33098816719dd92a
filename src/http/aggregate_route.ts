/**
 * Figures over records: counts, rates, sums and quantiles, by step of time and by field.
 *
 * @module
 */

import type { AggregateFunction, AggregateQuery } from "../model/aggregate.ts";
import { encodeRecord } from "../model/record.ts";
import { signalOf } from "../model/signal.ts";
import { durationMsFromText } from "../model/time.ts";
import { resolveAggregate } from "../aggregation/aggregate_query.ts";
import type { Route, ServiceContext } from "./context.ts";
import {
  filterText,
  inParameter,
  type Parameters,
  readParameters,
  refuseParameter,
  refusingFilterText,
  stackAndServers,
  timeBounds,
} from "./query_parameters.ts";

const PARAMETERS = ["stack", "server", "signal", "from", "to", "q", "functions", "field", "by", "step"];

/** The route `/api/aggregate`. */
export function aggregateRoute(context: ServiceContext): Route {
  return {
    method: "GET",
    path: "/api/aggregate",
    summary: `figures over records: ?${PARAMETERS.join("&")}`,
    answer: (request) => refusingFilterText(() => answerAggregate(request, context)),
  };
}

async function answerAggregate(request: Request, { store, clock }: ServiceContext): Promise<Response> {
  const parameters = readParameters(request, PARAMETERS, { repeatable: ["server", "by"] });
  const query: AggregateQuery = {
    ...stackAndServers(parameters),
    ...timeBounds(parameters, clock.now()),
    signal: inParameter("signal", () => signalOf(parameters.get("signal") ?? "logs").name),
    filter: filterText(parameters),
    functions: (parameters.get("functions") ?? "count").split(",") as AggregateFunction[],
    field: parameters.get("field"),
    by: parameters.all("by"),
    stepMs: stepOf(parameters),
    abortSignal: request.signal,
  };
  checkParts(query);
  // What is refused only now is a step that is too short for the records.
  const result = await store.aggregate(query).catch((error) => refuseParameter("step", error));
  const body = encodeRecord({ ...result, overflow: result.overflow ?? null });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

function stepOf(parameters: Parameters): number | undefined {
  const text = parameters.get("step");
  return text === undefined ? undefined : inParameter("step", () => durationMsFromText(text, "step"));
}

/** Checks one part after the other, so that each is refused by its name. */
function checkParts(query: AggregateQuery): void {
  const { signal, functions, field, by } = query;
  inParameter("functions", () => resolveAggregate({ signal, functions, field: "any" }));
  inParameter("field", () => resolveAggregate({ signal, functions, field }));
  inParameter("by", () => resolveAggregate({ signal, functions, field, by }));
  inParameter("step", () => resolveAggregate(query));
}
