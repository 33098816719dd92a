import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeRecords } from "../../src/query/merge.ts";
import type { PlacedRecord } from "../../src/query/record_stream.ts";

/** A journal whose records have these times; `undefined` for one without. */
function journal(origin: string, times: readonly (bigint | undefined)[], onClose: () => void = () => {}) {
  async function* batches(): AsyncGenerator<PlacedRecord[], void, void> {
    try {
      for (const [index, time] of times.entries()) {
        yield await Promise.resolve([{
          record: { index },
          time: time === undefined ? undefined : { earliest: time, latest: time },
          position: { segment: null, firstLine: 0, previous: null, rawOffset: index },
        }]);
      }
    } finally {
      onClose();
    }
  }
  return { origin, batches: batches() };
}

async function merge(sources: ReturnType<typeof journal>[]): Promise<string[]> {
  const merged: string[] = [];
  for await (const { origin, placed } of mergeRecords(sources)) merged.push(`${origin}${placed.record.index}`);
  return merged;
}

const CASES: readonly [what: string, journals: Record<string, (bigint | undefined)[]>, merged: string][] = [
  ["nothing", {}, ""],
  ["one journal in its own order", { a: [3n, 1n, 2n] }, "a0 a1 a2"],
  ["two by time", { a: [1n, 3n], b: [2n, 4n] }, "a0 b0 a1 b1"],
  ["a journal that is empty", { a: [], b: [1n] }, "b0"],
  ["a late record right after the one before it", { a: [1n, 5n, 2n], b: [3n, 6n] }, "a0 b0 a1 a2 b1"],
  ["a record without a time right after the one before it", { a: [1n, undefined], b: [2n] }, "a0 a1 b0"],
];

for (const [what, journals, merged] of CASES) {
  test(`mergeRecords: ${what}`, async () => {
    const sources = Object.entries(journals).map(([origin, times]) => journal(origin, times));
    assert.equal((await merge(sources)).join(" "), merged);
  });
}

test("mergeRecords: closes every journal when its caller stops early", async () => {
  let closed = 0;
  const sources = [journal("a", [1n, 2n], () => closed++), journal("b", [1n, 2n], () => closed++)];
  for await (const _record of mergeRecords(sources)) break;
  assert.equal(closed, 2);
});
