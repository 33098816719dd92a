/**
 * Random queries to a store whose journals are written, rotated, compressed and pruned meanwhile.
 *
 * Each record has a number, so that what a query has to give is known but for two things: how far pruning was, and how far the
 * writer. What was there before the query and is there after it has to be given; nothing may be missing between two records
 * that are given, and nothing come twice or in another order.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Cursor, Filter, ReadQuery, RecordOrder, Store, StoredRecord } from "../../mod.ts";
import { pick, type Random } from "./json_forms.ts";
import { inspect, mergeJournals } from "./reference_answer.ts";
import { randomFilter } from "./reference_filters.ts";
import { meets } from "./reference_matcher.ts";
import { isWithin } from "./reference_time.ts";
import type { NumberedRecords } from "./reference_writing.ts";

/** A journal that is being written. */
export interface RacingJournal {
  readonly server: string;
  readonly records: NumberedRecords;
  /** How many records a query that begins now has to know of. */
  acknowledged(): number;
}

/** How a query is read. */
type Manner = "straight" | "slow" | "limit" | "leave" | "tail" | "pages" | "start";

/** A random query, and what a record has to be for it. */
interface RacingQuery {
  readonly query: ReadQuery;
  readonly order: RecordOrder;
  readonly journals: readonly RacingJournal[];
  readonly manner: Manner;
  readonly limit: number;
  readonly isWanted: (journal: RacingJournal, n: number) => boolean;
}

/** Where a journal begins and ends, as far as that is known. */
interface Extent {
  /** The oldest record that was still there after the query. */
  readonly oldest: number;
  /** How many had to be there before it. */
  readonly acknowledged: number;
}

/** See the module. */
export class RacingQueries {
  /** What was asked and given so far. */
  readonly counts = { queries: 0, given: 0, none: 0, some: 0, all: 0, overtaken: 0 };
  /** The filters that were asked. */
  readonly filters: Filter[] = [];
  /** The store that is asked. */
  readonly store: Store;
  /** The journals that are written. */
  readonly journals: readonly RacingJournal[];
  readonly #random: Random;

  constructor(store: Store, of: { readonly journals: readonly RacingJournal[]; readonly random: Random }) {
    this.store = store;
    this.journals = of.journals;
    this.#random = of.random;
  }

  /** Asks one query, and checks what it gives. */
  async ask(): Promise<void> {
    const asked = await this.#randomQuery();
    const before = await this.#oldestNumbers(asked.journals);
    const acknowledged = asked.journals.map((journal) => journal.acknowledged());
    const given = await this.#give(asked);
    const after = await this.#oldestNumbers(asked.journals);
    if (after.some((oldest, index) => oldest > (before[index] ?? 0))) this.counts.overtaken++;
    const { filter, ...others } = asked.query;
    const about = `${asked.manner} ${asked.limit} of ${JSON.stringify(others)} where ${inspect(filter)}`;
    for (const [index, journal] of asked.journals.entries()) {
      const extent = { oldest: after[index] ?? 0, acknowledged: acknowledged[index] ?? 0 };
      checkJournal(numbersOf(given, journal), {
        asked,
        journal,
        extent,
        isLimited: given.length >= asked.limit,
        about,
      });
    }
    if (asked.manner !== "pages") checkOrder(given, { asked, about });
    this.#count(given, { asked, acknowledged, oldest: after });
  }

