/**
 * The suite of clocks on the manual clock, and what only it can do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { testClock } from "./clock_conformance.ts";

testClock("ManualClock", () => {
  const clock = new ManualClock(1_700_000_000_000);
  return { clock, pass: (durationMs) => clock.advanceAsync(durationMs) };
});

test("ManualClock stands still until it is advanced", async () => {
  const clock = new ManualClock(5000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([clock.now(), clock.monotonicMs()], [5000, 0]);
  clock.advance(250);
  assert.deepEqual([clock.now(), clock.monotonicMs()], [5250, 250]);
});

test("ManualClock.advance() calls each timer at its own time and stops at the end", () => {
  const clock = new ManualClock(1000);
  const seen: number[] = [];
  for (const delayMs of [30, 10, 20, 31]) clock.setTimer(() => seen.push(clock.now()), delayMs);
  clock.advance(30);
  assert.deepEqual([seen, clock.now(), clock.pendingTimers], [[1010, 1020, 1030], 1030, 1]);
});

test("ManualClock.set() moves the wall clock in either direction and nothing else", () => {
  const clock = new ManualClock(1000);
  let calls = 0;
  clock.setTimer(() => calls++, 100);
  for (const epochMs of [900_000, 10]) {
    clock.set(epochMs);
    assert.deepEqual([clock.now(), clock.monotonicMs(), calls], [epochMs, 0, 0]);
  }
  clock.advance(100);
  assert.deepEqual([clock.now(), calls], [110, 1]);
});

test("ManualClock.pendingTimers counts timers neither called nor stopped", () => {
  const clock = new ManualClock(0);
  const stop = clock.setTimer(() => {}, 10);
  clock.setTimer(() => {}, 20);
  assert.equal(clock.pendingTimers, 2);
  stop();
  assert.equal(clock.pendingTimers, 1);
  clock.advance(20);
  assert.equal(clock.pendingTimers, 0);
});

test("ManualClock.advanceAsync() lets promises settle between timers", async () => {
  const clock = new ManualClock(0);
  const seen: string[] = [];
  const work = async (): Promise<void> => {
    for (const name of ["a", "b"]) {
      await clock.sleep(10);
      await Promise.resolve();
      seen.push(`${name} at ${clock.now()}`);
    }
  };
  const done = work();
  await clock.advanceAsync(50);
  assert.deepEqual(seen, ["a at 10", "b at 20"]);
  await done;
});

test("ManualClock.advance() refuses to go back and leaves the time alone", () => {
  const clock = new ManualClock(0);
  for (const durationMs of [-1, NaN]) {
    assert.throws(() => clock.advance(durationMs), {
      name: "RangeError",
      message: new RegExp(`received ${durationMs}`),
    });
  }
  assert.equal(clock.now(), 0);
});
