/**
 * Programs that are bundled, compiled, or run with no more permissions than their root: sealed segments are still
 * compressed in a thread of their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { inRoot, namesIn } from "./recovery/stores.ts";
import { currentRuntime, requireBunPackages, requireTool } from "./tools.ts";

const PROGRAM = fileURLToPath(new URL("./recovery/programs/compressing_writer.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));
const STEP_TIMEOUT_MS = 50_000;

/** A way to make one file of a program, and to run it. */
interface Bundling {
  readonly name: string;
  readonly build: readonly string[];
  readonly run: (file: string) => readonly [command: string, ...args: string[]];
}

const bun = requireTool("bun");
const deno = requireTool("deno");
const skip = bun.skip || requireBunPackages(fileURLToPath(new URL("..", import.meta.url))).skip;

const BUNDLINGS: Readonly<Record<"bun" | "deno", readonly Bundling[]>> = {
  bun: [
    { name: "bundled for Bun", build: ["--target=bun"], run: (file) => [bun.path, file] },
    { name: "bundled for Bun and minified", build: ["--target=bun", "--minify"], run: (file) => [bun.path, file] },
    { name: "compiled by Bun", build: ["--compile"], run: (file) => [file] },
  ],
  deno: [
    { name: "bundled for Deno", build: ["--target=node"], run: (file) => [deno.path, "run", "-A", file] },
    {
      name: "bundled for Deno and minified",
      build: ["--target=node", "--minify"],
      run: (file) => [deno.path, "run", "-A", file],
    },
  ],
};

for (const { name, build, run } of BUNDLINGS[currentRuntime]) {
  test(`a program that is ${name} compresses in a thread of its own`, { skip }, async () => {
    await inRoot((directory) => {
      const file = join(directory, build.includes("--compile") ? "program" : "program.mjs");
      runToEnd(bun.path, ["build", ...build, `--outfile=${file}`, PROGRAM], directory);
      const [command, ...args] = run(file);
      assertCompresses(join(directory, "telemetry"), (root) => runToEnd(command, [...args, root], directory));
    });
  });
}

test("a Deno program that may touch nothing but its root compresses in a thread of its own", {
  skip: deno.skip,
}, async () => {
  await inRoot((directory) => {
    const root = join(directory, "telemetry");
    // Creating the root would take permission to read the directory it lies in.
    mkdirSync(root);
    const permissions = ["--no-prompt", `--allow-read=${root}`, `--allow-write=${root}`];
    assertCompresses(root, () => {
      return runToEnd(deno.path, ["run", "--no-check", `--config=${CONFIG}`, ...permissions, PROGRAM, root], directory);
    });
  });
});

/** Runs tests/recovery/programs/compressing_writer.ts in some form, and looks at what it printed and left behind. */
function assertCompresses(root: string, run: (root: string) => string): void {
  const { rotations, finished, ...others } = JSON.parse(run(root));
  assert.deepEqual(others, { isCompressedInThread: true, isWhole: true, failed: 0 });
  assert.ok(rotations >= 2 && finished === rotations, `${finished} of ${rotations} segments were compressed`);
  const folder = join(root, "shop/github");
  const names = namesIn(folder, /^logs-.*\.jsonl/);
  assert.deepEqual(names.map((name) => /\.jsonl.*/.exec(name)?.[0]), names.map(() => ".jsonl.gz"));
  assert.equal(namesIn(folder, /^logs-.*\.idx$/).length, names.length, "side files");
  const sealed = names.map((name) => gunzipSync(readFileSync(join(folder, name))).toString());
  const lines = `${sealed.join("")}${readFileSync(join(folder, "logs.jsonl"))}`.trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line).n), Array.from(lines.keys()));
}

/** Runs a command to its end and returns what it printed. */
function runToEnd(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: STEP_TIMEOUT_MS });
  const outcome = result.error?.message ?? result.signal ?? `exit status ${result.status}`;
  assert.equal(result.status, 0, `${command} ${args.join(" ")}: ${outcome}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}