  async #randomQuery(): Promise<RacingQuery> {
    const random = this.#random;
    const manner = pick<Manner>(["straight", "straight", "slow", "limit", "leave", "tail", "pages", "start"], random);
    const order = manner === "tail" || manner === "start" ? "newest" : pick<RecordOrder>(["oldest", "newest"], random);
    const journals = random() < 0.5 ? this.journals : [pick(this.journals as [RacingJournal], random)];
    const filter = random() < 0.9 ? randomFilter({ random, signal: "logs" }) : undefined;
    if (filter !== undefined) this.filters.push(filter.filter);
    const bounds = random() < 0.3 ? await this.#randomBounds() : {};
    const { from, to } = bounds;
    const isLimited = manner === "limit" || manner === "leave" || manner === "tail" || manner === "start";
    return {
      query: {
        stack: "shop",
        signal: "logs",
        order,
        ...(journals.length > 1 && random() < 0.5 ? {} : { server: journals.map(({ server }) => server) }),
        ...(filter === undefined ? {} : { filter: random() < 0.5 ? filter.text ?? filter.filter : filter.filter }),
        ...(from === undefined ? {} : { from: Number(from / 1_000_000n) }),
        ...(to === undefined ? {} : { to: Number(to / 1_000_000n) }),
      },
      order,
      journals,
      manner,
      limit: isLimited ? 1 + Math.floor(random() ** 2 * 300) : Infinity,
      isWanted: ({ records }, n) =>
        isWithin(records.span(n), bounds) && (filter === undefined || meetsOnce(filter.filter, { records, n })),
    };
  }

  /** Whole milliseconds, about the times of records that are there. */
  async #randomBounds(): Promise<{ readonly from?: bigint; readonly to?: bigint }> {
    const random = this.#random;
    const journal = pick(this.journals as [RacingJournal], random);
    const [oldest = 0] = await this.#oldestNumbers([journal]);
    const [from, to] = [random(), random()].sort((a, b) => a - b).map((share) => {
      const n = oldest + Math.floor(share * Math.max(1, journal.acknowledged() - oldest));
      const time = journal.records.span(n)?.earliest;
      return time === undefined ? undefined : time - time % 1_000_000n;
    });
    const kind = random();
    return {
      ...(from === undefined || kind < 0.2 ? {} : { from }),
      ...(to === undefined || kind > 0.8 ? {} : { to }),
    };
  }

  async #give(asked: RacingQuery): Promise<StoredRecord[]> {
    const { query, manner, limit } = asked;
    switch (manner) {
      case "straight":
        return await Array.fromAsync(this.store.read(query));
      case "limit":
        return await Array.fromAsync(this.store.read({ ...query, limit }));
      case "tail": {
        const { order: _, ...selection } = query;
        return (await this.store.tail(selection, { count: limit })).reverse();
      }
      case "pages":
        return await this.#givePages(query);
      case "start":
        return await this.#giveFromStart(asked);
      default:
        return await this.#giveSlowly(query, { limit, pauses: manner === "slow" ? 3 : 0 });
    }
  }

  /** Reads with a few pauses, and leaves at the limit. */
  async #giveSlowly(
    query: ReadQuery,
    of: { readonly limit: number; readonly pauses: number },
  ): Promise<StoredRecord[]> {
    const given: StoredRecord[] = [];
    let { pauses } = of;
    for await (const stored of this.store.read(query)) {
      if (given.push(stored) >= of.limit) break;
      if (pauses === 0 || this.#random() > 0.05) continue;
      pauses--;
      await setTimeout(10 + this.#random() * 40);
    }
    return given;
  }

  async #givePages(query: ReadQuery): Promise<StoredRecord[]> {
    const given: StoredRecord[] = [];
    let after: readonly Cursor[] | undefined;
    for (let limit = 1 + Math.floor(this.#random() * 400);; limit += 50) {
      const stream = this.store.read({ ...query, after, limit });
      const page = await Array.fromAsync(stream);
      given.push(...page);
      if (page.length < limit) return given;
      after = stream.reached;
    }
  }

  /** Reads some of the newest records, and later what came behind them. */
  async #giveFromStart(asked: RacingQuery): Promise<StoredRecord[]> {
    const { query, limit } = asked;
    const first = asked.journals.map((journal) => journal.acknowledged());
    const stream = this.store.read({ ...query, limit });
    const newest = await Array.fromAsync(stream);
    await setTimeout(this.#random() * 30);
    const acknowledged = asked.journals.map((journal) => journal.acknowledged());
    const since = await Array.fromAsync(this.store.read({ ...query, order: "oldest", after: stream.start }));
    const oldest = await this.#oldestNumbers(asked.journals);
    for (const [index, journal] of asked.journals.entries()) {
      const [known = -1] = numbersOf(newest, journal);
      const behind = numbersOf(since, journal);
      const about = `${journal.server}, since ${known}`;
      assert.ok(behind.every((n) => n >= (first[index] ?? 0)), `${about}: ${behind[0]} was there before`);
      if (known < 0) continue;
      // Pruning may have taken what came right behind it.
      const from = Math.max(known + 1, oldest[index] ?? 0);
      const expected = wantedNumbers(from, (acknowledged[index] ?? 0) - 1, { asked, journal });
      assert.deepEqual(behind.filter((n) => n >= from).slice(0, expected.length), expected, about);
    }
    return newest;
  }

  async #oldestNumbers(journals: readonly RacingJournal[]): Promise<number[]> {
    return await Promise.all(journals.map(async ({ server }) => {
      const [first] = await Array.fromAsync(this.store.read({ stack: "shop", server, signal: "logs", limit: 1 }));
      return Number(first?.record["n"] ?? 0);
    }));
  }

  #count(
    given: readonly StoredRecord[],
    of: { readonly asked: RacingQuery; readonly acknowledged: readonly number[]; readonly oldest: readonly number[] },
  ): void {
    this.counts.queries++;
    this.counts.given += given.length;
    const there = of.acknowledged.reduce((sum, count, index) => sum + count - (of.oldest[index] ?? 0), 0);
    this.counts[given.length === 0 ? "none" : given.length >= there ? "all" : "some"]++;
    for (const { key, record } of given) {
      if (this.#random() > 0.02) continue;
      const journal = of.asked.journals.find(({ server }) => server === key.server);
      assert.deepEqual(record, journal?.records.record(Number(record["n"])));
    }
  }
}

