/**
 * The newest records of a selection that meet a condition.
 *
 * @module
 */

import { ANSWER_MAX_RECORDS } from "../limits.ts";
import type { ReadQuery, StoredRecord } from "../model/query.ts";
import type { Store } from "../store.ts";

/** Which records are asked for. */
export interface RecordQuery extends ReadQuery {
  readonly limit: number;
  /** Only records that meet it. Default: all. */
  readonly matches?: ((stored: StoredRecord) => boolean) | undefined;
}

/** Records, and where to go on behind them. */
export interface RecordPage {
  /** Oldest first. */
  readonly records: readonly StoredRecord[];
  /** The last record that was looked at; `undefined` if there was none. */
  readonly last: StoredRecord | undefined;
}

/** How many records are looked at behind each one asked for, before all are. */
const TAIL_FACTOR = 10;

/**
 * The newest `limit` records, oldest first. Reads the end of the journals where that suffices; a time range, or a
 * condition that few records meet, costs a pass through them. Holds no more than twice `limit` records.
 */
export async function newestRecords(store: Store, query: RecordQuery): Promise<RecordPage> {
  const { limit, matches = () => true, from, to } = query;
  if (from === undefined && to === undefined) {
    const count = query.matches === undefined ? limit : Math.min(limit * TAIL_FACTOR, ANSWER_MAX_RECORDS);
    const tail = await store.tail(query, { count });
    const matching = tail.filter(matches);
    if (matching.length >= limit || tail.length < count) return { records: matching.slice(-limit), last: tail.at(-1) };
  }
  let records: StoredRecord[] = [];
  let last: StoredRecord | undefined;
  for await (const stored of store.read(query)) {
    last = stored;
    if (!matches(stored)) continue;
    records.push(stored);
    if (records.length >= 2 * limit) records = records.slice(-limit);
  }
  return { records: records.slice(-limit), last };
}

/** The first `limit` records behind the cursor that the query has as `after`, so that whoever asks again misses none. */
export async function recordsAfter(store: Store, query: RecordQuery): Promise<RecordPage> {
  const { limit, matches = () => true } = query;
  const records: StoredRecord[] = [];
  let last: StoredRecord | undefined;
  for await (const stored of store.read(query)) {
    last = stored;
    if (matches(stored)) records.push(stored);
    if (records.length === limit) break;
  }
  return { records, last };
}
