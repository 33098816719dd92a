/**
 * Records as they are, by signal.
 *
 * @module
 */

import type { Cursor } from "../model/cursor.ts";
import type { Filter } from "../model/filter.ts";
import type { Store } from "../store.ts";
import { aggregateRoute } from "./aggregate_route.ts";
import type { Route, ServiceContext } from "./context.ts";
import {
  answerLimit,
  badParameter,
  filterText,
  type Parameters,
  readParameters,
  refusingFilterText,
  stackAndServers,
  timeBounds,
} from "./query_parameters.ts";
import { cursorsOfPlace, type PageQuery, readPage, type RecordPage } from "./record_pages.ts";

/** What every route here understands. */
const COMMON_PARAMETERS = ["stack", "server", "from", "to", "q", "limit", "lines", "after", "before"];

/** One route and the parameter of its own, if it has one. */
interface RecordRoute {
  readonly signal: string;
  readonly summary: string;
  readonly own?: { readonly parameter: string; readonly filter: (value: string) => Filter };
}

const RECORD_ROUTES: readonly RecordRoute[] = [
  { signal: "logs", summary: "newest log records", own: { parameter: "level", filter: levelFilter } },
  { signal: "timeseries", summary: "newest data points", own: { parameter: "name", filter: nameFilter } },
  { signal: "audit", summary: "newest audit entries" },
  { signal: "events", summary: "newest events" },
  { signal: "requests", summary: "newest requests" },
];

/** As many as there are severities. */
const LEVELS_MAX = 24;

/** The routes `/api/logs`, `/api/timeseries` and the like, and `/api/aggregate`, which sums them up. */
export function recordRoutes(context: ServiceContext): readonly Route[] {
  const routes = RECORD_ROUTES.map((route): Route => {
    const { signal, summary, own } = route;
    const parameters = [...COMMON_PARAMETERS, ...(own === undefined ? [] : [own.parameter])];
    return {
      method: "GET",
      path: `/api/${signal}`,
      summary: `${summary}: ?${parameters.join("&")}`,
      answer: (request) => refusingFilterText(() => answerRecords(request, { context, route, parameters })),
    };
  });
  return [...routes, aggregateRoute(context)];
}

async function answerRecords(
  request: Request,
  by: { readonly context: ServiceContext; readonly route: RecordRoute; readonly parameters: readonly string[] },
): Promise<Response> {
  const { context: { store, clock }, route } = by;
  const parameters = readParameters(request, by.parameters, { repeatable: ["server"] });
  const query: PageQuery = {
    ...stackAndServers(parameters),
    ...timeBounds(parameters, clock.now()),
    signal: route.signal,
    filter: filterOf(parameters, route),
    limit: answerLimit(parameters),
    abortSignal: request.signal,
  };
  const { records, next, previous } = await pageOf(store, { query, parameters });
  const places = JSON.stringify({ next, previous }).slice(1);
  return new Response(`{"records":[${records.join(",")}],${places}`, {
    headers: { "content-type": "application/json" },
  });
}

/** The page behind `after` or before `before`, which are texts of earlier answers. */
async function pageOf(
  store: Store,
  { query, parameters }: { readonly query: PageQuery; readonly parameters: Parameters },
): Promise<RecordPage> {
  const after = parameters.get("after");
  const before = parameters.get("before");
  if (after !== undefined && before !== undefined) throw badParameter("before", `"after" is given too`);
  try {
    return await readPage(store, { ...query, after: placeOf(after), before: placeOf(before) });
  } catch (error) {
    if (!(error instanceof RangeError) || (after ?? before) === undefined) throw error;
    const [parameter, field] = after === undefined ? ["before", "previous"] : ["after", "next"];
    throw badParameter(
      parameter,
      `expected "${field}" of an earlier answer to this query, received "${after ?? before}"`,
    );
  }
}

function placeOf(text: string | undefined): readonly Cursor[] | undefined {
  return text === undefined ? undefined : cursorsOfPlace(text);
}

function filterOf(parameters: Parameters, { own }: RecordRoute): Filter | undefined {
  const value = own === undefined ? undefined : parameters.get(own.parameter);
  const filters = [value === undefined ? undefined : own?.filter(value), filterText(parameters)];
  const given = filters.filter((filter) => filter !== undefined);
  return given.length === 0 ? undefined : { kind: "all", filters: given };
}

/** One of several levels, each as a whole: `INFO` does not stand for `INFO+2`. */
function levelFilter(text: string): Filter {
  const levels = text.split(",").map((level) => level.trim());
  if (levels.includes("")) throw badParameter("level", `expected levels with a comma in between, received "${text}"`);
  if (levels.length > LEVELS_MAX) {
    throw badParameter("level", `expected at most ${LEVELS_MAX} levels, received ${levels.length}`);
  }
  return { kind: "any", filters: levels.map((value) => ({ kind: "equals", field: "level", value })) };
}

function nameFilter(value: string): Filter {
  return { kind: "equals", field: "name", value };
}
