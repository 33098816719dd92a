import { test } from "node:test";
import assert from "node:assert/strict";
import { formatRfc3339 } from "../../src/model/time.ts";
import { parseTimestamp, TimestampFormatter } from "../../src/otlp/timestamp.ts";

test("TimestampFormatter.format writes what formatRfc3339 writes, in any order of times", () => {
  const second = 1_777_982_400_000_000_000n;
  const offsets = [0n, 1n, 999_999_999n, 500_000_000n, 1_000_000_000n, -1n, 1_230_000_000n, 100n];
  const times = [0n, 1n, 2n ** 64n - 1n, ...offsets.map((offset) => second + offset)];
  const formatter = new TimestampFormatter();
  for (const time of [...times, ...times.toReversed()]) assert.equal(formatter.format(time), formatRfc3339(time));
});

test("parseTimestamp takes only what OTLP can hold", () => {
  const cases: [text: unknown, time: bigint | undefined][] = [
    ["1970-01-01T00:00:00Z", 0n],
    ["2554-07-21T23:34:33.709551615Z", 2n ** 64n - 1n],
    ["2554-07-21T23:34:33.709551616Z", undefined],
    ["1969-12-31T23:59:59.999999999Z", undefined],
    ["noon", undefined],
    [1_777_982_400, undefined],
    [undefined, undefined],
  ];
  for (const [text, time] of cases) assert.equal(parseTimestamp(text), time, String(text));
});
