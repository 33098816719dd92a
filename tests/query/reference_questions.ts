/**
 * Asks a store a random query in one of several ways, and compares what it gives with the reference.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Cursor, ReadQuery, Store, StoredRecord, TelemetryRecord } from "../../mod.ts";
import type { Random } from "./json_forms.ts";
import { type KnownQuery, mergeJournals, type Reference } from "./reference_answer.ts";
import type { Question, ReferenceQuery } from "./reference_queries.ts";
import type { ReferenceRecord, ReferenceRoot } from "./reference_root.ts";
import { spanOfRecord } from "./reference_time.ts";

/** What a store gave: the numbers of records. */
export interface Given {
  readonly numbers: readonly number[];
  /** What came when the reader turned round behind them. */
  readonly turned?: readonly number[];
  /** What came when it turned round where it began. */
  readonly beforeStart?: readonly number[];
  /** How many reads it took. */
  readonly reads: number;
}

/** A store that is asked, and the records that stand in it. */
export class AskedStore {
  readonly #store: Store;
  readonly #random: Random;
  readonly #records: ReadonlyMap<number, ReferenceRecord>;

  constructor(store: Store, of: { readonly root: ReferenceRoot; readonly random: Random }) {
    this.#store = store;
    this.#random = of.random;
    this.#records = new Map(of.root.journals.flatMap(({ records }) => records).map((record) => [record.n, record]));
  }

  /** Reads every record of some signals, compares each with what was written, and returns how many there are. */
  async checkContent(signals: readonly string[]): Promise<number> {
    let count = 0;
    for (const signal of signals) {
      for await (const stored of this.#store.read({ signal })) {
        this.#checkRecord(stored);
        count++;
      }
    }
    return count;
  }

  /** Asks a query. */
  ask({ query, question }: ReferenceQuery): Promise<Given> {
    switch (question.kind) {
      case "read":
        return this.#read(query);
      case "limit":
        return this.#read({ ...query, limit: question.count });
      case "leave":
        return this.#leave(query, question.count);
      case "tail":
        return this.#tail(query, question.count);
      case "pages":
        return this.#pages(query, question);
      case "turn":
        return this.#turn(query, question.count);
    }
  }

  async #read(query: ReadQuery): Promise<Given> {
    const numbers: number[] = [];
    for await (const stored of this.#store.read(query)) numbers.push(this.#numberOf(stored));
    return { numbers, reads: 1 };
  }

