/**
 * Answers queries over the journals of a root.
 *
 * @module
 */

import type { SegmentCorruptError } from "../errors.ts";
import { READER_OPEN_FILES_MAX } from "../limits.ts";
import type { AggregateQuery, AggregateResult } from "../model/aggregate.ts";
import { type Cursor, encodeCursor } from "../model/cursor.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type {
  JournalSelection,
  ReadQuery,
  RecordOrder,
  RecordSelection,
  RecordStream,
  StoredRecord,
} from "../model/query.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { SignalDefinition } from "../model/signal.ts";
import { parseRfc3339, type TimeNs } from "../model/time.ts";
import type { LineBlock } from "../segment/segment_reader.ts";
import { resolveAggregate } from "../aggregation/aggregate_query.ts";
import { Aggregation } from "../aggregation/aggregation.ts";
import { JournalCursor, sideOf, spanOf } from "./journal_cursor.ts";
import { type JournalScan, scanJournal, type ScanTools } from "./journal_scan.ts";
import { type Batches, mergeBatches } from "./merge.ts";
import { askedRecords, checkCount, positionsOf } from "./read_query.ts";
import { RecordIterator } from "./record_iterator.ts";
import {
  blockRecords,
  type PlacedRecord,
  type RecordLookup,
  type RecordSearch,
  recordSearch,
} from "./record_stream.ts";

/** One journal that is there. */
export interface FoundJournal {
  readonly key: JournalKey;
  /** Absolute path of its folder. */
  readonly folder: string;
}

/** What a {@linkcode JournalReader} works with. */
export interface JournalReaderOptions extends ScanTools {
  /** The journals a selection means, and their signal. Throws `RangeError` for a signal that is not known. */
  readonly find: (selection: JournalSelection) => {
    readonly signal: SignalDefinition;
    readonly journals: readonly FoundJournal[];
  };
  /** Hands what this process has in memory of a journal to the operating system, as far as it takes it. */
  readonly flush: (key: JournalKey) => Promise<void>;
  /** What is given for a record of a signal, where other programs write it in another form. */
  readonly normalize: (record: TelemetryRecord, signal: string) => TelemetryRecord;
  /** Told of damage that was read past. */
  readonly onDamage: (error: SegmentCorruptError) => void;
}

/** A record, the journal it stands in, and where the reading of that stands. */
interface FoundRecord {
  readonly key: JournalKey;
  readonly placed: PlacedRecord;
  readonly cursor: JournalCursor;
}

/** How a query is read. */
interface ReadWork {
  readonly order: RecordOrder;
  /** Where the reading of each journal stands, once it has begun. */
  readonly cursors: JournalCursor[];
}

/** How the records of one journal are read. */
type RecordScan = JournalScan & RecordLookup;

/** See the module. */
export class JournalReader {
  readonly #options: JournalReaderOptions;

  constructor(options: JournalReaderOptions) {
    this.#options = options;
  }

