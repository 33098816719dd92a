/**
 * Traces: the newest ones, and one by its id.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { encodeRecord } from "../model/record.ts";
import type { Route, ServiceContext } from "./context.ts";
import { ANSWER_MAX_RECORDS } from "../limits.ts";
import { newestRecords, type RecordQuery } from "./newest_records.ts";
import { answerLimit, readParameters, stackAndServer, timeBounds } from "./query_parameters.ts";
import { newestTraces, type PlacedSpan, spansOf, spanToJson, summarizeTrace } from "./trace_summary.ts";

const LIST_PARAMETERS = ["stack", "server", "from", "to", "limit"];
const ONE_PARAMETERS = ["stack"];

/** Records looked at in any case: the order of records is that of their earliest spans, not quite that of the traces. */
const WINDOW_RECORDS = 256;

/** The routes `/api/traces` and `/api/traces/{traceId}`. */
export function traceRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/api/traces",
      summary: `newest traces: ?${LIST_PARAMETERS.join("&")}`,
      answer: (request) => answerTraces(request, context),
    },
    {
      method: "GET",
      path: "/api/traces/{traceId}",
      summary: "one trace with its spans",
      answer: (request, { traceId = "" }) => answerTrace(request, { context, traceId }),
    },
  ];
}

/**
 * The newest traces by their start. A trace is put together from the spans that the query's stack and server have in the
 * records looked at, so that one which began long before may lack its first spans.
 */
async function answerTraces(request: Request, { store, clock }: ServiceContext): Promise<Response> {
  const parameters = readParameters(request, LIST_PARAMETERS);
  const limit = answerLimit(parameters);
  const query = {
    ...stackAndServer(parameters),
    ...timeBounds(parameters, clock.now()),
    signal: "traces",
  };
  let traces: PlacedSpan[][] = [];
  // A record holds spans of many traces or of a few: look further back until there are enough.
  for (let count = Math.max(WINDOW_RECORDS, 4 * limit); traces.length < limit; count *= 4) {
    const window: RecordQuery = { ...query, limit: Math.min(count, ANSWER_MAX_RECORDS) };
    const { records } = await newestRecords(store, window);
    traces = [...Map.groupBy(records.flatMap(spansOf), ({ span }) => span.traceId).values()];
    if (records.length < window.limit || window.limit === ANSWER_MAX_RECORDS) break;
  }
  return Response.json({ traces: newestTraces(traces, limit).map(summarizeTrace) });
}

async function answerTrace(
  request: Request,
  { context, traceId }: { readonly context: ServiceContext; readonly traceId: string },
): Promise<Response> {
  const parameters = readParameters(request, ONE_PARAMETERS);
  if (!/^[0-9a-f]{32}$/i.test(traceId)) {
    const reason = `Cannot read "traceId": expected 32 hexadecimal digits, received "${traceId}"`;
    throw new RequestError(400, reason, { parameter: "traceId" });
  }
  const spans: PlacedSpan[] = [];
  for await (const stored of context.store.read({ ...stackAndServer(parameters), signal: "traces" })) {
    spans.push(...spansOf(stored).filter(({ span }) => span.traceId === traceId.toLowerCase()));
  }
  if (spans.length === 0) throw new RequestError(404, `Cannot find trace "${traceId}"`, { parameter: "traceId" });
  const trace = { ...summarizeTrace(spans), spans: spans.map(spanToJson) };
  return new Response(encodeRecord(trace), { headers: { "content-type": "application/json" } });
}
