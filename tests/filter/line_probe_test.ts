// Goal: no line is passed over that holds a record which meets the filter, however the line was written.
// Method: random records and filters over few words, so that many meet; each line in a random form of JSON.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { ComparisonOperator, Filter, FilterValue } from "../../src/model/filter.ts";
import { decodeRecord } from "../../src/model/record.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { probeOfFilter } from "../../src/filter/line_probe.ts";
import { splitLines } from "../../src/segment/lines.ts";
import { seededRandom } from "../recovery/stores.ts";
import { jsonForm, pick, type Random } from "../query/json_forms.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261120);
const WORDS = [
  "search",
  "timed out",
  "a/b",
  'say "hi"',
  "back\\slash",
  "ünïcode",
  "😀 pair",
  "tab\there",
  "warn",
  "12",
  "k",
  "K",
] as const;
const FIELDS = ["tool", "level", "n", "http.status", "http", "status", "odd/key", "ключ"] as const;
const LEVELS = ["INFO", "warn", "Warning", "ERROR+1", "INFO+4", "debug", "notice", "NOTICE", "K", "\u212a"] as const;
const NUMBERS = [
  0,
  -0,
  1,
  7,
  12,
  99,
  100,
  200,
  990,
  991,
  1000,
  1e3,
  0.5,
  -3,
  1.5e21,
  0.1,
  2 ** 53,
  12345.678,
  1e15,
  1234567890123457,
] as const;

function randomValue(random: Random, depth = 0): unknown {
  const kind = random();
  if (kind < 0.35) return pick(WORDS, random);
  if (kind < 0.7) return pick(NUMBERS, random);
  if (kind < 0.75) return pick([true, false, null], random);
  if (kind < 0.8) return pick([2n ** 53n + 1n, 12n, -(2n ** 60n)], random);
  if (depth > 2) return {};
  const length = Math.floor(random() * 3);
  if (kind < 0.9) return Array.from({ length }, () => randomValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length }, () => [pick(FIELDS, random), randomValue(random, depth + 1)]));
}

function randomRecord(random: Random): object {
  const fields = Array.from(
    { length: 1 + Math.floor(random() * 5) },
    () => [pick(FIELDS, random), randomValue(random)],
  );
  const level = random() < 0.6 ? [["level", random() < 0.9 ? pick(LEVELS, random) : [pick(LEVELS, random)]]] : [];
  return Object.fromEntries([...fields, ...level]);
}

function randomFilter(random: Random, depth = 0): Filter {
  const field = pick(FIELDS, random);
  const text = field === "level" ? pick(LEVELS, random) : pick(WORDS, random);
  const number = pick<number | bigint>([...NUMBERS, 12n, 2n ** 53n + 1n], random);
  const value = pick<FilterValue>([text, text, number, number, true, null], random);
  const operator = pick<ComparisonOperator>(["<", "<=", ">", ">="], random);
  const simple: readonly Filter[] = [
    { kind: "present", field },
    { kind: "equals", field, value },
    { kind: "compares", field, operator, value: pick<string | number | bigint>([text, number, number], random) },
    { kind: "contains", text: text.slice(Math.floor(random() * 2), Math.ceil(random() * text.length) + 1) },
    { kind: "contains", field, text: String(number).slice(0, 2) },
    { kind: "matches", field, pattern: /./ },
  ];
  if (depth > 2 || random() < 0.6) return pick(simple, random);
  const filters = Array.from({ length: Math.floor(random() * 4) }, () => randomFilter(random, depth + 1));
  return pick(
    [{ kind: "all", filters }, { kind: "any", filters }, { kind: "not", filter: randomFilter(random, 3) }],
    random,
  );
}

test("probeOfFilter finds every line that holds a record which meets the filter", async () => {
  const random = seededRandom(SEED);
  const counts = { met: 0, found: 0, probed: 0, lines: 0 };
  for (let round = 0; round < 1500; round++) {
    const filter = randomFilter(random);
    const probe = probeOfFilter(filter);
    if (probe === undefined) continue;
    const meets = await compileFilter(filter);
    const lines = Array.from({ length: 40 }, () => jsonForm(randomRecord(random), random));
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    const found = new Set(Array.from(splitLines({ bytes, rawOffset: 0 }, probe), ({ text }) => text));
    counts.probed++;
    for (const line of lines) {
      counts.lines++;
      if (found.has(line)) counts.found++;
      if (!meets(decodeRecord(line))) continue;
      counts.met++;
      assert.ok(found.has(line), `seed ${SEED}: ${inspect(filter)} by ${probe.pattern} does not find ${line}`);
    }
  }
  assert.ok(counts.probed > 300 && counts.met > 1000, JSON.stringify(counts));
  assert.ok(counts.found < counts.lines * 0.7, `the probes leave out too little: ${JSON.stringify(counts)}`);
});

const SELECTIVE: readonly [filter: Filter, leftOut: string][] = [
  [{ kind: "equals", field: "tool", value: "search" }, '{"tool":"searching"}'],
  [{ kind: "equals", field: "status", value: 200 }, '{"status":2001,"other":200}'],
  [{ kind: "compares", field: "n", operator: ">", value: 990 }, '{"n":899}'],
  [{ kind: "compares", field: "n", operator: "<", value: 20 }, '{"n":31}'],
  [{ kind: "compares", field: "level", operator: ">=", value: "warn" }, '{"level":"info"}'],
  [{ kind: "equals", field: "level", value: "error" }, '{"level":"WARN"}'],
  [{ kind: "contains", text: "timed out" }, '{"msg":"timed  out"}'],
  [{ kind: "present", field: "error" }, '{"msg":"error"}'],
  [{ kind: "any", filters: [{ kind: "contains", text: "x" }, { kind: "present", field: "y" }] }, '{"z":1}'],
];

for (const [filter, leftOut] of SELECTIVE) {
  test(`probeOfFilter leaves out ${leftOut} for ${inspect(filter)}`, () => {
    const probe = probeOfFilter(filter);
    assert.ok(probe !== undefined);
    assert.deepEqual([...splitLines({ bytes: new TextEncoder().encode(leftOut), rawOffset: 0 }, probe)], []);
  });
}

test("probeOfFilter has no probe for more texts than are quicker to look for than to parse", () => {
  const any = (count: number): Filter => ({
    kind: "any",
    filters: Array.from({ length: count }, (_, index) => ({ kind: "equals", field: "level", value: `level ${index}` })),
  });
  assert.ok(probeOfFilter(any(16)) !== undefined);
  assert.equal(probeOfFilter(any(17)), undefined);
  assert.equal(probeOfFilter({ kind: "any", filters: [any(9), any(8)] }), undefined);
});

function inspect(filter: Filter): string {
  return JSON.stringify(filter, (_key, value) => typeof value === "bigint" ? `${value}n` : value);
}
