/**
 * Sleeps, and ends although a timer waits.
 *
 * @module
 */
import { systemClock } from "../../../src/platform/system_clock.ts";

systemClock.setTimer(() => console.log("timer"), 60_000);
await systemClock.sleep(50);
console.log("slept");
