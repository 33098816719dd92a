// Goal: no block is left out that holds a line whose record meets the filter, however the line was written.
// Method: a table; besides, random records in random forms of JSON, compressed, and random filters, asked of the side file.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { FILTER_TOKENS_MAX, VALUE_TOKENS_MAX } from "../../src/limits.ts";
import type { Filter } from "../../src/model/filter.ts";
import { decodeRecord } from "../../src/model/record.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { tokensOfFilter } from "../../src/filter/needed_tokens.ts";
import { splitLines } from "../../src/segment/lines.ts";
import type { TokenNeed } from "../../src/segment/tokens.ts";
import { seededRandom } from "../recovery/stores.ts";
import { compressWithSideFile, openGzip } from "../segment/segments.ts";
import { jsonForm, pick, type Random } from "../query/json_forms.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261123);

const equals = (value: string, field = "msg"): Filter => ({ kind: "equals", field, value });
const contains = (text: string): Filter => ({ kind: "contains", text });

/** Filters and what they need, as text: tokens joined by `&` or `|`. */
const NEEDS: readonly [filter: Filter, need: string | undefined][] = [
  [equals("5b8efff798038103d269b633813fc60c"), "5b8efff798038103d269b633813fc60c"],
  [equals("a request was timed out"), "request&timed&was&out"],
  [equals("ab"), undefined],
  [equals("W47/95gDgQPSabYzgT+GDA=="), "95gDgQPSabYzgT&W47&GDA"],
  [equals("WARN", "level"), undefined],
  [equals("WARNING", "other.level"), "WARNING"],
  [{ kind: "equals", field: "n", value: 12345 }, undefined],
  [{ kind: "equals", field: "n", value: null }, undefined],
  [contains("timed out"), undefined],
  [contains("was timed out by"), "timed&out"],
  [contains(" timed "), "timed"],
  [contains("1.234e-10"), undefined],
  [contains("1.234e-10,"), "234e"],
  [{ kind: "not", filter: equals("search") }, undefined],
  [{ kind: "present", field: "trace_id" }, undefined],
  [{ kind: "compares", field: "tool", operator: "<", value: "search" }, undefined],
  [{ kind: "matches", pattern: "search" }, undefined],
  [{ kind: "all", filters: [] }, undefined],
  [{ kind: "any", filters: [] }, undefined],
  [{ kind: "all", filters: [equals("search"), { kind: "present", field: "x" }] }, "search"],
  [{ kind: "any", filters: [equals("search"), { kind: "present", field: "x" }] }, undefined],
  [{ kind: "any", filters: [equals("search"), equals("fetch all")] }, "search|(fetch&all)"],
  [
    { kind: "all", filters: [equals("one"), { kind: "any", filters: [equals("two"), equals("three")] }] },
    "one&(two|three)",
  ],
];

for (const [filter, need] of NEEDS) {
  test(`tokensOfFilter: ${JSON.stringify(filter)} needs ${need}`, () => {
    const found = tokensOfFilter(filter);
    assert.equal(found && describe(found), need);
  });
}

test("tokensOfFilter asks for no more tokens than a look-up should take", () => {
  const words = Array.from({ length: 100 }, (_, n) => `word${"x".repeat(n)}`);
  assert.equal(countOf(tokensOfFilter(equals(words.join(" ")))), VALUE_TOKENS_MAX);
  assert.equal(countOf(tokensOfFilter({ kind: "all", filters: words.map((word) => equals(word)) })), FILTER_TOKENS_MAX);
  assert.equal(tokensOfFilter({ kind: "any", filters: words.map((word) => equals(word)) }), undefined);
  const nested: Filter = {
    kind: "any",
    filters: words.slice(0, 9).map((word) => ({ kind: "all", filters: [equals(words.join(" ")), equals(word)] })),
  };
  assert.equal(tokensOfFilter(nested), undefined);
});

