import assert from "node:assert/strict";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../mod.ts";
import { runVarve, withDirectory } from "./varve_process.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));

test("varve wipe: asks, and deletes nothing unless the answer is yes", async () => {
  await withDirectory(async (root) => {
    cpSync(GRIDCTL, root, { recursive: true });
    for (const input of ["", "\n", "n\n", "yep\n"]) {
      const { status, errorOutput } = await runVarve(["wipe", "demo", "--root", root], { input });
      assert.equal(status, 1, JSON.stringify(input));
      assert.match(errorOutput, /demo +github +logs[^]*\[y\/N\][^]*Nothing was deleted/);
    }
    assert.ok(existsSync(join(root, "demo", "github", "logs.jsonl")));
    const yes = await runVarve(["wipe", "demo", "--signal", "logs", "--root", root], { input: "Yes\n" });
    assert.equal(yes.status, 0, yes.errorOutput);
    assert.match(yes.output, /^Removed demo\/github logs: 1 file, \d+ B\n$/);
    assert.ok(!existsSync(join(root, "demo", "github", "logs.jsonl")));
  });
});

test("varve wipe: -y deletes the chosen signals at once and says what; a second time there is nothing", async () => {
  await withDirectory(async (root) => {
    cpSync(GRIDCTL, root, { recursive: true });
    const first = await runVarve(["wipe", "demo", "--server", "github", "-y", "--root", root]);
    assert.equal(first.status, 0);
    assert.match(first.output, /logs: 1 file,[^]*metrics: 3 files,[^]*traces: 1 file,/);
    const second = await runVarve(["wipe", "demo", "-y", "--root", root]);
    assert.deepEqual([second.status, second.output], [0, ""]);
    assert.match(second.errorOutput, /nothing to wipe/);
    assert.ok(existsSync(join(root, "crash", "weather", "metrics-2026-05-01T00-01-00.000.jsonl")));
  });
});

test("varve wipe: the process that holds the folder carries it out and goes on writing", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    journal.append({ ts: "2026-04-30T12:00:00Z", msg: "before" });
    await journal.flush();
    const { status, output, errorOutput } = await runVarve(["wipe", "shop", "-y", "--root", root]);
    assert.equal(status, 0, errorOutput);
    assert.match(output, /Removed shop\/a logs/);
    journal.append({ ts: "2026-04-30T12:00:01Z", msg: "after" });
    await journal.flush();
    const tail = await store.tail({ signal: "logs" }, { count: 10 });
    assert.deepEqual(tail.map(({ record }) => record.msg), ["after"]);
  });
});
