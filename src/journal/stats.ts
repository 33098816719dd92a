/**
 * What a store has done since it was opened.
 *
 * @module
 */

import type { CompressionStats } from "./compressor.ts";
import type { JournalWriter } from "./journal.ts";
import type { DropReason, RecordAccount } from "../model/account.ts";

/** What a store has done since it was opened. */
export interface StoreStats {
  /** What became of the records, by signal; only signals that were appended to. */
  readonly records: Readonly<Record<string, RecordAccount>>;
  /** Bytes of records that the operating system took. */
  readonly writtenBytes: number;
  /** Bytes that wait for a slow or failing disk. */
  readonly queuedBytes: number;
  /** Segments sealed. */
  readonly rotations: number;
  /** Segments deleted by retention. */
  readonly prunedSegments: number;
  /** Torn last lines that a crash had left and recovery cut off. */
  readonly tornLines: number;
  /** Bytes of those lines. */
  readonly tornBytes: number;
  /** Damaged lines and blocks that reads went past. */
  readonly damagedPlaces: number;
  /** What became of sealed segments. */
  readonly compression: CompressionStats;
  /** Journals whose active file is open. */
  readonly openJournals: number;
  /** Server folders whose lock this store has. */
  readonly heldFolders: number;
  /** What the file system says, where it refuses records now. */
  readonly failures: readonly Error[];
}

/** Adds up what the journals of a store have done. */
export function sumJournals(
  journals: readonly JournalWriter[],
): Omit<StoreStats, "queuedBytes" | "damagedPlaces" | "compression" | "heldFolders"> {
  const sum = (value: (journal: JournalWriter) => number) =>
    journals.reduce((total, journal) => total + value(journal), 0);
  const signals = new Set(journals.map(({ key }) => key.signal));
  return {
    records: Object.fromEntries(
      [...signals].map((signal) => [signal, sumAccounts(journals.filter(({ key }) => key.signal === signal))]),
    ),
    writtenBytes: sum(({ accounts }) => accounts.writtenBytes),
    rotations: sum(({ accounts }) => accounts.rotations),
    prunedSegments: sum(({ accounts }) => accounts.prunedSegments),
    tornLines: sum(({ accounts }) => accounts.tornLines),
    tornBytes: sum(({ accounts }) => accounts.tornBytes),
    openJournals: sum(({ isOpen }) => isOpen ? 1 : 0),
    failures: journals.flatMap(({ failure }) => failure ?? []),
  };
}

function sumAccounts(journals: readonly JournalWriter[]): RecordAccount {
  const dropped: Partial<Record<DropReason, number>> = {};
  let [accepted, written, queued] = [0, 0, 0];
  for (const { account } of journals) {
    accepted += account.accepted;
    written += account.written;
    queued += account.queued;
    for (const [reason, count] of Object.entries(account.dropped) as [DropReason, number][]) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  return { accepted, written, queued, dropped };
}
