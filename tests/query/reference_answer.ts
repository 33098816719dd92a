/**
 * What a query has to give, worked out from the records of a root and from what jq said of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { JournalKey, RecordOrder } from "../../mod.ts";
import type { Filter } from "../../src/model/filter.ts";
import type { TimeRange } from "../../src/model/time.ts";
import { askJq, type JqFilter } from "./reference_jq.ts";
import { meets } from "./reference_matcher.ts";
import type { ReferenceJournal, ReferenceRecord } from "./reference_root.ts";
import { isWithin, spanOfRecord } from "./reference_time.ts";

/** A query whose answer is known. */
export interface KnownQuery {
  readonly signal: string;
  readonly stack?: string | undefined;
  readonly server?: string | readonly string[] | undefined;
  /** In nanoseconds since the epoch. */
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
  /** One of the filters that the reference was made with. */
  readonly filter?: Filter | undefined;
  readonly order: RecordOrder;
}

/** What is merged: some of a journal's records, as they follow one another. */
export type TimedRecord = Pick<ReferenceRecord, "n"> & { readonly span: TimeRange | undefined };

/** One signal's journals and what jq said of their records. */
export class Reference {
  /** How often the filter of a query was asked of a record: by jq, and by the second judge. */
  readonly asked = { byJq: 0, bySecond: 0 };
  readonly #journals: readonly ReferenceJournal[];
  readonly #filters: ReadonlyMap<Filter, number>;
  readonly #meets: ReadonlyMap<number, readonly boolean[]>;
  readonly #spans = new Map<number, TimeRange | undefined>();

  private constructor(
    journals: readonly ReferenceJournal[],
    of: { readonly filters: readonly Filter[]; readonly meets: ReadonlyMap<number, readonly boolean[]> },
  ) {
    this.#journals = journals.toSorted((a, b) => compareKeys(a.key, b.key));
    this.#filters = new Map(of.filters.map((filter, index) => [filter, index]));
    this.#meets = of.meets;
    for (const { n, key, record } of journals.flatMap(({ records }) => records)) {
      this.#spans.set(n, spanOfRecord(record, key.signal));
    }
  }

  /** Asks `zcat | jq`, and compares what it saw with the records that were written. */
  static async of(journals: readonly ReferenceJournal[], filters: readonly JqFilter[]): Promise<Reference> {
    const lines = await askJq(journals.flatMap(({ files }) => files), filters);
    const records = journals.flatMap((journal) => journal.records);
    const plain = new Map(records.filter(({ isPlain }) => isPlain).map(({ n, record }) => [n, record]));
    const byNumber = new Map(lines.map((line) => [Number(line.record["n"]), line]));
    // Of those that it can hold, jq sees each once, in this order.
    const seen = lines.map(({ record }) => Number(record["n"])).filter((n) => plain.has(n));
    assert.deepEqual(seen, [...plain.keys()]);
    for (const [n, record] of plain) assert.deepEqual(byNumber.get(n)?.record, record);
    const meets = new Map(seen.map((n) => [n, byNumber.get(n)?.meets ?? []]));
    return new Reference(journals, { filters: filters.map(({ filter }) => filter), meets });
  }

  /** The records of a query in the order in which they have to come. */
  answer(query: KnownQuery): ReferenceRecord[] {
    const chosen = this.#journals.filter(({ key }) => isChosen(key, query)).map(({ records }) => {
      const wanted = records.filter((record) => this.#isWanted(record, query));
      return (query.order === "oldest" ? wanted : wanted.reverse()).map((record) => ({
        ...record,
        span: this.#spans.get(record.n),
      }));
    });
    return mergeJournals(chosen, query.order);
  }

  #isWanted(record: ReferenceRecord, query: KnownQuery): boolean {
    const { filter } = query;
    return isWithin(this.#spans.get(record.n), query) && (filter === undefined || this.#meetsFilter(record, filter));
  }

  #meetsFilter({ n, record }: ReferenceRecord, filter: Filter): boolean {
    const index = this.#filters.get(filter);
    const said = index === undefined ? undefined : this.#meets.get(n)?.[index];
    if (said === undefined) this.asked.bySecond++;
    else this.asked.byJq++;
    const second = meets(record, filter);
    assert.equal(said ?? second, second, `jq and the second judge differ on record ${n}: ${inspect(filter)}`);
    return second;
  }
}

/**
 * The documented order of several journals, by runs: a record, and behind it those without a time or on the wrong side of it,
 * which come right after the one before them. Of the next runs that whose first record comes first is given; of equal ones
 * that of the first journal, or newest first that of the last.
 */
export function mergeJournals<Timed extends TimedRecord>(
  journals: readonly (readonly Timed[])[],
  order: RecordOrder,
): Timed[] {
  const waiting = journals.map((records) => runsOf(records, order));
  const merged: Timed[] = [];
  for (;;) {
    let first: Run<Timed>[] | undefined;
    for (const runs of waiting) {
      const [run] = runs;
      const [least] = first ?? [];
      const isFirst = least === undefined || (run !== undefined && isBefore(run.time, least.time, order));
      const isLaterEqual = order === "newest" && run !== undefined && least?.time === run.time;
      if (run !== undefined && (isFirst || isLaterEqual)) first = runs;
    }
    const run = first?.shift();
    if (run === undefined) return merged;
    merged.push(...run.records);
  }
}

interface Run<Timed> {
  /** `undefined` for what has no time at the start of a journal: it comes before everything. */
  readonly time: bigint | undefined;
  readonly records: Timed[];
}

function runsOf<Timed extends TimedRecord>(records: readonly Timed[], order: RecordOrder): Run<Timed>[] {
  const runs: Run<Timed>[] = [];
  for (const record of records) {
    const time = order === "oldest" ? record.span?.earliest : record.span?.latest;
    const run = runs.at(-1);
    if (run !== undefined && (time === undefined || isBefore(time, run.time, order))) run.records.push(record);
    else runs.push({ time, records: [record] });
  }
  return runs;
}

function isBefore(time: bigint | undefined, other: bigint | undefined, order: RecordOrder): boolean {
  if (time === undefined || other === undefined) return time === undefined && other !== undefined;
  return order === "oldest" ? time < other : time > other;
}

/** Whether a query asks for a journal. */
export function isChosen(key: JournalKey, { signal, stack, server }: KnownQuery): boolean {
  const servers = typeof server === "string" ? [server] : server;
  return key.signal === signal && (stack ?? key.stack) === key.stack && (servers?.includes(key.server) ?? true);
}

/** The order of an inventory, within one signal. */
export function compareKeys(a: JournalKey, b: JournalKey): number {
  return a.stack !== b.stack ? (a.stack < b.stack ? -1 : 1) : a.server < b.server ? -1 : 1;
}

/** A filter for a message. */
export function inspect(filter: Filter | string | undefined): string {
  const plain = (_key: string, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value instanceof RegExp ? String(value) : value;
  return typeof filter === "string" ? JSON.stringify(filter) : JSON.stringify(filter, plain) ?? "none";
}
