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
import type { MemoryNode } from "./memory_directory.ts";
import { type MemoryDisk, volumeOf } from "./memory_disk.ts";
import type { MemoryFile } from "./memory_file.ts";
import { MemoryFileHandle } from "./memory_file_handle.ts";
import {
  type MemoryAsyncOperation,
  type MemoryFailure,
  type MemoryOperation,
  MemoryProcess,
  type MemoryStep,
} from "./memory_process.ts";
import type { MemoryVolume } from "./memory_volume.ts";
import { systemError } from "./system_error.ts";

/**
 * One process that uses a {@linkcode MemoryDisk}. Several on one disk see each other's files and locks.
 *
 * Operations fail ({@linkcode failNext}, {@linkcode failWhen}) and hesitate ({@linkcode holdNext}) on command, and each
 * step can be watched, or be the last ({@linkcode onStep}).
 *
 * @example Let a write fail
 * ```ts
 * import assert from "node:assert/strict";
 * import { ManualClock, MemoryDisk, MemoryFileSystem } from "@varve/varve/testing";
 *
 * const fileSystem = new MemoryFileSystem(new MemoryDisk(new ManualClock(0)));
 * const handle = fileSystem.open("/log", "update");
 * fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 3 });
 * assert.throws(() => handle.writeSync(new TextEncoder().encode("a line"), 0), { code: "ENOSPC" });
 * assert.equal(handle.stat().sizeBytes, 3);
 * ```
 */
export class MemoryFileSystem implements FileSystem {
  readonly #volume: MemoryVolume;
  readonly #process = new MemoryProcess();
  readonly #locks = new Map<string, { readonly file: MemoryFile }>();
  readonly #openFiles = new Map<FileHandle, MemoryFile>();

  /** A new process. */
  constructor(disk: MemoryDisk) {
    this.#volume = volumeOf(disk);
    this.#volume.users.add(this);
  }

  /** Lets the next `operation` of this process fail. Several calls fail as many operations, in that order. */
  failNext(operation: MemoryOperation, failure: MemoryFailure): void {
    this.#process.failNext(operation, failure);
  }

  /**
   * Asks `rule` before each operation of this process takes effect, and lets it fail when there is an answer. Ends when the
   * returned function is called. What {@linkcode failNext} ordered comes first.
   */
  failWhen(rule: (step: MemoryStep) => MemoryFailure | undefined): () => void {
    return this.#process.failWhen(rule);
  }

  /**
   * Lets the next asynchronous `operation` of this process take effect, and settle, only after the returned function was
   * called. Several calls hold as many operations, in that order.
   */
  holdNext(operation: MemoryAsyncOperation): () => void {
    return this.#process.holdNext(operation);
  }

  /**
   * Calls `listener` just before each operation of this process takes effect, or fails, that changes the disk or what of it
   * is durable: all but `open`, `stat`, `list`, `freeBytes` and `read`. When the listener ends the process, by
   * {@linkcode kill} or by a crash of the disk, the operation throws `EIO` and has no effect. Ends when the returned
   * function is called.
   */
  onStep(listener: (step: MemoryStep) => void): () => void {
    return this.#process.onStep(listener);
  }

