import assert from "node:assert/strict";
import { test } from "node:test";
import { LINE_MAX_BYTES } from "../../src/limits.ts";
import type { AggregateFunction } from "../../src/model/aggregate.ts";
import { aggregateBlocks, aggregateLines, aggregateRecords, aggregationOf, type Query } from "./aggregations.ts";

const ALL: readonly AggregateFunction[] = ["count", "rate", "sum", "min", "max", "avg", "last", "p50"];

/** A time of day, such as `01:00`. */
function at(time: string): string {
  return `2026-11-20T${time}`;
}

const MIDNIGHT_MS = Date.UTC(2026, 10, 20);
const MINUTE_MS = 60_000;
/** The time of a point where no record has one. */
const NO_TIME = "none";

interface Case {
  readonly what: string;
  readonly query: Query;
  readonly lines: readonly string[];
  /** For each series its labels, and for each point its time or time of day, and the values in the order of the functions. */
  readonly series: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
  /** Records that count, without a time, without a number. */
  readonly records?: readonly [counted: number, withoutTime: number, withoutNumber: number];
}

const byMinute = { stepMs: MINUTE_MS } as const;
const value = { field: "n" } as const;

const CASES: readonly Case[] = [
  { what: "nothing", query: { functions: ALL, ...value, ...byMinute }, lines: [], series: {}, records: [0, 0, 0] },
  {
    what: "every function by step",
    query: {
      functions: ["count", "rate", "sum", "min", "max", "avg", "last", "p0", "p50", "p100"],
      ...value,
      ...byMinute,
    },
    lines: [
      `{"ts":"${at("00:00:00Z")}","n":4}`,
      `{"ts":"${at("00:00:59.999999999Z")}","n":1}`,
      `{"ts":"${at("00:00:30Z")}","n":1.5}`,
      `{"ts":"${at("00:02:00Z")}","n":-3}`,
    ],
    series: {
      "{}": {
        "00:00": [3, 0.05, 6.5, 1, 4, 6.5 / 3, 1, 1, 1.5, 4],
        "00:02": [1, 1 / 60, -3, -3, -3, -3, -3, -3, -3, -3],
      },
    },
    records: [4, 0, 0],
  },
  {
    what: "steps in order of time, whatever that of the records",
    query: { functions: ["count"], ...byMinute },
    lines: ["00:05:00Z", "00:01:00Z", "00:03:00Z", "00:01:59Z"].map((time) => `{"ts":"${at(time)}"}`),
    series: { "{}": { "00:01": [2], "00:03": [1], "00:05": [1] } },
  },
  {
    what: "nanoseconds around the start of a step and the bounds",
    query: {
      functions: ["count", "sum"],
      ...value,
      ...byMinute,
      from: at("00:00:59.999999Z"),
      to: at("00:01:00.000000002Z"),
    },
    lines: [
      `{"ts":"${at("00:00:59.999998999Z")}","n":1}`,
      `{"ts":"${at("00:00:59.999999Z")}","n":2}`,
      `{"ts":"${at("00:00:59.999999999Z")}","n":4}`,
      `{"ts":"${at("00:01:00Z")}","n":8}`,
      `{"ts":"${at("00:01:00.000000001Z")}","n":16}`,
      `{"ts":"${at("00:01:00.000000002Z")}","n":32}`,
    ],
    series: { "{}": { "00:00": [2, 6], "00:01": [2, 24] } },
    records: [4, 0, 0],
  },
  {
    what: "steps before 1970",
    query: { functions: ["count"], ...byMinute, from: -3 * MINUTE_MS, to: MINUTE_MS },
    lines: ["1969-12-31T23:57:00Z", "1969-12-31T23:57:59.999999999Z", "1969-12-31T23:59:59.9Z", "1970-01-01T00:00:00Z"]
      .map((time) => `{"ts":"${time}"}`),
    series: { "{}": { "1969-12-31T23:57Z": [2], "1969-12-31T23:59Z": [1], "1970-01-01T00:00Z": [1] } },
  },
  {
    what: "other offsets and forms of time",
    query: { functions: ["count"], ...byMinute },
    lines: ["01:00:30+01:00", "00:00:30z", "00:00:60Z"].map((time) => `{"ts":"${at(time)}"}`),
    series: { "{}": { "00:00": [2], "00:01": [1] } },
  },
  {
    what: "the last is the latest, of equals the one appended last",
    query: { functions: ["last"], ...value },
    lines: [
      `{"ts":"${at("00:00:01Z")}","n":1}`,
      `{"ts":"${at("00:00:05.000000001Z")}","n":2}`,
      `{"ts":"${at("00:00:05.000000001Z")}","n":3}`,
      `{"ts":"${at("00:00:05Z")}","n":4}`,
      '{"n":5}',
    ],
    series: { "{}": { "00:00:01": [3] } },
    records: [5, 0, 0],
  },
  {
    what: "without times the last is the one appended last, and there is no rate",
    query: { functions: ["count", "rate", "last"], ...value },
    lines: ['{"n":1}', '{"n":3,"ts":"soon"}', '{"n":2}'],
    series: { "{}": { [NO_TIME]: [3, null, 2] } },
    records: [3, 0, 0],
  },
  {
    what: "records without a time have no step",
    query: { functions: ["count"], ...byMinute },
    lines: ['{"n":1}', '{"ts":"soon"}', '{"ts":null}', '{"ts":5}', `{"ts":"${at("00:00:00Z")}"}`],
    series: { "{}": { "00:00": [1] } },
    records: [1, 4, 0],
  },
  {
    what: "records without a time are in no range",
    query: { functions: ["count"], from: MIDNIGHT_MS },
    lines: ['{"n":1}', `{"ts":"${at("00:00:00Z")}"}`, '{"ts":"2026-11-19T23:59:59.999Z"}'],
    series: { "{}": { "00:00": [1] } },
    records: [1, 1, 0],
  },
  {
    what: "only numbers count",
    query: { functions: ["count", "sum"], ...value },
    lines: [
      ...[
        '{"n":"5"}',
        '{"n":true}',
        '{"n":null}',
        "{}",
        '{"n":{}}',
        '{"n":[]}',
        '{"n":["5",null,{"n":5}]}',
        '{"n":1e999}',
      ],
      ...['{"n":-1e999}', '{"n":2}', '{"n":0.5}'],
    ],
    series: { "{}": { [NO_TIME]: [2, 2.5] } },
    records: [2, 0, 9],
  },
  {
    what: "in a list each number counts, at any depth",
    query: { functions: ["count", "sum", "last"], ...value },
    lines: ['{"n":[[8],[16]]}', '{"n":[1,2,"5",4]}'],
    series: { "{}": { [NO_TIME]: [5, 31, 4] } },
    records: [2, 0, 0],
  },
  {
    what: "a field within objects and lists",
    query: { functions: ["count", "sum"], field: "http.ms" },
    lines: [
      '{"http":{"ms":1}}',
      '{"http":[{"ms":2},{"ms":[4,8]},5]}',
      '{"http":{"ms":99},"http.ms":16}',
      '{"http":1}',
      '{"ms":1}',
    ],
    series: { "{}": { [NO_TIME]: [5, 31] } },
    records: [3, 0, 2],
  },
  {
    what: "integers beyond 2^53 are the nearest number, and zero has no sign",
    query: { functions: ["min", "max", "last"], ...value },
    lines: ['{"n":-0}', '{"n":-0.0}', '{"n":18446744073709551615}', '{"n":9007199254740993}', '{"n":[-0]}'],
    series: { "{}": { [NO_TIME]: [0, 2 ** 64, 0] } },
    records: [5, 0, 0],
  },
  {
    what: "sums and averages of the greatest numbers",
    query: { functions: ["sum", "avg"], ...value, by: ["k"] },
    lines: ["1e308", "1e308", "-1e308"].map((n) => `{"k":1,"n":${n}}`).concat(
      ["1e308", "1e308"].map((n) => `{"k":2,"n":${n}}`),
    ),
    series: { '{"k":1}': { [NO_TIME]: [1e308, 1e308 / 3] }, '{"k":2}': { [NO_TIME]: [Infinity, 1e308] } },
  },
  {
    what: "sums do not lose what is small",
    query: { functions: ["sum", "avg"], ...value },
    lines: ["1e16", "1", "-1e16", "1"].map((n) => `{"n":${n}}`),
    series: { "{}": { [NO_TIME]: [2, 0.5] } },
  },
  {
    what: "labels of every type, in the order in which they came",
    query: { functions: ["count"], by: ["k"] },
    lines: [
      '"b"',
      '"1"',
      "1",
      "1.0",
      "true",
      '"true"',
      "null",
      '"null"',
      "1e0",
      '"\\u0062"',
      "-0",
      "0",
      '""',
      '"ä"',
      '"\\u00e4"',
    ]
      .map((k) => `{"k":${k}}`),
    series: Object.fromEntries(
      [['"b"', 2], ['"1"', 1], ["1", 3], ["true", 1], ['"true"', 1], ["null", 1], ['"null"', 1], ["0", 2], ['""', 1], [
        '"ä"',
        2,
      ]]
        .map(([k, count]) => [`{"k":${k}}`, { [NO_TIME]: [Number(count)] }]),
    ),
    records: [15, 0, 0],
  },
  {
    what: "labels that start as others do, where their hashes share a place",
    query: { functions: ["count"], by: ["k"] },
    lines: ["5320", "53", "5320", "10036", "100", "100"].map((k) => `{"k":${k}}`),
    series: Object.fromEntries(
      [["5320", 2], ["53", 1], ["10036", 1], ["100", 2]].map((
        [k, count],
      ) => [`{"k":${k}}`, { [NO_TIME]: [Number(count)] }]),
    ),
  },
  {
    what: "a field that a record lacks, or an object, is the label null",
    query: { functions: ["count"], by: ["k", "other"] },
    lines: ["{}", '{"k":null}', '{"k":{"k":1}}', '{"k":[]}', '{"k":[[]]}', '{"k":1}'],
    series: { '{"k":null,"other":null}': { [NO_TIME]: [5] }, '{"k":1,"other":null}': { [NO_TIME]: [1] } },
  },
  {
    what: "a record counts in the series of each element of a list, once for equal ones",
    query: { functions: ["count", "sum"], ...value, by: ["k", "j"] },
    lines: ['{"k":["a","b","a"],"j":[1,2],"n":1}', '{"k":"a","j":1,"n":[2,4]}'],
    series: {
      '{"k":"a","j":1}': { [NO_TIME]: [3, 7] },
      '{"k":"a","j":2}': { [NO_TIME]: [1, 1] },
      '{"k":"b","j":1}': { [NO_TIME]: [1, 1] },
      '{"k":"b","j":2}': { [NO_TIME]: [1, 1] },
    },
    records: [2, 0, 0],
  },
  {
    what: "names that objects have of their own, or no plain object can be given",
    query: { functions: ["count"], by: ["__proto__", "constructor"] },
    lines: ['{"__proto__":"p","constructor":1}', "{}"],
    series: {
      '{"__proto__":"p","constructor":1}': { [NO_TIME]: [1] },
      '{"__proto__":null,"constructor":null}': { [NO_TIME]: [1] },
    },
  },
  {
    what: "the time as a label and as a field",
    query: { functions: ["count"], field: "ts", by: ["ts"] },
    lines: [`{"ts":"${at("00:00:00Z")}"}`, '{"ts":5}'],
    series: { '{"ts":5}': { [NO_TIME]: [1] } },
    records: [1, 0, 1],
  },
];

