/**
 * The names that are not known to be on disk: of files in a server folder, of the folder itself, and of those above it.
 *
 * @module
 */

import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { parentOf } from "./folder_names.ts";

/** What {@linkcode UnsyncedNames} works with. */
export interface UnsyncedNamesOptions {
  readonly fileSystem: FileSystem;
  /** Absolute path of the server folder: `<root>/<stack>/<server>`. */
  readonly path: string;
}

/** See the module. */
export class UnsyncedNames {
  readonly #options: UnsyncedNamesOptions;
  #changes = 0;
  #syncedChanges = 0;
  /** Directories above the folder that are to be synced, the nearest first. */
  #ancestors: readonly string[] = [];

  constructor(options: UnsyncedNamesOptions) {
    this.#options = options;
  }

  /** Notes that a file of the folder was created, renamed or removed. */
  note(): void {
    this.#changes++;
  }

  /**
   * Notes everything from the root's own name down, and what is missing above it: an earlier process may have made names
   * and ended before it synced them. To be called before the folder is made.
   */
  noteAll(): void {
    this.note();
    const stack = parentOf(this.#options.path);
    const root = parentOf(stack);
    const ancestors = [stack, root, parentOf(root)];
    for (let path = parentOf(root); path !== "/" && this.#isMissing(path); path = parentOf(path)) {
      ancestors.push(parentOf(path));
    }
    this.#ancestors = ancestors;
  }

  /** Resolves once every name noted before the call is on disk. */
  async sync(): Promise<void> {
    const { fileSystem, path } = this.#options;
    const changes = this.#changes;
    const ancestors = this.#ancestors;
    for (const ancestor of ancestors) await this.#syncAncestor(ancestor);
    if (this.#ancestors === ancestors) this.#ancestors = [];
    if (changes <= this.#syncedChanges) return;
    await fileSystem.syncDirectory(path);
    this.#syncedChanges = Math.max(this.#syncedChanges, changes);
  }

  async #syncAncestor(path: string): Promise<void> {
    try {
      await this.#options.fileSystem.syncDirectory(path);
    } catch (error) {
      // A program may have been given the root and nothing above it, which it then can neither open nor sync.
      const isRefused = ["EACCES", "EPERM", undefined].includes(errorCode(error));
      const isInside = path === parentOf(this.#options.path) || path === parentOf(parentOf(this.#options.path));
      if (isInside || !isRefused) throw error;
    }
  }

  #isMissing(path: string): boolean {
    try {
      return this.#options.fileSystem.stat(path) === undefined;
    } catch {
      // What may not be looked at was not made by this program either.
      return false;
    }
  }
}