  /** The records that a query asks for. See {@linkcode RecordReader.read}. */
  read(query: ReadQuery): RecordStream {
    const { order = "oldest", limit } = query;
    const cursors: JournalCursor[] = [];
    return new StoredRecords(this.#storedRecords(query, { order, cursors }), { limit, cursors });
  }

  /** The newest records, oldest first. See {@linkcode RecordReader.tail}. */
  async tail(selection: RecordSelection, options: { readonly count: number }): Promise<StoredRecord[]> {
    checkCount(options.count, { action: "read a tail", name: "count" });
    const newestFirst: FoundRecord[] = [];
    const found = this.#foundRecords(selection, { order: "newest", cursors: [] });
    for await (const record of new RecordIterator(found, options.count)) newestFirst.push(record);
    return newestFirst.reverse().map((record) => this.#storedRecord(record, "oldest"));
  }

  /** Figures over the records that a query asks for. See {@linkcode RecordReader.aggregate}. */
  async aggregate(query: AggregateQuery): Promise<AggregateResult> {
    const resolved = resolveAggregate(query);
    const { signal, journals } = this.#options.find(query);
    const { range, filter } = askedRecords(query);
    // The aggregation looks at times itself: it counts the records that have none.
    const search = await recordSearch({ filter }, signal.time);
    const aggregation = new Aggregation(resolved, signal.time);
    for (const journal of journals) {
      await this.#options.flush(journal.key);
      const scan = this.#scan(journal, { search, query, order: "oldest", journalCount: 1 });
      await this.#aggregateJournal({ ...scan, selection: { ...scan.selection, range } }, aggregation);
    }
    return aggregation.result();
  }

  async #aggregateJournal(scan: RecordScan, aggregation: Aggregation): Promise<void> {
    for await (const scanned of scanJournal(this.#options, scan)) {
      const addRecords = (block: LineBlock) => {
        for (const { record } of blockRecords({ ...scanned, block }, scan)) aggregation.addRecord(record);
      };
      const { block } = scanned;
      if (scan.search.meetsFilter !== undefined || block.skippedBytes !== undefined) addRecords(block);
      else {
        aggregation.addBlock(
          block.bytes,
          (start, end) => addRecords({ bytes: block.bytes.subarray(start, end), rawOffset: block.rawOffset + start }),
        );
      }
    }
  }

  async *#storedRecords(query: ReadQuery, work: ReadWork): AsyncGenerator<Iterable<StoredRecord>, void, void> {
    if (query.limit !== undefined) checkCount(query.limit, { action: "read", name: "limit" });
    const give = (found: FoundRecord) => {
      found.cursor.movePast(found.placed);
      return this.#storedRecord(found, work.order);
    };
    for await (const batch of this.#foundRecords(query, work)) yield mapped(batch, give);
  }

  async *#foundRecords(
    query: ReadQuery,
    { order, cursors }: ReadWork,
  ): AsyncGenerator<Iterable<FoundRecord>, void, void> {
    const positions = positionsOf(query);
    const asked = askedRecords(query);
    // A single cursor asks for its own journal.
    const selection = typeof query.after === "string" ? positions[0]?.key ?? query : query;
    const { signal, journals } = this.#options.find(selection);
    const search = await recordSearch(asked, signal.time);
    const sources = journals.map((journal): Batches<FoundRecord> => {
      const after = positions.find(({ key }) => isSameJournal(key, journal.key));
      const cursor = new JournalCursor(journal.key, { order, after });
      cursors.push(cursor);
      const scan = this.#scan(journal, { search, query, order, journalCount: journals.length });
      return this.#journalRecords({ ...scan, after }, { key: journal.key, cursor });
    });
    yield* mergeBatches(sources, { order, timeOf: timeInOrder(order, signal.time) });
  }

  async *#journalRecords(
    scan: RecordScan,
    { key, cursor }: Pick<FoundRecord, "key" | "cursor">,
  ): AsyncGenerator<Iterable<FoundRecord>, void, void> {
    const find = (placed: PlacedRecord): FoundRecord => {
      // It may wait for those of other journals, and not be given at all.
      cursor.moveTo(placed);
      return { key, cursor, placed };
    };
    await this.#options.flush(key);
    for await (const scanned of scanJournal(this.#options, scan)) {
      cursor.moveTo(spanOf(scanned));
      yield mapped(blockRecords(scanned, scan), find);
      cursor.movePast(spanOf(scanned));
    }
  }

  #storedRecord({ key, placed }: FoundRecord, order: RecordOrder): StoredRecord {
    return new PlacedStoredRecord({ key, placed, order, record: this.#options.normalize(placed.record, key.signal) });
  }

  #scan(
    { key, folder }: FoundJournal,
    of: {
      readonly search: RecordSearch;
      readonly query: RecordSelection;
      readonly order: RecordOrder;
      readonly journalCount: number;
    },
  ): RecordScan {
    const { search, query: { abortSignal }, order, journalCount } = of;
    return {
      place: { folder, signal: key.signal },
      order,
      search,
      selection: search.selection,
      openMax: Math.floor(READER_OPEN_FILES_MAX / Math.max(1, journalCount)),
      abortSignal,
      onDamage: this.#options.onDamage,
    };
  }
}

/** The records that a query asks for, one at a time. */
class StoredRecords extends RecordIterator<StoredRecord> implements RecordStream {
  readonly #cursors: readonly JournalCursor[];

  constructor(
    batches: AsyncGenerator<Iterable<StoredRecord>, void, void>,
    { limit, cursors }: { readonly limit: number | undefined; readonly cursors: readonly JournalCursor[] },
  ) {
    super(batches, limit);
    this.#cursors = cursors;
  }

  get start(): readonly Cursor[] {
    return this.#cursors.map(({ start }) => start).filter((cursor) => cursor !== undefined);
  }

  get reached(): readonly Cursor[] {
    return this.#cursors.map(({ reached }) => reached).filter((cursor) => cursor !== undefined);
  }
}

/** A record whose cursor is made when it is asked for: most readers look at the record only. */
class PlacedStoredRecord implements StoredRecord {
  readonly key: JournalKey;
  readonly record: TelemetryRecord;
  readonly #placed: PlacedRecord;
  readonly #order: RecordOrder;

  constructor(
    of: Pick<FoundRecord, "key" | "placed"> & { readonly order: RecordOrder; readonly record: TelemetryRecord },
  ) {
    this.key = of.key;
    this.record = of.record;
    this.#placed = of.placed;
    this.#order = of.order;
  }

  get cursor(): Cursor {
    return encodeCursor({ key: this.key, ...sideOf(this.#placed, { order: this.#order, isPast: true }) });
  }

  toJSON(): StoredRecord {
    return { key: this.key, record: this.record, cursor: this.cursor };
  }
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Generator<To, void, void> {
  for (const item of items) yield map(item);
}

/** The time by which records of several journals are merged. */
function timeInOrder(order: RecordOrder, source: TimeSource): (found: FoundRecord) => TimeNs | undefined {
  const rangeOf = ({ placed }: FoundRecord) => recordTimeRange(placed.record, { source, parse: parseRfc3339 });
  return order === "oldest" ? (found) => rangeOf(found)?.earliest : (found) => rangeOf(found)?.latest;
}

function isSameJournal(a: JournalKey, b: JournalKey): boolean {
  return a.stack === b.stack && a.server === b.server && a.signal === b.signal;
}
