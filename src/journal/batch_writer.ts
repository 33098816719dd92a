/**
 * Collects encoded records into batches and writes each batch once.
 *
 * A batch is written synchronously while the disk is quick. After a slow or failed write, batches wait in a bounded
 * queue that is written asynchronously, in order. Ten times as long as the slow write took, the next one may stop the
 * program again: however slow the disk, it stops it for a tenth of the time at most.
 *
 * A program that appends without letting the event loop turn leaves no room for asynchronous writes. Past 1 MiB in one
 * turn the queue is therefore written synchronously: nothing else could run in the meantime anyway. So it is when half of
 * the room for waiting records is taken, unless the disk stood still for long: to stop the program for a moment is better
 * than to lose records to a hiccup.
 *
 * Guarantees
 * - Batches reach the sink in the order of their records, each once, and none is split.
 * - A record handed in is written, queued, or dropped with a reason; nothing else can become of it.
 *
 * @module
 */

import { StoreLockedError, StoreWriteError } from "../errors.ts";
import {
  BATCH_MAX_CHARS,
  BYTES_PER_CHAR_MAX,
  SLOW_WRITE_MS,
  SLOW_WRITE_PAUSE_FACTOR,
  STALLED_WRITE_MS,
  TURN_MAX_BYTES,
  WRITE_RETRY_MS,
} from "../limits.ts";
import { joinBytes } from "../model/bytes.ts";
import type { DropReason } from "../model/account.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import { errorCode } from "../platform/file_system.ts";
import type { JournalAccounts } from "./accounts.ts";
import type { QueueBudget } from "./queue_budget.ts";

/** Where batches go. Both forms throw when the file system refuses; the bytes are then given again later. */
export interface BatchSink {
  /** The file being written, for messages. */
  readonly path: string;
  writeSync(bytes: Uint8Array): void;
  /**
   * Calls `onWritten` in the very turn in which the bytes come to stand before all later ones, so that nobody can write them
   * once more behind themselves; not at all where a synchronous write has done the same meanwhile.
   */
  write(bytes: Uint8Array, onWritten: () => void): Promise<void>;
}

/** What a {@linkcode BatchWriter} works with. */
export interface BatchWriterOptions {
  readonly sink: BatchSink;
  readonly clock: Clock;
  readonly accounts: JournalAccounts;
  readonly budget: QueueBudget;
  /** Records are collected up to this many characters. A longer one is a batch of its own. */
  readonly batchMaxChars: number;
  /** Queued batches are written together up to this many bytes. */
  readonly writeMaxBytes: number;
  /** Called when batches were written that had to wait. */
  readonly onLateWrite: () => void;
}

interface Batch {
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** A flush that waits for a batch, the newest one when it was called. */
interface Waiter {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const encoder = new TextEncoder();
// Synchronous writes never overlap, so that all journals share one buffer.
const scratch = new Uint8Array(2 * BATCH_MAX_CHARS * BYTES_PER_CHAR_MAX);

/** See the module. */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  #text = "";
  #textRecords = 0;
  readonly #queue: Batch[] = [];
  #queuedRecords = 0;
  #isPumping = false;
  /** Until this moment of the monotonic clock, batches are queued. */
  #queueUntilMs = -Infinity;
  /** How long the slow write took that made batches queue. */
  #slowWriteMs = 0;
  /** Bytes queued since the event loop turned. */
  #turnBytes = 0;
  #failure: Error | undefined;
  #stopRetry: StopTimer | undefined;
  #waiters: Waiter[] = [];
  /** Why records were lost last. */
  #loss: Error | undefined;
  /** How often records were lost, and up to where that was told. */
  #losses = 0;
  #toldLosses = 0;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Records in memory. */
  get queuedRecords(): number {
    return this.#textRecords + this.#queuedRecords;
  }

