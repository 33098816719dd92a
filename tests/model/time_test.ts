import assert from "node:assert/strict";
import { test } from "node:test";
import { durationMsFromText, formatRfc3339, parseRfc3339, timeFromInput, timeFromText } from "../../src/model/time.ts";

const TIMES: readonly [text: string, time: bigint | undefined, written?: string][] = [
  ["1970-01-01T00:00:00Z", 0n],
  ["2026-05-05T12:00:00.123456789Z", 1777982400123456789n],
  ["2026-05-05T12:02:00.12Z", 1777982520120000000n],
  ["2026-05-05T08:00:01.1-04:00", 1777982401100000000n, "2026-05-05T12:00:01.1Z"],
  ["2026-05-05T17:30:00+05:30", 1777982400000000000n, "2026-05-05T12:00:00Z"],
  ["2026-05-05t12:00:00z", 1777982400000000000n, "2026-05-05T12:00:00Z"],
  ["2026-05-05T12:00:00.1234567899Z", 1777982400123456789n, "2026-05-05T12:00:00.123456789Z"],
  ["1969-12-31T23:59:59.999999999Z", -1n],
  ["0001-01-01T00:00:00Z", -62135596800000000000n],
  ["9999-12-31T23:59:59Z", 253402300799000000000n],
  ["2026-06-30T23:59:60Z", 1782864000000000000n, "2026-07-01T00:00:00Z"],
  ["2024-02-29T00:00:00Z", 1709164800000000000n],
  ["2026-02-29T00:00:00Z", undefined],
  ["2026-13-01T00:00:00Z", undefined],
  ["2026-05-05T24:00:00Z", undefined],
  ["2026-05-05T12:00:00", undefined],
  ["2026-05-05 12:00:00Z", undefined],
  ["2026-05-05T12:00:00.Z", undefined],
  ["2026-05-05", undefined],
  ["", undefined],
];

for (const [text, time, written = text] of TIMES) {
  test(`parseRfc3339: "${text}" is ${time ?? "no time"}`, () => {
    assert.equal(parseRfc3339(text), time);
    if (time !== undefined) assert.equal(formatRfc3339(time), written);
  });
}

test("timeFromInput: a Date, milliseconds and text mean the same", () => {
  const ms = Date.UTC(2026, 4, 5, 12);
  for (const input of [new Date(ms), ms, "2026-05-05T12:00:00Z"]) {
    assert.equal(timeFromInput(input, "from"), 1777982400000000000n);
  }
});

test("timeFromInput: what is no time is refused by its name", () => {
  for (const input of [new Date(NaN), Infinity, "yesterday", 9e15]) {
    assert.throws(() => timeFromInput(input, "from"), {
      name: "RangeError",
      message: /Cannot read "from": expected .*, received/,
    });
  }
});

test("timeFromText: RFC 3339, seconds since the epoch, or a time ago", () => {
  const nowMs = Date.UTC(2026, 4, 5, 12);
  const cases = {
    "2026-05-05T12:00:00.5Z": nowMs + 500,
    "2026-05-05T14:00:00+02:00": nowMs,
    "2026-05-05T14:00:00 02:00": nowMs,
    "1777982400": nowMs,
    "1777982400.25": nowMs + 250,
    "-30": -30_000,
    "-30s": nowMs - 30_000,
    "-90m": nowMs - 90 * 60_000,
    "-1h": nowMs - 3_600_000,
    "-7d": nowMs - 7 * 86_400_000,
  };
  for (const [text, ms] of Object.entries(cases)) {
    const time = timeFromText(text, { nowMs, parameter: "from" });
    assert.equal(timeFromInput(time, "from"), BigInt(ms) * 1_000_000n, text);
  }
});

test("timeFromText: what is no time is refused by its name", () => {
  for (
    const text of ["", "now", "yesterday", "-1y", "-1.5h", "1h", "2026-02-30T00:00:00Z", "2026-05-05", "-999999999d"]
  ) {
    assert.throws(() => timeFromText(text, { nowMs: 0, parameter: "--to" }), {
      name: "RangeError",
      message: /Cannot read "--to": expected .*, received/,
    }, text);
  }
});

test("durationMsFromText: as Go writes them, and days", () => {
  const cases = {
    "150ms": 150,
    "1.5s": 1500,
    "1.1s": 1100,
    "0.0001h": 360,
    "1h30m": 5_400_000,
    "7d": 604_800_000,
    ".5us": 0.0005,
    "1µs": 0.001,
    "2ns": 0.000002,
    "0s": 0,
    "100d1ns": 8_640_000_000.000001,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(durationMsFromText(text, "step"), ms, text);
});

test("durationMsFromText: what is no duration is refused by its name", () => {
  for (const text of ["", "5", "s", "1 h", "-1h", "1h ", "1h30", "1y", "1e3s", ".s", "1hx", "x1h", "1H"]) {
    assert.throws(() => durationMsFromText(text, "step"), {
      name: "RangeError",
      message: /Cannot read "step": expected a duration .*, received/,
    }, text);
  }
});
