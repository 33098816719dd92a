import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BEFORE_ALL,
  BEHIND_ALL,
  earlierOf,
  isBefore,
  laterOf,
  secondsBetween,
  splitTime,
} from "../../src/aggregation/split_time.ts";

const PARTS: readonly [time: bigint, ms: number, ns: number][] = [
  [0n, 0, 0],
  [1n, 0, 1],
  [999_999n, 0, 999_999],
  [1_000_000n, 1, 0],
  [-1n, -1, 999_999],
  [-1_000_000n, -1, 0],
  [-1_000_001n, -2, 999_999],
  [1_795_132_800_123_456_789n, 1_795_132_800_123, 456_789],
];

for (const [time, ms, ns] of PARTS) {
  test(`splitTime: ${time}`, () => assert.deepEqual(splitTime(time), { ms, ns }));
}

test("isBefore, earlierOf, laterOf: order times to the nanosecond, between all and all", () => {
  const times = [BEFORE_ALL, ...[-1_000_001n, -1n, 0n, 1n, 2n, 1_000_000n].map(splitTime), BEHIND_ALL];
  for (const [index, time] of times.entries()) {
    for (const [otherIndex, other] of times.entries()) {
      assert.equal(isBefore(time, other), index < otherIndex);
      assert.equal(earlierOf(time, other), times[Math.min(index, otherIndex)]);
      assert.equal(laterOf(time, other), times[Math.max(index, otherIndex)]);
    }
  }
});

test("secondsBetween: counts nanoseconds, backwards too", () => {
  assert.equal(secondsBetween(splitTime(0n), splitTime(1n)), 1e-9);
  assert.equal(secondsBetween(splitTime(1n), splitTime(0n)), -1e-9);
  assert.equal(secondsBetween(splitTime(999_999n), splitTime(3_600_000_999_999n)), 3600);
  assert.equal(secondsBetween(BEHIND_ALL, BEFORE_ALL), -Infinity);
});
