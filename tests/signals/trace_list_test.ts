import { test } from "node:test";
import assert from "node:assert/strict";
import { OPEN_TRACES_MAX } from "../../src/limits.ts";
import type { ReadQuery } from "../../src/model/query.ts";
import { formatRfc3339 } from "../../src/model/time.ts";
import { listTraces, type TraceList } from "../../src/signals/trace_list.ts";
import type { TraceQuery } from "../../src/signals/trace_selection.ts";
import { MemoryJournals, spanIdOf, spanRecord, START_NS, type TestSpan, traceIdOf } from "./memory_journals.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A time so many milliseconds after the start of tests. */
function at(ms: number): string {
  return formatRfc3339(START_NS + BigInt(ms) * 1_000_000n);
}

function numbersOf({ traces }: TraceList): readonly number[] {
  return traces.map(({ traceId }) => Number(`0x${traceId}`));
}

async function numbers(journals: MemoryJournals, query: TraceQuery): Promise<readonly number[]> {
  return numbersOf(await listTraces(journals, query));
}

/** One trace of one span. */
function single(trace: number, more: Partial<TestSpan> = {}): TestSpan {
  return { trace, id: trace, at: trace, ...more };
}

/** Traces that differ in what a query asks for. */
function variedJournals(): MemoryJournals {
  const journals = new MemoryJournals();
  journals.append(
    "web",
    spanRecord(single(1, { name: "GET /", forMs: 30 }), single(2, { name: "GET /cart", forMs: 80 })),
  );
  const failed = { trace: 3, id: 31, parent: 3, name: "query", at: 4, forMs: 10, isError: true };
  journals.append("db", spanRecord(failed));
  journals.append("web", spanRecord(single(3, { name: "GET /cart", forMs: 50 })));
  journals.append(
    { stack: "other", server: "web" },
    spanRecord(single(4, { name: "GET /", forMs: 20, isError: true })),
  );
  return journals;
}

interface QueryRow {
  readonly query: TraceQuery;
  readonly traces: readonly number[];
}

const QUERY_ROWS: readonly QueryRow[] = [
  { query: {}, traces: [4, 3, 2, 1] },
  { query: { limit: 2 }, traces: [4, 3] },
  { query: { order: "slowest" }, traces: [2, 3, 1, 4] },
  { query: { order: "slowest", limit: 1 }, traces: [2] },
  { query: { stack: "shop" }, traces: [3, 2, 1] },
  { query: { server: "db" }, traces: [3] },
  { query: { server: ["db", "web"], stack: "shop" }, traces: [3, 2, 1] },
  { query: { hasError: true }, traces: [4, 3] },
  { query: { hasError: false }, traces: [2, 1] },
  { query: { name: "GET /cart" }, traces: [3, 2] },
  { query: { name: "GET" }, traces: [] },
  { query: { name: "query" }, traces: [] },
  { query: { name: "query", server: "db" }, traces: [3] },
  { query: { minDurationMs: 30 }, traces: [3, 2, 1] },
  { query: { minDurationMs: 30.000001 }, traces: [3, 2] },
  { query: { maxDurationMs: 30 }, traces: [4, 1] },
  { query: { minDurationMs: 0, maxDurationMs: 0 }, traces: [] },
  { query: { matches: ({ name }) => name === "query" }, traces: [3] },
  { query: { matches: ({ server, stack }) => server === "web" && stack === "shop" }, traces: [3, 2, 1] },
  { query: { from: at(2) }, traces: [4, 3, 2] },
  { query: { to: at(3) }, traces: [2, 1] },
  { query: { from: at(2), to: at(4), hasError: true, order: "slowest" }, traces: [3] },
  { query: { from: "9000-01-01T00:00:00Z" }, traces: [] },
  { query: { to: "9999-12-31T23:59:59Z" }, traces: [4, 3, 2, 1] },
  { query: { to: new Date(-8.64e15) }, traces: [] },
  { query: { from: new Date(-8.64e15), to: new Date(8.64e15) }, traces: [4, 3, 2, 1] },
];

test("listTraces gives the traces that a query asks for, in its order", async () => {
  const journals = variedJournals();
  for (const { query, traces } of QUERY_ROWS) {
    assert.deepEqual(await numbers(journals, query), traces, `${JSON.stringify(query)} ${query.matches}`);
  }
});

test("listTraces sums each trace up over every server and record", async () => {
  const { traces, next, isComplete } = await listTraces(variedJournals(), { name: "GET /cart" });
  const common = { name: "GET /cart", stack: "shop", rootError: false, hasRoot: true };
  assert.deepEqual(traces, [
    {
      ...common,
      traceId: traceIdOf(3),
      servers: ["web", "db"],
      start: at(3),
      durationMs: 50,
      spanCount: 2,
      errorCount: 1,
      error: true,
      rootSpanId: spanIdOf(3),
    },
    {
      ...common,
      traceId: traceIdOf(2),
      servers: ["web"],
      start: at(2),
      durationMs: 80,
      spanCount: 1,
      errorCount: 0,
      error: false,
      rootSpanId: spanIdOf(2),
    },
  ]);
  assert.deepEqual([next, isComplete], [null, true]);
});

