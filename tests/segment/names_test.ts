import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStamp, parseSegmentFile, type SegmentFile, stampTimeMs } from "../../src/segment/names.ts";

const stamp = "2026-04-30T12-00-00.000";
const base = `logs-${stamp}`;

const NAMES: readonly [name: string, file: SegmentFile | undefined][] = [
  ["logs.jsonl", { kind: "active", signal: "logs" }],
  [`${base}.jsonl`, { kind: "raw", signal: "logs", base, stamp }],
  [`${base}.jsonl.gz`, { kind: "gzip", signal: "logs", base, stamp }],
  [`${base}.jsonl.gz.tmp`, { kind: "temporary", signal: "logs", base, stamp }],
  [`${base}.idx`, { kind: "side", signal: "logs", base, stamp }],
  [`${base}-size.jsonl`, { kind: "raw", signal: "logs", base: `${base}-size`, stamp }],
  ["logs-backup.jsonl", undefined],
  ["logs-2026-04-30.jsonl", undefined],
  ["logs-2026-04-30T12-00-00.jsonl", undefined],
  ["logs-2026-04-30T12-00-00.5.jsonl", undefined],
  ["logs-2026-02-30T12-00-00.000.jsonl", undefined],
  ["logs-2026-04-30T25-00-00.000.jsonl", undefined],
  // No later name would be one: a year has four digits.
  ["logs-9999-12-31T23-59-59.999.jsonl", undefined],
  ["logs.jsonl.gz", undefined],
  ["logs.jsonlx", undefined],
  ["Logs.jsonl", undefined],
  [".jsonl", undefined],
  [`${base}.jsonl.gz.bak`, undefined],
];

for (const [name, file] of NAMES) {
  test(`parseSegmentFile: ${name} is ${file?.kind ?? "the user's own"}`, () => {
    assert.deepEqual(parseSegmentFile(name), file);
  });
}

test("nextStamp: is later than the newest one, whatever the clock says", () => {
  const nowMs = Date.UTC(2026, 3, 30, 12);
  assert.equal(nextStamp(undefined, nowMs), stamp);
  assert.equal(nextStamp(stamp, nowMs), "2026-04-30T12-00-00.001");
  assert.equal(nextStamp(stamp, nowMs - 3_600_000), "2026-04-30T12-00-00.001");
  assert.equal(nextStamp(stamp, nowMs + 5), "2026-04-30T12-00-00.005");
  assert.equal(stampTimeMs(stamp), nowMs);
});

test("nextStamp: throws rather than make a name that would not be read as a segment's", () => {
  assert.throws(() => nextStamp("9998-12-31T23-59-59.999", 0), /Cannot name a segment: stamps end with the year 9998/);
});
