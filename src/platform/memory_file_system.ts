/**
 * A file system in memory, with POSIX semantics, that fails and hesitates on command.
 *
 * @module
 */

import {
  type DirectoryEntry,
  errorCode,
  type FileHandle,
  type FileInfo,
  type FileLock,
  type FileSystem,
  type OpenMode,
} from "./file_system.ts";
import type { MemoryDisk, MemoryFile, MemoryNode } from "./memory_disk.ts";
import {
  type MemoryAsyncOperation,
  type MemoryFailure,
  type MemoryOperation,
  MemoryProcess,
} from "./memory_process.ts";
import { systemError } from "./system_error.ts";

/** One process that uses a {@linkcode MemoryDisk}. Several on one disk see each other's files and locks. */
export class MemoryFileSystem implements FileSystem {
  readonly #disk: MemoryDisk;
  readonly #process = new MemoryProcess();
  readonly #locks = new Map<string, { readonly file: MemoryFile }>();

  /** A new process. */
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  /** Lets the next `operation` of this process fail. Several calls fail as many operations, in that order. */
  failNext(operation: MemoryOperation, failure: MemoryFailure): void {
    this.#process.failNext(operation, failure);
  }

  /**
   * Lets the next asynchronous `operation` of this process take effect, and settle, only after the returned function was
   * called. Several calls hold as many operations, in that order.
   */
  holdNext(operation: MemoryAsyncOperation): () => void {
    return this.#process.holdNext(operation);
  }