  /** Why the last write failed; `undefined` while writes succeed. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Adds one line, without its line feed. Writes what was collected before when both do not fit in a batch. */
  add(line: string): void {
    if (this.#text.length + line.length >= this.#options.batchMaxChars) this.writePending();
    this.#text += line + "\n";
    this.#textRecords++;
  }

  /** Adds lines, each with its line feed, that stay together in one batch. */
  addTogether(lines: string, records: number): void {
    if (this.#text.length + lines.length >= this.#options.batchMaxChars) this.writePending();
    this.#text += lines;
    this.#textRecords += records;
  }

  /** Hands what was collected to the operating system, or to the queue when the disk is not keeping up. */
  writePending(): void {
    if (this.#textRecords === 0) return;
    const text = this.#text;
    const records = this.#textRecords;
    this.#text = "";
    this.#textRecords = 0;
    const startMs = this.#options.clock.monotonicMs();
    if (this.#queue.length > 0 || startMs < this.#queueUntilMs) return this.#enqueue(encoder.encode(text), records);
    const bytes = encodeText(text);
    try {
      this.#options.sink.writeSync(bytes);
    } catch (error) {
      if (error instanceof StoreLockedError) return this.#lose(records, "locked", error);
      this.#fail(error);
      // The scratch buffer is overwritten by the next batch, so the queue gets a copy.
      return this.#enqueue(bytes.slice(), records);
    }
    this.#succeed();
    this.#count(records, bytes.length);
    this.#noteDuration(startMs);
  }

  /**
   * Resolves once the operating system has every record added before the call.
   *
   * @throws {StoreWriteError} If the file system refuses them, which stay queued, or if some were dropped since the last
   * flush because it did for too long.
   * @throws {StoreLockedError} If some were dropped because the folder has another holder now.
   */
  flush(): Promise<void> {
    return this.tellLoss(this.drain());
  }

  /**
   * Resolves or rejects as `work` does, but rejects also if records were dropped that no call before this one has told of,
   * whatever another one tells meanwhile.
   */
  async tellLoss(work: Promise<void>): Promise<void> {
    const toldLosses = this.#toldLosses;
    try {
      await work;
    } finally {
      this.#toldLosses = this.#losses;
    }
    if (this.#losses > toldLosses) throw this.#loss;
  }

  /** Resolves once the operating system has what waits, and rejects as {@linkcode flush}, but for what was lost before. */
  async drain(): Promise<void> {
    this.writePending();
    const batch = this.#queue.at(-1);
    if (batch === undefined) return;
    const written = new Promise<void>((resolve, reject) => this.#waiters.push({ batch, resolve, reject }));
    if (!this.#isPumping) void this.#pump();
    await written;
  }

  /** Writes everything in memory synchronously, the batch under way again at its own place. */
  writeAllSync(): void {
    this.writePending();
    const startMs = this.#options.clock.monotonicMs();
    try {
      for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
        this.#options.sink.writeSync(batch.bytes);
        this.#succeed();
        this.#finish(batch);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#noteDuration(startMs);
  }

  /** Drops everything in memory, which an operator wants gone. Flushes that wait for it resolve. */
  dropWiped(): void {
    this.#dropAll("wiped");
  }

  /** Drops what the file system refuses, since nobody is going to try again. Flushes that wait for it reject. */
  dropRefused(): void {
    if (this.queuedRecords === 0) return;
    const reason = new Error("the store was closed before the file system took the records");
    this.#rejectWaiters(this.#failure ?? new StoreWriteError(this.#options.sink.path, reason));
    this.#dropAll("write_failed");
  }

  #dropAll(reason: DropReason): void {
    this.#succeed();
    this.#options.accounts.drop(reason, this.queuedRecords);
    this.#text = "";
    this.#textRecords = 0;
    for (const batch of [...this.#queue]) this.#remove(batch);
  }

  #enqueue(bytes: Uint8Array, records: number): void {
    if (!this.#options.budget.take(bytes.length)) {
      const reason = new Error("the queue is full and the disk does not keep up");
      return this.#lose(records, "queue_full", this.#failure ?? new StoreWriteError(this.#options.sink.path, reason));
    }
    this.#queue.push({ bytes, records });
    this.#queuedRecords += records;
    // A failure is retried by its timer, not with each batch that comes after it.
    if (this.#failure !== undefined) return;
    if (!this.#isPumping) void this.#pump();
    if (this.#turnBytes === 0) this.#options.clock.setTimer(() => this.#turnBytes = 0, 0);
    this.#turnBytes += bytes.length;
    const isPressing = this.#options.budget.isHalfUsed && this.#slowWriteMs < STALLED_WRITE_MS;
    if (this.#turnBytes > TURN_MAX_BYTES || isPressing) this.writeAllSync();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for (let group = this.#firstBatches(); group.length > 0; group = this.#firstBatches()) {
        await this.#options.sink.write(joinBytes(group.map(({ bytes }) => bytes)), () => {
          // A wipe may have taken them out of the queue meanwhile.
          for (const batch of group) if (this.#queue[0] === batch) this.#finish(batch);
        });
        this.#succeed();
        this.#options.onLateWrite();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  /** The oldest batches that can be written as one: a turn of the event loop then writes all that came in the one before. */
  #firstBatches(): Batch[] {
    let bytes = 0;
    return this.#queue.slice(0, 1).concat(
      this.#queue.slice(1).filter((batch) => {
        bytes += batch.bytes.length;
        return (this.#queue[0]?.bytes.length ?? 0) + bytes <= this.#options.writeMaxBytes;
      }),
    );
  }

  #noteDuration(startMs: number): void {
    const endMs = this.#options.clock.monotonicMs();
    const durationMs = endMs - startMs;
    if (durationMs <= SLOW_WRITE_MS) return;
    this.#slowWriteMs = durationMs;
    this.#queueUntilMs = endMs + SLOW_WRITE_PAUSE_FACTOR * durationMs;
  }

  #fail(error: unknown): void {
    if (error instanceof StoreLockedError) return this.#loseQueue(error);
    // A write that stands in another one's way is no reason of its own: the file system's is known by then.
    const known = errorCode(error) === undefined ? this.#failure : undefined;
    const failure = known ?? new StoreWriteError(this.#options.sink.path, error);
    this.#failure = failure;
    this.#rejectWaiters(failure);
    this.#stopRetry?.();
    this.#stopRetry = this.#options.clock.setTimer(() => {
      this.#stopRetry = undefined;
      // With nothing to write, the file system refuses nothing any more.
      if (this.#queue.length === 0) this.#failure = undefined;
      if (!this.#isPumping) void this.#pump();
    }, WRITE_RETRY_MS);
  }

  /** The file system takes writes, or there is nothing left that it refuses. */
  #succeed(): void {
    this.#failure = undefined;
    this.#stopRetry?.();
    this.#stopRetry = undefined;
  }

  /** The folder belongs to somebody else now: nothing that waits can ever be written. */
  #loseQueue(error: StoreLockedError): void {
    this.#rejectWaiters(error);
    for (const batch of [...this.#queue]) {
      this.#lose(batch.records, "locked", error);
      this.#remove(batch);
    }
  }

  #rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #lose(records: number, reason: DropReason, error: Error): void {
    this.#options.accounts.drop(reason, records);
    this.#loss = error;
    this.#losses++;
  }

  /** Takes the oldest batch out of the queue: batches only ever leave it in order. */
  #remove(batch: Batch): void {
    this.#queue.shift();
    this.#queuedRecords -= batch.records;
    this.#options.budget.give(batch.bytes.length);
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters) if (waiter.batch === batch) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.batch !== batch);
  }

  #finish(batch: Batch): void {
    this.#remove(batch);
    this.#count(batch.records, batch.bytes.length);
  }

  #count(records: number, bytes: number): void {
    this.#options.accounts.written += records;
    this.#options.accounts.writtenBytes += bytes;
  }
}

function encodeText(text: string): Uint8Array {
  if (text.length * BYTES_PER_CHAR_MAX > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
