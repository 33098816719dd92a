import assert from "node:assert/strict";
import { test } from "node:test";
import { type SegmentAge, selectExpired } from "../../src/journal/retention.ts";

const HOUR_MS = 3_600_000;
const nowMs = 1000 * HOUR_MS;

/** A segment sealed so many hours ago, last changed so many hours ago. */
function segment(base: string, sealedHours: number, changedHours = sealedHours): SegmentAge {
  return {
    base,
    sealedTimeMs: nowMs - sealedHours * HOUR_MS,
    modifiedTimeMs: nowMs - changedHours * HOUR_MS,
    sizeBytes: 10,
  };
}

const three = [segment("a", 30), segment("b", 20), segment("c", 10)];

const CASES: readonly [
  what: string,
  segments: SegmentAge[],
  limits: Parameters<typeof selectExpired>[1]["limits"],
  expired: string,
][] = [
  ["no limit", three, { maxAgeMs: false, maxSegments: false }, ""],
  ["by count the oldest", three, { maxAgeMs: false, maxSegments: 2 }, "a"],
  ["fewer than the count", three, { maxAgeMs: false, maxSegments: 3 }, ""],
  ["by age", three, { maxAgeMs: 15 * HOUR_MS, maxSegments: false }, "a b"],
  ["an age just reached", three, { maxAgeMs: 20 * HOUR_MS, maxSegments: false }, "a"],
  ["by whichever limit hits", three, { maxAgeMs: 25 * HOUR_MS, maxSegments: 1 }, "a b"],
  ["a copied file by its name's time", [segment("a", 30, 1)], { maxAgeMs: 15 * HOUR_MS, maxSegments: false }, "a"],
  ["a name from a clock that stood ahead by its file's time", [segment("a", -99, 30)], {
    maxAgeMs: 15 * HOUR_MS,
    maxSegments: false,
  }, "a"],
  ["by age what stands before one from a clock that went back", [
    segment("a", 10),
    segment("b", 9, 20),
    segment("c", 8),
  ], {
    maxAgeMs: 15 * HOUR_MS,
    maxSegments: false,
  }, "a b"],
];

for (const [what, segments, limits, expired] of CASES) {
  test(`selectExpired: ${what}`, () => {
    assert.equal(selectExpired(segments, { limits, nowMs }).map(({ base }) => base).join(" "), expired);
  });
}
