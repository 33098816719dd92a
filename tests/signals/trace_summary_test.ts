import { test } from "node:test";
import assert from "node:assert/strict";
import { TRACE_MAX_SPANS } from "../../src/limits.ts";
import { spanGroups, type StoredSpan } from "../../src/signals/spans.ts";
import { TraceBuilder, type TraceSummary } from "../../src/signals/trace_summary.ts";
import { keyOf, spanIdOf, spanRecord, type TestSpan, traceIdOf } from "./memory_journals.ts";

interface PlacedTestSpan extends TestSpan {
  readonly server?: string;
}

function storedSpan(span: TestSpan): StoredSpan {
  const stored = spanGroups({ key: keyOf("web"), record: spanRecord(span), cursor: "" })[0]?.spans[0];
  assert.ok(stored !== undefined);
  return stored;
}

function build(spans: readonly PlacedTestSpan[]): TraceBuilder {
  const builder = new TraceBuilder(traceIdOf(1));
  for (const span of spans) builder.add(storedSpan(span), keyOf(span.server ?? "web"));
  return builder;
}

/** Every order of a few items. */
function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

const span = (id: number, more: Partial<PlacedTestSpan> = {}): PlacedTestSpan => ({ trace: 1, id, at: id, ...more });

interface Row {
  readonly criterion: string;
  readonly spans: readonly PlacedTestSpan[];
  readonly expected: Partial<TraceSummary>;
}

const START = "2026-05-05T12:01:01";

const ROWS: readonly Row[] = [
  {
    criterion: "the root is the span without a parent",
    spans: [span(1, { name: "root", forMs: 100 }), span(2, { parent: 1 }), span(3, { parent: 2, server: "db" })],
    expected: {
      traceId: traceIdOf(1),
      name: "root",
      stack: "shop",
      servers: ["web", "db"],
      start: `${START}.001Z`,
      durationMs: 100,
      spanCount: 3,
      errorCount: 0,
      error: false,
      rootError: false,
      rootSpanId: spanIdOf(1),
      hasRoot: true,
    },
  },
  {
    criterion: "a child that starts before its root is no root, but counts for start and duration",
    spans: [span(5, { name: "root", at: 50, forMs: 100 }), span(2, { parent: 5, at: 20, forMs: 40, server: "skewed" })],
    expected: { name: "root", start: `${START}.02Z`, durationMs: 130, servers: ["skewed", "web"], hasRoot: true },
  },
  {
    criterion: "of several spans without a parent the earliest is the root",
    spans: [span(3, { name: "c" }), span(1, { name: "a" }), span(2, { name: "b" })],
    expected: { name: "a", rootSpanId: spanIdOf(1), hasRoot: true },
  },
  {
    criterion: "of spans without a parent that start together, the ids decide",
    spans: [span(3, { name: "c", at: 0 }), span(1, { name: "a", at: 0 }), span(2, { name: "b", at: 0 })],
    expected: { name: "a", rootSpanId: spanIdOf(1) },
  },
  {
    criterion: "below a parent that is not stored, the earliest span without its parent is the root",
    spans: [
      span(4, { parent: 3, name: "leaf", at: 0 }),
      span(3, { parent: 99, name: "entry", at: 10 }),
      span(6, { parent: 98, name: "late", at: 20 }),
    ],
    expected: { name: "entry", rootSpanId: spanIdOf(3), hasRoot: false, start: `${START}Z` },
  },
  {
    criterion: "of spans below one parent that is not stored, the earliest is the root",
    spans: [span(4, { parent: 99, name: "second" }), span(3, { parent: 99, name: "first" }), span(5, { parent: 99 })],
    expected: { name: "first", rootSpanId: spanIdOf(3), hasRoot: false },
  },
  {
    criterion: "where every parent is there, the earliest span is the root",
    spans: [span(1, { parent: 2, name: "a" }), span(2, { parent: 1, name: "b" }), span(3, { parent: 3, name: "own" })],
    expected: { name: "a", rootSpanId: spanIdOf(1), hasRoot: false },
  },
  {
    criterion: "a span without an end counts with its start",
    spans: [
      span(1, { name: "root", at: 10, more: { endTimeUnixNano: "0" } }),
      span(2, { parent: 1, at: 30, more: { endTimeUnixNano: undefined } }),
    ],
    expected: { durationMs: 20, start: `${START}.01Z` },
  },
  {
    criterion: "spans without a time count, but for nothing that has to do with time",
    spans: [span(1, { name: "root", at: undefined, server: "timeless" }), span(2, { parent: 1, at: 30, forMs: 5 })],
    expected: { name: "root", spanCount: 2, start: `${START}.03Z`, durationMs: 5, servers: ["web", "timeless"] },
  },
  {
    criterion: "without any time there is no start",
    spans: [span(1, { name: "root", at: undefined }), span(2, { parent: 1, at: undefined })],
    expected: { name: "root", start: null, durationMs: 0, spanCount: 2, hasRoot: true },
  },
  {
    criterion: "an error in any span is the trace's, and the root's own is told apart",
    spans: [span(1), span(2, { parent: 1, isError: true }), span(3, { parent: 1, isError: true })],
    expected: { error: true, errorCount: 2, rootError: false },
  },
  {
    criterion: "the root's own error",
    spans: [span(1, { more: { status: { code: "STATUS_CODE_ERROR" } } }), span(2, { parent: 1 })],
    expected: { error: true, errorCount: 1, rootError: true },
  },
  {
    criterion: "a span that was stored again counts once",
    spans: [span(1, { isError: true }), span(2, { parent: 1 }), span(1, { isError: true }), span(2, { parent: 1 })],
    expected: { spanCount: 2, errorCount: 1 },
  },
  {
    criterion: "spans of one id with other times are several, each counted once",
    spans: [span(1), span(1, { at: 7, forMs: 1 }), span(1, { at: 7, forMs: 1 }), span(1), span(1, { at: 8 })],
    expected: { spanCount: 3 },
  },
  {
    criterion: "spans of one id with another name are several, each counted once",
    spans: [span(1, { name: "a" }), span(1, { name: "b" }), span(1, { name: "b" }), span(1, { name: "a" })],
    expected: { spanCount: 2 },
  },
  {
    criterion: "spans without an id are not taken for each other",
    spans: [span(1), span(2, { at: 1, more: { spanId: "" } }), span(3, { at: 1, more: { spanId: undefined } })],
    expected: { spanCount: 3 },
  },
  {
    criterion: "durations are exact to the nanosecond and never overflow",
    spans: [span(1, { more: { startTimeUnixNano: "1777982461000000001", endTimeUnixNano: "1777982461000000004" } })],
    expected: { durationMs: 0.000003, start: `${START}.000000001Z` },
  },
];

