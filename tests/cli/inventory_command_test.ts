import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runVarve, withDirectory } from "./varve_process.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));

test("varve inventory: a table with sizes and times, or JSON, of everything or one stack or server", async () => {
  const table = await runVarve(["inventory", "--root", GRIDCTL]);
  assert.equal(table.status, 0);
  const [heading = "", ...rows] = table.output.trimEnd().split("\n");
  assert.match(heading, /^STACK +SERVER +SIGNAL +SIZE +FILES +OLDEST \(UTC\) +NEWEST \(UTC\)$/);
  assert.deepEqual(rows.map((row) => row.split(/ {2,}/).slice(0, 3).join(" ")), [
    "crash weather metrics",
    "demo github logs",
    "demo github metrics",
    "demo github traces",
  ]);
  assert.match(String(rows[1]), / (?:B|KiB) +1 +\d{4}-\d\d-\d\d \d\d:\d\d +\d{4}-\d\d-\d\d \d\d:\d\d$/);
  const json = await runVarve(["inventory", "demo", "--server", "github", "--json", "--root", GRIDCTL]);
  assert.deepEqual(JSON.parse(json.output).map(({ signal }: { signal: string }) => signal), [
    "logs",
    "metrics",
    "traces",
  ]);
});

test("varve inventory: nothing there is said on the error output, or an empty JSON array", async () => {
  await withDirectory(async (root) => {
    const nothing = await runVarve(["inventory", "--root", root]);
    assert.deepEqual([nothing.status, nothing.output], [0, ""]);
    assert.match(nothing.errorOutput, /no such telemetry/);
    assert.equal((await runVarve(["inventory", "--json", "--root", root])).output, "[]\n");
  });
});
