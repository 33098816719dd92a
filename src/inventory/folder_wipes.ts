/**
 * The wipes of one server folder whose lock this store has.
 *
 * @module
 */

import { StoreLockedError } from "../errors.ts";
import type { Compressor } from "../journal/compressor.ts";
import type { JournalWriter } from "../journal/journal.ts";
import { removeSignal } from "../journal/sealed_segments.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { groupSegments } from "../segment/listing.ts";
import { readHolder } from "./lock_holder.ts";
import { listWipeRequests, type WipeRequest, writeWipeRequest } from "./wipe_request.ts";

/** What {@linkcode FolderWipes} works with. */
export interface FolderWipesOptions {
  readonly fileSystem: FileSystem;
  readonly compressor: Compressor;
  /** Absolute path of the folder. */
  readonly path: string;
  /** The folder's journals, by signal. */
  readonly journals: ReadonlyMap<string, JournalWriter>;
  /** Whether a name is one of a signal that the store knows. */
  readonly isSignal: (name: string) => boolean;
  /** Whether this store has the folder's lock still. */
  readonly isLockOurs: () => boolean;
  /** Drops what the journals of one signal, or of every one, have in memory. */
  readonly forget: (signal: string | undefined) => void;
  /** Removes temporary files. */
  readonly clearLeftovers: () => void;
  /** Notes that files were removed. */
  readonly namesChanged: () => void;
}

/** See the module. */
export class FolderWipes {
  readonly #options: FolderWipesOptions;
  #answering: Promise<void> = Promise.resolve();
  /** Settles when every wipe of this store that was begun has ended. */
  #wiping: Promise<unknown> = Promise.resolve();
  #count = 0;
  /** Requests whose segments were removed, while that is not known to be on disk. */
  readonly #removedFor = new Set<string>();

  constructor(options: FolderWipesOptions) {
    this.#options = options;
  }

  /** Whether a wipe is being carried out, or put on record. Then the lock is not given back. */
  get areUnderWay(): boolean {
    return this.#count > 0;
  }

  /**
   * Deletes the segments of one signal, or of every one, and carries out what else was asked for. When it resolves they
   * are gone from the disk. The wipe is on record first, so that one cut short is finished at the next open; a full disk,
   * which cannot take the record, is a reason to wipe all the same. One that fails is taken off the record: carried out
   * later, it would delete what was written since.
   *
   * @throws {StoreLockedError} If the lock was lost meanwhile.
   */
  wipe(signal: string | undefined): Promise<void> {
    const wipe = this.#wipeNow(signal);
    this.#wiping = Promise.allSettled([this.#wiping, wipe]);
    return wipe;
  }

  /** Carries out every wipe that another process asked for before the call. */
  async answerRequests(): Promise<void> {
    const { fileSystem, path } = this.#options;
    if (listWipeRequests(fileSystem, path).length > 0) await this.#answer();
  }

  /** Finishes the wipes that an earlier process left, before anything is written. */
  finish(): void {
    const { fileSystem, path } = this.#options;
    const requests = listWipeRequests(fileSystem, path);
    // As below: who asked may have ended before it synced.
    if (requests.length > 0) fileSystem.syncDirectorySync(path);
    for (const request of requests) {
      this.#removeOnce(request);
      // The request is the only trace of the wipe: it goes once the removals are on disk.
      fileSystem.syncDirectorySync(path);
      this.#removeRequest(request);
    }
  }

  /** Resolves when no wipe is being carried out any more. */
  async settled(): Promise<void> {
    await this.#wiping;
    await this.#answering;
  }

  async #wipeNow(signal: string | undefined): Promise<void> {
    this.#count++;
    let request: WipeRequest = { path: undefined, signal };
    try {
      request = await this.#record(signal);
      await this.#answer(request);
    } catch (error) {
      if (request.path !== undefined && this.#options.fileSystem.stat(request.path) !== undefined) {
        this.#removeRequest(request);
      }
      throw error;
    } finally {
      this.#count--;
    }
  }

  /** Carries out those on record, and the one given here. One call after another: each would find the requests of the one before. */
  #answer(own?: WipeRequest): Promise<void> {
    const answering = this.#answering.then(() => this.#answerNow(own));
    this.#answering = answering.catch(() => {});
    return answering;
  }

  async #answerNow(own: WipeRequest | undefined): Promise<void> {
    const { fileSystem, compressor, path, journals, isLockOurs } = this.#options;
    this.#count++;
    try {
      await compressor.cancel((rawPath) => rawPath.startsWith(`${path}/`));
      if (!isLockOurs()) {
        // Whoever has the lock now carries out the requests of others.
        if (own === undefined) return;
        throw new StoreLockedError(path, readHolder(fileSystem, path)?.holder);
      }
      const requests = listWipeRequests(fileSystem, path);
      // A request is on disk before anything is removed for it, so that a wipe cut short is finished.
      if (requests.some((request) => request.path !== own?.path)) await fileSystem.syncDirectory(path);
      const unrecorded = own !== undefined && own.path === undefined ? [own] : [];
      for (const request of [...requests, ...unrecorded]) {
        this.#removeOnce(request);
        await fileSystem.syncDirectory(path);
        this.#removeRequest(request);
      }
      // Compressions of signals that stay were cancelled with the others.
      for (const journal of journals.values()) if (journal.isOpen) journal.sealed.compress();
      await fileSystem.syncDirectory(path);
    } finally {
      this.#count--;
    }
  }

  /** Puts a wipe on record, unless a full disk does not take it. */
  async #record(signal: string | undefined): Promise<WipeRequest> {
    const { fileSystem, path, clearLeftovers } = this.#options;
    try {
      return { path: await writeWipeRequest(fileSystem, { folder: path, signal }), signal };
    } catch (error) {
      // A request that was made and taken back is a name to sync.
      this.#options.namesChanged();
      if (errorCode(error) !== "ENOSPC" && errorCode(error) !== "EDQUOT") throw error;
      clearLeftovers();
      return { path: undefined, signal };
    }
  }

  /** A request that came back after a loss of power would wipe what was written since. So a sync has its removal to sync, too. */
  #removeRequest({ path }: WipeRequest): void {
    if (path !== undefined) {
      this.#options.fileSystem.remove(path);
      this.#removedFor.delete(path);
    }
    this.#options.namesChanged();
  }

  /** One whose removals could not be synced is tried again, but what was written since is not removed. */
  #removeOnce(request: WipeRequest): void {
    if (request.path !== undefined && this.#removedFor.has(request.path)) return;
    this.#removeSegments(request);
    if (request.path !== undefined) this.#removedFor.add(request.path);
  }

  #removeSegments({ signal }: WipeRequest): void {
    const { fileSystem, path, forget, isSignal, namesChanged } = this.#options;
    forget(signal);
    for (const name of groupSegments(fileSystem.list(path), isSignal).keys()) {
      if (signal === undefined || signal === name) removeSignal(fileSystem, { folder: path, signal: name });
    }
    namesChanged();
  }
}
