/**
 * The benchmark program with tiny inputs, so that no benchmark rots. Its figures mean nothing here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { currentRuntime, requireBunPackages, requireTool } from "./tools.ts";

const bench = fileURLToPath(new URL("../bench", import.meta.url));
const runtime = requireTool(currentRuntime);
const packages = currentRuntime === "bun" ? requireBunPackages(bench) : { skip: false as const };
const commits = requireCommits();
const directory = mkdtempSync(join(tmpdir(), "varve-bench-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

interface ResultLine {
  readonly id: string;
  readonly what: string;
  readonly ours?: number;
  readonly peer?: { readonly name: string; readonly value: number };
  readonly ratios?: readonly number[];
  readonly proof?: string;
  readonly skipped?: string;
}

/** Targets with the peers that each is measured against; peers that may be missing on a machine are left out. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  P1: ["naive floor"],
  P2: ["pino", "LogTape, syncs", "rotating-file-stream"],
  P3: ["SQLite, numbered rows", "SQLite, random keys"],
  P4: ["JSON.stringify"],
  P5: ["naive floor"],
  P6: ["fdatasync a record"],
  P7: ["0.0625 MiB"],
  P8: [],
  P9: [],
  P10: [],
  P11: [],
  P14: ["bodies dropped"],
  P16: ["SQLite", "JSON.parse"],
  memory: ["gunzip, lines, parse"],
};
/** Peers that no run installs. */
const OPTIONAL_PEER = /zerolog/;

test("bench measures every target against its peers and writes the results", { skip: packages.skip }, () => {
  const path = join(directory, "results.json");
  const { status, stdout, stderr } = runBench(["--small", "--results", path]);
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual(readdirSync(directory), ["results.json"], "The benchmarks left something behind");
  const results = JSON.parse(readFileSync(path, "utf8"))[currentRuntime];
  assert.equal(results.size, "small");
  assert.ok(results.machine.cores > 0 && results.machine.fdatasyncUs.p50 > 0, JSON.stringify(results.machine));
  const lines: readonly ResultLine[] = results.lines;
  for (const line of lines) checkLine(line, stdout);
  for (const [id, peers] of Object.entries(EXPECTED)) {
    const ofTarget = lines.filter((line) => line.id === id);
    assert.notEqual(ofTarget.length, 0, `Found no line for ${id}`);
    const measured = ofTarget.map(({ peer }) => peer?.name);
    for (const peer of peers) assert.ok(measured.includes(peer), `${id} was not measured against ${peer}`);
  }
});

test("bench names the targets when asked for one that it does not know", { skip: packages.skip }, () => {
  const { status, stderr } = runBench(["--small", "P99"]);
  assert.notEqual(status, 0);
  assert.match(stderr, /Cannot measure "P99": the targets are P1, P2, P3, P4/);
});

test("bench compares append of an earlier commit with the working tree's", { skip: commits.skip }, () => {
  const { status, stdout, stderr } = runBench(["HEAD", "--rounds", "2", "--records", "2000"], "commit_comparison.ts");
  assert.equal(status, 0, stdout + stderr);
  for (const figure of ["append until flushed, 2 runs", "HEAD: median", "working tree: median", "medians differ by"]) {
    assert.ok(stdout.includes(figure), stdout);
  }
  assert.doesNotMatch(stdout, /NaN/);
  assert.deepEqual(readdirSync(directory).filter((name) => name !== "results.json"), []);
});

function runBench(args: readonly string[], program = "main.ts"): SpawnSyncReturns<string> {
  const run = currentRuntime === "deno" ? ["run", "-A"] : [];
  return spawnSync(runtime.path, [...run, join(bench, program), ...args], {
    encoding: "utf8",
    // The benchmarks make their directories below this one, so that what they forgot would show.
    env: { ...process.env, TMPDIR: directory },
  });
}

/** Git, and a clone: a tree that was unpacked from an archive has no commits to compare with. */
function requireCommits(): { readonly skip: string | false } {
  const git = requireTool("git");
  if (git.skip !== false) return git;
  const { status } = spawnSync(git.path, ["-C", bench, "rev-parse", "--verify", "HEAD"]);
  return { skip: status === 0 ? false : "needs a clone with its history" };
}

/** Figures are numbers, ratios are their quotients, and the table shows both. */
function checkLine(line: ResultLine, table: string): void {
  const text = JSON.stringify(line);
  assert.ok(table.includes(line.what), text);
  if (line.skipped !== undefined) {
    const mayBeSkipped = process.env["VARVE_REQUIRE_TOOLS"] !== "1" || OPTIONAL_PEER.test(line.what);
    return assert.ok(line.skipped !== "" && mayBeSkipped, text);
  }
  assert.ok(Number.isFinite(line.ours) && (line.peer?.value ?? 0) > 0, text);
  assert.ok(line.ratios !== undefined && line.ratios.length > 0 && line.ratios.every(Number.isFinite), text);
  assert.match(line.proof ?? "", /\d/, text);
}
