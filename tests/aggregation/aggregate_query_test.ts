import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AGGREGATE_BY_MAX,
  AGGREGATE_POINTS_MAX,
  AGGREGATE_QUANTILE_POINTS_MAX,
  AGGREGATE_SERIES_MAX,
  AGGREGATE_STEPS_MAX,
  SKETCH_BINS_MAX,
  SKETCH_BINS_MIN,
} from "../../src/limits.ts";
import type { AggregateFunction, AggregateQuery } from "../../src/model/aggregate.ts";
import { resolveAggregate } from "../../src/aggregation/aggregate_query.ts";

const DAY_MS = 86_400_000;

function resolve(query: Partial<AggregateQuery>) {
  return resolveAggregate({ signal: "samples", functions: ["count"], ...query });
}

const FUNCTIONS: readonly AggregateFunction[] = [
  "sum",
  "min",
  "max",
  "avg",
  "last",
  "p0",
  "p50",
  "p99.9",
  "p99.999999999",
  "p100",
];

for (const name of FUNCTIONS) {
  test(`resolveAggregate: ${name} needs a field`, () => {
    assert.deepEqual(resolve({ functions: [name], field: "a" }).functions, [name]);
    assert.throws(() => resolve({ functions: ["count", name] }), {
      name: "RangeError",
      message: /"field".*received undefined/,
    });
  });
}

test("resolveAggregate: count and rate can do without a field, and each function and field counts once", () => {
  const { functions, field, by } = resolve({ functions: ["count", "rate", "count"], by: ["a", "b.c", "a"] });
  assert.deepEqual(functions, ["count", "rate"]);
  assert.equal(field, undefined);
  assert.deepEqual(by.map(({ name }) => name), ["a", "b.c"]);
});

const REFUSED: readonly [what: string, query: Record<string, unknown>, message: RegExp][] = [
  ["no functions", { functions: [] }, /"functions".*received \[\]$/],
  ["functions that are no list", { functions: "count" }, /"functions".*received "count"/],
  ["a function that is not there", { functions: ["count", "median"] }, /"functions".*p99.*received "median"/],
  ["a quantile beyond 100", { functions: ["p101"], field: "a" }, /"functions".*received "p101"/],
  ["a quantile that is no number", { functions: ["p"], field: "a" }, /"functions".*received "p"/],
  ["a quantile in another form", { functions: ["p1e1"], field: "a" }, /"functions".*received "p1e1"/],
  ["a quantile just beyond 100", { functions: ["p100.1"], field: "a" }, /"functions".*received "p100.1"/],
  ["a property of objects", { functions: ["constructor"] }, /"functions".*received "constructor"/],
  ["a field that is no text", { field: 5 }, /"field".*received 5/],
  ["a field of too many names", { field: "a.".repeat(40) }, /a\.a\./],
  ["fields that are no list", { by: "level" }, /"by".*received "level"/],
  ["a field of by that is no text", { by: ["a", null] }, /"by".*received null/],
  ["too many fields", { by: Array.from({ length: AGGREGATE_BY_MAX + 1 }, String) }, /"by".*16.*received 17/],
  ["no step", { stepMs: 0 }, /"stepMs".*received 0/],
  ["a step back", { stepMs: -1000 }, /"stepMs".*received -1000/],
  ["part of a millisecond", { stepMs: 0.5 }, /"stepMs".*received 0.5/],
  ["an endless step", { stepMs: Infinity }, /"stepMs".*received Infinity/],
  ["a step that is no number", { stepMs: "60000" }, /"stepMs".*received "60000"/],
  ["a time that is none", { from: "yesterday" }, /"from".*received "yesterday"/],
  ["a bound that is none", { to: NaN }, /"to".*received NaN/],
  ["too many steps", { from: 0, to: (AGGREGATE_STEPS_MAX + 1) * 1000, stepMs: 1000 }, /"stepMs".*11001.*received 1000/],
  ["too many steps, the first in part", { from: 999, to: AGGREGATE_STEPS_MAX * 1000 + 1, stepMs: 1000 }, /11001/],
  ["too many steps, the first before 1970", { from: -1, to: AGGREGATE_STEPS_MAX * 1000, stepMs: 1000 }, /11001/],
];

for (const [what, query, message] of REFUSED) {
  test(`resolveAggregate: refuses ${what}`, () => {
    assert.throws(() => resolve(query as Partial<AggregateQuery>), { name: "RangeError", message });
  });
}

const ROOM: readonly [what: string, query: Partial<AggregateQuery>, seriesMax: number][] = [
  ["one step", {}, AGGREGATE_SERIES_MAX],
  ["an open range", { from: 0, stepMs: 1 }, AGGREGATE_SERIES_MAX],
  ["no time at all", { from: 5, to: 5, stepMs: 1 }, AGGREGATE_SERIES_MAX],
  ["a day in quarters of an hour", { from: 0, to: DAY_MS, stepMs: 900_000 }, AGGREGATE_SERIES_MAX],
  ["a week in minutes", { from: 0, to: 7 * DAY_MS, stepMs: 60_000 }, 9],
  ["a week in minutes that starts within one", { from: 1, to: 7 * DAY_MS + 1, stepMs: 60_000 }, 9],
  ["the most steps", { from: 0, to: AGGREGATE_STEPS_MAX * 1000, stepMs: 1000 }, 9],
  ["before 1970", { from: -1500, to: 1500, stepMs: 1000 }, AGGREGATE_SERIES_MAX],
  ["a quantile in one step", { functions: ["p99"], field: "a" }, AGGREGATE_SERIES_MAX],
  ["quantiles of a day", { functions: ["p99"], field: "a", from: 0, to: DAY_MS, stepMs: 900_000 }, 125],
  ["quantiles of the most steps", { functions: ["p99"], field: "a", from: 0, to: AGGREGATE_STEPS_MAX, stepMs: 1 }, 1],
];

for (const [what, query, seriesMax] of ROOM) {
  test(`resolveAggregate: tells as many series apart as have room for all points: ${what}`, () => {
    assert.equal(resolve(query).seriesMax, seriesMax);
  });
}

test("limits: at least one series has room for every step, and a sketch for its least bins", () => {
  assert.ok(AGGREGATE_STEPS_MAX <= AGGREGATE_QUANTILE_POINTS_MAX);
  assert.ok(AGGREGATE_QUANTILE_POINTS_MAX <= AGGREGATE_POINTS_MAX);
  assert.ok(SKETCH_BINS_MIN <= SKETCH_BINS_MAX);
});
