/**
 * What can be asked of the journals of a root, and who answers.
 *
 * @module
 */

import type { AggregateQuery, AggregateResult } from "./aggregate.ts";
import type { Cursor } from "./cursor.ts";
import type { Filter } from "./filter.ts";
import type { JournalKey } from "./journal_key.ts";
import type { TelemetryRecord } from "./record.ts";
import type { TimeInput } from "./time.ts";

/** Which journals are meant: those of one signal, of one stack or some servers or of all. */
export interface JournalSelection {
  /** Only this stack. Default: every one. */
  readonly stack?: string | undefined;
  /** Only this server, or these. Default: every one. */
  readonly server?: string | readonly string[] | undefined;
  /** The kind of record. */
  readonly signal: string;
}

/** Which of their records are meant. */
export interface RecordSelection extends JournalSelection {
  /** Only records at or after this time: a `Date`, milliseconds since the epoch, or RFC 3339 text. */
  readonly from?: TimeInput | undefined;
  /** Only records before this time. A record without a time is given only when neither bound is. */
  readonly to?: TimeInput | undefined;
  /** Only records that meet this condition; text is read by {@linkcode parseFilter}. */
  readonly filter?: Filter | string | undefined;
  /** Ends the reading when it is aborted: what was asked for then fails with its reason. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** Where records come from first. */
export type RecordOrder =
  /** In the order they were appended. */
  | "oldest"
  /** In the reverse of that order. */
  | "newest";

/** What {@linkcode Store.read} gives back. */
export interface ReadQuery extends RecordSelection {
  /**
   * Only records that come behind the cursor's place in the order asked for. One cursor asks for its journal alone. A list
   * of them stands for a place in as many journals; what else was chosen is read whole. Default: all.
   */
  readonly after?: Cursor | readonly Cursor[] | undefined;
  /**
   * Which records come first.
   *
   * @default {"oldest"}
   */
  readonly order?: RecordOrder | undefined;
  /** At most so many records. Default: all. */
  readonly limit?: number | undefined;
}

/** One record and where it stands. */
export interface StoredRecord {
  /** The journal it stands in. */
  readonly key: JournalKey;
  /** The record itself. */
  readonly record: TelemetryRecord;
  /** The place behind it in its journal, in the order it was read in. */
  readonly cursor: Cursor;
}

/** The records of a query, one after the other. Ending early, as `break` does, gives its files back. */
export interface RecordStream extends AsyncIterableIterator<StoredRecord> {
  /**
   * Where reading stands, in each journal that was read so far: give it as `after` to the same query to go on, also behind what
   * was passed over because it does not meet the filter.
   */
  readonly reached: readonly Cursor[];
  /** Where it began: give it as `after` to read the other way, what was appended since included. */
  readonly start: readonly Cursor[];
}

/** Whoever answers queries: a store, or what stands for one. */
export interface RecordReader {
  /**
   * The records that a query asks for, of those that were appended before the call, each once, also while their journals
   * rotate, compress and are pruned. Each journal keeps its append order, or the reverse of it. Several are merged by the
   * records' times: of their next records the oldest is given, or the newest, of equal ones that of the journal that sorts
   * first, or last; a record without a time, or older (newer) than the one before it, comes right after that one.
   *
   * Reads blocks as they are asked for: memory is bounded by two blocks for each journal, and what is read
   * ahead of them, less than 1 MiB together. In compressed segments, what lies
   * wholly outside `from` and `to`, and what the side file knows not to hold the texts that the filter needs, is not read; of
   * what is read, only lines that can meet the filter are parsed. Damaged blocks, and damaged lines among those that are
   * parsed, are passed over and counted in {@linkcode StoreStats.damagedPlaces}. Traces come as OTLP/JSON has them, also where
   * gridctl wrote ids in base64; a filter is asked about the line as it stands.
   *
   * @throws {RangeError} If a name, a time, the limit or a cursor cannot be used, or the signal is not known; with the first
   * record.
   * @throws {FilterSyntaxError} If the filter is text that cannot be understood; with the first record.
   */
  read(query: ReadQuery): AsyncIterableIterator<StoredRecord>;

  /**
   * The newest `count` records of those that are asked for, oldest first: what {@linkcode RecordReader.read} gives first in
   * the order `newest`, turned round, with cursors for reading on. Costs no more for a long history, as long as few records
   * fail the filter, except where it ends in a `.gz` without a block table.
   *
   * @throws {RangeError} If a name, a time or `count` cannot be used, or the signal is not known.
   * @throws {FilterSyntaxError} If the filter is text that cannot be understood.
   */
  tail(selection: RecordSelection, options: { readonly count: number }): Promise<StoredRecord[]>;

  /**
   * Figures over the records that are asked for, in one pass: counts, sums, extremes, averages and quantiles, by step of time
   * and by field. Memory is bounded whatever the records are; see {@linkcode AggregateResult}.
   *
   * @throws {RangeError} If a name, a time or a part of the query cannot be used, or the signal is not known.
   * @throws {FilterSyntaxError} If the filter is text that cannot be understood.
   */
  aggregate(query: AggregateQuery): Promise<AggregateResult>;
}
