/**
 * Names of stacks and servers: whatever they are, nothing leaves the root, and each is its own folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { openStore } from "../mod.ts";
import { inRoot, LOGS, numbered, numbersIn, putFiles } from "./recovery/stores.ts";

/** Each a name that must be usable and come back from an inventory as it was. */
const USABLE = [
  "plain",
  "A-1_b.c",
  "../../etc",
  "..",
  ".",
  "a/b",
  "/absolute",
  "a\\b",
  "con",
  "nul.txt",
  "😀 emoji",
  "Ünïcödé",
  ".hidden",
  ".lock",
  "%2e",
  "%2E",
  "%2e%2e",
  "a%b",
  "a b",
  "a%20b",
  "100%",
  "nul\0byte",
  "line\nfeed",
  "trailing.",
  " ",
  "~",
  "*?!'()<>|\"",
  "x".repeat(200),
];

/** Each a name that no folder can stand for, and what the message says. */
const REFUSED: [string, RegExp][] = [
  ["", /Cannot use a (stack|server) without a name: received ""/],
  ["x".repeat(300), /Cannot use (stack|server) "x{40}…": it takes 300 bytes, at most 200 fit/],
  ["é".repeat(40), /takes 240 bytes/],
  ["lone \ud800", /Cannot use (stack|server) "lone \\ud800": it is no valid Unicode/],
  ["\udc00\ud800", /no valid Unicode/],
];

test("every usable name of a stack and of a server is a folder of its own inside the root, and comes back", async () => {
  await inRoot(async (outer) => {
    const root = join(outer, "deep", "root");
    await using store = await openStore(root);
    const keys = USABLE.flatMap((name) => [
      { stack: name, server: "server", signal: "logs" },
      { stack: "stack", server: name, signal: "logs" },
    ]);
    for (const [n, key] of keys.entries()) store.journal(key).append(numbered(n));
    await store.flush();
    for (const [n, key] of keys.entries()) assert.deepEqual(await numbersIn(store, key), [n], JSON.stringify(key));
    const found = (await store.inventory()).map(({ stack, server }) => JSON.stringify([stack, server]));
    assert.deepEqual(found.sort(), keys.map(({ stack, server }) => JSON.stringify([stack, server])).sort());
    for (const { path } of await store.inventory()) assert.equal(dirname(dirname(dirname(path))), root);
    assert.deepEqual([readdirSync(outer), readdirSync(join(outer, "deep"))], [["deep"], ["root"]]);
    await store.wipe({ stack: "..", server: "server" });
    assert.deepEqual(await numbersIn(store, { stack: ".", server: "server", signal: "logs" }), [8]);
  });
});

test("names that cannot be used are refused wherever they are given, and nothing is created", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root);
    for (const [name, message] of REFUSED) {
      const isRefused = (error: unknown): boolean => error instanceof RangeError && message.test(error.message);
      assert.throws(() => store.journal({ ...LOGS, stack: name }), isRefused);
      assert.throws(() => store.journal({ ...LOGS, server: name }), isRefused);
      await assert.rejects(numbersIn(store, { stack: name, signal: "logs" }), isRefused);
      await assert.rejects(store.tail({ stack: name, signal: "logs" }, { count: 1 }), isRefused);
      await assert.rejects(store.inventory({ stack: name }), isRefused);
      await assert.rejects(store.wipe({ stack: name }), isRefused);
    }
    for (const signal of ["", "log", "Logs", "../logs", "logs/x"]) {
      assert.throws(() => store.journal({ ...LOGS, signal }), /Cannot use signal/);
    }
    assert.deepEqual(readdirSync(root), []);
  });
});

test("folders with literal names, as gridctl makes them, are found, continued, inventoried and wiped", async () => {
  for (const [stack, server] of [["demo", "my server"], ["my stack!", "a&b"], ["100%", "(x)"], [".dot", "grün"]]) {
    await inRoot(async (root) => {
      const folder = `${stack}/${server}`;
      putFiles(root, { [`${folder}/logs.jsonl`]: `${JSON.stringify(numbered(1))}\n` });
      await using store = await openStore(root);
      const key = { stack: stack ?? "", server: server ?? "", signal: "logs" };
      store.journal(key).append(numbered(2));
      assert.deepEqual(await numbersIn(store, key), [1, 2], folder);
      const [record, ...rest] = await store.inventory();
      assert.deepEqual([record?.stack, record?.server, record?.path, rest.length], [
        stack,
        server,
        join(root, folder, "logs.jsonl"),
        0,
      ]);
      await store.wipe({ stack: key.stack, server: key.server });
      assert.equal(existsSync(join(root, folder, "logs.jsonl")), false);
    });
  }
});

test("folders and files of a store are its owner's alone: 0700 and 0600", async () => {
  await inRoot(async (outer) => {
    const root = join(outer, "new", "root");
    const store = await openStore(root, { segment: { maxBytes: 60, compression: "none" } });
    for (const n of [1, 2]) store.journal(LOGS).append(numbered(n));
    await store.close();
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    const folder = join(root, "shop", "github");
    for (const path of [root, join(root, "shop"), folder]) assert.equal(mode(path), "700", path);
    for (const name of readdirSync(folder)) assert.equal(mode(join(folder, name)), "600", name);
    assert.ok(readdirSync(folder).includes(".lock"));
  });
});
