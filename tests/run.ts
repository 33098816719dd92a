/**
 * Runs the suite on Deno, then on Bun, and fails if either fails. `deno task test` starts it.
 *
 * It is a program because a task line cannot run the second half after a failed first one, report both and still fail.
 * Bun is fetched through npx at a fixed version: as a dependency of the project it would be part of every first start of
 * the service. Arguments are paths that narrow both halves, as in `deno task test tests/segment`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The Bun release that the suite runs on. */
const BUN_VERSION = "1.4.4";

/** Bun's own default is 5 s a test, too short for tests that start processes. */
const BUN_TEST_TIMEOUT_MS = 60_000;

/** Directories with packages that only tests and benchmarks need, each with its own lock files. */
const PACKAGE_DIRECTORIES = [".", "bench", "tests/clients"];

interface Half {
  readonly name: string;
  readonly command: string;
}

interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly failure: string | undefined;
}

const paths = process.argv.slice(2);
const install = PACKAGE_DIRECTORIES.map((directory) => `bun install --frozen-lockfile --cwd ${directory}`).join(" && ");
const halves: readonly Half[] = [
  { name: "Deno", command: `deno test -A ${quoted(paths)}` },
  { name: "Bun", command: `bun test --timeout ${BUN_TEST_TIMEOUT_MS} ${quoted(bunPaths(paths))}` },
];

// Bun's packages come first, and both halves run with both runtimes on PATH: a test may start a program on the other one.
const outcomes = [run({ name: "Packages for Bun", command: install }), ...halves.map(run)];
report(outcomes);
process.exitCode = outcomes.every((outcome) => outcome.failure === undefined) ? 0 : 1;

function run(half: Half): Outcome {
  console.log(`\n━━ ${half.name}: ${half.command}\n`);
  const start = performance.now();
  const result = spawnSync("npx", ["-y", "-p", `bun@${BUN_VERSION}`, "-c", half.command], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}` },
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  return { name: half.name, seconds: (performance.now() - start) / 1000, failure: failureOf(result) };
}

function failureOf(result: ReturnType<typeof spawnSync>): string | undefined {
  if (result.error !== undefined) return `cannot start npx: ${result.error.message}`;
  if (result.signal !== null) return `ended by ${result.signal}`;
  return result.status === 0 ? undefined : `exit status ${result.status}`;
}

function report(all: readonly Outcome[]): void {
  console.log("");
  for (const { name, seconds, failure } of all) {
    console.log(
      `${name.padEnd(17)} ${failure === undefined ? "passed" : `FAILED, ${failure}`} (${seconds.toFixed(1)} s)`,
    );
  }
}

/** Bun takes a bare word as a filter on names; with `./` it is a path. */
function bunPaths(all: readonly string[]): readonly string[] {
  return all.length === 0 ? ["./tests"] : all.map((path) => /^[./]/.test(path) ? path : `./${path}`);
}

function quoted(all: readonly string[]): string {
  return all.map((path) => `'${path.replaceAll("'", `'\\''`)}'`).join(" ");
}