for (const { what, query, lines, series, records } of CASES) {
  test(`Aggregation: ${what}`, () => {
    const result = aggregateLines(query, lines);
    const expected = Object.entries(series).map(([labels, points]) => ({
      labels: JSON.parse(labels),
      points: Object.entries(points).map(([time, figures]) => ({
        timeMs: time === NO_TIME ? null : Date.parse(time.endsWith("Z") ? time : at(`${time}Z`)),
        values: Object.fromEntries(query.functions.map((name, index) => [name, figures[index]])),
      })),
    }));
    assert.deepEqual(result.series, expected);
    assert.equal(result.overflow, undefined);
    if (records === undefined) return;
    assert.deepEqual([result.records, result.recordsWithoutTime, result.recordsWithoutNumber], records);
  });
}

const RANKS: readonly [name: AggregateFunction, count: number, rank: number][] = [
  ["p0", 101, 0],
  ["p29", 101, 29],
  ["p57", 101, 57],
  ["p99.9", 1001, 999],
  ["p50", 2, 0],
  ["p50", 4, 1],
  ["p99", 100, 98],
  ["p100", 100, 99],
];

for (const [name, count, rank] of RANKS) {
  test(`Aggregation: ${name} of ${count} values has rank ${rank}`, () => {
    const lines = Array.from({ length: count }, (_, index) => `{"n":${1.03 ** (count - 1 - index)}}`);
    const found = aggregateLines({ functions: [name], ...value }, lines).series[0]?.points[0]?.values[name] ?? NaN;
    assert.ok(Math.abs(found / 1.03 ** rank - 1) < 0.0101, `${found}`);
  });
}

