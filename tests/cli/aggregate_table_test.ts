import assert from "node:assert/strict";
import { test } from "node:test";
import type { AggregateQuery, AggregateResult } from "../../mod.ts";
import { aggregateNotes, aggregateTable } from "../../src/cli/aggregate_table.ts";

const QUERY: AggregateQuery = { signal: "logs", functions: ["count", "avg"], field: "ms", by: ["tool", "ok"] };
const NOTHING: AggregateResult = {
  series: [],
  overflow: undefined,
  records: 0,
  recordsWithoutTime: 0,
  recordsWithoutNumber: 0,
};
const point = (timeMs: number | null, count: number, avg: number | null) => ({ timeMs, values: { count, avg } });

test("aggregateTable: a line for each series, labels to the left and figures to the right", () => {
  const result: AggregateResult = {
    ...NOTHING,
    series: [
      { labels: { tool: "search", ok: true }, points: [point(null, 12345, 1 / 3)] },
      { labels: { tool: "\u001b[2J", ok: null }, points: [point(null, 1, null)] },
    ],
    overflow: { labels: {}, points: [point(null, 7, 2.5)] },
  };
  assert.equal(
    aggregateTable(result, QUERY),
    [
      "tool       ok        count       avg",
      "search     true      12345  0.333333",
      "\\u001b[2J  —             1         —",
      "(others)   (others)      7       2.5",
      "",
    ].join("\n"),
  );
});

test("aggregateTable: with steps by time, then in the order of the series; nothing where nothing counts", () => {
  const startMs = Date.UTC(2026, 3, 30, 12);
  const result: AggregateResult = {
    ...NOTHING,
    series: [
      { labels: { tool: "b" }, points: [point(startMs, 1, 1), point(startMs + 500, 2, 1e21)] },
      { labels: { tool: "a" }, points: [point(startMs, 3, 0)] },
    ],
  };
  assert.equal(
    aggregateTable(result, { ...QUERY, by: ["tool"], stepMs: 500 }),
    [
      "TIME (UTC)              tool  count    avg",
      "2026-04-30T12:00:00Z    b         1      1",
      "2026-04-30T12:00:00Z    a         3      0",
      "2026-04-30T12:00:00.5Z  b         2  1e+21",
      "",
    ].join("\n"),
  );
  assert.equal(aggregateTable(NOTHING, QUERY), "");
});

test("aggregateNotes: what was left out, and why", () => {
  assert.deepEqual(aggregateNotes(NOTHING, QUERY), []);
  const overflow = { labels: {}, points: [] };
  assert.deepEqual(aggregateNotes({ ...NOTHING, recordsWithoutTime: 1, recordsWithoutNumber: 2, overflow }, QUERY), [
    "Left out: 1 record without a time",
    'Left out: 2 records without a number in "ms"',
    'There are more series than are told apart; "(others)" are the rest together',
  ]);
});
