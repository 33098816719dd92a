import assert from "node:assert/strict";
import { test } from "node:test";
import { recordTimeRange, type TimeSource } from "../../src/model/record_time.ts";
import { parseRfc3339 } from "../../src/model/time.ts";

const field: TimeSource = { kind: "field", field: "ts" };
const spans: TimeSource = { kind: "spans" };

function envelope(...times: readonly [start: unknown, end: unknown][]): Record<string, unknown> {
  const list = times.map(([startTimeUnixNano, endTimeUnixNano]) => ({ startTimeUnixNano, endTimeUnixNano }));
  return { resourceSpans: [{ scopeSpans: [{ spans: list.slice(0, 1) }, { spans: list.slice(1) }] }] };
}

const CASES: readonly [what: string, source: TimeSource, record: Record<string, unknown>, range?: [bigint, bigint]][] =
  [
    ["a field", field, { ts: "1970-01-01T00:00:01Z" }, [1_000_000_000n, 1_000_000_000n]],
    ["a field that is no time", field, { ts: "soon" }],
    ["a field that is no text", field, { ts: 1 }],
    ["no field", field, {}],
    ["spans: earliest start to latest end", spans, envelope(["5", "9"], ["3", "7"]), [3n, 9n]],
    ["spans whose times are numbers", spans, envelope([5, 9]), [5n, 9n]],
    ["a span that has not ended", spans, envelope(["5", "0"]), [5n, 5n]],
    ["spans with damaged times", spans, envelope(["x", null])],
    ["no spans", spans, { resourceSpans: [] }],
    ["something else in their place", spans, { resourceSpans: [null, 1, { scopeSpans: "x" }] }],
  ];

for (const [what, source, record, range] of CASES) {
  test(`recordTimeRange: ${what}`, () => {
    const times = recordTimeRange(record, { source, parse: parseRfc3339 });
    assert.deepEqual(times, range === undefined ? undefined : { earliest: range[0], latest: range[1] });
  });
}
