/**
 * Merges the records of several journals by time, without reordering any one of them.
 *
 * @module
 */

import type { TimeNs } from "../model/time.ts";
import type { PlacedRecord } from "./record_stream.ts";

/** One of the streams that are merged. */
export interface MergeSource<T> {
  /** What tells a record's journal. */
  readonly origin: T;
  /** Its records in order, some at a time. */
  readonly batches: AsyncIterable<readonly PlacedRecord[]>;
}

/** A record and where it came from. */
export interface MergedRecord<T> {
  readonly origin: T;
  readonly placed: PlacedRecord;
}

/** One stream's next record. */
interface Head<T> {
  readonly origin: T;
  readonly records: AsyncGenerator<PlacedRecord, void, void>;
  placed: PlacedRecord;
  time: TimeNs;
}

/**
 * Gives, again and again, the oldest of the streams' next records. A record without a time, or older than the one before
 * it in its journal, comes right after that one. Streams are closed when the caller stops early.
 */
export async function* mergeRecords<T>(
  sources: readonly MergeSource<T>[],
): AsyncGenerator<MergedRecord<T>, void, void> {
  const streams = sources.map(({ origin, batches }) => ({ origin, records: flatten(batches) }));
  try {
    const heads: Head<T>[] = [];
    for (const stream of streams) {
      const next = await stream.records.next();
      if (next.done !== true) heads.push({ ...stream, placed: next.value, time: next.value.time?.earliest ?? 0n });
    }
    while (heads.length > 0) {
      const head = heads.reduce((oldest, other) => other.time < oldest.time ? other : oldest);
      yield { origin: head.origin, placed: head.placed };
      const next = await head.records.next();
      if (next.done === true) {
        heads.splice(heads.indexOf(head), 1);
        continue;
      }
      const time = next.value.time?.earliest ?? head.time;
      head.placed = next.value;
      head.time = time > head.time ? time : head.time;
    }
  } finally {
    for (const { records } of streams) await records.return();
  }
}

async function* flatten(batches: AsyncIterable<readonly PlacedRecord[]>): AsyncGenerator<PlacedRecord, void, void> {
  for await (const batch of batches) yield* batch;
}
