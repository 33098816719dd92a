/**
 * What every {@linkcode Clock} does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../src/platform/clock.ts";

/** A clock and a way to let time pass. */
export interface ClockSubject {
  readonly clock: Clock;
  /** Resolves once at least `durationMs` passed and everything that fell due was called. */
  pass(durationMs: number): Promise<void>;
}

/** Registers the suite for the implementation `name`. */
export function testClock(name: string, create: () => ClockSubject): void {
  for (const { name: criterion, run } of CASES) test(`${name}: ${criterion}`, () => run(create()));
}

const CASES: readonly { readonly name: string; run(subject: ClockSubject): Promise<void> }[] = [
  {
    name: "now() and monotonicMs() advance together",
    async run({ clock, pass }) {
      const [wallMs, monotonicMs] = [clock.now(), clock.monotonicMs()];
      await pass(20);
      assert.ok(clock.monotonicMs() - monotonicMs >= 19, `monotonic: ${clock.monotonicMs() - monotonicMs} ms`);
      assert.ok(clock.now() - wallMs >= 19, `wall: ${clock.now() - wallMs} ms`);
    },
  },
  {
    name: "turn() resolves behind what waits for the event loop, and takes no time to speak of",
    async run({ clock }) {
      const startMs = clock.monotonicMs();
      const order: string[] = [];
      setImmediate(() => order.push("waiting"));
      await clock.turn();
      order.push("turned");
      assert.deepEqual(order, ["waiting", "turned"]);
      assert.ok(clock.monotonicMs() - startMs < 1000, `${clock.monotonicMs() - startMs} ms`);
    },
  },
  {
    name: "setTimer() calls once, not before its time, and never from within the call",
    async run({ clock, pass }) {
      const startMs = clock.monotonicMs();
      const firedAfterMs: number[] = [];
      clock.setTimer(() => firedAfterMs.push(clock.monotonicMs() - startMs), 10);
      clock.setTimer(() => firedAfterMs.push(-1), 0);
      assert.deepEqual(firedAfterMs, []);
      await pass(60);
      assert.equal(firedAfterMs.length, 2);
      assert.equal(firedAfterMs[0], -1);
      // Timers count whole milliseconds.
      assert.ok((firedAfterMs[1] ?? 0) >= 9, `fired after ${firedAfterMs[1]} ms`);
    },
  },
  {
    name: "setTimer() calls in the order of time, then of making",
    async run({ clock, pass }) {
      const fired: string[] = [];
      clock.setTimer(() => fired.push("late"), 30);
      clock.setTimer(() => fired.push("first"), 5);
      clock.setTimer(() => fired.push("second"), 5);
      await pass(80);
      assert.deepEqual(fired, ["first", "second", "late"]);
    },
  },
  {
    name: "setTimer() calls a timer that another timer's callback sets",
    async run({ clock, pass }) {
      let count = 0;
      const step = (): void => {
        if (++count < 3) clock.setTimer(step, 5);
      };
      clock.setTimer(step, 5);
      await pass(100);
      assert.equal(count, 3);
    },
  },
  {
    name: "a stopped timer is not called; stopping again, or after the call, is harmless",
    async run({ clock, pass }) {
      let calls = 0;
      const stopBefore = clock.setTimer(() => calls++, 5);
      const stopAfter = clock.setTimer(() => calls++, 5);
      stopBefore();
      stopBefore();
      await pass(60);
      stopAfter();
      assert.equal(calls, 1);
    },
  },
  {
    name: "setTimer() does not call early for a delay past 2^31 ms",
    async run({ clock, pass }) {
      let isCalled = false;
      const stop = clock.setTimer(() => (isCalled = true), 2 ** 31 + 1000);
      await pass(20);
      stop();
      assert.equal(isCalled, false);
    },
  },
  {
    name: "sleep() resolves after its time",
    async run({ clock, pass }) {
      const startMs = clock.monotonicMs();
      const slept = clock.sleep(10).then(() => clock.monotonicMs() - startMs);
      await pass(60);
      assert.ok(await slept >= 9);
    },
  },
];