test("listTraces counts a span once that an exporter sent again", async () => {
  const journals = new MemoryJournals();
  const record = spanRecord(single(1, { isError: true }), { trace: 1, id: 11, parent: 1, at: 5 });
  journals.append("web", record, spanRecord(single(2)), record);
  const { traces } = await listTraces(journals);
  assert.deepEqual(traces.map(({ spanCount, errorCount }) => [spanCount, errorCount]), [[1, 0], [2, 1]]);
});

test("listTraces ends reading once enough traces are whole, and says where to go on", async () => {
  const journals = new MemoryJournals();
  const count = 20_000;
  for (let trace = 1; trace <= count; trace++) journals.append("web", spanRecord(single(trace, { at: trace * 100 })));
  const list = await listTraces(journals, { limit: 10 });
  assert.deepEqual(numbersOf(list), Array.from({ length: 10 }, (_, index) => count - index));
  assert.equal(list.next, `newest.${START_NS + BigInt((count - 9) * 100) * 1_000_000n}.${traceIdOf(count - 9)}`);
  // A minute holds 600 of them.
  assert.ok(journals.readCount < 2000, `read ${journals.readCount} records`);
  journals.readCount = 0;
  const failing = await listTraces(journals, { limit: 10, hasError: true });
  assert.deepEqual([failing.traces, failing.next, journals.readCount], [[], null, count]);
});

test("listTraces does not take a trace for whole because of what was stored up to a minute late", async () => {
  const journals = new MemoryJournals();
  journals.append("web", spanRecord({ trace: 1, id: 11, parent: 1, at: 20 * SECOND, isError: true }));
  for (let trace = 2; trace < 2000; trace++) journals.append("web", spanRecord(single(trace, { at: 0 })));
  journals.append("web", spanRecord(single(1, { at: 19 * SECOND, forMs: 30 * SECOND })));
  for (const query of [{ limit: 1 }, { limit: 1, hasError: true }]) {
    const { traces } = await listTraces(journals, query);
    assert.deepEqual(traces.map(({ traceId, spanCount }) => [traceId, spanCount]), [[traceIdOf(1), 2]]);
  }
});

test("listTraces goes on where a span that came too late takes a trace out of what is asked for", async () => {
  const journals = new MemoryJournals();
  const append = (count: number, span: TestSpan): void => {
    for (let index = 0; index < count; index++) {
      journals.append("web", spanRecord({ ...span, trace: span.trace + index, id: span.id + index }));
    }
  };
  append(2000, single(10_000, { name: "wanted", at: 1000 * SECOND }));
  append(1000, single(20_000, { name: "other", at: 1300 * SECOND }));
  append(1, single(1, { name: "wanted", at: 1400 * SECOND }));
  append(1, single(2, { name: "late root", at: 1490 * SECOND }));
  append(1000, single(30_000, { name: "other", at: 1500 * SECOND }));
  append(1, { trace: 2, id: 22, parent: 2, name: "wanted", at: 2000 * SECOND });
  assert.deepEqual(await numbers(journals, { name: "wanted", limit: 2 }), [1, 10_000]);
});

test("listTraces finds a long trace by its start, not by its end", async () => {
  const journals = new MemoryJournals();
  journals.append("web", spanRecord(single(1, { at: 0 })));
  for (let trace = 3; trace < 3000; trace++) journals.append("web", spanRecord(single(trace, { at: trace * SECOND })));
  journals.append("web", spanRecord(single(2, { at: 10, forMs: 50 * MINUTE })));
  const list = await listTraces(journals, { limit: 2 });
  assert.deepEqual(numbersOf(list), [2999, 2998]);
  assert.deepEqual(await numbers(journals, { order: "slowest", limit: 1 }), [2]);
  assert.deepEqual(await numbers(journals, { to: at(20) }), [2, 1]);
});

test("listTraces: each trace comes once when a client goes on behind the last one, also where several start together", async () => {
  const journals = new MemoryJournals();
  const starts = Array.from({ length: 90 }, (_, index) => Math.floor(index / 30) * 10);
  for (const [index, start] of starts.entries()) {
    const forMs = index % 3;
    journals.append(index % 2 === 0 ? "web" : "db", spanRecord(single(index + 1, { at: start, forMs })));
    journals.append(
      "db",
      spanRecord({ trace: index + 1, id: 1000 + index, parent: index + 1, at: start + forMs, forMs: 0 }),
    );
  }
  for (const order of ["newest", "slowest"] as const) {
    const whole = await listTraces(journals, { order, limit: 1000 });
    assert.equal(whole.traces.length, 90);
    for (const limit of [1, 7, 45, 89]) {
      const pages: TraceList["traces"][number][] = [];
      let after: string | undefined;
      do {
        const page = await listTraces(journals, { order, limit, after });
        pages.push(...page.traces);
        after = page.next ?? undefined;
      } while (after !== undefined);
      assert.deepEqual(pages, whole.traces, `${order}, ${limit} at a time`);
    }
  }
});

