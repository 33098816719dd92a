import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../mod.ts";
import { runVarve, startVarve, withDirectory } from "./varve_process.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));
const KEY = { stack: "shop", server: "a", signal: "logs" };

function record(msg: string): object {
  return { ts: "2026-04-30T12:00:00Z", level: "INFO", msg };
}

test("varve tail: the newest records, oldest first, also while a process writes there", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    const journal = store.journal(KEY);
    journal.appendAll(Array.from({ length: 20 }, (_, index) => record(String(index))));
    await journal.flush();
    const ten = await runVarve(["tail", "shop", "a", "--root", root]);
    assert.equal(ten.status, 0, ten.errorOutput);
    assert.deepEqual(
      ten.output.split("\n").map((line) => line.split(" ").at(-1)),
      [..."1".repeat(10)].map((_, i) => String(i + 10)).concat(""),
    );
    const two = await runVarve(["tail", "shop", "a", "-n", "2", "--json", "--root", root]);
    assert.deepEqual(two.output.trimEnd().split("\n").map((line) => JSON.parse(line)), [record("18"), record("19")]);
    assert.equal((await runVarve(["tail", "shop", "a", "-n", "0", "--root", root])).output, "");
  });
});

test("varve tail: every signal of gridctl's files, across raw and compressed segments", async () => {
  const tail = async (...args: string[]) => await runVarve(["tail", ...args, "--root", GRIDCTL]);
  const metrics = await tail("demo", "github", "--signal", "metrics", "-n", "100");
  assert.equal(metrics.status, 0, metrics.errorOutput);
  assert.ok(metrics.output.trimEnd().split("\n").length > 4, metrics.output);
  assert.match(
    (await tail("demo", "github", "--signal", "traces")).output,
    /tools\/call .* ms .*trace_id=[0-9a-f]{32}/,
  );
});

test("varve tail: a journal that is not there is an error", async () => {
  const { status, errorOutput } = await runVarve(["tail", "demo", "nobody", "--root", GRIDCTL]);
  assert.equal(status, 1);
  assert.match(errorOutput, /Cannot find logs of "demo\/nobody"/);
});

test("varve tail -f: prints what is appended, also past a rotation and a wipe, until it is ended", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root, { segment: { maxBytes: 400 } });
    const journal = store.journal(KEY);
    journal.appendAll([record("old 1"), record("old 2")]);
    await journal.flush();
    const tail = startVarve(["tail", "shop", "a", "-n", "1", "-f", "--root", root]);
    try {
      await tail.outputMatching(/old 2\n/);
      for (let index = 0; index < 20; index++) {
        journal.append(record(`new ${index}`));
        await journal.flush();
      }
      const output = await tail.outputMatching(/new 19\n/);
      assert.ok(store.stats().rotations > 1);
      const expected = ["old 2", ...Array.from({ length: 20 }, (_, index) => `new ${index}`)];
      assert.deepEqual(output.trimEnd().split("\n").map((line) => line.split(" ").slice(2).join(" ").trim()), expected);
      await store.wipe({ stack: "shop" });
      journal.append(record("after the wipe"));
      await journal.flush();
      await tail.outputMatching(/after the wipe\n/);
    } finally {
      tail.kill("SIGTERM");
      await tail.ended;
    }
  });
});

test("varve tail -f: waits for a journal that is not there yet", async () => {
  await withDirectory(async (root) => {
    const tail = startVarve(["tail", "shop", "a", "-f", "--root", root]);
    try {
      await using store = await openStore(root);
      store.journal(KEY).append(record("first"));
      await store.flush();
      await tail.outputMatching(/first\n/);
    } finally {
      tail.kill("SIGINT");
      await tail.ended;
    }
  });
});
