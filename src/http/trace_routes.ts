/**
 * Traces: the newest or slowest ones, and one by its id.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { encodeRecord } from "../model/record.ts";
import { compileFilter } from "../filter/matcher.ts";
import { listTraces } from "../signals/trace_list.ts";
import { type TraceOrder, type TraceQuery, TraceSelection } from "../signals/trace_selection.ts";
import { readTrace, type Trace } from "../signals/traces.ts";
import type { Route, ServiceContext } from "./context.ts";
import {
  answerLimit,
  badParameter,
  durationMs,
  filterText,
  inParameter,
  type Parameters,
  readParameters,
  refusingFilterText,
  stackAndServer,
  stackAndServers,
  timeBounds,
} from "./query_parameters.ts";

const LIST_PARAMETERS = [
  ...["stack", "server", "from", "to", "name", "errors", "minDuration", "maxDuration", "q", "order", "limit", "after"],
];
const ONE_PARAMETERS = ["stack"];

/** The routes `/api/traces` and `/api/traces/{traceId}`. */
export function traceRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/api/traces",
      summary: `newest or slowest traces: ?${LIST_PARAMETERS.join("&")}`,
      answer: (request) => answerTraces(request, context),
    },
    {
      method: "GET",
      path: "/api/traces/{traceId}",
      summary: "one trace with its spans and logs",
      answer: (request, { traceId = "" }) => answerTrace(request, { context, traceId }),
    },
  ];
}

async function answerTraces(request: Request, { store, clock }: ServiceContext): Promise<Response> {
  const parameters = readParameters(request, LIST_PARAMETERS, { repeatable: ["server"] });
  const order = orderOf(parameters);
  const query: TraceQuery = {
    ...stackAndServers(parameters),
    ...timeBounds(parameters, clock.now()),
    name: parameters.get("name"),
    // As gridctl has it: the parameter asks for failing traces, and never for the others.
    hasError: isAskedFor(parameters, "errors") ? true : undefined,
    minDurationMs: durationMs(parameters, "minDuration"),
    maxDurationMs: durationMs(parameters, "maxDuration"),
    matches: await spanMatcher(parameters),
    order,
    after: placeOf(parameters, order),
    limit: answerLimit(parameters),
  };
  return Response.json(await listTraces(store, query));
}

async function answerTrace(
  request: Request,
  { context, traceId }: { readonly context: ServiceContext; readonly traceId: string },
): Promise<Response> {
  const { stack } = stackAndServer(readParameters(request, ONE_PARAMETERS));
  if (!/^[0-9a-f]{32}$/i.test(traceId)) {
    const reason = `Cannot read "traceId": expected 32 hexadecimal digits, received "${traceId}"`;
    throw new RequestError(400, reason, { parameter: "traceId" });
  }
  const trace = await readTrace(context.store, traceId, { stack });
  if (trace === undefined) throw new RequestError(404, `Cannot find trace "${traceId}"`, { parameter: "traceId" });
  return new Response(encodeRecord(traceToJson(trace)), { headers: { "content-type": "application/json" } });
}

function traceToJson(trace: Trace): object {
  const spans = trace.spans.map(({ key: { stack, server }, span, scope, resource }) => ({
    stack,
    server,
    ...span,
    ...(scope && { scope }),
    ...(resource && { resource }),
  }));
  const logs = trace.logs.map(({ key: { stack, server }, record }) => ({ stack, server, record }));
  return { ...trace, spans, logs };
}

function orderOf(parameters: Parameters): TraceOrder {
  const order = parameters.get("order") ?? "newest";
  if (order === "newest" || order === "slowest") return order;
  throw badParameter("order", `expected "newest" or "slowest", received "${order}"`);
}

function isAskedFor(parameters: Parameters, name: string): boolean {
  const text = parameters.get(name) ?? "false";
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw badParameter(name, `expected "true" or "false", received "${text}"`);
}

function placeOf(parameters: Parameters, order: TraceOrder): string | undefined {
  const after = parameters.get("after");
  if (after !== undefined) inParameter("after", () => new TraceSelection({ order, after }));
  return after;
}

/** What the filter in `q` says of a span. */
function spanMatcher(parameters: Parameters): Promise<TraceQuery["matches"]> {
  return refusingFilterText(async () => {
    const filter = filterText(parameters);
    return filter && await compileFilter(filter);
  });
}
