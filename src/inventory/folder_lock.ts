/**
 * The lock of a server folder, and the note in it that says who holds it.
 *
 * The lock is the kernel's, on the file `.lock`, which nobody opens, replaces or removes otherwise: any close of it in the
 * holding process would free the lock (POSIX). One that somebody replaced counts as lost.
 *
 * @module
 */

import { StoreLockedError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, type FileInfo, type FileLock, type FileSystem } from "../platform/file_system.ts";
import { processId, runtimeName } from "../platform/runtime.ts";
import { HOLDER_NAME, LOCK_NAME } from "../segment/names.ts";
import { parentOf } from "./folder_names.ts";
import { writeJsonFile } from "./json_file.ts";
import { readHolder } from "./lock_holder.ts";

/** What a {@linkcode FolderLock} works with. */
export interface FolderLockOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Absolute path of the folder, which need not be there. */
  readonly path: string;
  /** Whether the folder holds segments. */
  readonly hasSegments: () => boolean;
}

/** See the module. */
export class FolderLock {
  readonly #options: FolderLockOptions;
  #lock: FileLock | undefined;
  #isForeign = false;
  /** Whether the folder had none before. */
  #isNoteNew = false;
  /** Our `.holder.json`; `undefined` while it could not be written. */
  #note: FileInfo | undefined;

  constructor(options: FolderLockOptions) {
    this.#options = options;
  }

  /** Whether it was taken and not given back. */
  get isHeld(): boolean {
    return this.#lock !== undefined;
  }

  /** Whether another program filled the folder before Varve came. Known once the lock was taken. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /**
   * Whether it is held, and neither the locked file nor the holder's note was replaced. Whoever takes the lock writes a note
   * of their own: so a lock shows that was freed unnoticed, as by a program that copies its own folder and so opens and
   * closes `.lock`.
   */
  isOurs(): boolean {
    if (this.#lock === undefined) return false;
    const { fileSystem, path } = this.#options;
    if (fileSystem.stat(`${path}/${LOCK_NAME}`)?.identity !== this.#lock.identity) return false;
    if (this.#note === undefined) return true;
    const note = fileSystem.stat(`${path}/${HOLDER_NAME}`);
    // One that is missing was tidied away, and is written again with the next look.
    if (note === undefined) this.#note = undefined;
    return note === undefined || isSame(note, this.#note);
  }

  /**
   * Creates the folder where it is missing, takes the lock and notes the holder.
   *
   * @throws {StoreLockedError} If somebody else has it.
   * @throws {RangeError} If the folder, or the one above it, is a symbolic link, which would lead out of the root.
   */
  take(): void {
    const { fileSystem, path, hasSegments } = this.#options;
    this.#makeFolder();
    const lock = fileSystem.lock(`${path}/${LOCK_NAME}`);
    if (lock === undefined) throw new StoreLockedError(path, readHolder(fileSystem, path)?.holder);
    try {
      const note = readHolder(fileSystem, path);
      this.#isForeign = note?.isForeign ?? hasSegments();
      this.#isNoteNew = note === undefined;
      this.#note = undefined;
      this.noteHolder();
    } catch (error) {
      lock.release();
      throw error;
    }
    this.#lock = lock;
  }

  /**
   * Writes who holds the folder, unless that stands there. Segments in a folder without this note are another program's,
   * and pruned only by limits that the caller gave.
   */
  noteHolder(): void {
    if (this.#note !== undefined) return;
    const { fileSystem, clock, path } = this.#options;
    const since = new Date(clock.now()).toISOString();
    const value = { pid: processId(), runtime: runtimeName(), since, foreign: this.#isForeign };
    // A foreign folder's note that is lost would make it one of ours, which is pruned by default limits; one that is lost
    // from a folder of ours would make it foreign, which is not.
    const durability = this.#isForeign ? "synced" : "buffered";
    const notePath = `${path}/${HOLDER_NAME}`;
    try {
      writeJsonFile(fileSystem, { path: notePath, value, durability });
      if (this.#isForeign || this.#isNoteNew) fileSystem.syncDirectorySync(path);
      this.#note = fileSystem.stat(notePath);
    } catch (error) {
      // A full disk is no reason to refuse to open: the next look tries again.
      if (errorCode(error) === undefined) throw error;
    }
  }

  /** Gives it back. Releasing twice is harmless. */
  release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #makeFolder(): void {
    const { fileSystem, path } = this.#options;
    fileSystem.makeDirectory(path);
    // A symbolic link would lead out of the root.
    const link = [parentOf(path), path].find((folder) => fileSystem.stat(folder)?.kind !== "directory");
    if (link !== undefined) throw new RangeError(`Cannot write to "${path}": "${link}" is no directory of its own`);
  }
}

/** A file system may give an inode that was freed to the next file, which then has another time. */
function isSame(a: FileInfo, b: FileInfo | undefined): boolean {
  return a.identity === b?.identity && a.modifiedTimeMs === b.modifiedTimeMs;
}
