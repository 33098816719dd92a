/**
 * The suite of clocks on the machine's clock, and whether its timers keep a process alive.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/platform/system_clock.ts";
import { testClock } from "./clock_conformance.ts";
import { runProgram } from "./program.ts";

testClock("systemClock", () => ({
  clock: systemClock,
  pass: (durationMs) => new Promise((resolve) => void setTimeout(resolve, durationMs)),
}));

test("systemClock.now() is the wall clock", () => {
  const before = Date.now();
  const now = systemClock.now();
  assert.ok(before <= now && now <= Date.now());
});

test("systemClock.setTimer() lets a process end, and sleep() keeps it until its time", async () => {
  const { status, output } = await runProgram("timers.ts", []);
  assert.deepEqual({ status, output }, { status: 0, output: "slept\n" });
});
