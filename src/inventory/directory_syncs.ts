/**
 * Syncs of directories, shared by everybody who waits for the same one.
 *
 * @module
 */

import type { FileSystem } from "../platform/file_system.ts";
import { parentOf } from "./folder_names.ts";

interface UnsyncedDirectory {
  changes: number;
  syncedChanges: number;
  /** The sync that has not begun yet: it covers every change so far. */
  next: Promise<void> | undefined;
  /** Settles, without an error, when no sync is under way. */
  last: Promise<void>;
}

/** See the module. */
export class DirectorySyncs {
  readonly #fileSystem: FileSystem;
  readonly #directories = new Map<string, UnsyncedDirectory>();
  readonly #knownNames = new Set<string>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /**
   * Notes the name of a directory in the one above it, unless that was done before and nothing happened to it since: an
   * earlier process may have made it and ended before it synced.
   */
  noteName(path: string, { isMissing }: { readonly isMissing: boolean }): void {
    if (!isMissing && this.#knownNames.has(path)) return;
    this.#knownNames.add(path);
    this.note(parentOf(path));
  }

  /** Notes that a name in the directory was created, changed or removed. */
  note(path: string): void {
    const directory = this.#directories.get(path);
    if (directory !== undefined) directory.changes++;
    else this.#directories.set(path, { changes: 1, syncedChanges: 0, next: undefined, last: Promise.resolve() });
  }

  /** Resolves once every name noted before the call is on disk. Throws what the file system says; then it is still to be done. */
  sync(path: string): Promise<void> {
    const directory = this.#directories.get(path);
    if (directory === undefined) return Promise.resolve();
    // One runs and one waits behind it: whoever comes now is covered by the waiting one.
    directory.next ??= directory.last.then(() => {
      directory.next = undefined;
      const running = this.#syncNow(path, directory);
      directory.last = running.catch(() => {});
      return running;
    });
    return directory.next;
  }

  async #syncNow(path: string, directory: UnsyncedDirectory): Promise<void> {
    const { changes } = directory;
    if (changes === directory.syncedChanges) return;
    await this.#fileSystem.syncDirectory(path);
    directory.syncedChanges = changes;
    if (directory.changes === changes && directory.next === undefined) this.#directories.delete(path);
  }
}