const RATES: readonly [what: string, query: Partial<Query>, rates: readonly (number | null)[]][] = [
  ["of a step is for each of its seconds", byMinute, [2 / 60, 1 / 60]],
  ["of a step that the range cuts at its start", { ...byMinute, from: at("00:00:20Z") }, [1 / 40, 1 / 60]],
  ["of a step that the range cuts at its end", { ...byMinute, to: at("00:01:30.5Z") }, [2 / 60, 1 / 30.5]],
  ["of a range within a step", { ...byMinute, from: at("00:00:10Z"), to: at("00:00:50Z") }, [2 / 40]],
  ["of a range", { from: at("00:00:00Z"), to: at("00:02:00Z") }, [3 / 120]],
  ["from the first record on", { to: at("00:02:00Z") }, [3 / 110]],
  ["up to the last record", { from: at("00:00:00Z") }, [3 / 70]],
  ["from the first record to the last", {}, [3 / 60]],
  ["of a range that has one record only", { from: at("00:01:00Z") }, [1 / 10]],
  ["of a nanosecond", { to: at("00:00:10.000000001Z") }, [1 / 1e-9]],
];

for (const [what, query, rates] of RATES) {
  test(`Aggregation: the rate ${what}`, () => {
    const lines = ["00:01:10Z", "00:00:10Z", "00:00:30Z"].map((time) => `{"ts":"${at(time)}"}`);
    const { series } = aggregateLines({ functions: ["rate"], ...query }, lines);
    assert.deepEqual(series[0]?.points.map(({ values }) => values["rate"]), rates);
  });
}

