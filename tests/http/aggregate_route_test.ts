import assert from "node:assert/strict";
import { test } from "node:test";
import type { AggregateResult, Store } from "../../mod.ts";
import { withService } from "./test_service.ts";

const START_MS = Date.parse("2026-04-30T12:00:00Z");

/** Ten records a server, one a second, of two tools in turn, that take 10, 20, … ms. */
function appendLogs(store: Store, servers: readonly string[]): void {
  for (const server of servers) {
    const records = Array.from({ length: 10 }, (_, index) => ({
      ts: new Date(START_MS + index * 1000).toISOString(),
      level: index < 8 ? "INFO" : "ERROR",
      tool: index % 2 === 0 ? "search" : "fetch",
      ms: 10 * (index + 1),
    }));
    store.journal({ stack: "shop", server, signal: "logs" }).appendAll(records);
  }
}

test("GET /api/aggregate: counts records unless asked otherwise", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a", "b"]);
    assert.deepEqual(await json("/api/aggregate"), {
      series: [{ labels: {}, points: [{ timeMs: START_MS, values: { count: 20 } }] }],
      overflow: null,
      records: 20,
      recordsWithoutTime: 0,
      recordsWithoutNumber: 0,
    });
    const { records } = await json<AggregateResult>("/api/aggregate?server=b&q=level>=error");
    assert.equal(records, 2);
    assert.equal((await json<AggregateResult>("/api/aggregate?stack=other")).records, 0);
    assert.equal((await json<AggregateResult>("/api/aggregate?signal=audit")).records, 0);
  });
});

test("GET /api/aggregate: figures of a field, by fields and steps, in a range", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a"]);
    const query = new URLSearchParams({
      stack: "shop",
      field: "ms",
      functions: "count,sum,max",
      step: "5s",
      from: "2026-04-30T12:00:02Z",
      to: "2026-04-30T12:00:08Z",
    });
    query.append("by", "tool");
    query.append("by", "level");
    const { series } = await json<AggregateResult>(`/api/aggregate?${query}`);
    const point = (offsetMs: number, [count, sum, max]: readonly number[]) => ({
      timeMs: START_MS + offsetMs,
      values: { count, sum, max },
    });
    assert.deepEqual(series, [
      { labels: { tool: "search", level: "INFO" }, points: [point(0, [2, 80, 50]), point(5000, [1, 70, 70])] },
      { labels: { tool: "fetch", level: "INFO" }, points: [point(0, [1, 40, 40]), point(5000, [2, 140, 80])] },
    ]);
  });
});

test("GET /api/aggregate: parameters that make no sense get 400 and are named", async () => {
  const cases: readonly (readonly [query: string, parameter: string])[] = [
    ["functions=median", "functions"],
    ["functions=count,", "functions"],
    ["functions=avg", "field"],
    ["functions=count&functions=sum", "functions"],
    [Array.from({ length: 17 }, (_, index) => `by=f${index}`).join("&"), "by"],
    ["step=5", "step"],
    ["step=0s", "step"],
    ["step=0.5ms", "step"],
    ["step=1ms&from=-1h&to=-1m", "step"],
    ["signal=log", "signal"],
    ["q=level>=loud", "q"],
    ["from=yesterday", "from"],
    ["limit=5", "limit"],
  ];
  await withService(async ({ request }) => {
    for (const [query, parameter] of cases) {
      const response = await request(`/api/aggregate?${query}`);
      assert.equal(response.status, 400, query);
      assert.equal((await response.json()).parameter, parameter, query);
    }
  });
});

test("GET /api/aggregate: a step that is too short for the records found gets 400 as well", async () => {
  await withService(async ({ store, request }) => {
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    for (let second = 0; second <= 11_000; second++) journal.append({ ts: new Date(second * 1000).toISOString() });
    const response = await request("/api/aggregate?step=1s");
    assert.equal(response.status, 400);
    assert.equal((await response.json()).parameter, "step");
    assert.equal((await request("/api/aggregate?step=2s")).status, 200);
  });
});
