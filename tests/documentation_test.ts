/**
 * The documentation works: every TypeScript example runs on the current runtime, every file of examples/ too, and every
 * task that the text names exists. Shell examples are not run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Example, exportedDeclarations, fencedExamples } from "./documentation/examples.ts";
import { currentRuntime, requireTool } from "./tools.ts";

const PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
const EXAMPLE_TIMEOUT_MS = 50_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const entryPoints: Readonly<Record<string, string>> = JSON.parse(read("deno.json")).exports;
const scratch = mkdtempSync(join(tmpdir(), "varve-documentation-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const pages = PAGES.filter((path) => existsSync(join(root, path)));
const declarations = Object.values(entryPoints).filter((path) => existsSync(join(root, path)))
  .flatMap((path) => exportedDeclarations(path.replace("./", ""), read));
const examples = [
  ...pages.flatMap((path) => fencedExamples(path, read(path))),
  ...declarations.flatMap((declaration) => declaration.examples),
].filter(({ place }, index, all) => all.findIndex((other) => other.place === place) === index);

test("documentation: the pages are there, and README.md shows a program", () => {
  assert.deepEqual(PAGES.filter((path) => !pages.includes(path)), [], "Missing pages");
  assert.ok(examples.some(({ place }) => place.startsWith("README.md:")), "README.md has no ts example");
});

test("documentation: every task that the pages name exists", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  for (const path of pages) {
    for (const [command, task = ""] of read(path).matchAll(/\bdeno(?:@[\d.]+)? task ([a-z]+)/g)) {
      assert.ok(Object.hasOwn(tasks, task), `${path}: "${command}" names no task of deno.json`);
    }
  }
});

test("documentation: every exported function and class has an example", () => {
  const bare = declarations.filter(({ kind, examples }) => /^(?:class|function)$/.test(kind) && examples.length === 0);
  assert.deepEqual(bare.map(({ name, place }) => `${place}: ${name}`), [], "Without an example");
});

for (const [index, example] of examples.entries()) {
  test(`documentation: the example at ${example.place} runs`, () => {
    const directory = join(scratch, String(index));
    mkdirSync(directory);
    runProgram(writeExample(directory, example), directory);
  });
}

const deno = requireTool("deno");
test("documentation: the examples type-check", { skip: deno.skip }, () => {
  const directory = mkdtempSync(join(scratch, "check-"));
  const files = examples.map((example, index) => {
    const exampleDirectory = join(directory, String(index));
    mkdirSync(exampleDirectory);
    return writeExample(exampleDirectory, example);
  });
  if (files.length > 0) run(deno.path, ["check", "--config", join(root, "deno.json"), ...files], directory);
});

for (const path of exampleFiles()) {
  test(`documentation: ${path} runs`, () => {
    const directory = mkdtempSync(join(scratch, "examples-"));
    runProgram(join(root, path), directory);
  });
}

function exampleFiles(): readonly string[] {
  const directory = join(root, "examples");
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => name.endsWith(".ts")).map((name) => `examples/${name}`).toSorted();
}

/** Writes an example as a program of its own that takes Varve from this tree, and returns its path. */
function writeExample(directory: string, { place, code }: Example): string {
  const path = join(directory, "example.ts");
  const resolved = code.replace(
    /(\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g,
    (match, keyword: string, specifier: string) => {
      const target = specifier === "./mod.ts" ? entryPoints["."] : entryPoints[specifier.replace("@varve/varve", ".")];
      return target === undefined ? match : `${keyword}${JSON.stringify(join(root, target))}`;
    },
  );
  // An example without imports or exports is still a module of its own.
  writeFileSync(path, `// ${place}\n${resolved}\nexport {};\n`);
  return path;
}

function runProgram(path: string, directory: string): void {
  const flags = currentRuntime === "deno" ? ["run", "-A", "--config", join(root, "deno.json")] : ["run"];
  run(process.execPath, [...flags, path], directory);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: EXAMPLE_TIMEOUT_MS });
  const outcome = result.error?.message ?? result.signal ?? `exit status ${result.status}`;
  assert.equal(result.status, 0, `${outcome}\n${result.stdout}\n${result.stderr}`);
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
