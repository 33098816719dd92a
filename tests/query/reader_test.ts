import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, type Store } from "../../mod.ts";
import { inRoot, LOGS, range } from "../recovery/stores.ts";

/** A store with small segments that holds `count` records, one a second. */
async function withRecords(count: number, act: (store: Store) => Promise<void>): Promise<void> {
  await inRoot(async (root) => {
    await using store = await openStore(root, { segment: { maxBytes: 100_000 }, retention: { maxSegments: false } });
    const journal = store.journal(LOGS);
    for (const n of range(0, count)) {
      journal.append({ ts: new Date(n * 1000).toISOString(), n, filler: "x".repeat(80) });
    }
    await journal.flush();
    await act(store);
  });
}

test("read(): what cannot be used is refused with the first record, also where none is asked for", async () => {
  await withRecords(3, async (store) => {
    for (const limit of [-1, 0.5, Number.NaN]) {
      await assert.rejects(store.read({ ...LOGS, limit }).next(), /"limit" to be a whole number/);
    }
    await assert.rejects(store.read({ signal: "nope", limit: 0 }).next(), /Cannot use signal "nope"/);
    await assert.rejects(store.read({ ...LOGS, filter: "level>=loud" }).next(), {
      name: "FilterSyntaxError",
      column: 8,
    });
    await assert.rejects(store.read({ ...LOGS, after: "x" }).next(), /Cannot read from a cursor/);
    assert.deepEqual(await Array.fromAsync(store.read({ ...LOGS, limit: 0 })), []);
  });
});

test("read(): an aborted signal ends it with its reason, and aggregate() and tail() too", async () => {
  await withRecords(2000, async (store) => {
    const controller = new AbortController();
    const query = { ...LOGS, abortSignal: controller.signal };
    let count = 0;
    const reading = (async () => {
      for await (const _stored of store.read(query)) if (++count === 100) controller.abort(new Error("gone"));
    })();
    await assert.rejects(reading, /gone/);
    assert.ok(count >= 100 && count < 2000, `${count} records`);
    await assert.rejects(store.aggregate({ ...query, functions: ["count"] }), /gone/);
    await assert.rejects(store.tail(query, { count: 5 }), /gone/);
    assert.equal((await store.tail(LOGS, { count: 5 })).length, 5);
  });
});

test("read(): its stream says where it stands, to go on in either direction", async () => {
  await withRecords(1000, async (store) => {
    const numbers: unknown[] = [];
    const newest = store.read({ ...LOGS, order: "newest", limit: 10, filter: "n<990" });
    for await (const { record } of newest) numbers.push(record.n);
    assert.deepEqual(numbers, range(980, 990).reverse());
    const older = await Array.fromAsync(store.read({ ...LOGS, order: "newest", after: newest.reached, limit: 3 }));
    assert.deepEqual(older.map(({ record }) => record.n), [979, 978, 977]);
    assert.deepEqual(await Array.fromAsync(store.read({ ...LOGS, after: newest.start })), []);
    store.journal(LOGS).append({ n: 1000 });
    const newer = store.read({ ...LOGS, after: newest.start, filter: "n=nothing" });
    assert.deepEqual(await Array.fromAsync(newer), []);
    store.journal(LOGS).append({ n: 1001 });
    const newest2 = await Array.fromAsync(store.read({ ...LOGS, after: newer.reached }), ({ record }) => record.n);
    assert.deepEqual(newest2, [1001]);
  });
});

test("read(): records with their cursors are plain data for JSON", async () => {
  await withRecords(1, async (store) => {
    const [stored] = await Array.fromAsync(store.read(LOGS));
    const { key, record, cursor } = JSON.parse(JSON.stringify(stored));
    assert.deepEqual([key, record.n, cursor], [LOGS, 0, stored?.cursor]);
  });
});

test("read(): a service goes on serving while a query reads", async () => {
  await withRecords(20_000, async (store) => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const startMs = performance.now();
    const { records } = await store.aggregate({ ...LOGS, functions: ["p99"], field: "n", filter: "n>=0 or x=1" });
    clearInterval(timer);
    assert.equal(records, 20_000);
    const tookMs = performance.now() - startMs;
    assert.ok(turns >= tookMs / 100, `${turns} turns in ${tookMs} ms`);
  });
});
