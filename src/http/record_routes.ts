/**
 * Records as they are, by signal.
 *
 * @module
 */

import { encodeName } from "../inventory/folder_names.ts";
import { decodeCursor } from "../model/cursor.ts";
import { encodeRecord } from "../model/record.ts";
import type { StoredRecord } from "../model/query.ts";
import type { Route, ServiceContext } from "./context.ts";
import { newestRecords, type RecordPage, type RecordQuery, recordsAfter } from "./newest_records.ts";
import {
  answerLimit,
  badParameter,
  type Parameters,
  readParameters,
  stackAndServer,
  timeBounds,
} from "./query_parameters.ts";

/** What every route here understands. */
const COMMON_PARAMETERS = ["stack", "server", "from", "to", "limit", "lines", "after"];

/** One route and the parameter of its own, if it has one. */
interface RecordRoute {
  readonly signal: string;
  readonly summary: string;
  readonly filter?: { readonly parameter: string; readonly matcher: (value: string) => Matcher };
}

type Matcher = (stored: StoredRecord) => boolean;

const RECORD_ROUTES: readonly RecordRoute[] = [
  { signal: "logs", summary: "newest log records", filter: { parameter: "level", matcher: levelMatcher } },
  { signal: "timeseries", summary: "newest data points", filter: { parameter: "name", matcher: nameMatcher } },
  { signal: "audit", summary: "newest audit entries" },
  { signal: "events", summary: "newest events" },
  { signal: "requests", summary: "newest requests" },
];

/** The routes `/api/logs`, `/api/timeseries` and the like. */
export function recordRoutes(context: ServiceContext): readonly Route[] {
  return RECORD_ROUTES.map((route) => {
    const { signal, summary, filter } = route;
    const parameters = [...COMMON_PARAMETERS, ...(filter === undefined ? [] : [filter.parameter])];
    return {
      method: "GET",
      path: `/api/${signal}`,
      summary: `${summary}: ?${parameters.join("&")}`,
      answer: (request) => answerRecords(request, { context, route, parameters }),
    };
  });
}

async function answerRecords(
  request: Request,
  by: { readonly context: ServiceContext; readonly route: RecordRoute; readonly parameters: readonly string[] },
): Promise<Response> {
  const { store, clock } = by.context;
  const parameters = readParameters(request, by.parameters);
  const query: RecordQuery = {
    ...stackAndServer(parameters),
    ...timeBounds(parameters, clock.now()),
    signal: by.route.signal,
    after: cursorOf(parameters, by.route.signal),
    limit: answerLimit(parameters),
    matches: matcherOf(parameters, by.route),
  };
  const page = query.after === undefined ? await newestRecords(store, query) : await recordsAfter(store, query);
  const records = page.records.map(({ key: { stack, server }, record }) => ({ stack, server, record }));
  const body = encodeRecord({ records, next: nextCursor(page, query) });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/**
 * Where to go on: behind the newest record. A cursor belongs to one journal, so that there is one only for a query that
 * names stack and server, or goes on from a cursor itself.
 */
function nextCursor({ last }: RecordPage, { stack, server, after }: RecordQuery): string | null {
  if (after !== undefined) return last?.cursor ?? after;
  return stack === undefined || server === undefined ? null : last?.cursor ?? null;
}

function cursorOf(parameters: Parameters, signal: string): string | undefined {
  const after = parameters.get("after");
  if (after === undefined) return undefined;
  try {
    const { key } = decodeCursor(after);
    encodeName(key.stack, "stack");
    encodeName(key.server, "server");
    const asked = { stack: key.stack, server: key.server, ...stackAndServer(parameters) };
    if (key.signal === signal && key.stack === asked.stack && key.server === asked.server) return after;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw badParameter("after", `expected "next" of an earlier answer to this query, received "${after}"`);
}

function matcherOf(parameters: Parameters, { filter }: RecordRoute): Matcher | undefined {
  const value = filter === undefined ? undefined : parameters.get(filter.parameter);
  return value === undefined ? undefined : filter?.matcher(value);
}

/** One of several levels, each as a whole: `INFO` does not stand for `INFO+2`. */
function levelMatcher(value: string): Matcher {
  const levels = new Set(value.split(",").map((level) => level.trim().toUpperCase()));
  if (levels.has("")) throw badParameter("level", `expected levels with a comma in between, received "${value}"`);
  return ({ record: { level } }) => typeof level === "string" && levels.has(level.toUpperCase());
}

function nameMatcher(value: string): Matcher {
  return ({ record: { name } }) => name === value;
}
