import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AGGREGATE_LABEL_MAX_CHARS,
  AGGREGATE_POINTS_MAX,
  AGGREGATE_QUANTILE_POINTS_MAX,
  AGGREGATE_SERIES_MAX,
  AGGREGATE_STEPS_MAX,
} from "../../src/limits.ts";
import { aggregateLines, aggregateRecords, aggregationOf } from "./aggregations.ts";

const BLOCKS = 1000;

function* records(count: number, recordOf: (index: number) => Record<string, unknown>) {
  for (let index = 0; index < count; index++) yield recordOf(index);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

test("Aggregation: of 100,000 labels the first have series, and the others are counted together", () => {
  const count = 100_000;
  const lines = Array.from(records(count, (n) => ({ k: `label ${n}`, n })), (record) => JSON.stringify(record));
  const { series, overflow, ...counts } = aggregateLines({ functions: ["count", "sum"], field: "n", by: ["k"] }, lines);
  assert.equal(series.length, AGGREGATE_SERIES_MAX);
  assert.deepEqual(series.at(-1)?.labels, { k: `label ${AGGREGATE_SERIES_MAX - 1}` });
  const first = AGGREGATE_SERIES_MAX;
  const sum = (count * (count - 1) - first * (first - 1)) / 2;
  assert.deepEqual(overflow, { labels: {}, points: [{ timeMs: null, values: { count: count - first, sum } }] });
  assert.deepEqual(counts, { records: count, recordsWithoutTime: 0, recordsWithoutNumber: 0 });
});

test("Aggregation: memory does not grow with the labels that it has seen", () => {
  const aggregation = aggregationOf({ functions: ["p99"], field: "n", by: ["k"] });
  const encoder = new TextEncoder();
  // A hundred bytes less than the longest, so that the first thousand series hold one MB.
  const filling = "x".repeat(AGGREGATE_LABEL_MAX_CHARS - 100);
  const heapBytes: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const lines = Array.from({ length: 200 }, (_, line) => `{"k":"${block}/${line}${filling}","n":${line}}\n`);
    aggregation.addBlock(encoder.encode(lines.join("")), () => assert.fail("a plain line was handed on"));
    heapBytes.push(process.memoryUsage().heapUsed);
  }
  assert.equal(aggregation.result().records, BLOCKS * 200);
  // The least of many looks is what is left after a collection. The labels of one half have 93 MB.
  const growth = Math.min(...heapBytes.slice(BLOCKS / 2)) - Math.min(...heapBytes.slice(0, BLOCKS / 2));
  assert.ok(growth < 60e6, `${growth} bytes`);
});

test("Aggregation: longer steps leave room for more series, and each has all of its points", () => {
  const [series, steps] = [150, 1000];
  const query = { functions: ["count"], by: ["k"], stepMs: 1000, from: 0, to: steps * 1000 } as const;
  const lines = Array.from(
    records(series * steps, (index) => ({ ts: timeOf(Math.floor(index / series) * 1000), k: index % series })),
    (record) => JSON.stringify(record),
  );
  const result = aggregateLines(query, lines);
  assert.equal(result.series.length, AGGREGATE_POINTS_MAX / steps);
  for (const { points } of result.series) {
    assert.deepEqual(points.map(({ values }) => values["count"]), Array.from({ length: steps }, () => 1));
  }
  assert.deepEqual(
    result.overflow?.points.map(({ values }) => values["count"]),
    Array.from({ length: steps }, () => series - AGGREGATE_POINTS_MAX / steps),
  );
});

test("Aggregation: a label that is too long counts with those that have no room", () => {
  const longest = "ä".repeat(AGGREGATE_LABEL_MAX_CHARS);
  const lines = [longest, `${longest}ä`, `${longest}ö`, "short", [`${longest}ä`, `${longest}ö`]]
    .map((k) => JSON.stringify({ k }));
  const { series, overflow } = aggregateLines({ functions: ["count"], by: ["k"] }, lines);
  assert.deepEqual(series.map(({ labels }) => labels["k"]), [longest, "short"]);
  // The list has two of them, and is one record.
  assert.deepEqual(overflow?.points[0]?.values, { count: 3 });
});

test("Aggregation: lists of more label sets than there can be series take no time, and count once", () => {
  const list = Array.from({ length: AGGREGATE_SERIES_MAX }, (_, index) => index);
  const by = Array.from({ length: 16 }, (_, index) => `k${index}`);
  const record = Object.fromEntries(by.map((name) => [name, list]));
  const { series, overflow } = aggregateRecords({ functions: ["sum"], field: "n", by }, [{ ...record, n: 5 }]);
  assert.deepEqual([series.length, overflow?.points[0]?.values], [0, { sum: 5 }]);
});

test("Aggregation: of an open range, refuses more steps than there may be and says what to do", () => {
  const aggregation = aggregationOf({ functions: ["count"], stepMs: 1000, to: "2030-01-01T00:00:00Z" });
  for (let step = 0; step < AGGREGATE_STEPS_MAX; step++) aggregation.addRecord({ ts: timeOf(step * 1000) });
  const message = /more than 11000 steps, expected a longer "stepMs" or a shorter range, received 1000$/;
  assert.throws(() => aggregation.addRecord({ ts: timeOf(1e9) }), { name: "RangeError", message });
  assert.equal(aggregation.result().series[0]?.points.length, AGGREGATE_STEPS_MAX);
});

for (const [name, pointsMax] of [["count", AGGREGATE_POINTS_MAX], ["p99", AGGREGATE_QUANTILE_POINTS_MAX]] as const) {
  test(`Aggregation: of an open range, refuses more points of ${name} than there may be and says what to do`, () => {
    const aggregation = aggregationOf({ functions: [name], field: "n", by: ["k"], stepMs: 1000, from: 0 });
    for (let point = 0; point < pointsMax; point++) {
      aggregation.addRecord({ ts: timeOf(Math.floor(point / 100) * 1000), k: point % 100, n: 1 });
    }
    const next = { ts: timeOf(pointsMax * 1000), k: 0, n: 1 };
    const message = new RegExp(
      `more than ${pointsMax} points, expected "from" and "to" or a longer "stepMs", received 1000$`,
    );
    assert.throws(() => aggregation.addRecord(next), { name: "RangeError", message });
    assert.equal(aggregation.result().series.length, 100);
  });
}
