/**
 * A directory that gridctl wrote is a root like any other, except that only limits the caller gave prune it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, type RetentionOptions } from "../mod.ts";
import { RefusingFileSystem } from "./recovery/refusing_file_system.ts";
import {
  closeIn,
  inRoot,
  MEMORY_ROOT,
  memoryMachine,
  namesIn,
  numbered,
  numbersIn,
  pass,
  range,
  until,
} from "./recovery/stores.ts";

const TESTDATA = fileURLToPath(new URL("./testdata/gridctl", import.meta.url));
const DEMO = { stack: "demo", server: "github" } as const;

test("inventory() of gridctl's directory counts segments, not files, and takes times from the records", async () => {
  await inCopy(async (root) => {
    await using store = await openStore(root);
    const found = (await store.inventory()).map(({ path, sizeBytes: _, ...record }) => {
      assert.equal(path, join(root, record.stack, record.server, `${record.signal}.jsonl`));
      return record;
    });
    const crash = { stack: "crash", server: "weather" };
    assert.deepEqual(found, [
      {
        ...crash,
        signal: "metrics",
        fileCount: 3,
        oldestTime: "2026-05-01T00:00:00Z",
        newestTime: "2026-05-01T00:00:00Z",
      },
      {
        ...DEMO,
        signal: "logs",
        fileCount: 1,
        oldestTime: "2026-05-05T12:00:00.5Z",
        newestTime: "2026-05-05T12:00:02Z",
      },
      {
        ...DEMO,
        signal: "metrics",
        fileCount: 3,
        oldestTime: "2026-05-04T22:00:00.000123456Z",
        newestTime: "2026-05-05T12:02:00.12Z",
      },
      {
        ...DEMO,
        signal: "traces",
        fileCount: 1,
        oldestTime: "2026-05-05T12:00:01Z",
        newestTime: "2026-05-05T12:01:02.5Z",
      },
    ]);
    assert.equal((await store.inventory(crash))[0]?.sizeBytes, 247 + 66 + 247);
    assert.deepEqual(await store.inventory({ stack: "nobody" }), []);
  });
});

test("tail() and read() go across gridctl's active, raw and compressed segments in order", async () => {
  await inCopy(async (root) => {
    await using store = await openStore(root);
    const metrics = { ...DEMO, signal: "metrics" };
    const all = await Array.fromAsync(store.read(metrics), ({ record }) => record);
    const times = all.map(({ ts }) => String(ts));
    assert.deepEqual(times, [...times].sort(), "oldest first");
    for (const count of range(0, all.length + 2)) {
      const tail = (await store.tail(metrics, { count })).map(({ record }) => record);
      assert.deepEqual(tail, all.slice(Math.max(0, all.length - count)), `the last ${count}`);
    }
    const active = linesOf(join(root, "demo/github/metrics.jsonl"));
    const raw = linesOf(join(root, "demo/github/metrics-2026-05-05T11-59-00.000.jsonl"));
    assert.deepEqual(all.slice(-active.length - raw.length), [...raw, ...active]);
    assert.ok(all.length > active.length + raw.length, "the compressed segment comes first");
    assert.equal(store.stats().damagedPlaces, 0);
  });
});

test("append() continues gridctl's file behind its torn last line, which is cut off and counted", async () => {
  await inCopy(async (root) => {
    const path = join(root, "demo/github/metrics.jsonl");
    const before = readFileSync(path, "utf8");
    const wholeBytes = before.lastIndexOf("\n") + 1;
    assert.ok(before.length > wholeBytes, "the fixture ends in a torn line");
    await using store = await openStore(root);
    const journal = store.journal({ ...DEMO, signal: "metrics" });
    journal.append(numbered(1));
    await journal.flush();
    const { tornLines, tornBytes, damagedPlaces } = store.stats();
    assert.deepEqual({ tornLines, tornBytes, damagedPlaces }, {
      tornLines: 1,
      tornBytes: before.length - wholeBytes,
      damagedPlaces: 0,
    });
    assert.equal(readFileSync(path, "utf8"), `${before.slice(0, wholeBytes)}${JSON.stringify(numbered(1))}\n`);
    const [newest] = await store.tail({ ...DEMO, signal: "metrics" }, { count: 1 });
    assert.deepEqual(newest?.record, numbered(1));
  });
});

test("gridctl's raw segments are compressed over its half-written .gz files, and read the same", async () => {
  await inCopy(async (root) => {
    await using store = await openStore(root);
    const key = { stack: "crash", server: "weather", signal: "metrics" };
    const before = await Array.fromAsync(store.read(key), ({ record }) => record);
    store.journal(key);
    await until(() => store.stats().compression.finished === 2);
    assert.deepEqual(namesIn(join(root, "crash/weather"), /^[^.]/), [
      "logs-backup.jsonl",
      "metrics-2026-05-01T00-01-00.000.idx",
      "metrics-2026-05-01T00-01-00.000.jsonl.gz",
      "metrics-2026-05-02T00-01-00.000.idx",
      "metrics-2026-05-02T00-01-00.000.jsonl.gz",
      "metrics.jsonl",
    ]);
    assert.deepEqual(await Array.fromAsync(store.read(key), ({ record }) => record), before);
    assert.equal((await store.inventory(key))[0]?.fileCount, 3);
  });
});

test("wipe() of gridctl's directory leaves logs-backup.jsonl and the folders", async () => {
  await inCopy(async (root) => {
    await using store = await openStore(root);
    await store.wipe({ stack: "crash" });
    await store.wipe({ stack: "demo" });
    assert.deepEqual(await store.inventory(), []);
    assert.deepEqual(namesIn(join(root, "crash/weather"), /^[^.]/), ["logs-backup.jsonl"]);
    assert.deepEqual(namesIn(join(root, "demo/github"), /^[^.]/), []);
  });
});

/** Ten days of one segment each, all older than the default limits allow. */
const FOREIGN = { stack: "demo", server: "github", signal: "logs" };
const FOREIGN_FOLDER = `${MEMORY_ROOT}/demo/github`;

