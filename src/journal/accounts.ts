/**
 * Counts what becomes of a journal's records.
 *
 * @module
 */

import type { DropReason } from "../model/account.ts";

/** The counters of one journal. Plain fields, because `append` touches them for each record. */
export class JournalAccounts {
  accepted = 0;
  written = 0;
  writtenBytes = 0;
  rotations = 0;
  /** Torn last lines that recovery cut off, and their bytes. */
  tornLines = 0;
  tornBytes = 0;
  prunedSegments = 0;
  readonly dropped: Partial<Record<DropReason, number>> = {};

  /** Counts `records` as dropped for `reason`. */
  drop(reason: DropReason, records: number): void {
    if (records > 0) this.dropped[reason] = (this.dropped[reason] ?? 0) + records;
  }
}
