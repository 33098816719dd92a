/**
 * What can be asked of the journals of a root, and who answers.
 *
 * @module
 */

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
   * Only records that come behind the cursor's place in the order asked for. Several cursors stand for a place in as many
   * journals; what was chosen and has none is read whole. Default: all.
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

/** Whoever answers queries: a store. */
export interface RecordReader {
  /** See {@linkcode Store.read}. */
  read(query: ReadQuery): AsyncIterableIterator<StoredRecord>;
}
