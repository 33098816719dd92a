/**
 * Answers queries over the journals of a root.
 *
 * @module
 */

import type { SegmentCorruptError } from "../errors.ts";
import { type CursorPosition, decodeCursor, encodeCursor } from "../model/cursor.ts";
import { READER_OPEN_FILES_MAX } from "../limits.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { SignalDefinition } from "../model/signal.ts";
import { timeFromInput, type TimeRange } from "../model/time.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { mergeRecords, type MergeSource } from "./merge.ts";
import type { JournalSelection, ReadQuery, StoredRecord } from "../model/query.ts";
import { lastRecords, type PlacedRecord, readRecords, type RecordStreamOptions } from "./record_stream.ts";

/** One journal that is there. */
export interface FoundJournal {
  readonly key: JournalKey;
  /** Absolute path of its folder. */
  readonly folder: string;
}

/** What a {@linkcode JournalReader} works with. */
export interface JournalReaderOptions {
  readonly fileSystem: FileSystem;
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

const EARLIEST = -(2n ** 63n);
const LATEST = 2n ** 63n - 1n;

/** See the module. */
export class JournalReader {
  readonly #options: JournalReaderOptions;

  constructor(options: JournalReaderOptions) {
    this.#options = options;
  }

  /** The records that a query asks for, merged over journals by time. See {@linkcode Store.read}. */
  async *read(query: ReadQuery): AsyncGenerator<StoredRecord, void, void> {
    const after = query.after === undefined ? undefined : decodeCursor(query.after);
    const range = queryRange(query);
    const { signal, journals } = this.#options.find(after === undefined ? query : cursorSelection(query, after));
    const streamOptions = this.#streamOptionsOf(signal, journals.length);
    const sources: MergeSource<JournalKey>[] = journals.map((journal) => ({
      origin: journal.key,
      batches: this.#records({ ...streamOptions(journal), range, after }, journal.key),
    }));
    for await (const { origin, placed } of mergeRecords(sources)) yield this.#storedRecord(origin, placed);
  }

  /** The newest records, oldest first. See {@linkcode Store.tail}. */
  async tail(selection: JournalSelection, options: { readonly count: number }): Promise<StoredRecord[]> {
    const { count } = options;
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`Cannot read a tail: expected "count" to be a whole number, received ${count}`);
    }
    const { signal, journals } = this.#options.find(selection);
    const streamOptions = this.#streamOptionsOf(signal, journals.length);
    if (count === 0) return [];
    const tails: MergeSource<JournalKey>[] = [];
    for (const journal of journals) {
      await this.#options.flush(journal.key);
      const records = await lastRecords(this.#options.fileSystem, { ...streamOptions(journal), count });
      tails.push({ origin: journal.key, batches: once(records) });
    }
    const merged: StoredRecord[] = [];
    for await (const { origin, placed } of mergeRecords(tails)) merged.push(this.#storedRecord(origin, placed));
    return merged.slice(-count);
  }

  async *#records(options: RecordStreamOptions, key: JournalKey): AsyncGenerator<PlacedRecord[], void, void> {
    await this.#options.flush(key);
    yield* readRecords(this.#options.fileSystem, options);
  }

  #storedRecord(key: JournalKey, placed: PlacedRecord): StoredRecord {
    return {
      key,
      record: this.#options.normalize(placed.record, key.signal),
      // Most readers look at the records only, and a cursor costs more than a record.
      get cursor() {
        return encodeCursor({ key, ...placed.position });
      },
    };
  }

  #streamOptionsOf(signal: SignalDefinition, journalCount: number): (journal: FoundJournal) => RecordStreamOptions {
    const openMax = Math.floor(READER_OPEN_FILES_MAX / Math.max(1, journalCount));
    const { onDamage } = this.#options;
    return ({ folder }) => ({ place: { folder, signal: signal.name }, time: signal.time, openMax, onDamage });
  }
}

function queryRange(query: ReadQuery): TimeRange | undefined {
  if (query.from === undefined && query.to === undefined) return undefined;
  const earliest = query.from === undefined ? EARLIEST : timeFromInput(query.from, "from");
  // `to` is exclusive, and a range's ends are inclusive.
  const latest = query.to === undefined ? LATEST : timeFromInput(query.to, "to") - 1n;
  return { earliest, latest };
}

function cursorSelection(query: ReadQuery, { key }: CursorPosition): JournalSelection {
  const isSame = (query.stack ?? key.stack) === key.stack && (query.server ?? key.server) === key.server;
  if (isSame && query.signal === key.signal) return key;
  const place = `${key.stack}/${key.server}/${key.signal}`;
  throw new RangeError(`Cannot read from a cursor: it is of journal "${place}", which the query does not ask for`);
}

async function* once<T>(value: T): AsyncGenerator<T, void, void> {
  yield await value;
}
