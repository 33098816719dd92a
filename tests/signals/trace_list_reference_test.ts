/**
 * Lists of generated traces are those of a plain reference that holds every span, from journals in memory and from a store
 * that rotates and compresses. Exporters are late, clocks differ, roots are missing and spans are sent twice.
 *
 * @module
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import type { JournalKey } from "../../src/model/journal_key.ts";
import type { RecordReader } from "../../src/model/query.ts";
import type { TelemetryRecord } from "../../src/model/record.ts";
import { formatRfc3339 } from "../../src/model/time.ts";
import { openStore } from "../../src/store.ts";
import { listTraces } from "../../src/signals/trace_list.ts";
import type { TraceQuery } from "../../src/signals/trace_selection.ts";
import type { TraceSummary } from "../../src/signals/trace_summary.ts";
import { readTrace } from "../../src/signals/traces.ts";
import { inRoot, seededRandom } from "../recovery/stores.ts";
import { jsonSpan, keyOf, MemoryJournals, spanIdOf, START_NS, type TestSpan, traceIdOf } from "./memory_journals.ts";

const TRACES = 400;
const QUERIES = 150;
const SPREAD_MS = 20 * 60_000;
/** How late spans are, and how far those of one trace are apart: together less than a minute. */
const [DELAY_MS, GAP_MS] = [30_000, 25_000];
const SERVERS = ["web", "db", "cache"];
const SEED = Number(process.env.VARVE_SEED ?? 20261120);

interface SentSpan extends TestSpan {
  readonly key: JournalKey;
  /** When it is stored, in milliseconds after the start. */
  readonly storedAt: number;
}

class Generator {
  readonly #random: () => number;
  #nextId = 1;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  isChance(share: number): boolean {
    return this.#random() < share;
  }

  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  spans(): SentSpan[] {
    return Array.from({ length: TRACES }, (_, index) => this.#trace(index + 1)).flat().flatMap((span) =>
      this.isChance(0.1) ? [span, { ...span, storedAt: span.storedAt + this.below(1000) }] : [span]
    );
  }

  query(): TraceQuery {
    const from = this.isChance(0.4) ? this.below(SPREAD_MS) : undefined;
    const to = this.isChance(0.4) ? this.below(SPREAD_MS) : undefined;
    return {
      stack: this.pick([undefined, undefined, "shop", "billing"]),
      server: this.pick([undefined, undefined, "web", ["db", "cache"]]),
      from: from === undefined ? undefined : timeText(from),
      to: to === undefined ? undefined : timeText(to),
      name: this.pick([undefined, undefined, undefined, "name 1"]),
      hasError: this.pick([undefined, undefined, true, false]),
      minDurationMs: this.pick([undefined, undefined, 5000]),
      maxDurationMs: this.pick([undefined, undefined, 15_000]),
      matches: this.pick([undefined, undefined, ({ name }: TelemetryRecord) => name === "name 2"]),
      order: this.pick(["newest", "newest", "slowest"]),
      limit: this.pick([1, 3, 10, 1000]),
    };
  }

  #trace(trace: number): SentSpan[] {
    const stack = this.pick(["shop", "billing"]);
    // Coarse, so that some start together.
    const start = this.below(SPREAD_MS / 1000) * 1000;
    const isLong = this.isChance(0.05);
    const length = isLong ? 10 * 60_000 : this.below(GAP_MS);
    const own = this.pick(["web", "db"]);
    const root = this.#nextId++;
    const spans: SentSpan[] = [];
    const add = (id: number, more: Pick<SentSpan, "parent" | "at" | "forMs"> & { readonly server: string }): void => {
      const at = more.at ?? 0;
      const { server, ...span } = more;
      const storedAt = at + (more.forMs ?? 0) + this.below(DELAY_MS);
      const isError = !isLong && this.isChance(0.1);
      const name = `name ${this.below(isLong ? 1 : 4)}`;
      spans.push({ ...span, trace, id, name, isError, storedAt, key: keyOf({ stack, server }) });
    };
    for (let count = this.below(6); count > 0; count--) {
      const at = start - (isLong ? 0 : 40) + this.below(length);
      const parent = this.isChance(0.2) ? this.#nextId - 1 : root;
      const server = isLong ? own : this.pick(["web", "db", "cache"]);
      add(this.#nextId++, { parent, at, forMs: this.below(isLong ? 1000 : GAP_MS), server });
    }
    if (isLong || spans.length === 0 || this.isChance(0.9)) {
      const parent = !isLong && this.isChance(0.1) ? 1_000_000 + root : undefined;
      add(root, { ...(parent !== undefined && { parent }), at: start, forMs: length, server: own });
    }
    return spans;
  }
}

function timeText(ms: number): string {
  return formatRfc3339(START_NS + BigInt(ms) * 1_000_000n);
}

/** Records as exporters store them: each server's spans in the order they come, some at a time, some as gridctl writes them. */
function recordsOf(spans: readonly SentSpan[], generator: Generator) {
  const records: { readonly key: JournalKey; readonly record: TelemetryRecord; readonly storedAt: number }[] = [];
  for (const ofJournal of Map.groupBy(spans, ({ key }) => JSON.stringify(key)).values()) {
    const inOrder = ofJournal.toSorted((a, b) => a.storedAt - b.storedAt);
    while (inOrder.length > 0) {
      const batch = inOrder.splice(0, 1 + generator.below(5));
      const [{ key, storedAt }] = batch as [SentSpan];
      const json = batch.map(jsonSpan).map((span) => generator.isChance(0.3) ? asGridctl(span) : span);
      records.push({ key, storedAt, record: { resourceSpans: [{ scopeSpans: [{ spans: json }] }] } });
    }
  }
  return records.sort((a, b) => a.storedAt - b.storedAt);
}

