/**
 * What became of the records that a store was given.
 *
 * @module
 */

/** Why a record was dropped. The list is closed. */
export type DropReason =
  /** JSON cannot hold it, or it is no object. */
  | "unencodable"
  /** It is longer than `recordMaxBytes`. */
  | "too_large"
  /** It came after `close`. */
  | "closed"
  /** The disk was too slow or refused writes, and `queueMaxBytes` were waiting already. */
  | "queue_full"
  /** The folder's lock had been given back while it was idle, and another process has it now. */
  | "locked"
  /** A wipe was carried out before it was written. */
  | "wiped"
  /** The file system still refused it when the store was closed. */
  | "write_failed";

/** What became of the records of one signal: `accepted = written + queued + dropped`, at all times. */
export interface RecordAccount {
  /** Records handed to `append`. */
  readonly accepted: number;
  /** Records that the operating system has. */
  readonly written: number;
  /** Records in memory. */
  readonly queued: number;
  /** Records discarded, by reason; reasons that never occurred are absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}
