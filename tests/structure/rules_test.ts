/**
 * The checker itself: each rule finds its bad snippet, at the right line, and leaves the good one alone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "./findings.ts";
import { checkName, checkSource, checkText } from "./rules.ts";
import {
  applyExemptions,
  checkManifests,
  checkTestPlaces,
  type DenoManifest,
  type PackageManifest,
} from "./tree_rules.ts";

const HEADER = "/** Text. @module */\n\n";

/** A snippet in a file of `src/journal`, below a module docstring, unless `path` says otherwise. */
interface Row {
  readonly code: string;
  readonly path?: string;
  /** `rule:line`, counted from the snippet's first line, which is 1; -1 is the first line of the file. */
  readonly expected: readonly string[];
}

const SYNTAX_ROWS: readonly Row[] = [
  { code: "export let a: any;", expected: ["any:1"] },
  { code: 'export const a = "any"; // any', expected: [] },
  { code: "export const a = b!;", expected: ["non-null:1"] },
  { code: "// b was checked above.\nexport const a = b!;", expected: [] },
  { code: "export const a = b!; // checked above", expected: [] },
  { code: "let a!: string;", expected: ["non-null:1"] },
  { code: "export const a = b!;", path: "tests/journal/journal_test.ts", expected: [] },
  { code: "export default function a(): void {}", expected: ["default export:1"] },
  { code: "const a = 1;\nexport { a as default };", expected: ["default export:2"] },
  { code: "enum A { B }", expected: ["type stripping:1"] },
  { code: "namespace A { export const b = 1; }", expected: ["type stripping:1"] },
  { code: "class A {\n  constructor(readonly b: string) {}\n}", expected: ["type stripping:2"] },
  { code: "export const a = (): number => 1;", expected: ["top-level arrow:1"] },
  { code: "export const a = [1].map((b) => b);", expected: [] },
  { code: "export function a(b: 1, c: 2, d: 3, e: 4): void {}", expected: ["parameters:1"] },
  { code: "export function a(this: B, b: 1, c: 2, d: 3): void {}", expected: [] },
  { code: "const = 1;", expected: ["syntax:1"] },
];

const MACHINE_ROWS: readonly Row[] = [
  { code: "const a = Date.now();", expected: ["machine:1"] },
  { code: "const a = new Date();", expected: ["machine:1"] },
  { code: "const a = Date();", expected: ["machine:1"] },
  { code: "const a = new Date(b);", expected: [] },
  { code: "\nsetTimeout(a, 1);", expected: ["machine:2"] },
  { code: "globalThis.setInterval(a, 1);", expected: ["machine:1"] },
  { code: "const a = performance.now();", expected: ["machine:1"] },
  { code: "const a = { b: process };", expected: ["machine:1"] },
  { code: "const a = { process };", expected: ["machine:1"] },
  { code: "const a = { process: 1, b: c.process };", expected: [] },
  { code: "const a = typeof Bun;", expected: ["machine:1"] },
  { code: "let a: Deno.FsFile;", expected: ["machine:1"] },
  { code: "AbortSignal.timeout(1);", expected: ["machine:1"] },
  { code: "// Date.now() and setTimeout", expected: [] },
  { code: "const a = Date.now();", path: "src/platform/system_clock.ts", expected: [] },
  { code: "const a = Date.now();", path: "bench/append.ts", expected: [] },
  { code: "console.log(1);", expected: ["console:1"] },
  { code: "console.log(1);", path: "src/cli/main.ts", expected: [] },
];

const IMPORT_ROWS: readonly Row[] = [
  { code: 'import { a } from "../segment/names.ts";', expected: [] },
  { code: 'import { a } from "./retention.ts";', expected: [] },
  { code: 'import { a } from "../errors.ts";', expected: [] },
  { code: 'import { a } from "../query/cursor.ts";', expected: ["imports:1"] },
  { code: 'import type { A } from "../store.ts";', expected: ["imports:1"] },
  { code: 'export { a } from "../http/mod.ts";', expected: ["imports:1"] },
  { code: 'export * from "../../mod.ts";', expected: ["imports:1"] },
  { code: 'const a = await import("../cli/main.ts");', expected: ["imports:1"] },
  { code: 'let a: import("../otlp/span.ts").Span;', expected: ["imports:1"] },
  { code: 'import { a } from "../../tests/tools.ts";', expected: ["imports:1"] },
  { code: 'import { a } from "./a.ts";', path: "src/attic/b.ts", expected: ["imports:-1"] },
  { code: 'import { a } from "../model/a.ts";', path: "src/model/b.ts", expected: [] },
  { code: 'import { a } from "../segment/a.ts";', path: "src/model/b.ts", expected: ["imports:1"] },
  { code: 'import { Hono } from "hono/tiny";', expected: ["imports:1"] },
  { code: 'import { Hono } from "hono/tiny";', path: "src/http/app.ts", expected: [] },
  { code: 'import * as v from "npm:valibot@1";', expected: ["imports:1"] },
  { code: 'import { readFile } from "node:fs/promises";', expected: ["imports:1"] },
  { code: 'import { readFile } from "node:fs/promises";', path: "src/platform/files.ts", expected: [] },
  { code: 'import { crc32 } from "node:zlib";', expected: [] },
  { code: 'export { a } from "./src/journal/journal.ts";', path: "mod.ts", expected: [] },
  { code: 'export { a } from "./src/http/mod.ts";', path: "mod.ts", expected: ["imports:1"] },
  { code: "export const a = 1;", path: "mod.ts", expected: ["facade:1"] },
];

