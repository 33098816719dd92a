/**
 * Journals in memory that answer queries in the plainest way, for what is handed a reader; and spans to put into them.
 *
 * @module
 */
import type { Filter } from "../../src/model/filter.ts";
import type { JournalKey } from "../../src/model/journal_key.ts";
import type { ReadQuery, StoredRecord } from "../../src/model/query.ts";
import { decodeRecord, encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { recordTimeRange } from "../../src/model/record_time.ts";
import { signalOf } from "../../src/model/signal.ts";
import { parseRfc3339, timeFromInput, type TimeRange } from "../../src/model/time.ts";
import { normalizeTracesRecord } from "../../src/otlp/traces.ts";

/** When the traces of tests start: 2026-05-05T12:01:01Z. */
export const START_NS = 1_777_982_461_000_000_000n;

/** A span as a test names it. Times are milliseconds after {@linkcode START_NS}; `undefined` leaves a field out. */
export interface TestSpan {
  readonly trace: number;
  readonly id: number;
  readonly parent?: number;
  readonly name?: string;
  readonly at?: number | undefined;
  readonly forMs?: number | undefined;
  readonly isError?: boolean;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The id of trace number `trace`. */
export function traceIdOf(trace: number): string {
  return trace.toString(16).padStart(32, "0");
}

/** The id of span number `id`. */
export function spanIdOf(id: number): string {
  return id.toString(16).padStart(16, "0");
}

/** A span as OTLP/JSON has it. */
export function jsonSpan({ trace, id, parent, name, at, forMs = 10, isError, more }: TestSpan): TelemetryRecord {
  const start = at === undefined ? undefined : START_NS + BigInt(Math.round(at * 1e6));
  return {
    traceId: traceIdOf(trace),
    spanId: spanIdOf(id),
    ...(parent !== undefined && { parentSpanId: spanIdOf(parent) }),
    name: name ?? `span ${id}`,
    ...(start !== undefined && { startTimeUnixNano: String(start) }),
    ...(start !== undefined && { endTimeUnixNano: String(start + BigInt(Math.round(forMs * 1e6))) }),
    ...(isError === true && { status: { code: 2 } }),
    ...more,
  };
}

/** A record of spans. */
export function spanRecord(...spans: readonly TestSpan[]): TelemetryRecord {
  return { resourceSpans: [{ scopeSpans: [{ spans: spans.map(jsonSpan) }] }] };
}

/** Appends records to the journal of a server, in stack `shop` unless it says otherwise. */
export interface TestJournals {
  append(place: string | Partial<JournalKey>, ...records: readonly TelemetryRecord[]): void;
}

/** The whole key of a journal that a test names. */
export function keyOf(place: string | Partial<JournalKey>): JournalKey {
  const part = typeof place === "string" ? { server: place } : place;
  return { stack: "shop", server: "web", signal: "traces", ...part };
}

/** Journals in memory. */
export class MemoryJournals implements TestJournals {
  /** Records that were given out so far. */
  readCount = 0;
  readonly #journals = new Map<string, { readonly key: JournalKey; readonly lines: string[] }>();

  append(place: string | Partial<JournalKey>, ...records: readonly TelemetryRecord[]): void {
    const key = keyOf(place);
    const id = JSON.stringify([key.stack, key.server, key.signal]);
    const journal = this.#journals.get(id) ?? { key, lines: [] };
    this.#journals.set(id, journal);
    journal.lines.push(...records.map(encodeRecord));
  }

  async *read(query: ReadQuery): AsyncGenerator<StoredRecord, void, void> {
    const sign = query.order === "newest" ? -1 : 1;
    const heads = [...this.#journals.values()].filter(({ key }) => isChosen(key, query)).map(({ key, lines }) => {
      const inOrder = sign < 0 ? lines.toReversed() : lines;
      // A record on the wrong side of the one before it, or without a time, comes right after it.
      let last = sign < 0 ? 2n ** 70n : -(2n ** 70n);
      const records = inOrder.map(decodeRecord).filter((record) => isWanted(record, query)).map((record) => {
        const time = timeOf(record, key.signal);
        const own = sign < 0 ? time?.latest : time?.earliest;
        if (own !== undefined && (sign < 0 ? own < last : own > last)) last = own;
        return { key, record: key.signal === "traces" ? normalizeTracesRecord(record) : record, place: last };
      });
      return { records, next: 0 };
    });
    for (;;) {
      const waiting = heads.filter(({ records, next }) => next < records.length);
      if (waiting.length === 0) return;
      const first = waiting.reduce((best, other) => {
        const [a, b] = [best.records[best.next], other.records[other.next]];
        return a !== undefined && b !== undefined && (sign < 0 ? b.place > a.place : b.place < a.place) ? other : best;
      });
      const item = first.records[first.next++];
      this.readCount++;
      if (item !== undefined) yield await Promise.resolve({ key: item.key, record: item.record, cursor: "" });
    }
  }
}

function isChosen(key: JournalKey, { stack, server, signal }: ReadQuery): boolean {
  const isServer = server === undefined ||
    (typeof server === "string" ? server === key.server : server.includes(key.server));
  return key.signal === signal && (stack === undefined || stack === key.stack) && isServer;
}

function isWanted(record: TelemetryRecord, { from, to, filter, signal }: ReadQuery): boolean {
  if (typeof filter === "string") throw new TypeError("This reader takes no filter as text");
  if (filter !== undefined && !meets(record, filter)) return false;
  if (from === undefined && to === undefined) return true;
  const time = timeOf(record, signal);
  if (time === undefined) return false;
  return (from === undefined || time.latest >= timeFromInput(from, "from")) &&
    (to === undefined || time.earliest < timeFromInput(to, "to"));
}

function timeOf(record: TelemetryRecord, signal: string): TimeRange | undefined {
  return recordTimeRange(record, { source: signalOf(signal).time, parse: parseRfc3339 });
}

function meets(record: TelemetryRecord, filter: Filter): boolean {
  if (filter.kind === "any") return filter.filters.some((each) => meets(record, each));
  if (filter.kind === "equals") return valuesOf(record, filter.field.split(".")).includes(filter.value);
  throw new TypeError(`This reader knows no filter of kind "${filter.kind}"`);
}

function valuesOf(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesOf(each, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  const object = value as Record<string, unknown> | null | undefined;
  return object?.[name] === undefined ? [] : valuesOf(object[name], rest);
}
