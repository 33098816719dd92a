/**
 * Appends records to one journal.
 *
 * Guarantees
 * - `append` never throws for a record or for I/O, and never waits: what cannot be kept is dropped and counted.
 * - Records reach the file in the order of their calls. A record is never split, and never torn by a crash of the
 *   process once `flush` has resolved.
 *
 * Does not guarantee
 * - That an appended record outlives the process before `flush` resolves, or a loss of power before `sync` resolves.
 *
 * @module
 */

import { StoreWriteError } from "../errors.ts";
import { BATCH_MAX_CHARS, BYTES_PER_CHAR_MAX, QUEUE_WRITE_MAX_BYTES } from "../limits.ts";
import type { DropReason, RecordAccount } from "../model/account.ts";
import type { JournalKey } from "../model/journal_key.ts";
import { encodeRecord } from "../model/record.ts";
import type { Durability, SignalDefinition } from "../model/signal.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { JournalAccounts } from "./accounts.ts";
import { SegmentAppender } from "./appender.ts";
import type { BackgroundSyncable, BackgroundSyncs } from "./background_syncs.ts";
import { BatchWriter } from "./batch_writer.ts";
import type { Compressor } from "./compressor.ts";
import type { JournalFolder } from "./journal_folder.ts";
import type { QueueBudget } from "./queue_budget.ts";
import type { RetentionLimits } from "../model/retention_limits.ts";
import { SealedSegments } from "./sealed_segments.ts";

/** The writing end of a journal. */
export interface Journal {
  /** Which journal it is. */
  readonly key: JournalKey;
  /**
   * Adds one record to the buffer. It reaches the operating system within `flushIntervalMs`, or with the next
   * {@linkcode Journal.flush}; for `audit`, and where {@linkcode StoreOptions.durability} says so, before the call returns.
   *
   * The record is encoded before the call returns and is the caller's again. Costs little more than `JSON.stringify`.
   *
   * @returns False when the record was dropped, which `store.stats()` counts by reason: JSON cannot hold it, it is longer
   * than `recordMaxBytes`, or the store is closed.
   */
  append(record: object): boolean;
  /**
   * Adds records that stay together: in one segment, and in one write.
   *
   * @returns How many were taken; the others were dropped, as by {@linkcode Journal.append}.
   */
  appendAll(records: Iterable<object>): number;
  /**
   * Resolves once the operating system has every record appended before the call: they outlive this process. For `audit`,
   * and where {@linkcode StoreOptions.durability} says so, it does what {@linkcode Journal.sync} does.
   *
   * @throws {StoreWriteError} If the file system refuses them; they stay queued and are written when it takes them. Also
   * if it refused others for so long that some were dropped since the last call.
   * @throws {StoreLockedError} If the folder was given back while idle and has another holder now. They were dropped.
   */
  flush(): Promise<void>;
  /**
   * Resolves once the disk has every record appended before the call, as far as the disk tells the truth: they outlive
   * a loss of power. Calls that wait at the same time share one sync.
   *
   * @throws {StoreWriteError} If the file system refuses; see {@linkcode Journal.flush}. The next call writes again what
   * this one could not sync.
   * @throws {StoreLockedError} See {@linkcode Journal.flush}.
   */
  sync(): Promise<void>;
}

/** What a {@linkcode JournalWriter} works with. */
export interface JournalWriterOptions {
  readonly key: JournalKey;
  readonly signal: SignalDefinition;
  readonly durability: Durability;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly folder: JournalFolder;
  readonly compressor: Compressor;
  readonly backgroundSyncs: BackgroundSyncs;
  readonly budget: QueueBudget;
  readonly segmentMaxBytes: number;
  readonly recordMaxBytes: number;
  readonly flushIntervalMs: number;
  readonly isCompressed: boolean;
  /** Its limits. Asked each time: whether another program wrote the folder is known once the lock is taken. */
  readonly retention: () => RetentionLimits;
}

