import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeBatches } from "../../src/query/merge.ts";
import type { RecordOrder } from "../../src/model/query.ts";
import { RecordIterator } from "../../src/query/record_iterator.ts";
import { seededRandom } from "../recovery/stores.ts";

interface Item {
  readonly name: string;
  readonly time: bigint | undefined;
}

/** A journal whose records have these times, so many at a time; `undefined` for one without. */
function journal(
  name: string,
  times: readonly (bigint | undefined)[],
  { batchLength = 1, onClose = () => {} }: { readonly batchLength?: number; readonly onClose?: () => void } = {},
) {
  const items = times.map((time, index): Item => ({ name: `${name}${index}`, time }));
  async function* batches(): AsyncGenerator<Iterable<Item>, void, void> {
    try {
      for (let start = 0; start < items.length; start += batchLength) {
        yield await Promise.resolve(items.slice(start, start + batchLength));
      }
    } finally {
      onClose();
    }
  }
  return batches();
}

async function merge(sources: ReturnType<typeof journal>[], order: RecordOrder = "oldest"): Promise<string[]> {
  const merged: string[] = [];
  for await (const { name } of new RecordIterator(mergeBatches(sources, { order, timeOf: ({ time }) => time }))) {
    merged.push(name);
  }
  return merged;
}

type Times = Readonly<Record<string, readonly (bigint | undefined)[]>>;

const CASES: readonly [what: string, journals: Times, oldest: string, newest: string][] = [
  ["nothing", {}, "", ""],
  ["one journal in its own order", { a: [3n, 1n, 2n] }, "a0 a1 a2", "a0 a1 a2"],
  ["two by time", { a: [1n, 3n], b: [2n, 4n] }, "a0 b0 a1 b1", "b0 b1 a0 a1"],
  ["a journal that is empty", { a: [], b: [1n] }, "b0", "b0"],
  ["equal times in the order of the journals", { a: [1n, 2n], b: [1n, 2n] }, "a0 b0 a1 b1", "b0 b1 a0 a1"],
  ["a late record right after the one before it", { a: [1n, 5n, 2n], b: [3n, 6n] }, "a0 b0 a1 a2 b1", "b0 b1 a0 a1 a2"],
  ["a record without a time right after the one before it", { a: [1n, undefined], b: [2n] }, "a0 a1 b0", "b0 a0 a1"],
  ["records without a time at the start", { a: [undefined, 3n], b: [2n] }, "a0 b0 a1", "a0 a1 b0"],
  ["times that fall", { a: [9n, 5n, 1n], b: [8n, 7n, 2n] }, "b0 b1 b2 a0 a1 a2", "a0 b0 b1 a1 b2 a2"],
];

for (const [what, journals, oldest, newest] of CASES) {
  for (const batchLength of [1, 2, 100]) {
    test(`mergeBatches: ${what}, ${batchLength} at a time`, async () => {
      const sources = () => Object.entries(journals).map(([name, times]) => journal(name, times, { batchLength }));
      assert.equal((await merge(sources())).join(" "), oldest);
      assert.equal((await merge(sources(), "newest")).join(" "), newest);
    });
  }
}

test("mergeBatches: many journals in order come out in order, each item once", async () => {
  const random = seededRandom(41);
  const journals = Array.from({ length: 40 }, () => {
    let time = 0n;
    return Array.from({ length: Math.floor(random() * 30) }, () => time += BigInt(Math.floor(random() * 5)));
  });
  const sources = journals.map((times, index) =>
    journal(`${index}-`, times, { batchLength: 1 + Math.floor(random() * 7) })
  );
  const names = await merge(sources);
  assert.equal(new Set(names).size, journals.flat().length);
  const times = names.map((name) => {
    const [index = 0, item = 0] = name.split("-").map(Number);
    return journals[index]?.[item] ?? -1n;
  });
  assert.deepEqual(times, times.toSorted((a, b) => Number(a - b)));
});

test("mergeBatches: closes every journal when its caller stops early", async () => {
  let closed = 0;
  const onClose = () => closed++;
  const sources = [journal("a", [1n, 2n], { onClose }), journal("b", [1n, 2n], { onClose })];
  for await (const _batch of mergeBatches(sources, { order: "oldest", timeOf: ({ time }) => time })) break;
  assert.equal(closed, 2);
});