for (const [title, rows] of Object.entries({ syntax: SYNTAX_ROWS, machine: MACHINE_ROWS, imports: IMPORT_ROWS })) {
  test(`checkSource finds each ${title} snippet at its line, and nothing else`, () => {
    for (const { code, path = "src/journal/journal.ts", expected } of rows) {
      const found = checkSource(path, `${HEADER}${code}\n`).map(({ rule, line }) => `${rule}:${line - 2}`);
      assert.deepEqual(found, expected, `${path}: ${code}`);
    }
  });
}

test("checkSource asks for a module docstring at the very start", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["/** A. @module */\n", []],
    ["#!/usr/bin/env deno\n/** A. @module */\n", []],
    ["", ["module docstring"]],
    ["/** A. */\n", ["module docstring"]],
    ["/* A. @module */\n", ["module docstring"]],
    ['import "./a.ts";\n/** A. @module */\n', ["module docstring"]],
  ];
  for (const [code, expected] of rows) assert.deepEqual(rulesOf(checkSource("src/model/a.ts", code)), expected, code);
});

test("checkSource bounds files and functions, and not describe callbacks", () => {
  const lines = (count: number): string => "  f();\n".repeat(count);
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["src/model/a.ts", HEADER + "\n".repeat(398), []],
    ["src/model/a.ts", HEADER + "\n".repeat(399), ["file size:401"]],
    ["examples/a.ts", "\n".repeat(61), ["file size:61"]],
    ["src/model/a.ts", `${HEADER}function a(): void {\n${lines(68)}}\n`, []],
    ["src/model/a.ts", `${HEADER}function a(): void {\n${lines(69)}}\n`, ["function size:3"]],
    ["src/model/a.ts", `${HEADER}class A {\n  #b(): void {\n${lines(69)}}\n}\n`, ["function size:4"]],
    ["tests/a_test.ts", `describe("a", () => {\n${lines(90)}});\n`, []],
    ["tests/a_test.ts", `test("a", () => {\n${lines(90)}});\n`, ["function size:1"]],
  ];
  for (const [path, code, expected] of rows) {
    const found = checkSource(path, code).map(({ rule, line }) => `${rule}:${line}`);
    assert.deepEqual(found, expected, `${path}: ${code.length} characters`);
  }
});

test("checkName refuses names that are not snake_case or say nothing", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["src/journal/segment_writer.ts", 0],
    ["src/journal/segmentWriter.ts", 1],
    ["src/Journal/writer.ts", 1],
    ["src/journal/utils.ts", 1],
    ["src/journal/file_helpers.ts", 1],
    ["src/index.ts", 1],
    ["src/segment_manager/a.ts", 1],
  ];
  for (const [path, count] of rows) assert.equal(checkName(path).length, count, path);
});

test("checkText finds machine paths and registry hosts, and leaves web addresses alone", () => {
  const rows: readonly (readonly [string, number])[] = [
    [`see ${"/"}home/ann/varve`, 1],
    [`"${"/"}root/.cache"`, 1],
    [`https://registry.${"npmjs"}.org/hono`, 1],
    ["https://example.org/work/results", 0],
    ["~/.varve/telemetry and /var/lib/varve", 0],
  ];
  for (const [text, count] of rows) assert.equal(checkText("README.md", text).length, count, text);
});

test("checkTestPlaces wants a source file for each test", () => {
  const sources = ["mod.ts", "src/store.ts", "src/journal/journal.ts"];
  const good = ["mod", "store", "store_wipe", "journal/journal", "journal/journal_rotation", "recovery/kill"];
  const tests = good.map((name) => `tests/${name}_test.ts`);
  assert.deepEqual(checkTestPlaces([...sources, ...tests, "tests/tools.ts", "tests/structure_test.ts"]), []);
  const bad = ["tests/journals_test.ts", "tests/journal/rotation_test.ts"];
  assert.deepEqual(checkTestPlaces([...sources, ...bad]).map(({ path }) => path), bad);
});

test("checkManifests finds each difference between deno.json and package.json", () => {
  const shared = { name: "@a/b", version: "1.0.0", license: "MIT", exports: { ".": "./mod.ts" } };
  const tasks = { varve: { description: "V", command: "run" }, serve: { description: "S", command: "run serve" } };
  const deno: DenoManifest = { ...shared, imports: { hono: "npm:hono@4.0.0" }, tasks };
  const bun: PackageManifest = { ...shared, dependencies: { hono: "4.0.0" }, devDependencies: { pino: "1.0.0" } };
  assert.deepEqual(checkManifests(deno, bun), []);
  const rows: readonly (readonly [Partial<DenoManifest>, Partial<PackageManifest>])[] = [
    [{ version: "1.0.1" }, {}],
    [{ exports: { ".": "./main.ts" } }, {}],
    [{ imports: { hono: "npm:hono@4.0.1" } }, {}],
    [{}, { dependencies: { hono: "4.0.0", valibot: "1.0.0" } }],
    [{}, { devDependencies: { pino: "^1.0.0" } }],
    [{ tasks: { ...tasks, serve: { description: "S", command: "other" } } }, {}],
  ];
  for (const [denoPart, bunPart] of rows) {
    const found = checkManifests({ ...deno, ...denoPart }, { ...bun, ...bunPart });
    assert.equal(found.length, 1, JSON.stringify({ denoPart, bunPart, found }));
  }
});

test("applyExemptions excuses one rule in one file and reports what excuses nothing", () => {
  const finding: Finding = { path: "src/a.ts", line: 3, rule: "any", message: "any" };
  const exemption = { path: "src/a.ts", rule: "any", reason: "because" };
  assert.deepEqual(applyExemptions([finding], [exemption]), []);
  assert.deepEqual(rulesOf(applyExemptions([finding], [{ ...exemption, path: "src/b.ts" }])), [
    "any",
    "stale exemption",
  ]);
});

function rulesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ rule }) => rule);
}
