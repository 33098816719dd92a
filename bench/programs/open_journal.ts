/**
 * Opens a journal that is there, appends a record, reads the newest hundred, and prints, as JSON, how long it took.
 * `open_journal.ts` starts it, a process for each figure: what was read before shall not help.
 *
 * Command line: `open_journal.ts <directory>`
 *
 * @module
 */

import process from "node:process";
import { openStore } from "../../mod.ts";
import { RecordSource } from "../records.ts";
import { JOURNAL_KEY } from "../subjects/journal_parts.ts";

/** What the program prints. */
export interface JournalOpening {
  readonly openMs: number;
  /** Records that the tail gave. */
  readonly records: number;
}

const TAIL_RECORDS = 100;

const [directory = ""] = process.argv.slice(2);
const record = new RecordSource().record();
const startMs = performance.now();
const store = await openStore(directory, { retention: { maxAgeMs: false, maxSegments: false } });
const journal = store.journal(JOURNAL_KEY);
journal.append(record);
await journal.flush();
const newest = await store.tail(JOURNAL_KEY, { count: TAIL_RECORDS });
const opening: JournalOpening = { openMs: performance.now() - startMs, records: newest.length };
console.log(JSON.stringify(opening));
await store.close();