test("tokensOfFilter leaves out no block with a line whose record meets the filter", async () => {
  const random = seededRandom(SEED);
  const counts = { filters: 0, met: 0, blocks: 0, leftOut: 0 };
  for (let round = 0; round < 300; round++) {
    const lines = Array.from({ length: 40 }, () => `${jsonForm(randomRecord(random), random)}\n`);
    const { gzip, side } = compressWithSideFile(lines.join(""), { blockTargetBytes: 400 });
    const { reader } = openGzip(gzip, side);
    const blocks = await Array.fromAsync(reader.forwards());
    for (let index = 0; index < 25; index++) {
      const filter = randomFilter(random, lines);
      const tokens = tokensOfFilter(filter);
      if (tokens === undefined) continue;
      const meets = await compileFilter(filter);
      const found = new Set(await Array.fromAsync(reader.forwards({ tokens }), ({ rawOffset }) => rawOffset));
      counts.filters++;
      counts.blocks += blocks.length;
      counts.leftOut += blocks.length - found.size;
      for (const block of blocks) {
        for (const { text = "{}" } of splitLines(block)) {
          if (!meets(decodeRecord(text))) continue;
          counts.met++;
          const about = `${JSON.stringify(filter)}, ${describe(tokens)}, ${text}`;
          assert.ok(found.has(block.rawOffset), `seed ${SEED}, round ${round}: ${about}`);
        }
      }
    }
  }
  assert.ok(counts.filters > 1000 && counts.met > 2000, JSON.stringify(counts));
  assert.ok(counts.leftOut > counts.blocks / 4, JSON.stringify(counts));
});

const WORDS = [
  "search",
  "timed out",
  "path/to/file.ts",
  'say "hello" twice',
  "C:\\users\\nobody",
  "ünïcode",
  "日本語 text",
  "😀 pair of 😀",
  "\ud83d half",
  "tab\tand\nline",
  "404",
  "1.5e-7",
  "W47/95gDgQPSabYzgT+GDA==",
  "5b8efff798038103d269b633813fc60c",
] as const;
const FIELDS = ["tool", "level", "msg", "http.status", "http", "status", "schlüssel"] as const;
const LEVELS = ["INFO", "warn", "WARNING", "ERROR+1"] as const;

function randomText(random: Random): string {
  const length = 1 + Math.floor(random() * 3);
  const words = Array.from(
    { length },
    () => random() < 0.7 ? pick(WORDS, random) : Math.floor(random() * 1e6).toString(36),
  );
  return words.join(pick([" ", "", "_", "-", ": "], random));
}

function randomValue(random: Random, depth = 0): unknown {
  const kind = random();
  if (kind < 0.7) return randomText(random);
  if (kind < 0.8) return pick([0, 404, 1.5e-7, 12345.678, 2n ** 53n + 1n, null, true], random);
  if (depth > 2) return [];
  const length = 1 + Math.floor(random() * 2);
  if (kind < 0.9) return Array.from({ length }, () => randomValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length }, () => [pick(FIELDS, random), randomValue(random, depth + 1)]));
}

function randomRecord(random: Random): object {
  const fields = Array.from({ length: 2 }, () => [pick(FIELDS, random), randomValue(random)]);
  return Object.fromEntries(random() < 0.5 ? fields : [...fields, ["level", pick(LEVELS, random)]]);
}

/** A filter that some of the lines are likely to meet. */
function randomFilter(random: Random, lines: readonly string[], depth = 0): Filter {
  if (depth < 3 && random() < 0.3) {
    const filters = Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomFilter(random, lines, depth + 1));
    return pick([{ kind: "all", filters }, { kind: "any", filters }, {
      kind: "not",
      filter: filters[0] ?? contains(""),
    }], random);
  }
  const record = decodeRecord(lines[Math.floor(random() * lines.length)] ?? "{}");
  const strings = stringsOf(record, "");
  const [field, value] = strings[Math.floor(random() * strings.length)] ?? ["msg", "none"];
  if (random() < 0.5) return { kind: "equals", field, value };
  const start = Math.floor(random() * value.length / 2);
  const text = value.slice(start, start + 1 + Math.floor(random() * value.length));
  return random() < 0.5 ? { kind: "contains", text } : { kind: "contains", field, text };
}

/** Every string in a record, by the name of its field. */
function stringsOf(value: unknown, field: string): (readonly [field: string, value: string])[] {
  if (typeof value === "string") return [[field, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    stringsOf(each, Array.isArray(value) ? field : field === "" ? key : `${field}.${key}`)
  );
}

function describe(need: TokenNeed): string {
  if (need.kind === "token") return need.token;
  const parts = need.needs.map((part) => part.kind === "token" ? part.token : `(${describe(part)})`);
  return parts.join(need.kind === "all" ? "&" : "|");
}

function countOf(need: TokenNeed | undefined): number {
  if (need === undefined) return 0;
  return need.kind === "token" ? 1 : need.needs.reduce((sum, part) => sum + countOf(part), 0);
}