test("listTraces finds the spans that a trace has behind the range", async () => {
  const journals = new MemoryJournals();
  const failed = { trace: 1, id: 11, parent: 1, at: 10 * MINUTE, forMs: 5, isError: true };
  journals.append("web", spanRecord(failed), spanRecord(single(3, { at: 11 * MINUTE })));
  // Begins within what is read anyway: must not count twice.
  journals.append("web", spanRecord({ trace: 1, id: 12, parent: 1, at: 30 * SECOND, forMs: 9 * MINUTE }));
  const beyond = { trace: 1, id: 13, parent: 1, at: 65 * MINUTE, forMs: 1 };
  journals.append("web", spanRecord(beyond), spanRecord(single(1, { at: 0, forMs: 70 * MINUTE })));
  const { traces } = await listTraces(journals, { to: at(1) });
  assert.deepEqual(
    traces.map(({ traceId, spanCount, errorCount, durationMs }) => [traceId, spanCount, errorCount, durationMs]),
    [[traceIdOf(1), 3, 1, 70 * MINUTE]],
  );
});

test("listTraces leaves a trace out that started before the range, and one without a time where there is a range", async () => {
  const journals = new MemoryJournals();
  journals.append(
    "web",
    spanRecord({ trace: 1, id: 11, parent: 1, at: 30 * SECOND }),
    spanRecord(single(1, { at: 0 })),
  );
  journals.append("web", spanRecord(single(2, { at: 40 * SECOND })), spanRecord(single(3, { at: undefined })));
  assert.deepEqual(await numbers(journals, {}), [2, 1, 3]);
  assert.deepEqual(await numbers(journals, { from: at(20 * SECOND) }), [2]);
  assert.deepEqual(await numbers(journals, { to: at(60 * SECOND) }), [2, 1]);
});

test("listTraces does not end at records whose time says nothing", async () => {
  const journals = new MemoryJournals();
  for (let trace = 1; trace <= 1000; trace++) {
    journals.append("web", spanRecord({ trace, id: trace, parent: 5000 + trace, at: 100 * SECOND + trace }));
  }
  for (let trace = 2001; trace <= 4000; trace++) journals.append("web", spanRecord(single(trace, { at: undefined })));
  for (let trace = 1; trace <= 1000; trace++) {
    journals.append("web", spanRecord({ trace, id: 5000 + trace, at: 100 * SECOND + trace, name: "root" }));
  }
  const { traces } = await listTraces(journals, { limit: 5 });
  assert.deepEqual(traces.map(({ traceId, spanCount }) => [Number(`0x${traceId}`), spanCount]), [
    ...[1000, 999, 998, 997, 996].map((trace) => [trace, 2]),
  ]);
});

test("listTraces holds a bounded number of traces, and says when that took them apart", async () => {
  const count = OPEN_TRACES_MAX * 1.5;
  const journals = {
    *records() {
      for (let trace = count; trace >= 1; trace--) {
        const record = spanRecord(
          single(trace, { at: trace / 1000, forMs: trace % 1000, isError: trace % 10_000 === 0 }),
        );
        yield { key: { stack: "shop", server: "web", signal: "traces" }, record, cursor: "" };
      }
    },
    async *read({ order }: ReadQuery) {
      assert.equal(order, "newest");
      yield* this.records();
      await Promise.resolve();
    },
  };
  const slowest = await listTraces(journals, { order: "slowest", limit: 3 });
  assert.deepEqual([numbersOf(slowest), slowest.isComplete], [[999, 1999, 2999], false]);
  const failing = await listTraces(journals, { hasError: true, limit: 5 });
  assert.deepEqual([numbersOf(failing), failing.isComplete], [[15, 14, 13, 12, 11].map((n) => n * 10_000), false]);
  assert.match(String(failing.next), /^newest\./);
});

test("listTraces refuses what it cannot use", async () => {
  const journals = new MemoryJournals();
  const place = `newest.1.${traceIdOf(1)}`;
  const rows: [query: TraceQuery, message: RegExp][] = [
    [{ limit: 0 }, /"limit" to be a whole number from 1, received 0/],
    [{ limit: 1.5 }, /"limit"/],
    [{ minDurationMs: -1 }, /"minDurationMs" to be a number of milliseconds, received -1/],
    [{ maxDurationMs: NaN }, /"maxDurationMs"/],
    [{ maxDurationMs: Infinity }, /"maxDurationMs"/],
    [{ from: "yesterday" }, /"from"/],
    [{ to: NaN }, /"to"/],
    [{ after: "x" }, /"after" to be "next" of an earlier list in order "newest", received "x"/],
    [{ after: place, order: "slowest" }, /in order "slowest"/],
  ];
  for (const [query, message] of rows) {
    await assert.rejects(listTraces(journals, query), { name: "RangeError", message }, JSON.stringify(query));
  }
});