  /**
   * Ends the process as `kill -9` does: its locks are free, its writes under way never land, further calls throw `EIO`. What
   * was written stays on the disk, synced or not.
   */
  kill(): void {
    this.#process.kill();
    for (const { file } of this.#locks.values()) this.#volume.unlock(file);
    this.#locks.clear();
    for (const file of this.#openFiles.values()) this.#volume.close(file);
    this.#openFiles.clear();
    this.#volume.users.delete(this);
  }

  /** Opens a file. */
  open(path: string, mode: OpenMode): FileHandle {
    this.#process.start("open", path).finish();
    // The operating system's file system refuses this too, where it would free the lock.
    if (this.#locks.has(path)) throw systemError("EBUSY", `Cannot open "${path}": this process holds it as a lock`);
    const file = this.#openedFile(path, mode);
    this.#volume.open(file);
    const handle = new MemoryFileHandle(file, {
      volume: this.#volume,
      process: this.#process,
      path,
      isWritable: mode !== "read",
      onClose: () => {
        if (this.#openFiles.delete(handle)) this.#volume.close(file);
      },
    });
    this.#openFiles.set(handle, file);
    return handle;
  }

  /** What stands at `path`. */
  stat(path: string): FileInfo | undefined {
    this.#process.start("stat", path).finish();
    return this.#look(path)?.info();
  }

  /** The names in a directory. */
  list(path: string): DirectoryEntry[] {
    this.#process.start("list", path).finish();
    const node = this.#look(path);
    return node?.kind === "directory" ? Array.from(node.entries, ([name, { kind }]) => ({ name, kind })) : [];
  }

  /** Creates a directory and its missing parents. */
  makeDirectory(path: string): void {
    this.#process.start("makeDirectory", path).finish();
    this.#volume.makeDirectory(path);
  }

  /** Gives a file another name; a directory keeps its own (`EISDIR`). */
  rename(from: string, to: string): void {
    this.#process.start("rename", from).finish();
    this.#volume.rename(from, to);
  }

  /** Removes a file. */
  remove(path: string): void {
    this.#process.start("remove", path).finish();
    this.#volume.remove(path);
  }

  /** Removes a file. */
  async unlink(path: string): Promise<void> {
    await Promise.resolve();
    this.remove(path);
  }

  /** Sets the time of a file's last change. */
  setModifiedTime(path: string, timeMs: number): void {
    this.#process.start("setModifiedTime", path).finish();
    this.#volume.setModifiedTime(path, timeMs);
  }

  /** Resolves once the names that the directory had at the call are durable. */
  async syncDirectory(path: string): Promise<void> {
    const directory = this.#volume.findDirectory(path);
    const changes = [...directory.changes];
    await this.#process.startAsync({ operation: "syncDirectory", path }, (call) => {
      call.finish();
      this.#volume.syncDirectory(directory, changes);
    });
  }

  /** The same at once. */
  syncDirectorySync(path: string): void {
    this.#process.start("syncDirectory", path).finish();
    const directory = this.#volume.findDirectory(path);
    this.#volume.syncDirectory(directory, [...directory.changes]);
  }

  /** Takes the lock on `path`. */
  lock(path: string): FileLock | undefined {
    this.#process.start("lock", path).finish();
    if (this.#locks.has(path)) return undefined;
    const file = this.#existingFile(path, "lock") ?? this.#volume.createFile(path);
    if (!this.#volume.lock(file)) return undefined;
    const held = { file };
    this.#locks.set(path, held);
    const release = (): void => {
      if (this.#locks.get(path) !== held) return;
      this.#locks.delete(path);
      this.#volume.unlock(file);
    };
    return { identity: file.identity, release };
  }

  /** How many bytes may still be written; `undefined` on a disk without a limit. */
  freeBytes(path: string): number | undefined {
    this.#process.start("freeBytes", path).finish();
    if (this.#volume.find(path) === undefined) throw systemError("ENOENT", `Cannot look at "${path}": no such file`);
    return this.#volume.capacityBytes === Infinity ? undefined : this.#volume.freeBytes;
  }

  #look(path: string): MemoryNode | undefined {
    try {
      return this.#volume.find(path);
    } catch (error) {
      if (errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  #openedFile(path: string, mode: OpenMode): MemoryFile {
    const existing = this.#existingFile(path, "open");
    if (existing !== undefined && mode !== "replace") return existing;
    if (mode === "read" || mode === "existing") throw systemError("ENOENT", `Cannot open "${path}": no such file`);
    this.#process.start("create", path).finish();
    if (existing === undefined) return this.#volume.createFile(path);
    this.#volume.truncate(existing, { sizeBytes: 0, path });
    return existing;
  }

  #existingFile(path: string, action: string): MemoryFile | undefined {
    const node = this.#volume.find(path);
    if (node?.kind === "directory") throw systemError("EISDIR", `Cannot ${action} "${path}": it is a directory`);
    return node;
  }
}