/** The numbers of those records that are of a journal. */
function numbersOf(records: readonly StoredRecord[], { server }: RacingJournal): number[] {
  return records.filter(({ key }) => key.server === server).map(({ record }) => Number(record["n"]));
}

/** Checks what a query gave of one journal. */
function checkJournal(
  given: readonly number[],
  of: {
    readonly asked: RacingQuery;
    readonly journal: RacingJournal;
    readonly extent: Extent;
    readonly isLimited: boolean;
    readonly about: string;
  },
): void {
  const { asked, journal, extent, isLimited } = of;
  const numbers = asked.order === "oldest" ? given : given.toReversed();
  const about = `${journal.server}: ${of.about}; ${extent.acknowledged} on file before, from ${extent.oldest} after it`;
  for (const [index, n] of numbers.entries()) {
    assert.ok(index === 0 || n > (numbers[index - 1] ?? -1), `${about}: ${n} follows ${numbers[index - 1]}`);
    assert.ok(asked.isWanted(journal, n), `${about}: ${n} is not asked for`);
  }
  const [first, last] = [numbers[0], numbers.at(-1)];
  // Whoever leaves early leaves out what would have come later. Of pages, pruning may take what lies between two of them.
  const isEarliestKnown = !isLimited || asked.order === "oldest";
  const isLatestKnown = !isLimited || asked.order === "newest";
  const from = asked.manner === "pages" || first === undefined ? extent.oldest : Math.min(first, extent.oldest);
  const to = last === undefined ? extent.acknowledged - 1 : Math.max(last, extent.acknowledged - 1);
  const isNoneGiven = isLimited && first === undefined;
  if (isNoneGiven) return;
  const expected = wantedNumbers(isEarliestKnown ? from : first ?? from, isLatestKnown ? to : last ?? to, of);
  const there = new Set(numbers);
  const missing = expected.filter((n) => !there.has(n));
  assert.deepEqual(missing, [], `${about}: given are ${first} to ${last}, without these`);
}

/** The numbers of a journal's records that a query asks for, both ends included. */
function wantedNumbers(
  from: number,
  to: number,
  of: { readonly asked: RacingQuery; readonly journal: RacingJournal },
): number[] {
  const wanted: number[] = [];
  for (let n = from; n <= to; n++) {
    if (of.asked.isWanted(of.journal, n)) wanted.push(n);
  }
  return wanted;
}

/** Checks that several journals are merged as documented. */
function checkOrder(
  given: readonly StoredRecord[],
  { asked, about }: { readonly asked: RacingQuery; readonly about: string },
): void {
  const inPlace = asked.journals.toSorted((a, b) => a.server < b.server ? -1 : 1);
  const timed = inPlace.map((journal) =>
    numbersOf(given, journal).map((n) => ({ n, span: journal.records.span(n), server: journal.server }))
  );
  const expected = mergeJournals(timed, asked.order).map(({ n, server }) => `${server} ${n}`);
  assert.deepEqual(given.map(({ key, record }) => `${key.server} ${record["n"]}`), expected, `${about}: the order`);
}

const meetsKnown = new WeakMap<Filter, Map<object, boolean>>();

/** Asks the second judge, and remembers. */
function meetsOnce(filter: Filter, of: { readonly records: NumberedRecords; readonly n: number }): boolean {
  const record = of.records.record(of.n);
  const known = meetsKnown.get(filter) ?? new Map<object, boolean>();
  meetsKnown.set(filter, known);
  const said = known.get(record) ?? meets(record, filter);
  known.set(record, said);
  return said;
}
