/**
 * Wiping journals, one's own and those another process writes to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openStore, StoreClosedError, type WipeSelection, WipeTimeoutError } from "../mod.ts";
import { ManualClock } from "../src/platform/manual_clock.ts";
import { startProgram, type StoreProgram } from "./recovery/program.ts";
import { RefusingFileSystem } from "./recovery/refusing_file_system.ts";
import {
  assertAccounts,
  inRoot,
  LOGS,
  MEMORY_ROOT,
  memoryMachine,
  namesIn,
  numbered,
  numbersIn,
  putFiles,
  range,
  START_MS,
  until,
} from "./recovery/stores.ts";

const SMALL = { segment: { maxBytes: 100 }, retention: { maxSegments: false } } as const;
const FOLDER = "shop/github";

test("wipe() removes every segment and side file, leaves other files and the folder, and appending goes on", async () => {
  await inRoot(async (root) => {
    putFiles(root, { [`${FOLDER}/logs-backup.jsonl`]: "mine\n", [`${FOLDER}/logs-2026-05-04T00-00-00.000.idx`]: "x" });
    await using store = await openStore(root, SMALL);
    const journal = store.journal(LOGS);
    for (const n of range(0, 10)) journal.append(numbered(n));
    await journal.flush();
    await store.wipe({ stack: "shop" });
    assert.deepEqual(namesIn(join(root, FOLDER), /^[^.]/), ["logs-backup.jsonl"]);
    assert.deepEqual(namesIn(join(root, FOLDER), /wipe/), []);
    assert.deepEqual(await numbersIn(store), []);
    journal.append(numbered(10));
    assert.deepEqual(await numbersIn(store), [10]);
  });
});

test("wipe() takes the stack, server and signal that are meant, and no other", async () => {
  const keys = ["shop/github/logs", "shop/github/metrics", "shop/weather/logs", "bank/github/logs"];
  const table: [WipeSelection, string[]][] = [
    [{ stack: "shop" }, ["bank/github/logs"]],
    [{ stack: "shop", server: "github" }, ["bank/github/logs", "shop/weather/logs"]],
    [{ stack: "shop", signal: "logs" }, ["bank/github/logs", "shop/github/metrics"]],
    [{ stack: "shop", server: "weather", signal: "metrics" }, [...keys].sort()],
    [{ stack: "nobody" }, [...keys].sort()],
  ];
  for (const [selection, left] of table) {
    await inRoot(async (root) => {
      await using store = await openStore(root);
      for (const key of keys) {
        const [stack = "", server = "", signal = ""] = key.split("/");
        store.journal({ stack, server, signal }).append(numbered(1));
      }
      await store.wipe(selection);
      const found = (await store.inventory()).map(({ stack, server, signal }) => `${stack}/${server}/${signal}`);
      assert.deepEqual(found, left, JSON.stringify(selection));
    });
  }
});

test("wipe() counts what waited in memory as dropped", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root, { flushIntervalMs: 3_600_000 });
    const journal = store.journal(LOGS);
    for (const n of range(0, 7)) journal.append(numbered(n));
    await store.wipe({ stack: "shop", signal: "logs" });
    assert.deepEqual(store.stats().records["logs"], { accepted: 7, written: 0, queued: 0, dropped: { wiped: 7 } });
    await journal.flush();
    assertAccounts(store);
  });
});

test("wipe() throws for what cannot be meant, and once the store is closed", async () => {
  const store = await openStore(join("/", "varve-no-such-root"));
  await assert.rejects(store.wipe({ stack: "" }), RangeError);
  await assert.rejects(store.wipe({ stack: "shop", signal: "log" }), /Cannot use signal "log".*logs, metrics/);
  await store.close();
  await assert.rejects(store.wipe({ stack: "shop" }), StoreClosedError);
});

test("wipe() can be called several times at once, and none takes records that were appended after it", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root, SMALL);
    const signals = ["logs", "metrics", "events"];
    for (let round = 0; round < 10; round++) {
      for (const signal of signals) store.journal({ ...LOGS, signal }).append(numbered(round));
      await store.flush();
      await Promise.all(signals.map(async (signal) => {
        await store.wipe({ stack: "shop", signal });
        const journal = store.journal({ ...LOGS, signal });
        journal.append(numbered(1000 + round));
        await journal.flush();
      }));
      for (const signal of signals) {
        assert.deepEqual(await numbersIn(store, { ...LOGS, signal }), [1000 + round], `${signal}, round ${round}`);
      }
    }
  });
});

test("wipe() of a segment that is being compressed leaves nothing of it behind", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root, { segment: { maxBytes: 2_000_000 } });
    const journal = store.journal(LOGS);
    for (const n of range(0, 60_000)) journal.append({ ...numbered(n), pad: "x".repeat(60) });
    await journal.flush();
    assert.ok(store.stats().compression.backlog > 0);
    await store.wipe({ stack: "shop" });
    assert.deepEqual(namesIn(join(root, FOLDER), /^[^.]/), []);
    for (const n of range(0, 60_000)) journal.append({ ...numbered(n), pad: "x".repeat(60) });
    await until(() => store.stats().compression.finished > 0 && store.stats().compression.backlog === 0);
    assert.deepEqual(namesIn(join(root, FOLDER), /tmp/), []);
    assert.equal((await numbersIn(store)).length, 60_000);
  });
});

test("wipe() gives a lock back that it took for itself, so that a writer can start right after it", async () => {
  await inRoot(async (root) => {
    const writer = await openStore(root);
    writer.journal(LOGS).append(numbered(0));
    await writer.close();
    await using wiper = await openStore(root);
    await wiper.wipe({ stack: "shop" });
    await using next = await openStore(root);
    assert.equal(next.journal(LOGS).append(numbered(1)), true);
    assert.deepEqual(await numbersIn(next), [1]);
  });
});

test("inventory() in a process that did not wipe takes its times from the records that are there now", async () => {
  await inRoot(async (root) => {
    await using observer = await openStore(root);
    await using writer = await openStore(root);
    const journal = writer.journal(LOGS);
    journal.append(numbered(0));
    await journal.flush();
    assert.equal((await observer.inventory())[0]?.oldestTime, "2026-05-05T12:00:00Z");
    await writer.wipe({ stack: "shop" });
    for (const n of range(1000, 1010)) journal.append(numbered(n));
    await journal.flush();
    assert.equal((await observer.inventory())[0]?.oldestTime, "2026-05-05T12:00:01Z");
  });
});

test("wipe() works on a full disk, which it is there to relieve", async () => {
  const machine = memoryMachine();
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  const store = await machine.open({ fileSystem });
  const journal = store.journal(LOGS);
  journal.append(numbered(0));
  await journal.flush();
  const makeRoom = fileSystem.refuse({ operation: "write", path: /(?:)/, code: "ENOSPC" });
  await store.wipe({ stack: "shop" });
  makeRoom();
  assert.deepEqual(await numbersIn(store), []);
  assert.deepEqual(machine.fileSystem.list(`${MEMORY_ROOT}/${FOLDER}`).filter(({ name }) => /wipe/.test(name)), []);
  await store.close();
});

test("a wipe that a crash cut short is finished before the journal is read or written again", async () => {
  const id = "6f1c2a9e-0000-4000-8000-00000000000a";
  const table: [string, Record<string, string>, number[], number[]][] = [
    ["every signal", { [`.wipe-${id}.json`]: "{}\n" }, [], []],
    ["one signal", { [`.wipe-${id}.json`]: `{"signal":"logs"}\n` }, [], [2]],
    ["a request that was being written", { [`.wipe-${id}.json.tmp`]: "{" }, [1], [2]],
  ];
  for (const [name, requests, logs, metrics] of table) {
    await inRoot(async (root) => {
      putFiles(join(root, FOLDER), { ...requests, "logs.jsonl": `{"n":1}\n`, "metrics.jsonl": `{"n":2}\n` });
      await using store = await openStore(root);
      store.journal({ ...LOGS, signal: "events" });
      assert.deepEqual(await numbersIn(store), logs, name);
      assert.deepEqual(await numbersIn(store, { ...LOGS, signal: "metrics" }), metrics, name);
      assert.deepEqual(namesIn(join(root, FOLDER), /wipe/), [], name);
    });
  }
});

test("wipe() of a journal that another process writes to is carried out there; what it appends then is kept", async () => {
  await withHolder(async (holder, root) => {
    await using store = await openStore(root);
    for (let round = 0; round < 3; round++) {
      for (const n of range(0, 20)) await holder.ask(`append ${n}`);
      await holder.ask("flush");
      await holder.ask("append 99");
      await store.wipe({ stack: "shop" });
      assert.deepEqual(await numbersIn(store), [], `round ${round}`);
      await holder.ask(`append ${100 + round}`);
      await holder.ask("flush");
      assert.deepEqual(await numbersIn(store), [100 + round]);
    }
  });
});

for (const way of ["closes", "is killed"] as const) {
  test(`wipe() that waits for another process takes over when that one ${way}`, async () => {
    await withHolder(async (holder, root) => {
      await holder.ask("append 1");
      await holder.ask("flush");
      holder.signal("SIGSTOP");
      await using store = await openStore(root);
      const wiped = store.wipe({ stack: "shop" });
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (way === "is killed") await holder.kill();
      else {
        holder.process.stdin?.write("close\n");
        holder.signal("SIGCONT");
      }
      await wiped;
      assert.deepEqual(await numbersIn(store), []);
    });
  });
}

test("wipe() throws when the holder does not answer, names it, and leaves the request for it", async () => {
  await withHolder(async (holder, root) => {
    await holder.ask("append 1");
    await holder.ask("flush");
    holder.signal("SIGSTOP");
    const clock = new ManualClock(START_MS);
    const store = await openStore(root, { clock });
    const wiped = assert.rejects(store.wipe({ stack: "shop" }), (error) => {
      assert.ok(error instanceof WipeTimeoutError);
      assert.match(error.message, new RegExp(`process ${holder.process.pid} did not answer in 10000 ms`));
      return true;
    });
    await until(() => namesIn(join(root, FOLDER), /wipe.*json$/).length === 1);
    // A step at a time, because the request is synced by the real disk, which takes no notice of this clock.
    for (let isWaiting = true; isWaiting;) {
      await clock.advanceAsync(1000);
      isWaiting = await Promise.race([wiped.then(() => false), new Promise<true>((r) => setTimeout(r, 5, true))]);
    }
    assert.deepEqual(await numbersIn(store), [1]);
    holder.signal("SIGCONT");
    await until(() => namesIn(join(root, FOLDER), /^logs|wipe/).length === 0);
    await store.close();
  });
});

async function withHolder(use: (holder: StoreProgram, root: string) => Promise<void>): Promise<void> {
  await inRoot(async (root) => {
    const holder = startProgram("holder.ts", [root, JSON.stringify(LOGS), JSON.stringify(SMALL)]);
    try {
      assert.equal(await holder.nextLine(), "held");
      await use(holder, root);
    } finally {
      await holder.kill();
    }
  });
}
