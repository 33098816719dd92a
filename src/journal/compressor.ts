/**
 * Compresses sealed segments, one at a time, away from the thread that appends.
 *
 * Deno's "asynchronous" zlib blocks its event loop for as long as a whole segment takes, so the work goes to a Worker.
 * Where none can start, it is done here, a block at a time, with other work let through in between.
 *
 * @module
 */

import * as zlib from "node:zlib";
import {
  BLOCK_TARGET_BYTES,
  COMPRESSION_BACKLOG_MAX,
  COMPRESSION_CANCEL_TIMEOUT_MS,
  COMPRESSION_LEVEL,
  COMPRESSION_LEVEL_FAST,
  COMPRESSION_START_DELAY_MS,
} from "../limits.ts";
import type { TimeSource } from "../model/record_time.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import { nodeCompressionFiles } from "../platform/compression_files.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { type BackgroundThread, lowerThreadPriority, startThread } from "../platform/worker.ts";
import {
  type CompressionJob,
  compressionParts,
  type CompressionResult,
  compressSegment,
} from "../segment/compression.ts";
import { SIDE_FILE_SIZES } from "../segment/side_file.ts";

/** One sealed segment that is to be compressed. */
export interface CompressionTask {
  readonly rawPath: string;
  readonly temporaryPath: string;
  /** See {@linkcode CompressionJob.foundPath}. */
  readonly foundPath: string | undefined;
  /** Where the side file goes. */
  readonly sideFilePath: string;
  readonly time: TimeSource;
  /** Whether the segment is still there and wanted. Asked before the work. */
  isWanted(): boolean;
  /** Sets room aside for the result, and gives what gives it back; `undefined` when the segment has to stay raw for now. */
  reserve(): (() => void) | undefined;
  /** Puts the finished temporary file in the raw one's place. False when the segment is not wanted any more. */
  finish(result: CompressionResult): Promise<boolean>;
  /** Clears away what a compression that failed, was cancelled or was not wanted any more left. */
  abandon(): void;
}

/** Compressions since the store was opened. */
export interface CompressionStats {
  /** Segments compressed. */
  readonly finished: number;
  /** Compressions that failed; their segments stay raw until the next sealing or open. */
  readonly failed: number;
  /** Segments that wait or are being compressed. */
  readonly backlog: number;
  /** Bytes of the compressed segments before. */
  readonly rawBytes: number;
  /** Bytes of them afterwards. */
  readonly compressedBytes: number;
}

/** How compressions are run. */
export type CompressionMode =
  /** In a Worker: for files of the real file system. */
  | "worker"
  /** In the calling thread, yielding between blocks: for every other {@linkcode FileSystem}. */
  | "inline";

/** What the Worker says of a job. */
type CompressionReply = { readonly result: CompressionResult } | { readonly error: string };

/** See the module. */
export class Compressor {
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  #mode: CompressionMode;
  #thread: BackgroundThread | undefined;
  #queue: CompressionTask[] = [];
  #running: CompressionTask | undefined;
  /** Set to 1 to end the work under way. */
  readonly #cancellation = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #stopStart: StopTimer | undefined;
  #isClosed = false;
  #isPrepared = false;
  /** Whether a Worker has ever done its work here. */
  #hasAnswered = false;
  #finished = 0;
  #failed = 0;
  #rawBytes = 0;
  #compressedBytes = 0;

  constructor(options: { readonly fileSystem: FileSystem; readonly clock: Clock; readonly mode: CompressionMode }) {
    this.#fileSystem = options.fileSystem;
    this.#clock = options.clock;
    this.#mode = options.mode;
  }

  /** What was done so far. */
  get stats(): CompressionStats {
    return {
      finished: this.#finished,
      failed: this.#failed,
      backlog: this.#queue.length + (this.#running === undefined ? 0 : 1),
      rawBytes: this.#rawBytes,
      compressedBytes: this.#compressedBytes,
    };
  }

