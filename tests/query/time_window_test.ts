// Goal: no line is passed over whose record has a time in the range.
// Method: times and ranges around few moments, in many forms of text; what the window leaves out is parsed after all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord } from "../../src/model/record.ts";
import { recordTimeRange, type TimeSource } from "../../src/model/record_time.ts";
import { parseRfc3339, type TimeNs } from "../../src/model/time.ts";
import { timeWindow } from "../../src/query/time_window.ts";
import { seededRandom } from "../recovery/stores.ts";
import { pick } from "./json_forms.ts";

const SOURCE: TimeSource = { kind: "field", field: "ts" };
const SECONDS = [
  "2026-12-31T23:59:58",
  "2026-12-31T23:59:59",
  "2026-12-31T23:59:60",
  "2027-01-01T00:00:00",
  "2027-01-01t00:00:01",
  "2027-01-01T00:00:0",
  "0000-12-31T23:59:59",
  "9999-12-31T23:59:59",
  "2026-02-30T00:00:00",
] as const;
const ENDS = ["Z", ".5Z", ".999999999Z", "z", "+00:00", "+02:00", "-01:00", ".1+00:01", ""] as const;
const FORMS = [
  (ts: string) => `{"ts":"${ts}","msg":"x"}`,
  (ts: string) => `{"ts": "${ts}"}`,
  (ts: string) => `{ "ts":"${ts}"}`,
  (ts: string) => `{"msg":"x","ts":"${ts}"}`,
  (ts: string) => `{"ts":"1999-01-01T00:00:00Z","ts":"${ts}"}`,
  (ts: string) => `{"ts":"1999-01-01T00:00:00Z","ts" : "${ts}"}`,
  (ts: string) => `{"ts":"","a":"bbbT","ts":"${ts}"}`,
  (ts: string) => `{"ts":"1999-01-01T00:00:00Z","inner":{"ts":"${ts}"}}`,
] as const;
const MOMENTS = SECONDS.flatMap((seconds) => parseRfc3339(`${seconds}Z`) ?? []);
const BOUNDS: readonly TimeNs[] = [
  ...MOMENTS.flatMap((time) => [time - 1n, time, time + 500_000_000n]),
  -(2n ** 63n),
  2n ** 63n - 1n,
  -(2n ** 70n),
  2n ** 70n,
];

test("timeWindow never leaves out a line whose record is in the range, and leaves out most others", () => {
  const random = seededRandom(7);
  let leftOut = 0;
  let outside = 0;
  for (let round = 0; round < 20_000; round++) {
    const line = pick(FORMS, random)(pick(SECONDS, random) + pick(ENDS, random));
    const [earliest = 0n, latest = 0n] = [random(), random()].map((at) => BOUNDS[Math.floor(at * BOUNDS.length)]);
    const mayBeIn = timeWindow({ earliest, latest }, SOURCE)(line);
    const time = recordTimeRange(decodeRecord(line), { source: SOURCE, parse: parseRfc3339 });
    const isIn = time !== undefined && time.earliest >= earliest && time.latest <= latest;
    assert.ok(mayBeIn || !isIn, `${line} lies from ${earliest} to ${latest}`);
    if (!isIn) outside++;
    if (!mayBeIn) leftOut++;
  }
  assert.ok(outside > 10_000 && leftOut > 200, `left out ${leftOut} of ${outside}`);
});

test("timeWindow leaves out usual lines outside the range, to the second", () => {
  const range = {
    earliest: parseRfc3339("2026-12-31T23:59:58Z") ?? 0n,
    latest: parseRfc3339("2027-01-01T00:00:00Z") ?? 0n,
  };
  const mayBeIn = timeWindow(range, SOURCE);
  const lines = ["2026-12-31T23:59:57.999Z", "2026-12-31T23:59:58Z", "2027-01-01T00:00:00.7Z", "2027-01-01T00:00:01Z"];
  assert.deepEqual(lines.map((ts) => mayBeIn(`{"ts":"${ts}","msg":"x"}`)), [false, true, true, false]);
});

test("timeWindow leaves every line of spans to be parsed", () => {
  assert.ok(timeWindow({ earliest: 0n, latest: 1n }, { kind: "spans" })('{"ts":"2026-12-31T23:59:58Z"}'));
});
