/**
 * An open file of the operating system.
 *
 * Positional reads and writes are the kernel's `pread` and `pwrite`, on Deno and on Bun, so that calls on one handle never
 * move each other's place.
 *
 * @module
 */

import * as fs from "node:fs";
import { DenoFileWriter } from "./deno_file_writer.ts";
import type { FileHandle, FileInfo, FileKind } from "./file_system.ts";
import { systemError } from "./system_error.ts";

/** What is known of a descriptor. */
export interface NodeFileHandleOptions {
  /** Where it was opened. */
  readonly path: string;
  /** Whether it was opened for writing. */
  readonly isWritable: boolean;
}

/**
 * A {@linkcode FileHandle} over a descriptor. A descriptor number is used again once it is closed, so {@linkcode close}
 * waits for the asynchronous calls under way: they would reach another file.
 */
export class NodeFileHandle implements FileHandle {
  readonly #descriptor: number;
  readonly #path: string;
  #closed = false;
  #callsInFlight = 0;
  /** `null` once it is known that there is none. */
  #denoWriter: DenoFileWriter | null | undefined;

  /** Takes over `descriptor`. */
  constructor(descriptor: number, { path, isWritable }: NodeFileHandleOptions) {
    this.#descriptor = descriptor;
    this.#path = path;
    // A second descriptor for writing would give a handle for reading the right to write.
    if (!isWritable) this.#denoWriter = null;
  }

  /** What the file is now. */
  stat(): FileInfo {
    this.#assertOpen("stat");
    return fileInfo(fs.fstatSync(this.#descriptor, { bigint: true }));
  }

  /** Reads until `buffer` is full or the file ends. */
  readSync(buffer: Uint8Array, offset: number): number {
    this.#assertOpen("read");
    for (let count = 0;;) {
      const read = fs.readSync(this.#descriptor, buffer, count, buffer.length - count, offset + count);
      count += read;
      if (read === 0 || count === buffer.length) return count;
    }
  }

  /** Reads until `buffer` is full or the file ends. */
  async read(buffer: Uint8Array, offset: number): Promise<number> {
    this.#assertOpen("read");
    return await this.#hold(async () => {
      for (let count = 0;;) {
        const read = await readSome(this.#descriptor, buffer.subarray(count), offset + count);
        count += read;
        if (read === 0 || count === buffer.length) return count;
      }
    });
  }

  /** Writes all of `buffer`, in as many system calls as it takes. */
  writeSync(buffer: Uint8Array, offset: number): void {
    this.#assertOpen("write");
    for (let count = 0; count < buffer.length;) {
      const written = fs.writeSync(this.#descriptor, buffer, count, buffer.length - count, offset + count);
      this.#assertProgress(written);
      count += written;
    }
  }

  /** Writes all of `buffer`, in as many system calls as it takes. */
  async write(buffer: Uint8Array, offset: number): Promise<void> {
    this.#assertOpen("write");
    await this.#hold(async () => {
      for (let count = 0; count < buffer.length;) {
        const written = await this.#writeSome(buffer.subarray(count), offset + count);
        this.#assertProgress(written);
        count += written;
      }
    });
  }

  /** Sets the file's length. */
  truncate(sizeBytes: number): void {
    this.#assertOpen("truncate");
    fs.ftruncateSync(this.#descriptor, sizeBytes);
  }

  /** Waits for `fdatasync` in the thread pool. */
  async sync(): Promise<void> {
    this.#assertOpen("sync");
    await this.#hold(() => settle<void>((done) => fs.fdatasync(this.#descriptor, done)));
  }

  /** Calls `fdatasync` on this thread. */
  syncSync(): void {
    this.#assertOpen("sync");
    fs.fdatasyncSync(this.#descriptor);
  }

  /** Refuses further calls at once, and closes the descriptor when the last call under way has settled. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#callsInFlight === 0) this.#closeDescriptors();
  }

  #writeSome(buffer: Uint8Array, offset: number): Promise<number> {
    if (this.#denoWriter === undefined) {
      const { identity } = fileInfo(fs.fstatSync(this.#descriptor, { bigint: true }));
      this.#denoWriter = DenoFileWriter.open(this.#path, identity) ?? null;
    }
    if (this.#denoWriter !== null) return this.#denoWriter.write(buffer, offset);
    return settle((done) => fs.write(this.#descriptor, buffer, 0, buffer.length, offset, done));
  }

  async #hold<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#callsInFlight++;
    try {
      return await call();
    } finally {
      this.#callsInFlight--;
      if (this.#closed && this.#callsInFlight === 0) this.#closeDescriptors();
    }
  }

  #closeDescriptors(): void {
    fs.closeSync(this.#descriptor);
    this.#denoWriter?.close();
  }

  #assertOpen(action: string): void {
    if (this.#closed) throw systemError("EBADF", `Cannot ${action} "${this.#path}": the handle is closed`);
  }

  #assertProgress(writtenBytes: number): void {
    if (writtenBytes === 0) throw systemError("EIO", `Cannot write "${this.#path}": the system took no bytes`);
  }
}

/** The interface's view of what the system reports. Inode numbers may pass 2^53, so they are read as big integers. */
export function fileInfo(stats: fs.BigIntStats): FileInfo {
  return {
    kind: fileKind(stats),
    sizeBytes: Number(stats.size),
    // Runtimes set a time as a fraction of seconds, which can end up just below the millisecond that was meant.
    modifiedTimeMs: Math.round(Number(stats.mtimeNs) / 1e6),
    identity: `${stats.dev}:${stats.ino}`,
  };
}

/** What the system says that something is. */
export function fileKind(node: Pick<fs.BigIntStats | fs.Dirent, "isFile" | "isDirectory">): FileKind {
  if (node.isFile()) return "file";
  return node.isDirectory() ? "directory" : "other";
}

/** Turns a call with a callback into a promise. A call that hands nothing over has the result `void`. */
export function settle<Result>(call: (done: (error: Error | null, result?: Result) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => call((error, result) => error ? reject(error) : resolve(result as Result)));
}

function readSome(descriptor: number, buffer: Uint8Array, offset: number): Promise<number> {
  return settle((done) => fs.read(descriptor, buffer, 0, buffer.length, offset, done));
}