  /**
   * Starts the Worker if there is none, in a later turn of the event loop. That stops Deno's loop for 40 ms, which is better
   * early in the life of a busy journal than when its first segment is full.
   */
  prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    this.#clock.setTimer(() => this.#isClosed || this.#mode === "inline" || this.#startThread(), 0);
  }

  /** Queues a segment. One that is queued already is not queued twice. */
  add(task: CompressionTask): void {
    const known = [this.#running, ...this.#queue].some((other) => other?.rawPath === task.rawPath);
    if (this.#isClosed || known) return;
    this.#queue.push(task);
    if (this.#running !== undefined || this.#stopStart !== undefined) return;
    // To start a thread stops Deno's loop: not while a program opens its journals, which is when most of its work is done.
    const delayMs = this.#mode === "inline" || this.#thread !== undefined ? 0 : COMPRESSION_START_DELAY_MS;
    if (delayMs === 0) return void this.#work();
    this.#stopStart = this.#clock.setTimer(() => {
      this.#stopStart = undefined;
      void this.#work();
    }, delayMs);
  }

  /**
   * Takes the segments that `matches` from the queue.
   *
   * @returns False when one of them is being compressed at this moment; then nothing changes.
   */
  discard(matches: (rawPath: string) => boolean): boolean {
    if (this.#running !== undefined && matches(this.#running.rawPath)) return false;
    this.#queue = this.#queue.filter((task) => !matches(task.rawPath));
    return true;
  }

  /** Whether no segment that `matches` waits or is being compressed. */
  isIdle(matches: (rawPath: string) => boolean): boolean {
    return ![this.#running, ...this.#queue].some((task) => task !== undefined && matches(task.rawPath));
  }

  /** Resolves when no compression of a segment that `matches` is queued or under way any more. */
  async cancel(matches: (rawPath: string) => boolean): Promise<void> {
    while (!this.discard(matches)) {
      // Else the work loop would start each of them, with a Worker of its own, only to have it stopped.
      this.#queue = this.#queue.filter((task) => !matches(task.rawPath));
      await this.#endRunning();
    }
  }

  /** Ends the work under way, which closes its files and clears away what it wrote. The thread is stopped only if it does not. */
  async #endRunning(): Promise<void> {
    const running = this.#running;
    const startMs = this.#clock.monotonicMs();
    Atomics.store(this.#cancellation, 0, 1);
    while (this.#running === running) {
      await this.#clock.sleep(1);
      // A thread that is stopped leaves its files open, on Bun for as long as the process lives.
      if (this.#clock.monotonicMs() - startMs > COMPRESSION_CANCEL_TIMEOUT_MS) this.#stopThread();
    }
  }

  /** Ends the work under way, if any. What is left is taken up at the next open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopStart?.();
    await this.cancel(() => true);
    this.#stopThread();
  }

  async #work(): Promise<void> {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      this.#running = task;
      Atomics.store(this.#cancellation, 0, 0);
      await this.#compress(task);
      this.#running = undefined;
    }
  }

  async #compress(task: CompressionTask): Promise<void> {
    const level = this.#queue.length >= COMPRESSION_BACKLOG_MAX ? COMPRESSION_LEVEL_FAST : COMPRESSION_LEVEL;
    const { rawPath, temporaryPath, foundPath, time } = task;
    const cancellation = this.#cancellation;
    const sideFile = { path: task.sideFilePath, sizes: SIDE_FILE_SIZES };
    const files = { rawPath, temporaryPath, foundPath, sideFile };
    const job = { ...files, time, level, blockTargetBytes: BLOCK_TARGET_BYTES, cancellation };
    let giveBack: (() => void) | undefined;
    try {
      // Making room deletes segments, which whoever queued this one is perhaps about to do.
      await Promise.resolve();
      if (!task.isWanted()) return;
      giveBack = task.reserve();
      if (giveBack === undefined) return;
      const result = this.#mode === "worker" ? await this.#runInThread(job) : await this.#runInline(job);
      if (!await task.finish(result)) return abandonQuietly(task);
      this.#finished++;
      this.#rawBytes += result.rawBytes;
      this.#compressedBytes += result.compressedBytes;
    } catch {
      // The raw segment is whole and stays readable; it is taken up again at the next sealing or open.
      // One that was pruned meanwhile did not fail.
      if (Atomics.load(cancellation, 0) === 0 && isWantedStill(task)) this.#failed++;
      abandonQuietly(task);
    } finally {
      giveBack?.();
    }
  }

  async #runInThread(job: CompressionJob): Promise<CompressionResult> {
    const thread = this.#startThread();
    if (thread === undefined) return this.#runInline(job);
    const reply = await thread.ask(job).catch((error) => this.#replace(thread, error)) as CompressionReply;
    this.#hasAnswered = true;
    if ("result" in reply) return reply.result;
    throw new Error(reply.error);
  }

  /** Gives up a Worker that ended. One that ended before its first answer could not start: the work is then done here. */
  #replace(thread: BackgroundThread, error: unknown): never {
    if (this.#thread === thread) {
      this.#thread = undefined;
      if (!this.#hasAnswered) this.#mode = "inline";
    }
    throw error;
  }

  /** The Worker; `undefined` where none can start. */
  #startThread(): BackgroundThread | undefined {
    try {
      return this.#thread ??= startThread(compressionSource());
    } catch {
      this.#mode = "inline";
      return undefined;
    }
  }

  async #runInline(job: CompressionJob): Promise<CompressionResult> {
    const work = compressSegment({ files: this.#fileSystem, zlib, parts: compressionParts }, job);
    for (let step = work.next();; step = work.next()) {
      if (step.done === true) return step.value;
      await new Promise<void>((resolve) => this.#clock.setTimer(resolve, 0));
      if (Atomics.load(job.cancellation, 0) !== 0) work.throw(new Error(`Cannot finish "${job.rawPath}": cancelled`));
    }
  }

  #stopThread(): void {
    void this.#thread?.stop();
    this.#thread = undefined;
  }
}

function isWantedStill(task: CompressionTask): boolean {
  try {
    return task.isWanted();
  } catch {
    // Where the file system does not even say, the compression has failed.
    return true;
  }
}

/** What cannot be cleared away now is a leftover that the next open removes. */
function abandonQuietly(task: CompressionTask): void {
  try {
    task.abandon();
  } catch {
    // The file system refuses; nothing depends on it.
  }
}

/** The Worker's module: the functions that compress as text, and a loop that answers jobs. */
function compressionSource(): string {
  const parts = Object.entries(compressionParts).map(([name, part]) => `${JSON.stringify(name)}: ${part}`);
  return `import * as fs from "node:fs";
import * as os from "node:os";
import process from "node:process";
import * as zlib from "node:zlib";
import { parentPort } from "node:worker_threads";
(${lowerThreadPriority})({ os, process });
const parts = { ${parts.join(",\n")} };
const context = { files: (${nodeCompressionFiles})(fs), zlib, parts };
parentPort.on("message", (job) => {
  try {
    const work = parts.compressSegment(context, job);
    let step = work.next();
    while (!step.done) {
      if (Atomics.load(job.cancellation, 0) !== 0) work.throw(new Error("cancelled"));
      step = work.next();
    }
    parentPort.postMessage({ result: step.value });
  } catch (error) {
    parentPort.postMessage({ error: String(error) });
  }
});
`;
}