  /** Ends the process as `kill -9` does: its locks are free, its writes under way never land, further calls throw `EIO`. */
  kill(): void {
    this.#process.kill();
    for (const { file } of this.#locks.values()) this.#disk.unlockFile(file);
    this.#locks.clear();
  }

  /** Opens a file. */
  open(path: string, mode: OpenMode): FileHandle {
    this.#process.start("open", path).finish();
    // The operating system's file system refuses this too, where it would free the lock.
    if (this.#locks.has(path)) throw systemError("EBUSY", `Cannot open "${path}": this process holds it as a lock`);
    const file = mode === "read" ? this.#existingFile(path) : this.#fileFor(path, "open");
    if (mode === "replace") this.#disk.truncateFile(file, 0);
    return new MemoryFileHandle(file, { disk: this.#disk, process: this.#process, path, isWritable: mode !== "read" });
  }

  /** What stands at `path`. */
  stat(path: string): FileInfo | undefined {
    const node = this.#look(path);
    return node === undefined ? undefined : infoOf(node);
  }

  /** The names in a directory. */
  list(path: string): DirectoryEntry[] {
    const node = this.#look(path);
    return node?.kind === "directory" ? Array.from(node.entries, ([name, { kind }]) => ({ name, kind })) : [];
  }

  /** Creates a directory and its missing parents. */
  makeDirectory(path: string): void {
    this.#process.start("makeDirectory", path).finish();
    this.#disk.makeDirectory(path);
  }

  /** Gives a file another name; a directory keeps its own (`EISDIR`). */
  rename(from: string, to: string): void {
    this.#process.start("rename", from).finish();
    this.#disk.rename(from, to);
  }

  /** Removes a file. */
  remove(path: string): void {
    this.#process.start("remove", path).finish();
    this.#disk.remove(path);
  }

  /** Removes a file. */
  async unlink(path: string): Promise<void> {
    await Promise.resolve();
    this.remove(path);
  }

  /** Sets the time of a file's last change. */
  setModifiedTime(path: string, timeMs: number): void {
    this.#process.start("setModifiedTime", path).finish();
    this.#disk.setModifiedTime(path, timeMs);
  }

  /** Resolves once the directory's names are on disk. */
  async syncDirectory(path: string): Promise<void> {
    const step = await this.#process.startAsync("syncDirectory", path);
    step.finish();
    if (this.#disk.find(path) === undefined) throw systemError("ENOENT", `Cannot sync "${path}": no such directory`);
  }

  /** The same at once. */
  syncDirectorySync(path: string): void {
    this.#process.start("syncDirectory", path).finish();
    if (this.#disk.find(path) === undefined) throw systemError("ENOENT", `Cannot sync "${path}": no such directory`);
  }

  /** Takes the lock on `path`. */
  lock(path: string): FileLock | undefined {
    this.#process.start("lock", path).finish();
    if (this.#locks.has(path)) return undefined;
    const file = this.#fileFor(path, "lock");
    if (!this.#disk.lockFile(file)) return undefined;
    const held = { file };
    this.#locks.set(path, held);
    const release = (): void => {
      if (this.#locks.get(path) !== held) return;
      this.#locks.delete(path);
      this.#disk.unlockFile(file);
    };
    return { identity: file.identity, release };
  }

  #look(path: string): MemoryNode | undefined {
    this.#process.assertAlive();
    try {
      return this.#disk.find(path);
    } catch (error) {
      if (errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  #existingFile(path: string): MemoryFile {
    const node = this.#disk.find(path);
    if (node === undefined) throw systemError("ENOENT", `Cannot open "${path}": no such file`);
    if (node.kind === "directory") throw systemError("EISDIR", `Cannot open "${path}": it is a directory`);
    return node;
  }

  #fileFor(path: string, action: string): MemoryFile {
    const node = this.#disk.find(path);
    if (node?.kind === "directory") throw systemError("EISDIR", `Cannot ${action} "${path}": it is a directory`);
    return node ?? this.#disk.createFile(path);
  }
}

interface MemoryFileHandleOptions {
  readonly disk: MemoryDisk;
  readonly process: MemoryProcess;
  readonly path: string;
  readonly isWritable: boolean;
}

class MemoryFileHandle implements FileHandle {
  readonly #file: MemoryFile;
  readonly #options: MemoryFileHandleOptions;
  #closed = false;

  constructor(file: MemoryFile, options: MemoryFileHandleOptions) {
    this.#file = file;
    this.#options = options;
  }

  stat(): FileInfo {
    this.#assertUsable("stat");
    this.#options.process.assertAlive();
    return infoOf(this.#file);
  }

  readSync(buffer: Uint8Array, offset: number): number {
    this.#assertUsable("read");
    this.#options.process.start("read", this.#options.path).finish();
    return this.#copyOut(buffer, offset);
  }

  async read(buffer: Uint8Array, offset: number): Promise<number> {
    this.#assertUsable("read");
    const step = await this.#options.process.startAsync("read", this.#options.path);
    step.finish();
    return this.#copyOut(buffer, offset);
  }

  writeSync(buffer: Uint8Array, offset: number): void {
    this.#assertUsable("write");
    const step = this.#options.process.start("write", this.#options.path);
    this.#options.disk.writeBytes(this.#file, buffer.subarray(0, step.landedBytes), offset);
    step.finish();
  }

  async write(buffer: Uint8Array, offset: number): Promise<void> {
    this.#assertUsable("write");
    const step = await this.#options.process.startAsync("write", this.#options.path);
    this.#options.disk.writeBytes(this.#file, buffer.subarray(0, step.landedBytes), offset);
    step.finish();
  }

  truncate(sizeBytes: number): void {
    this.#assertUsable("truncate");
    this.#options.process.start("truncate", this.#options.path).finish();
    this.#options.disk.truncateFile(this.#file, sizeBytes);
  }

  async sync(): Promise<void> {
    this.#assertUsable("sync");
    const step = await this.#options.process.startAsync("sync", this.#options.path);
    step.finish();
  }

  syncSync(): void {
    this.#assertUsable("sync");
    this.#options.process.start("sync", this.#options.path).finish();
  }

  close(): void {
    this.#closed = true;
  }

  #copyOut(buffer: Uint8Array, offset: number): number {
    const available = this.#file.bytes.subarray(0, this.#file.sizeBytes).subarray(offset, offset + buffer.length);
    buffer.set(available);
    return available.length;
  }

  #assertUsable(action: string): void {
    const { path, isWritable } = this.#options;
    if (this.#closed) throw systemError("EBADF", `Cannot ${action} "${path}": the handle is closed`);
    if (isWritable || (action !== "write" && action !== "truncate")) return;
    throw systemError("EBADF", `Cannot ${action} "${path}": it was opened for reading`);
  }
}

function infoOf(node: MemoryNode): FileInfo {
  const { kind, sizeBytes, modifiedTimeMs, identity } = node;
  return { kind, sizeBytes, modifiedTimeMs, identity };
}
