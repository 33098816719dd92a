/**
 * What can be asked of the journals of a root.
 *
 * @module
 */

import type { Cursor } from "../model/cursor.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { TimeInput } from "../model/time.ts";

/** Which journals are meant: those of one signal, of one stack or server or of all. */
export interface JournalSelection {
  /** Only this stack. Default: every one. */
  readonly stack?: string | undefined;
  /** Only this server. Default: every one. */
  readonly server?: string | undefined;
  /** The kind of record. */
  readonly signal: string;
}

/** What {@linkcode Store.read} gives back. */
export interface ReadQuery extends JournalSelection {
  /** Only records at or after this time: a `Date`, milliseconds since the epoch, or RFC 3339 text. */
  readonly from?: TimeInput | undefined;
  /** Only records before this time. A record without a time is given only when neither bound is. */
  readonly to?: TimeInput | undefined;
  /** Only records appended to the cursor's journal behind its place. Asks for that one journal. */
  readonly after?: Cursor | undefined;
}

/** One record and where it stands. */
export interface StoredRecord {
  /** The journal it stands in. */
  readonly key: JournalKey;
  /** The record itself. */
  readonly record: TelemetryRecord;
  /** The place behind it in its journal. */
  readonly cursor: Cursor;
}