/** See the module. What {@linkcode Journal} does not name is for the store. */
export class JournalWriter implements Journal, BackgroundSyncable {
  readonly key: JournalKey;
  readonly accounts = new JournalAccounts();
  /** Its sealed segments. */
  readonly sealed: SealedSegments;
  readonly #options: JournalWriterOptions;
  readonly #appender: SegmentAppender;
  readonly #batches: BatchWriter;
  #stopFlush: StopTimer | undefined;
  #nextSync: Promise<void> | undefined;
  #lastSync: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: JournalWriterOptions) {
    const { clock, key, segmentMaxBytes, budget } = options;
    const accounts = this.accounts;
    this.key = key;
    this.#options = options;
    this.sealed = new SealedSegments({ ...options, accounts });
    this.#appender = new SegmentAppender({
      ...options,
      signal: key.signal,
      accounts,
      onGrown: () => options.isCompressed && options.compressor.prepare(),
      onSealed: () => this.#tendSealed(),
    });
    // A batch must fit in a segment however many bytes its characters take.
    const batchMaxChars = Math.min(BATCH_MAX_CHARS, Math.floor(segmentMaxBytes / BYTES_PER_CHAR_MAX));
    const writeMaxBytes = Math.min(QUEUE_WRITE_MAX_BYTES, segmentMaxBytes);
    this.#batches = new BatchWriter({
      sink: this.#appender,
      clock,
      accounts,
      budget,
      batchMaxChars,
      writeMaxBytes,
      onLateWrite: () => this.#startSync(),
    });
  }

  append(record: object): boolean {
    this.accounts.accepted++;
    const line = this.#encode(record);
    if (line === undefined) return false;
    this.#batches.add(line);
    this.#scheduleFlush();
    return true;
  }

  appendAll(records: Iterable<object>): number {
    let lines = "";
    let count = 0;
    try {
      for (const record of records) {
        this.accounts.accepted++;
        const line = this.#encode(record);
        if (line === undefined) continue;
        lines += line + "\n";
        count++;
      }
    } finally {
      // What came before an iterable's own error was accepted.
      this.#batches.addTogether(lines, count);
      this.#scheduleFlush();
    }
    return count;
  }

  async flush(): Promise<void> {
    if (this.#options.durability === "synced") return await this.sync();
    this.#look();
    await this.#batches.flush();
  }

  sync(): Promise<void> {
    return this.#batches.tellLoss(this.syncInBackground());
  }

  /** Resolves when the disk has every record appended before the call. Calls that wait at the same time share one sync. */
  syncInBackground(): Promise<void> {
    // One sync runs and one waits behind it; whoever comes now is covered by the waiting one.
    this.#nextSync ??= this.#lastSync.then(() => {
      this.#nextSync = undefined;
      const running = this.#syncNow();
      this.#lastSync = running.catch(() => {});
      return running;
    });
    return this.#nextSync;
  }

  /** Hands what is in memory to the operating system, for a reader. What was lost before is for the program's own flush to tell. */
  writeOut(): Promise<void> {
    return this.#batches.drain();
  }

  /** What became of its records. */
  get account(): RecordAccount {
    const { accepted, written, dropped } = this.accounts;
    return { accepted, written, queued: this.#batches.queuedRecords, dropped: { ...dropped } };
  }

  /** Why the last write failed; `undefined` while writes succeed. */
  get failure(): Error | undefined {
    return this.#batches.failure;
  }

  /** Whether its active file is open. */
  get isOpen(): boolean {
    return this.#appender.isOpen;
  }

  /** When its active segment was begun at the earliest, in milliseconds since the epoch; `undefined` while it is empty or closed. */
  get oldestTimeMs(): number | undefined {
    return this.#appender.isOpen ? this.#appender.oldestTimeMs : undefined;
  }

  /** Seals its active segment, unless it is empty or being written to at this moment. */
  seal(): void {
    this.#appender.seal();
  }

  /** Opens and mends the active segment, so that what is wrong with the folder shows now. Throws {@linkcode StoreLockedError}. */
  open(): void {
    this.#appender.open();
  }

  /** Hands everything in memory to the operating system before it returns, as far as it takes it. For the end of a process. */
  flushSync(): void {
    this.#batches.writeAllSync();
  }

  /** Gives its file back; the next append opens it again. False when records wait that the file system refuses. */
  park(): boolean {
    this.#batches.writeAllSync();
    if (this.#batches.queuedRecords > 0) return false;
    this.#appender.close();
    return true;
  }

  /**
   * Writes what is in memory, syncs it, and gives the file back.
   *
   * @throws {StoreWriteError} If the file system refused: what it did not take was dropped and counted.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopFlush?.();
    try {
      await this.sync();
    } finally {
      this.#batches.dropRefused();
      this.#appender.close();
    }
  }

  /** Gives its file up at once, untouched. What waits is written where the next open finds the journal. */
  abandonFile(): void {
    this.#appender.abandon();
  }

  /** Notices that somebody else removed or renamed the active file. */
  look(): void {
    this.#appender.giveUpReplacedFile();
  }

  /** Drops what is in memory and gives the file back, whose removal is the caller's part of a wipe. */
  forget(): void {
    this.#batches.dropWiped();
    this.#appender.forget();
  }

  /** Prunes, and queues raw sealed segments for compression. Takes the folder's lock; throws {@linkcode StoreLockedError}. */
  tend(): void {
    this.#options.folder.acquire();
    this.prune();
    this.sealed.compress();
  }

  /** Seals an active segment that is too old, and deletes sealed ones that are too old or too many. */
  prune(): void {
    const limits = this.#options.retention();
    const ageMs = this.#options.clock.now() - (this.oldestTimeMs ?? Infinity);
    // Sealing comes back here, by way of tending to what was sealed.
    if (limits.maxAgeMs !== false && ageMs > limits.maxAgeMs) return this.seal();
    this.sealed.prune(limits);
  }

  #encode(record: object): string | undefined {
    if (this.#isClosed) return this.#drop("closed");
    let line: string;
    try {
      line = encodeRecord(record);
    } catch {
      return this.#drop("unencodable");
    }
    return this.#isTooLong(line) ? this.#drop("too_large") : line;
  }

  #isTooLong(line: string): boolean {
    const { recordMaxBytes } = this.#options;
    if (line.length * BYTES_PER_CHAR_MAX <= recordMaxBytes) return false;
    return line.length > recordMaxBytes || new TextEncoder().encode(line).length > recordMaxBytes;
  }

  #drop(reason: DropReason): undefined {
    this.accounts.drop(reason, 1);
  }

  #scheduleFlush(): void {
    if (this.#options.durability !== "buffered") return this.#writeAtOnce();
    this.#stopFlush ??= this.#options.clock.setTimer(() => {
      this.#stopFlush = undefined;
      this.#batches.writePending();
    }, this.#options.flushIntervalMs);
  }

  #writeAtOnce(): void {
    // A disk that refuses is tried again by a timer, not with each record.
    if (this.failure !== undefined) return this.#batches.writePending();
    this.#batches.writeAllSync();
    this.#startSync();
  }

  #startSync(): void {
    if (this.#options.durability === "synced") this.#options.backgroundSyncs.start(this);
  }

  async #syncNow(): Promise<void> {
    this.#look();
    await this.#batches.drain();
    try {
      await this.#appender.sync();
    } catch (error) {
      throw new StoreWriteError(this.#appender.path, error);
    }
  }

  /** {@linkcode JournalWriter.look} for whoever waits for the file system's answer. */
  #look(): void {
    try {
      this.look();
    } catch (error) {
      throw new StoreWriteError(this.#appender.path, error);
    }
  }

  #tendSealed(): void {
    try {
      this.tend();
    } catch (error) {
      // The record that made the segment full must not suffer for it; the next look tries again.
      if (errorCode(error) === undefined) throw error;
    }
  }
}