function asGridctl(span: TelemetryRecord): TelemetryRecord {
  const ids = ["traceId", "spanId", "parentSpanId"].filter((field) => span[field] !== undefined);
  const base64 = ids.map((field) => [field, Uint8Array.fromHex(String(span[field])).toBase64()]);
  const status = span.status === undefined ? {} : { code: "STATUS_CODE_ERROR" };
  return { ...span, ...Object.fromEntries(base64), kind: "SPAN_KIND_INTERNAL", status };
}

/** What a list is to be, from every span there is. */
function expectedList(spans: readonly SentSpan[], query: TraceQuery): TraceSummary[] {
  const { stack, server, order, limit } = query;
  const chosen = spans.filter(({ key }) =>
    (stack === undefined || key.stack === stack) && (server === undefined || [server].flat().includes(key.server))
  );
  const traces = [...Map.groupBy(chosen, ({ trace }) => trace).values()].filter((trace) => isAskedFor(trace, query));
  const summaries = traces.map(expectedSummary);
  const rank = ({ start, durationMs }: TraceSummary) => order === "slowest" ? durationMs : Date.parse(String(start));
  return summaries.sort((a, b) => rank(b) - rank(a) || (a.traceId < b.traceId ? -1 : 1)).slice(0, limit);
}

function isAskedFor(trace: readonly SentSpan[], query: TraceQuery): boolean {
  const { from, to, name, hasError, minDurationMs = 0, maxDurationMs = Infinity, matches } = query;
  const summary = expectedSummary(trace);
  const start = Date.parse(String(summary.start));
  return (from === undefined || start >= Date.parse(String(from))) &&
    (to === undefined || start < Date.parse(String(to))) &&
    (name === undefined || summary.name === name) && (hasError === undefined || summary.error === hasError) &&
    summary.durationMs >= minDurationMs && summary.durationMs <= maxDurationMs &&
    (matches === undefined || trace.some(({ name }) => matches({ name })));
}

function expectedSummary(sent: readonly SentSpan[]): TraceSummary {
  const spans = sent.filter(({ id }, index) => sent.findIndex((other) => other.id === id) === index)
    .sort((a, b) => Number(a.at) - Number(b.at) || a.id - b.id);
  const parentless = spans.find(({ parent }) => parent === undefined);
  const orphan = spans.find(({ parent }) => !spans.some(({ id }) => id === parent));
  const root = parentless ?? orphan ?? spans[0];
  assert.ok(root !== undefined);
  const start = Math.min(...spans.map(({ at }) => Number(at)));
  const end = Math.max(...spans.map(({ at, forMs }) => Number(at) + Number(forMs)));
  const errorCount = spans.filter(({ isError }) => isError).length;
  return {
    traceId: traceIdOf(root.trace),
    name: root.name ?? "",
    stack: root.key.stack,
    // Which of two servers whose first spans start together comes first is not said.
    servers: [...new Set(spans.map(({ key }) => key.server))].sort(),
    start: timeText(start),
    durationMs: end - start,
    spanCount: spans.length,
    errorCount,
    error: errorCount > 0,
    rootError: root.isError === true,
    rootSpanId: spanIdOf(root.id),
    hasRoot: parentless !== undefined,
  };
}

async function compare(reader: Pick<RecordReader, "read">, spans: readonly SentSpan[], generator: Generator) {
  let listed = 0;
  for (let count = 0; count < QUERIES; count++) {
    const query = generator.query();
    const { traces, isComplete } = await listTraces(reader, query);
    const told = traces.map((trace) => ({ ...trace, servers: trace.servers.toSorted() }));
    assert.deepEqual(told, expectedList(spans, query), `seed ${SEED}, query ${JSON.stringify(query)} ${query.matches}`);
    assert.ok(isComplete);
    listed += traces.length;
  }
  assert.ok(listed > QUERIES, `seed ${SEED}: ${listed} traces in ${QUERIES} lists`);
  for (let trace = 1; trace <= TRACES; trace += 40) {
    const found = await readTrace(reader, traceIdOf(trace));
    const ids = new Set(spans.filter((span) => span.trace === trace).map(({ id }) => spanIdOf(id)));
    assert.deepEqual(new Set(found?.spans.map(({ span }) => span.spanId)), ids, `seed ${SEED}, trace ${trace}`);
    assert.equal(found?.spanCount, ids.size, `seed ${SEED}, trace ${trace}`);
  }
}

test("listTraces and readTrace: journals in memory hold what a reference finds", async () => {
  const generator = new Generator(SEED);
  const spans = generator.spans();
  const journals = new MemoryJournals();
  for (const { key, record } of recordsOf(spans, generator)) journals.append(key, record);
  await compare(journals, spans, generator);
});

test("listTraces and readTrace: a store that rotates and compresses holds what a reference finds", async () => {
  await inRoot(async (root) => {
    const generator = new Generator(SEED + 1);
    const spans = generator.spans();
    await using store = await openStore(root, { segment: { maxBytes: 8192 }, retention: { maxSegments: false } });
    for (const { key, record } of recordsOf(spans, generator)) {
      store.journal(key).append(record);
      if (generator.isChance(0.1)) await store.flush();
    }
    assert.ok(SERVERS.length * 2 <= (await store.inventory()).length);
    assert.ok((await store.inventory()).every(({ fileCount }) => fileCount > 3), "every journal rotated");
    await compare(store, spans, generator);
    assert.equal(store.stats().damagedPlaces, 0);
  });
});
