/**
 * The style of the tree, as a test: every file against every rule of ./structure/, each finding with file and line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Finding } from "./structure/findings.ts";
import { EXEMPTIONS } from "./structure/rooms.ts";
import { checkName, checkSource, checkText } from "./structure/rules.ts";
import { applyExemptions, checkManifests, checkTestPlaces } from "./structure/tree_rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const paths = projectFiles();
const sources = paths.filter((path) => path.endsWith(".ts") && !path.startsWith("tests/testdata/"));

test("structure: the files of the project are found", () => {
  assert.ok(sources.includes("tests/structure_test.ts"), `Found ${paths.length} files, without this one`);
  assert.ok(sources.some((path) => path.startsWith("src/")), "Found no file of src");
});

test("structure: every source file keeps the rules of the tree", () => {
  const findings = sources.flatMap((path) => [...checkName(path), ...checkSource(path, read(path))]);
  assertNone(applyExemptions(findings, EXEMPTIONS));
});

test("structure: every test stands where its source file stands", () => {
  assertNone(checkTestPlaces(sources));
});

test("structure: no file names a machine or a package registry", () => {
  const texts = paths.filter((path) => !path.startsWith("tests/testdata/"));
  assertNone(texts.flatMap((path) => checkText(path, read(path))));
});

test("structure: deno.json and package.json describe the same package", () => {
  assertNone(checkManifests(JSON.parse(read("deno.json")), JSON.parse(read("package.json"))));
});

/** Every file of the project as a path with `/` from the root, without what tools fetch or produce. */
function projectFiles(): readonly string[] {
  const produced = new Set([".git", "coverage", "node_modules"]);
  const walk = (directory: string): readonly string[] =>
    readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
      if (produced.has(entry.name)) return [];
      const path = posix.join(directory, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk(".").toSorted();
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function assertNone(findings: readonly Finding[]): void {
  const lines = findings.map(({ path, line, rule, message }) => `${path}:${line}: ${rule}: ${message}`);
  assert.equal(lines.length, 0, `${lines.length} findings\n${lines.join("\n")}`);
}