test("Aggregation: one record alone has no rate without bounds", () => {
  const { series } = aggregateLines({ functions: ["rate"] }, [`{"ts":"${at("00:01:10Z")}"}`]);
  assert.deepEqual(series[0]?.points, [{ timeMs: MIDNIGHT_MS + 70_000, values: { rate: null } }]);
});

test("Aggregation: a trace stands in the step of its start, or of the range's", () => {
  const seconds = (start: number, end: number) => ({
    resourceSpans: [{
      scopeSpans: [{ spans: [{ startTimeUnixNano: `${start}000000000`, endTimeUnixNano: `${end}000000000` }] }],
    }],
  });
  const traces = [seconds(10, 20), seconds(50, 130), seconds(70, 80), seconds(125, 500), seconds(180, 181), {}];
  const query: Query = { functions: ["count"], ...byMinute, from: 60_000, to: 180_000 };
  const expected = {
    series: [{
      labels: {},
      points: [{ timeMs: 60_000, values: { count: 2 } }, { timeMs: 120_000, values: { count: 1 } }],
    }],
    overflow: undefined,
    records: 3,
    recordsWithoutTime: 1,
    recordsWithoutNumber: 0,
  };
  assert.deepEqual(aggregateRecords(query, traces, { kind: "spans" }), expected);
  const bytes = new TextEncoder().encode(traces.map((trace) => `${JSON.stringify(trace)}\n`).join(""));
  assert.deepEqual(aggregateBlocks(query, [bytes], { kind: "spans" }), {
    result: expected,
    decodedLines: traces.length,
  });
});

test("Aggregation: hands on what it cannot read, in its turn, and every byte once", () => {
  const aggregation = aggregationOf({ functions: ["count", "last"], field: "n" });
  const lines = ['{"n":1}\n', '{"n": 2}\n', "\n", "damaged\n", '{"n":3}\n', '{"n":[4]}\r\n', '{"n":5}\n', '{"n":6}'];
  const handed: string[] = [];
  const bytes = new TextEncoder().encode(lines.join(""));
  aggregation.addBlock(bytes, (start, end) => {
    const last = aggregation.result().series[0]?.points[0]?.values["last"];
    handed.push(`after ${last}: ${JSON.stringify(new TextDecoder().decode(bytes.subarray(start, end)))}`);
  });
  assert.deepEqual(handed, [
    `after 1: ${JSON.stringify(lines.slice(1, 4).join(""))}`,
    `after 3: ${JSON.stringify(lines[5])}`,
    `after 5: ${JSON.stringify(lines[7])}`,
  ]);
  assert.equal(aggregation.result().records, 3);
  aggregation.addBlock(new Uint8Array(0), () => assert.fail("there is nothing to hand on"));
});

test("Aggregation: integers beyond 2^53 are labels, exact, and equal numbers are one label", () => {
  const lines = ["1152921504606846976", "1.152921504606846976e18", "1152921504606846977", "1152921504606846976"];
  const { series } = aggregateLines({ functions: ["count"], by: ["k"] }, lines.map((k) => `{"k":${k}}`));
  assert.deepEqual(series.map(({ labels, points }) => [labels["k"], points[0]?.values["count"]]), [
    [1152921504606846976n, 3],
    [1152921504606846977n, 1],
  ]);
});

test("Aggregation: hands on a line that is longer than any record's", () => {
  const filling = "x".repeat(LINE_MAX_BYTES);
  const bytes = new TextEncoder().encode(`{"n":1}\n{"n":2,"text":"${filling}"}\n{"n":3}\n`);
  const { result, decodedLines } = aggregateBlocks({ functions: ["sum"], field: "n" }, [bytes]);
  assert.deepEqual([result.series[0]?.points[0]?.values, decodedLines], [{ sum: 4 }, 0]);
});

test("Aggregation: hands on a block that is no UTF-8", () => {
  const bytes = new TextEncoder().encode('{"n":1,"text":"x"}\n{"n":2}\n');
  bytes[bytes.indexOf("x".charCodeAt(0))] = 0xff;
  const { result, decodedLines } = aggregateBlocks({ functions: ["count"] }, [bytes]);
  assert.deepEqual([result.records, decodedLines], [1, 1]);
});
