/**
 * The names that are not known to be on disk: of files in a server folder, of the folder itself, and of those above it.
 *
 * @module
 */

import { errorCode, type FileSystem } from "../platform/file_system.ts";
import type { DirectorySyncs } from "./directory_syncs.ts";
import { parentOf } from "./folder_names.ts";

/** What {@linkcode UnsyncedNames} works with. */
export interface UnsyncedNamesOptions {
  readonly fileSystem: FileSystem;
  readonly directorySyncs: DirectorySyncs;
  /** Absolute path of the server folder: `<root>/<stack>/<server>`. */
  readonly path: string;
}

/** See the module. */
export class UnsyncedNames {
  readonly #options: UnsyncedNamesOptions;
  readonly #stackPath: string;
  readonly #rootPath: string;
  /** Directories above the folder that hold its name and theirs, the nearest first. */
  #ancestors: readonly string[] = [];

  constructor(options: UnsyncedNamesOptions) {
    this.#options = options;
    this.#stackPath = parentOf(options.path);
    this.#rootPath = parentOf(this.#stackPath);
  }

  /** Notes that a file of the folder was created, renamed or removed. */
  note(): void {
    this.#options.directorySyncs.note(this.#options.path);
  }

  /**
   * Notes everything from the root's own name down, and what is missing above it: an earlier process may have made names
   * and ended before it synced them. To be called before the folder is made.
   */
  noteAll(): void {
    this.note();
    const { directorySyncs, path: folder } = this.#options;
    const ancestors: string[] = [];
    for (let path = folder; path !== "/"; path = parentOf(path)) {
      const isMissing = this.#isMissing(path);
      if (!isMissing && path.length < this.#rootPath.length) break;
      directorySyncs.noteName(path, { isMissing });
      ancestors.push(parentOf(path));
    }
    this.#ancestors = ancestors;
  }

  /** Resolves once every name noted before the call is on disk. */
  async sync(): Promise<void> {
    const { directorySyncs, path } = this.#options;
    const ancestors = this.#ancestors;
    for (const ancestor of ancestors) await this.#syncAncestor(ancestor);
    if (this.#ancestors === ancestors) this.#ancestors = [];
    await directorySyncs.sync(path);
  }

  async #syncAncestor(path: string): Promise<void> {
    try {
      await this.#options.directorySyncs.sync(path);
    } catch (error) {
      // A program may have been given the root and nothing above it, which it then can neither open nor sync.
      const isRefused = ["EACCES", "EPERM", undefined].includes(errorCode(error));
      if (path === this.#stackPath || path === this.#rootPath || !isRefused) throw error;
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
