import assert from "node:assert/strict";
import { test } from "node:test";
import type { AggregateFunction } from "../../src/model/aggregate.ts";
import { seededRandom } from "../recovery/stores.ts";
import {
  aggregateBlocks,
  aggregateRecords,
  figuresOf,
  type Query,
  recordsIn,
  referenceFigures,
} from "./aggregations.ts";

type Random = () => number;

const START_MS = Date.UTC(2026, 10, 20);
const HOUR_MS = 3_600_000;

function pick<Choice>(random: Random, choices: readonly Choice[]): Choice {
  return choices[Math.floor(random() * choices.length)] as Choice;
}

/** JSON of numbers whose sums are exact in any order. */
function randomNumber(random: Random): string {
  const number = Math.floor(random() * 20_000 - 10_000) / 8;
  return pick(random, [
    String(number),
    String(number),
    String(Math.floor(number)),
    number.toExponential(),
    `${number}e0`,
    "-0",
  ]);
}

function randomTime(random: Random): string {
  const seconds = new Date(START_MS + Math.floor(random() * HOUR_MS)).toISOString().slice(0, 19);
  const fraction = pick(random, ["", ".5", ".123", ".000", ".999999", ".123456789", ".000000001"]);
  const end = pick(random, ["Z", "Z", "Z", "Z", "z", "+00:00", "-01:30"]);
  return random() < 0.9 ? `"${seconds}${fraction}${end}"` : pick(random, ['"soon"', "5", "null"]);
}

const LABELS = [
  '"a"',
  '"b"',
  '"a"',
  '"\\u0061"',
  '"ä€😀"',
  '"with \\"quotes\\" and \\\\"',
  '"1"',
  "1",
  "1.0",
  "true",
  "null",
  "-0",
];
const LARGE = [
  "9007199254740993",
  "-9007199254740993",
  "9007199254740992",
  "1e18",
  "1000000000000000000",
  "123456789.123456789",
];

function randomLabel(random: Random): string {
  return pick(random, [...LABELS, ...LARGE, '["a","b"]', "[]", '["a",1,null]', '{"k":"a"}', randomNumber(random)]);
}

function randomValue(random: Random): string {
  const numbers = Array.from({ length: Math.floor(random() * 4) }, () => randomNumber(random));
  return pick(random, [
    ...Array.from({ length: 8 }, () => randomNumber(random)),
    ...['"5"', "null", "true", "1e999", '{"n":1}', `[${numbers.join(",")}]`],
  ]);
}

/** The members of a record; any may be missing, come twice, or hold another type. */
function randomMembers(random: Random): readonly string[] {
  const members = [
    `"ts":${randomTime(random)}`,
    `"n":${randomValue(random)}`,
    `"k":${randomLabel(random)}`,
    `"http.status":${randomLabel(random)}`,
    `"http":${
      pick(random, [
        '{"status":7}',
        '{"status":[1,2]}',
        '[{"status":"a"},{}]',
        '"x"',
        `{"status":${randomLabel(random)}}`,
      ])
    }`,
    `"msg":${pick(random, ['"plain"', '"tab\\t and \\"quotes\\""', '"ä"', '"{\\"n\\":5}"', '"\\ud800"', '""'])}`,
    '"nested":{"n":99,"k":["deep",{"ts":"2026-11-20T00:00:00Z"}]}',
    '"__proto__":{"n":5}',
    `"\\u006e":${randomValue(random)}`,
  ];
  const chances = [0.95, 0.9, 0.8, 0.2, 0.2, 0.5, 0.2, 0.05, 0.05];
  const chosen = members.filter((_, index) => random() < (chances[index] ?? 0));
  if (random() < 0.1) chosen.push(pick(random, members));
  // Most lines of a journal have their members in one order.
  return random() < 0.8 ? chosen : chosen.sort(() => random() - 0.5);
}

function randomLine(random: Random): string {
  const members = randomMembers(random);
  const line = random() < 0.05 ? `{ ${members.join(", ")} }` : `{${members.join(",")}}`;
  if (random() < 0.9) return line;
  const at = Math.floor(random() * line.length);
  return pick(random, [
    line.slice(0, at),
    line.slice(at),
    line.slice(0, at) + pick(random, [...'"{}[],:\\0\0\r\t x']) + line.slice(at + 1),
    `${line}${line}`,
    `${line}\r`,
    `${line},`,
    `\ufeff${line}`,
    `\0\0${line}`,
    "",
    "  ",
    "null",
    "[]",
  ]);
}