  async #leave(query: ReadQuery, count: number): Promise<Given> {
    const numbers: number[] = [];
    for await (const stored of this.#store.read(query)) {
      if (numbers.push(this.#numberOf(stored)) === count) break;
    }
    return { numbers, reads: 1 };
  }

  async #tail({ order: _, ...selection }: ReadQuery, count: number): Promise<Given> {
    const records = await this.#store.tail(selection, { count });
    return { numbers: records.map((stored) => this.#numberOf(stored)), reads: 1 };
  }

  async #pages(query: ReadQuery, { by, countMax }: Extract<Question, { kind: "pages" }>): Promise<Given> {
    const numbers: number[] = [];
    const places = new Map<string, Cursor>();
    let after: readonly Cursor[] | undefined;
    for (let reads = 1;; reads++) {
      const limit = 1 + Math.floor(this.#random() * countMax);
      const stream = this.#store.read({ ...query, after, limit });
      const page = await Array.fromAsync(stream);
      numbers.push(...page.map((stored) => this.#numberOf(stored)));
      if (page.length < limit) return { numbers, reads };
      assert.ok(numbers.length <= this.#records.size, "pages without an end");
      for (const { key, cursor } of page) places.set(JSON.stringify(key), cursor);
      after = by === "reached" ? stream.reached : [...places.values()];
    }
  }

  async #turn(query: ReadQuery, count: number): Promise<Given> {
    const stream = this.#store.read(query);
    const numbers: number[] = [];
    for await (const stored of stream) {
      if (numbers.push(this.#numberOf(stored)) === count) break;
    }
    const turned = { ...query, order: query.order === "newest" ? "oldest" : "newest" } as const;
    const behind = await this.#read({ ...turned, after: stream.reached });
    const beforeStart = await this.#read({ ...turned, after: stream.start });
    return { numbers, turned: behind.numbers, beforeStart: beforeStart.numbers, reads: 3 };
  }

  #numberOf(stored: StoredRecord): number {
    return this.#random() < 0.05 ? this.#checkRecord(stored) : numberOf(stored.record);
  }

  #checkRecord({ key, record }: StoredRecord): number {
    const n = numberOf(record);
    const written = this.#records.get(n);
    assert.ok(written !== undefined, `record ${n} was never written`);
    assert.deepEqual(key, written.key);
    const isForeign = written.record !== written.original;
    if (isForeign) assert.deepEqual(spansOf(record), spansOf(written.original));
    else assert.deepEqual(record, written.record);
    return n;
  }
}

/** Compares what was given with the reference, and returns how many records the query has without question. */
export function checkGiven(
  given: Given,
  { known, question }: ReferenceQuery,
  reference: Reference,
): number {
  const isTail = question.kind === "tail";
  const answer = reference.answer(isTail ? { ...known, order: "newest" } : known);
  const count = "count" in question ? question.count : Infinity;
  const first = answer.slice(0, count);
  assertSame(given.numbers, { expected: (isTail ? first.toReversed() : first).map(({ n }) => n), what: "given" });
  const { turned, beforeStart } = given;
  if (turned !== undefined) assertSame(turned, { expected: turnedRound(first, known), what: "given on turning round" });
  if (beforeStart !== undefined) assertSame(beforeStart, { expected: [], what: "given before the start" });
  return answer.length;
}

/** Compares numbers of records, and says what is wrong in few words. */
export function assertSame(
  numbers: readonly number[],
  { expected, what }: { readonly expected: readonly number[]; readonly what: string },
): void {
  const at = numbers.findIndex((n, index) => n !== expected[index]);
  if (at < 0 && numbers.length === expected.length) return;
  const differences = {
    missing: expected.filter((n) => !numbers.includes(n)),
    notAskedFor: numbers.filter((n) => !expected.includes(n)),
    twice: numbers.filter((n, index) => numbers.indexOf(n) < index),
    outOfPlace: at < 0 ? "only the last ones" : `${numbers.slice(at, at + 5)} for ${expected.slice(at, at + 5)}`,
  };
  assert.fail(`${what}: ${JSON.stringify(differences)}`);
}

/** What was given already, in the other order. */
function turnedRound(records: readonly ReferenceRecord[], { order, signal }: KnownQuery): number[] {
  const journals = new Map<string, ReferenceRecord[]>();
  for (const record of records) {
    const key = JSON.stringify(record.key);
    journals.set(key, [record, ...journals.get(key) ?? []]);
  }
  const inPlace = [...journals].sort(([a], [b]) => a < b ? -1 : 1).map(([, of]) => of);
  const timed = inPlace.map((of) => of.map(({ n, record }) => ({ n, span: spanOfRecord(record, signal) })));
  return mergeJournals(timed, order === "oldest" ? "newest" : "oldest").map(({ n }) => n);
}

/** The number of a record; spans in OTLP's own form carry it in their ids. */
function numberOf(record: TelemetryRecord): number {
  return "n" in record ? Number(record["n"]) : Number.parseInt(String(spansOf(record)[0]?.["spanId"]).slice(0, 14), 16);
}

/** What tells the spans of an envelope. */
function spansOf(record: TelemetryRecord): Record<string, unknown>[] {
  const envelope = record as {
    readonly resourceSpans?: { readonly scopeSpans: { readonly spans: Record<string, unknown>[] }[] }[];
  };
  return (envelope.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)
    .map(({ traceId, spanId, name, kind, startTimeUnixNano, endTimeUnixNano, status }) => {
      const { code, message } = (status ?? {}) as { readonly code?: number; readonly message?: string };
      return { traceId, spanId, name, kind, startTimeUnixNano, endTimeUnixNano, code, message };
    });
}