for (const { criterion, spans, expected } of ROWS) {
  test(`TraceBuilder: ${criterion}, in whatever order spans come`, () => {
    for (const order of orders(spans)) {
      const summary = build(order).summary();
      const told = Object.fromEntries(Object.keys(expected).map((key) => [key, summary[key as keyof TraceSummary]]));
      assert.deepEqual(told, expected, `order ${order.map(({ id }) => id)}`);
    }
  });
}

test("TraceBuilder tells the same after release(), and takes spans that come later", () => {
  const rows: [spans: readonly PlacedTestSpan[], late: PlacedTestSpan, name: string][] = [
    [[span(1, { name: "root" }), span(2, { parent: 1 })], span(3, { parent: 2 }), "root"],
    [[span(2, { parent: 1, name: "child" })], span(1, { name: "root" }), "root"],
    [[span(4, { parent: 9, name: "entry" }), span(2, { parent: 4 })], span(6, { parent: 4, name: "late" }), "entry"],
  ];
  for (const [spans, late, name] of rows) {
    const builder = build(spans);
    const before = builder.summary();
    builder.release();
    assert.equal(builder.heldSpans, 0);
    assert.deepEqual(builder.summary(), before);
    builder.add(storedSpan(late), keyOf("web"));
    assert.deepEqual([builder.summary().name, builder.summary().spanCount], [name, spans.length + 1]);
  }
});

test("TraceBuilder holds a bounded number of ids and still counts, times and finds the root beyond them", () => {
  const builder = new TraceBuilder(traceIdOf(1));
  const count = TRACE_MAX_SPANS + 1000;
  for (let id = 2; id <= count; id++) builder.add(storedSpan(span(id, { parent: id + count, at: id })), keyOf("web"));
  builder.add(storedSpan(span(1, { name: "root", at: 1, forMs: 2 * count })), keyOf("web"));
  assert.equal(builder.heldSpans, TRACE_MAX_SPANS);
  const { name, spanCount, durationMs } = builder.summary();
  assert.deepEqual([name, spanCount, durationMs], ["root", count, 2 * count]);
});
