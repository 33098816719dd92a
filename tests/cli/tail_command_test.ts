import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../mod.ts";
import { runVarve, startVarve, type VarveProcess, withDirectory } from "./varve_process.ts";

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

test("varve tail: a filter, several servers, and all of a stack, each behind its name", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    for (const [index, server] of ["a", "b", "c"].entries()) {
      const records = [1, 2, 3].map((n) => ({
        ts: `2026-04-30T12:00:0${n}.${index}Z`,
        level: n === 3 ? "WARN" : "INFO",
        msg: `${server} ${n}`,
      }));
      store.journal({ ...KEY, server }).appendAll(records);
    }
    await store.flush();
    const lines = async (...args: string[]) => {
      const { output, errorOutput, status } = await runVarve(["tail", "shop", ...args, "--root", root]);
      assert.equal(status, 0, errorOutput);
      return output.split("\n").slice(0, -1).map((line) => line.replace(/ \S+Z (?:INFO |WARN ) /, ": "));
    };
    assert.deepEqual(await lines("a", "b", "-n", "4"), ["a: a 2", "b: b 2", "a: a 3", "b: b 3"]);
    assert.deepEqual((await lines("-q", "level=warn")).sort(), ["a: a 3", "b: b 3", "c: c 3"]);
    assert.deepEqual(await lines("-q", "msg~^b", "-n", "2"), ["b: b 2", "b: b 3"]);
  });
});

test("varve tail: a journal that is not there is an error", async () => {
  const { status, errorOutput } = await runVarve(["tail", "demo", "nobody", "--root", GRIDCTL]);
  assert.equal(status, 1);
  assert.match(errorOutput, /Cannot find logs of "demo\/nobody"/);
  const one = await runVarve(["tail", "demo", "github", "nobody", "--root", GRIDCTL]);
  assert.equal(one.status, 1);
  assert.match(one.errorOutput, /Cannot find logs of "demo\/nobody"/);
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

test("varve tail -f: follows every server of a stack, new ones too, past what the filter leaves out", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root, { segment: { maxBytes: 600 }, retention: { maxSegments: false } });
    const append = async (server: string, msg: string, level = "INFO") => {
      store.journal({ ...KEY, server }).append({ ...record(msg), level });
      await store.flush();
    };
    await append("a", "old", "WARN");
    const tail = startVarve(["tail", "shop", "-n", "0", "-f", "--json", "-q", "level>=warn", "--root", root]);
    const expected: string[] = [];
    try {
      // Nothing is printed at first: once the first new one is there, following has begun.
      for (let index = 0; !(await isPrinted(tail, "begun")); index++) await append("a", "begun", "WARN");
      for (let index = 0; index < 40; index++) {
        const server = index < 20 ? "a" : `new-${index % 2}`;
        const level = index % 4 === 0 ? "ERROR" : "INFO";
        await append(server, `${server} ${index}`, level);
        if (level === "ERROR") expected.push(`${server} ${index}`);
      }
      await append("a", "the last", "WARN");
      const output = await tail.outputMatching(/the last/);
      const messages = output.trimEnd().split("\n").map((line): string => JSON.parse(line).msg);
      assert.deepEqual(messages.filter((msg) => !/begun|the last/.test(msg)).sort(), expected.sort());
      assert.ok(!messages.includes("old"));
    } finally {
      tail.kill("SIGINT");
      await tail.ended;
    }
  });
});

/** Whether a process has printed something, after a moment. */
async function isPrinted({ outputMatching }: VarveProcess, text: string): Promise<boolean> {
  const printed = outputMatching(new RegExp(text)).then(() => true);
  return await Promise.race([printed, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 100))]);
}
