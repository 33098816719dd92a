/**
 * A program outside this tree imports Varve the way README shows, on Deno and on Bun, and does the main round.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool } from "./tools.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const STEP_TIMEOUT_MS = 50_000;
const RECORD = { ts: "2026-04-30T12:00:00.000Z", level: "INFO", msg: "tool call finished", tool: "search" };

const PROGRAM = `
import { openStore } from "@varve/varve";

await using store = await openStore("./telemetry");
const key = { stack: "shop", server: "github", signal: "logs" };
const journal = store.journal(key);
journal.append(${JSON.stringify(RECORD)});
await journal.flush();
const tail = await store.tail(key, { count: 10 });
console.log(JSON.stringify(tail.map(({ record }) => record)));
`;

const deno = requireTool("deno");
test("Varve is imported by a Deno program outside the clone through links", { skip: deno.skip }, () => {
  inProject({ "deno.json": { links: [root] } }, (directory) => {
    assert.deepEqual(JSON.parse(run(deno.path, ["run", "-A", "--check", "program.ts"], directory)), [RECORD]);
  });
});

const bun = requireTool("bun");
test("Varve is imported by a Bun program outside the clone through bun add", { skip: bun.skip }, () => {
  inProject({ "package.json": { name: "outside", private: true, type: "module" } }, (directory) => {
    run(bun.path, ["add", root], directory);
    assert.deepEqual(JSON.parse(run(bun.path, ["program.ts"], directory)), [RECORD]);
  });
});

function inProject(manifests: Readonly<Record<string, unknown>>, use: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "varve-outside-"));
  try {
    for (const [name, manifest] of Object.entries(manifests)) {
      writeFileSync(join(directory, name), JSON.stringify(manifest));
    }
    writeFileSync(join(directory, "program.ts"), PROGRAM);
    use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs a command to its end and returns what it printed. */
function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: STEP_TIMEOUT_MS });
  const outcome = result.error?.message ?? result.signal ?? `exit status ${result.status}`;
  assert.equal(result.status, 0, `${command} ${args.join(" ")}: ${outcome}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}
