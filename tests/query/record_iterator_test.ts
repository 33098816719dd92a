import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordIterator } from "../../src/query/record_iterator.ts";

/** Batches of numbers, and how often they were closed. */
function batchesOf(batches: readonly (readonly number[])[], failure?: Error) {
  const state = { asked: 0, closed: 0 };
  async function* generate(): AsyncGenerator<Iterable<number>, void, void> {
    try {
      for (const batch of batches) {
        state.asked++;
        yield await Promise.resolve(batch);
      }
      if (failure !== undefined) throw failure;
    } finally {
      state.closed++;
    }
  }
  return { state, batches: generate() };
}

test("RecordIterator gives every item in order, also of empty batches, and ends for good", async () => {
  const { batches } = batchesOf([[], [1, 2], [], [3], []]);
  const iterator = new RecordIterator(batches);
  assert.deepEqual(await Array.fromAsync(iterator), [1, 2, 3]);
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
});

test("RecordIterator answers calls that are made before the first one settles, in their order", async () => {
  const { batches } = batchesOf([[1], [2, 3], [4]]);
  const iterator = new RecordIterator(batches);
  const results = await Promise.all(Array.from({ length: 6 }, () => iterator.next()));
  assert.deepEqual(results.map(({ value }) => value), [1, 2, 3, 4, undefined, undefined]);
});

test("RecordIterator asks for nothing before its first call, and for no more than its limit needs", async () => {
  const { state, batches } = batchesOf([[1, 2], [3, 4], [5]]);
  const iterator = new RecordIterator(batches, 3);
  assert.equal(state.asked, 0);
  assert.deepEqual(await Array.fromAsync(iterator), [1, 2, 3]);
  assert.deepEqual(state, { asked: 2, closed: 1 });
  const none = batchesOf([[1]]);
  assert.deepEqual(await Array.fromAsync(new RecordIterator(none.batches, 0)), []);
  assert.deepEqual(none.state, { asked: 1, closed: 1 });
  const refused = batchesOf([], new RangeError("no such limit"));
  await assert.rejects(new RecordIterator(refused.batches, -1).next(), RangeError);
});

test("RecordIterator closes what it reads when its caller stops early, and when it is disposed of", async () => {
  const early = batchesOf([[1, 2], [3]]);
  for await (const item of new RecordIterator(early.batches)) if (item === 1) break;
  assert.equal(early.state.closed, 1);
  const disposed = batchesOf([[1, 2]]);
  {
    await using iterator = new RecordIterator(disposed.batches);
    await iterator.next();
  }
  assert.equal(disposed.state.closed, 1);
});

test("RecordIterator passes an error on once, closes what it reads and then has ended", async () => {
  const failure = new Error("no disk");
  const reading = batchesOf([[1]], failure);
  const iterator = new RecordIterator(reading.batches);
  await iterator.next();
  await assert.rejects(iterator.next(), failure);
  assert.equal((await iterator.next()).done, true);
  // deno-lint-ignore require-yield
  function* refused(): Generator<number, void, void> {
    throw failure;
  }
  async function* oneBatch(): AsyncGenerator<Iterable<number>, void, void> {
    yield await Promise.resolve([1]);
    yield refused();
  }
  const refusing = new RecordIterator(oneBatch());
  await refusing.next();
  await assert.rejects(refusing.next(), failure);
  assert.equal((await refusing.next()).done, true);
});