/** Lines as bytes, now and then with one that is no UTF-8, or without the last line feed. */
function randomBlock(random: Random): Uint8Array {
  const lines = Array.from({ length: Math.floor(random() * 40) }, () => randomLine(random));
  const text = lines.join("\n") + pick(random, ["\n", "\n", ""]);
  const bytes = new TextEncoder().encode(text);
  if (random() < 0.05 && bytes.length > 0) {
    bytes[Math.floor(random() * bytes.length)] = pick(random, [0xff, 0xc3, 0x80, 0]);
  }
  return bytes;
}

const FUNCTIONS: readonly AggregateFunction[] = ["count", "rate", "sum", "min", "max", "avg", "last"];

function randomQuery(random: Random): Query {
  const bound = () => START_MS + Math.floor(random() * HOUR_MS);
  const field = pick(random, ["n", "n", "n", "http.status", "k", undefined]);
  return {
    functions: field === undefined ? ["count", "rate"] : FUNCTIONS.filter(() => random() < 0.8).concat("count"),
    field,
    by: pick(random, [[], ["k"], ["http.status"], ["k", "http.status"], ["ts"], ["n", "k"], ["nested.k"]]),
    stepMs: pick(random, [undefined, 1, 1000, 60_000, 7_777_777, HOUR_MS]),
    from: pick(random, [
      undefined,
      bound(),
      new Date(bound()),
      `2026-11-20T00:${10 + Math.floor(random() * 50)}:00.123456789Z`,
    ]),
    to: pick(random, [undefined, undefined, bound(), "2026-11-20T00:45:00.000000001Z"]),
  };
}

/** A query for which few steps cannot be too many. */
function boundedQuery(random: Random): Query {
  const query = randomQuery(random);
  return query.from !== undefined && query.to !== undefined && query.stepMs === 1 ? { ...query, stepMs: 1000 } : query;
}

test("Aggregation: finds the same in bytes as in decoded records, for 2,000 random journals and queries", () => {
  let [lineCount, decodedCount] = [0, 0];
  for (let seed = 1; seed <= 2000; seed++) {
    const random = seededRandom(seed);
    const blocks = Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomBlock(random));
    const query = boundedQuery(random);
    const { result, decodedLines } = aggregateBlocks(query, blocks);
    const records = blocks.flatMap(recordsIn);
    assert.deepEqual(result, aggregateRecords(query, records), `seed ${seed}`);
    lineCount += records.length;
    decodedCount += decodedLines;
  }
  // Otherwise nothing would have been compared.
  assert.ok(decodedCount > 0.1 * lineCount && decodedCount < 0.9 * lineCount, `${decodedCount} of ${lineCount}`);
});

test("Aggregation: finds what a plain reference finds, for 2,000 random journals and queries", () => {
  let pointCount = 0;
  for (let seed = 1; seed <= 2000; seed++) {
    const random = seededRandom(1_000_000 + seed);
    const records = recordsIn(randomBlock(random));
    const query = boundedQuery(random);
    const found = figuresOf(query, aggregateRecords(query, records));
    assert.deepEqual(found, referenceFigures(query, records), `seed ${seed}: ${JSON.stringify(query)}`);
    pointCount += Object.keys(found).length;
  }
  assert.ok(pointCount > 5000, `${pointCount}`);
});

test("Aggregation: quantiles are within 1 % of those of the values themselves", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(2_000_000 + seed);
    const functions: readonly AggregateFunction[] = ["p0", "p10", "p50", "p95", "p99.9", "p100"];
    const values = Array.from({ length: 2000 }, () => Math.round(10 ** (random() * 8 - 2) * 8) / 8);
    const bytes = new TextEncoder().encode(values.map((n, index) => `{"n":${n},"k":${index % 3}}\n`).join(""));
    const { series } = aggregateBlocks({ functions, field: "n", by: ["k"] }, [bytes]).result;
    for (const { labels, points } of series) {
      const sorted = values.filter((_, index) => index % 3 === labels["k"]).sort((a, b) => a - b);
      for (const name of functions) {
        const exact = sorted[Math.floor((Number(name.slice(1)) / 100) * (sorted.length - 1))] ?? NaN;
        const found = points[0]?.values[name] ?? NaN;
        assert.ok(Math.abs(found - exact) <= exact * 0.01 + 1e-9, `seed ${seed}, ${name}: ${found}, exact ${exact}`);
      }
    }
  }
});