test("a folder that another program filled is pruned by limits that are given, not by the defaults", async () => {
  const table: [RetentionOptions | undefined, number[]][] = [
    [undefined, range(0, 10)],
    [{ maxSegments: 3 }, range(7, 10)],
    [{ maxAgeMs: 30 * 24 * 3600_000 }, range(5, 10)],
    [{ signals: { metrics: { maxSegments: 1 } } }, range(0, 10)],
    [{ signals: { logs: { maxSegments: 1 } } }, [9]],
    [{ maxTotalBytes: 100 }, [8, 9]],
  ];
  for (const [retention, kept] of table) {
    const machine = foreignMachine();
    const options = { segment: { compression: "none" as const }, ...retention && { retention } };
    // At the first open, and at later ones, when Varve's own files stand there too.
    for (let opening = 0; opening < 3; opening++) {
      const store = await machine.open(options);
      store.journal(FOREIGN);
      await pass(machine, 61_000);
      assert.deepEqual(await numbersIn(store, FOREIGN), kept, `${JSON.stringify(retention)}, opening ${opening}`);
      await closeIn(machine, store);
    }
  }
});

test("a folder that another program filled stays so when its first open is cut short", async () => {
  for (const operation of ["open", "write", "rename"] as const) {
    const machine = foreignMachine();
    const fileSystem = new RefusingFileSystem(machine.fileSystem);
    const recover = fileSystem.refuse({ operation, path: /holder\.json\.tmp/, code: "ENOSPC" });
    const store = await machine.open({ fileSystem, segment: { compression: "none" } });
    // A full disk does not keep the folder from being opened; what it could not note is noted later.
    store.journal(FOREIGN);
    await pass(machine, 61_000);
    assert.deepEqual(await numbersIn(store, FOREIGN), range(0, 10), operation);
    recover();
    await pass(machine, 61_000);
    await store.close();
    const next = await machine.open({ segment: { compression: "none" } });
    next.journal(FOREIGN);
    await pass(machine, 61_000);
    assert.deepEqual(await numbersIn(next, FOREIGN), range(0, 10), `${operation}, at the next open`);
    await next.close();
  }
  const machine = foreignMachine();
  // What is left when the process is killed right after it took the lock.
  machine.fileSystem.lock(`${FOREIGN_FOLDER}/.lock`)?.release();
  const store = await machine.open({ segment: { compression: "none" } });
  store.journal(FOREIGN);
  assert.deepEqual(await numbersIn(store, FOREIGN), range(0, 10), "killed after it took the lock");
  await store.close();
});

function foreignMachine(): ReturnType<typeof memoryMachine> {
  const machine = memoryMachine();
  machine.fileSystem.makeDirectory(FOREIGN_FOLDER);
  for (const n of range(0, 10)) {
    const month = n < 5 ? "01" : "04";
    const path = `${FOREIGN_FOLDER}/logs-2026-${month}-${String(n + 20)}T00-00-00.000.jsonl`;
    const handle = machine.fileSystem.open(path, "replace");
    handle.writeSync(new TextEncoder().encode(`${JSON.stringify(numbered(n))}\n`), 0);
    handle.close();
  }
  return machine;
}

/** The whole lines of a file: what follows the last line feed is torn. */
function linesOf(path: string): unknown[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Runs `use` with a copy of the test data, which it may change. */
async function inCopy(use: (root: string) => Promise<void>): Promise<void> {
  await inRoot(async (root) => {
    cpSync(TESTDATA, root, { recursive: true });
    await use(root);
  });
}

test("traces that gridctl wrote come back as OTLP/JSON: ids in hex, enums as numbers", async () => {
  await inRoot(async (root) => {
    cpSync(TESTDATA, root, { recursive: true });
    await using store = await openStore(root);
    const tail = await store.tail({ stack: "demo", server: "github", signal: "traces" }, { count: 10 });
    const spans = tail.flatMap(({ record }) =>
      JSON.stringify(record).match(/"(traceId|kind|code)":("[^"]*"|\d+)/g) ?? []
    );
    assert.deepEqual(spans, [
      '"traceId":"01000000000000000000000000000001"',
      '"kind":1',
      '"traceId":"01000000000000000000000000000001"',
      '"kind":1',
      '"traceId":"02000000000000000000000000000002"',
      '"kind":1',
      '"code":2',
    ]);
  });
});
