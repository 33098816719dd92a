// Goal: no regular expression that comes from outside can hang or bloat the process.
// Method: expressions that undo a backtracking engine, a table of states, or a compiler, each with a bound on its time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FILTER_MAX_CHARS } from "../../src/limits.ts";
import { PatternCompiler } from "../../src/filter/text_pattern.ts";
import { seededRandom } from "../recovery/stores.ts";

const TEXT_CHARS = 100_000;
/** Ten times what the slowest of them takes; a backtracking engine would take years. */
const SEARCH_MAX_MS = 8000;
const COMPILE_MAX_MS = 500;

const letters = "a".repeat(TEXT_CHARS);
const random = seededRandom(1);
const mixed = Array.from({ length: TEXT_CHARS }, () => random() < 0.5 ? "a" : "b").join("");

const BOMBS: readonly (readonly [pattern: string, text: string, isFound: boolean])[] = [
  ["(a+)+$", `${letters}!`, false],
  ["(a+)+!", `!${letters}`, false],
  ["(a|aa)+$", `${letters}!`, false],
  ["(.*)*x", `${letters}`, false],
  ["(.*)*[xy]", `x${letters}`, true],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", letters, false],
  ["(a?){20}a{20}[xy]", `${letters}!`, false],
  ["(.*a){50}[xy]", `${letters}`, false],
  ["[ab]*a[ab]{400}[xy]", `x${mixed}`, false],
  ["([ab]*a[ab]{20}){5}[xy]", `x${mixed}`, false],
  [String.raw`(\b\w+\b\W*)*[xy]$`, `x ${mixed}`, false],
  [String.raw`^\s*(.*?)\s*$`, `${" ".repeat(TEXT_CHARS)}x\n`, true],
];

test("PatternCompiler: expressions that hang other engines search 100,000 characters in time", async () => {
  for (const [pattern, text, isFound] of BOMBS) {
    const find = await new PatternCompiler().compile(pattern, undefined);
    const start = performance.now();
    assert.equal(find(text), isFound, pattern);
    const elapsedMs = performance.now() - start;
    assert.ok(elapsedMs < SEARCH_MAX_MS, `${pattern} took ${elapsedMs.toFixed(0)} ms`);
  }
});

const LARGE: readonly string[] = [
  "a{1000}".repeat(FILTER_MAX_CHARS / 7),
  `(${"a".repeat(8000)}){400}`,
  `((${"a".repeat(1000)}){30}){30}`,
  "(a{30}){30}".repeat(700),
  String.raw`\pL{1000}`.repeat(800),
  "(?i:[^a]){1000}".repeat(500),
  `(${"[(]".repeat(500)}){1000}`,
  String.raw`(\Q${"(".repeat(1000)}\E){1000}`,
  "a|".repeat(1000),
  `${"(a".repeat(900)}${")?".repeat(900)}`,
  "(".repeat(4000),
  `${"(".repeat(4000)}${")".repeat(4000)}`,
  "(?i)\\pL".repeat(1000),
];

test("PatternCompiler: expressions that would be compiled to too much are refused in time", async () => {
  for (const pattern of LARGE) {
    const name = `${pattern.slice(0, 30)}… of ${pattern.length} characters`;
    const start = performance.now();
    await new PatternCompiler().compile(pattern, undefined).then(
      () => assert.equal(pattern, "a|".repeat(1000), `${name} was taken`),
      (error) => assert.ok(error instanceof RangeError || error instanceof SyntaxError, `${name}: ${error}`),
    );
    const elapsedMs = performance.now() - start;
    assert.ok(elapsedMs < COMPILE_MAX_MS, `${name} took ${elapsedMs.toFixed(0)} ms`);
  }
});

const USUAL: readonly (readonly [pattern: string, text: string])[] = [
  [String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$`, "2026-04-30T12:00:00.125Z"],
  [
    String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`,
    "id 123e4567-e89b-12d3-a456-426614174000",
  ],
  [String.raw`\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b`, "from 10.0.0.1:4318"],
  [String.raw`(?i)timed? ?out|refused|reset|deadline exceeded|EPIPE|ECONN\w+`, "read ECONNRESET"],
  [String.raw`error.{0,100}timeout`, "error: upstream timeout"],
  [String.raw`^(GET|POST) /api/v\d+/(\w+/)*\w+\?`, "GET /api/v1/logs/query?q=x"],
];

test("PatternCompiler takes the expressions that people write", async () => {
  for (const [pattern, text] of USUAL) {
    const find = await new PatternCompiler().compile(pattern, undefined);
    assert.ok(find(text), pattern);
    assert.ok(!find("nothing"), pattern);
  }
});

test("PatternCompiler bounds all expressions of a filter together", async () => {
  const compiler = new PatternCompiler();
  for (let n = 0; n < 4; n++) await compiler.compile("a{100}", undefined);
  await assert.rejects(compiler.compile("a{100}", undefined), RangeError);
});
