/**
 * An open file in memory.
 *
 * @module
 */

import type { FileHandle, FileInfo } from "./file_system.ts";
import type { MemoryFile } from "./memory_file.ts";
import type { MemoryCall, MemoryProcess } from "./memory_process.ts";
import type { MemoryVolume } from "./memory_volume.ts";
import { systemError } from "./system_error.ts";

/** Whose handle it is. */
export interface MemoryFileHandleOptions {
  readonly volume: MemoryVolume;
  readonly process: MemoryProcess;
  /** Where it was opened. */
  readonly path: string;
  readonly isWritable: boolean;
  /** Called once, when it is closed. */
  readonly onClose: () => void;
}

/** See the module. */
export class MemoryFileHandle implements FileHandle {
  readonly #file: MemoryFile;
  readonly #options: MemoryFileHandleOptions;
  #closed = false;

  /** An open handle. */
  constructor(file: MemoryFile, options: MemoryFileHandleOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** What the file is now. */
  stat(): FileInfo {
    this.#assertUsable("stat");
    this.#options.process.start("stat", this.#options.path).finish();
    return this.#file.info();
  }

  /** Reads at once. */
  readSync(buffer: Uint8Array, offset: number): number {
    this.#assertUsable("read");
    this.#options.process.start("read", this.#options.path).finish();
    return this.#file.read(buffer, offset);
  }

  /** Reads in a later turn. */
  async read(buffer: Uint8Array, offset: number): Promise<number> {
    this.#assertUsable("read");
    const { process, path } = this.#options;
    return await process.startAsync({ operation: "read", path }, (call) => {
      call.finish();
      return this.#file.read(buffer, offset);
    });
  }

  /** Writes at once. */
  writeSync(buffer: Uint8Array, offset: number): void {
    this.#assertUsable("write");
    const call = this.#options.process.start("write", this.#options.path);
    this.#land(buffer, { offset, call });
  }

  /** Writes in a later turn. */
  async write(buffer: Uint8Array, offset: number): Promise<void> {
    this.#assertUsable("write");
    const { process, path } = this.#options;
    await process.startAsync({ operation: "write", path }, (call) => this.#land(buffer, { offset, call }));
  }

  /** Sets the file's length. */
  truncate(sizeBytes: number): void {
    this.#assertUsable("truncate");
    const { process, volume, path } = this.#options;
    process.start("truncate", path).finish();
    volume.truncate(this.#file, { sizeBytes, path });
  }

  /** Makes what was written before the call durable. */
  async sync(): Promise<void> {
    this.#assertUsable("sync");
    const { lastSequence } = this.#file;
    const { process, path } = this.#options;
    await process.startAsync({ operation: "sync", path }, (call) => this.#settleSync(lastSequence, call));
  }

  /** The same at once. */
  syncSync(): void {
    this.#assertUsable("sync");
    const call = this.#options.process.start("sync", this.#options.path);
    this.#settleSync(this.#file.lastSequence, call);
  }

  /** Gives the handle back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose();
  }

  #land(buffer: Uint8Array, { offset, call }: { readonly offset: number; readonly call: MemoryCall }): void {
    const { volume, path } = this.#options;
    volume.write(this.#file, buffer.subarray(0, call.landedBytes), { offset, path });
    call.finish();
  }

  #settleSync(lastSequence: number, call: MemoryCall): void {
    if (call.isFailing) this.#file.forgetWrites();
    call.finish();
    this.#file.sync(lastSequence);
  }

  #assertUsable(action: string): void {
    const { path, isWritable } = this.#options;
    if (this.#closed) throw systemError("EBADF", `Cannot ${action} "${path}": the handle is closed`);
    if (isWritable || (action !== "write" && action !== "truncate")) return;
    throw systemError("EBADF", `Cannot ${action} "${path}": it was opened for reading`);
  }
}
