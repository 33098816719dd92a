/**
 * One server folder that this store writes to: its lock, its journals, and the wipes that others ask for.
 *
 * Guarantees
 * - Journals write only while this store has the folder's lock. A lock that somebody replaced counts as lost.
 * - Leftovers of a crash, temporary files and unfinished wipes, are dealt with before the first write.
 *
 * @module
 */

import { StoreLockedError } from "../errors.ts";
import { FOLDER_LOOK_INTERVAL_MS } from "../limits.ts";
import type { Compressor } from "../journal/compressor.ts";
import type { JournalFolder } from "../journal/appender.ts";
import type { JournalWriter } from "../journal/journal.ts";
import type { SegmentAge } from "../journal/retention.ts";
import { removeSealed, removeSignal, sealedAges } from "../journal/sealed_segments.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, type FileLock, type FileSystem } from "../platform/file_system.ts";
import { processId, runtimeName } from "../platform/runtime.ts";
import { groupSegments } from "../segment/listing.ts";
import { HOLDER_NAME, LOCK_NAME, parseSegmentFile } from "../segment/names.ts";
import { writeJsonFile } from "./json_file.ts";
import { readHolder } from "./lock_holder.ts";
import { isTemporaryRequest, listWipeRequests, type WipeRequest, writeWipeRequest } from "./wipe_request.ts";

/** What a {@linkcode ServerFolder} works with. */
export interface ServerFolderOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly compressor: Compressor;
  /** Absolute path of the folder, which need not be there. */
  readonly path: string;
  /** Whether a name is one of a signal that the store knows. */
  readonly isSignal: (name: string) => boolean;
  /** Called before the lock is taken, to give others back where there are too many. */
  readonly beforeAcquire: () => void;
}

/** See the module. */
export class ServerFolder implements JournalFolder {
  readonly path: string;
  /** The journals that were asked for, by signal. */
  readonly journals = new Map<string, JournalWriter>();
  readonly #options: ServerFolderOptions;
  #lock: FileLock | undefined;
  #isForeign = false;
  #isHolderNoted = false;
  #changes = 0;
  #syncedChanges = 0;
  #unsyncedParents: string[] = [];
  #lastLookMs = -Infinity;
  #lastUseMs = 0;
  #lastAccepted = 0;
  #answering: Promise<void> = Promise.resolve();
  /** Wipes under way. */
  #wipeCount = 0;

  constructor(options: ServerFolderOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** Whether this store has the lock. */
  get isHeld(): boolean {
    return this.#lock !== undefined;
  }

  /** Whether another program filled the folder before Varve came: then it is pruned only by limits the caller gave. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Whether segments of it wait for compression, or one is being compressed. */
  get isCompressing(): boolean {
    return !this.#options.compressor.isIdle((rawPath) => this.#contains(rawPath));
  }

  acquire(): void {
    if (this.#isLockOurs()) return;
    this.#loseLock();
    const { fileSystem, clock } = this.#options;
    this.#options.beforeAcquire();
    this.#makeFolder();
    const lock = fileSystem.lock(`${this.path}/${LOCK_NAME}`);
    if (lock === undefined) throw new StoreLockedError(this.path, readHolder(fileSystem, this.path)?.holder);
    try {
      this.#isForeign = readHolder(fileSystem, this.path)?.isForeign ?? this.#hasSegments();
      this.#writeHolder();
      this.#clearLeftovers();
      this.#finishWipes();
    } catch (error) {
      lock.release();
      throw error;
    }
    this.#lock = lock;
    this.#lastUseMs = clock.monotonicMs();
  }

  namesChanged(): void {
    this.#changes++;
  }

  async syncNames(): Promise<void> {
    const { fileSystem } = this.#options;
    const changes = this.#changes;
    for (const parent of this.#unsyncedParents) await fileSystem.syncDirectory(parent);
    this.#unsyncedParents = [];
    if (changes <= this.#syncedChanges) return;
    await fileSystem.syncDirectory(this.path);
    this.#syncedChanges = Math.max(this.#syncedChanges, changes);
  }

  /** Looks, at most every 250 ms, whether the lock is still ours, files were replaced, and a wipe is asked for. */
  async look(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#lock === undefined || nowMs - this.#lastLookMs < FOLDER_LOOK_INTERVAL_MS) return;
    this.#lastLookMs = nowMs;
    if (!this.#isLockOurs()) return this.#loseLock();
    if (!this.#isHolderNoted) this.#writeHolder();
    for (const journal of this.journals.values()) journal.look();
    if (listWipeRequests(this.#options.fileSystem, this.path).length > 0) await this.answerWipes();
  }

  /**
   * Deletes the segments of one signal, or of every one, and carries out what else was asked for. When it resolves they
   * are gone from the disk. The wipe is on record first, so that one cut short is finished at the next open; a full disk,
   * which cannot take the record, is a reason to wipe all the same.
   */
  async wipe(signal: string | undefined): Promise<void> {
    // From before the request is written, so that nobody gives the lock back in between.
    this.#wipeCount++;
    try {
      await this.answerWipes(await this.#recordWipe(signal));
    } finally {
      this.#wipeCount--;
    }
  }

  /**
   * Carries out every wipe that was asked for before the call, and those given here that could not be put on record.
   * Calls run one after another, since each would find the requests of the one before it.
   */
  answerWipes(unrecorded: readonly WipeRequest[] = []): Promise<void> {
    const answering = this.#answering.then(() => this.#answerNow(unrecorded));
    this.#answering = answering.catch(() => {});
    return answering;
  }

  /** Resolves when no wipe is being carried out any more. */
  settled(): Promise<void> {
    return this.#answering;
  }

  /** Bytes of its segments, side and temporary files. */
  sizeBytes(): number {
    const { fileSystem, isSignal } = this.#options;
    return fileSystem.list(this.path).reduce((sum, { name, kind }) => {
      const file = kind === "file" ? parseSegmentFile(name) : undefined;
      if (file === undefined || !isSignal(file.signal)) return sum;
      return sum + (fileSystem.stat(`${this.path}/${name}`)?.sizeBytes ?? 0);
    }, 0);
  }

  /** The sealed segments that may be deleted to make room: every signal's but `audit`. */
  sealedSegments(): (SegmentAge & { readonly remove: () => void })[] {
    const { fileSystem, isSignal } = this.#options;
    const signals = [...groupSegments(fileSystem.list(this.path), isSignal).keys()].filter((name) => name !== "audit");
    return signals.flatMap((signal) =>
      sealedAges(fileSystem, { folder: this.path, signal }).map((segment) => ({
        ...segment,
        remove: () => this.#removeSealed(signal, segment.base),
      }))
    );
  }

  /** Milliseconds since a record was last appended here. */
  idleMs(): number {
    const nowMs = this.#options.clock.monotonicMs();
    const accepted = this.journals.values().reduce((sum, { accounts }) => sum + accounts.accepted, 0);
    if (accepted !== this.#lastAccepted) this.#lastUseMs = nowMs;
    this.#lastAccepted = accepted;
    return nowMs - this.#lastUseMs;
  }

  /**
   * Gives files and lock back; the next append takes them again.
   *
   * @returns False when that cannot be now: a wipe or a compression is under way, or records wait that the file system
   * refuses.
   */
  release(): boolean {
    if (this.#wipeCount > 0) return false;
    const isQuiet = this.#options.compressor.discard((rawPath) => this.#contains(rawPath));
    if (!isQuiet || !this.journals.values().toArray().every((journal) => journal.park())) return false;
    this.unlock();
    return true;
  }

  /** Gives back a lock that was taken for a wipe alone: it must not keep the next writer out. */
  releaseUnused(): void {
    if (this.journals.size === 0 && this.#wipeCount === 0) this.unlock();
  }

  /** Gives the lock back. Its journals are closed. */
  unlock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  async #answerNow(unrecorded: readonly WipeRequest[]): Promise<void> {
    const { fileSystem, compressor } = this.#options;
    this.#wipeCount++;
    try {
      await compressor.cancel((rawPath) => this.#contains(rawPath));
      // Whoever has the lock now carries the request out.
      if (!this.#isLockOurs()) return;
      for (const request of [...listWipeRequests(fileSystem, this.path), ...unrecorded]) {
        this.#removeSegments(request);
        await fileSystem.syncDirectory(this.path);
        if (request.path !== undefined) fileSystem.remove(request.path);
      }
      // Compressions of signals that stay were cancelled with the others.
      for (const journal of this.journals.values()) if (journal.isOpen) journal.sealed.compress();
      await fileSystem.syncDirectory(this.path);
    } finally {
      this.#wipeCount--;
    }
  }

  #contains(path: string): boolean {
    return path.startsWith(`${this.path}/`);
  }

  /** Somebody replaced the lock file, so that another writer may have got in: no byte more goes to the open files. */
  #loseLock(): void {
    if (this.#lock === undefined) return;
    for (const journal of this.journals.values()) journal.abandonFile();
    this.unlock();
  }

  #isLockOurs(): boolean {
    if (this.#lock === undefined) return false;
    return this.#options.fileSystem.stat(`${this.path}/${LOCK_NAME}`)?.identity === this.#lock.identity;
  }

  /** Puts a wipe on record, or gives it back where a full disk does not take it. */
  async #recordWipe(signal: string | undefined): Promise<readonly WipeRequest[]> {
    try {
      await writeWipeRequest(this.#options.fileSystem, { folder: this.path, signal });
      return [];
    } catch (error) {
      if (errorCode(error) !== "ENOSPC" && errorCode(error) !== "EDQUOT") throw error;
      this.#clearLeftovers();
      return [{ path: undefined, signal }];
    }
  }

  #makeFolder(): void {
    const { fileSystem } = this.#options;
    for (let path = this.path; this.#look(path) === "missing"; path = parentOf(path)) {
      if (this.#look(parentOf(path)) !== "hidden") this.#unsyncedParents.push(parentOf(path));
    }
    fileSystem.makeDirectory(this.path);
    // A symbolic link would lead out of the root.
    const link = [parentOf(this.path), this.path].find((path) => fileSystem.stat(path)?.kind !== "directory");
    if (link !== undefined) {
      throw new RangeError(`Cannot write to "${this.path}": "${link}" is no directory of its own`);
    }
  }

  /** A program may have been given the root and nothing above it, which it then can neither see nor sync. */
  #look(path: string): "there" | "missing" | "hidden" {
    try {
      return this.#options.fileSystem.stat(path) === undefined ? "missing" : "there";
    } catch {
      return "hidden";
    }
  }

  #hasSegments(): boolean {
    const { fileSystem, isSignal } = this.#options;
    return groupSegments(fileSystem.list(this.path), isSignal).size > 0;
  }

  /** Segments in a folder without this note are another program's, and pruned only by limits that the caller gave. */
  #writeHolder(): void {
    const { fileSystem, clock } = this.#options;
    const path = `${this.path}/${HOLDER_NAME}`;
    const since = new Date(clock.now()).toISOString();
    const holder = { pid: processId(), runtime: runtimeName(), since, foreign: this.#isForeign };
    this.#isHolderNoted = false;
    try {
      writeJsonFile(fileSystem, { path, value: holder, durability: "buffered" });
      this.#isHolderNoted = true;
      this.namesChanged();
    } catch (error) {
      // A full disk is no reason to refuse to open: the next look tries again.
      if (errorCode(error) === undefined) throw error;
    }
  }

  #finishWipes(): void {
    const { fileSystem } = this.#options;
    for (const request of listWipeRequests(fileSystem, this.path)) {
      this.#removeSegments(request);
      // The request is the only trace of the wipe: it goes once the removals are on disk.
      fileSystem.syncDirectorySync(this.path);
      if (request.path !== undefined) fileSystem.remove(request.path);
    }
  }

  #clearLeftovers(): void {
    const { fileSystem, isSignal } = this.#options;
    for (const { name, kind } of fileSystem.list(this.path)) {
      const file = parseSegmentFile(name);
      const isLeftover = isTemporaryRequest(name) || (file?.kind === "temporary" && isSignal(file.signal));
      if (kind === "file" && isLeftover) fileSystem.remove(`${this.path}/${name}`);
    }
  }

  #removeSealed(signal: string, base: string): void {
    removeSealed(this.#options.fileSystem, { folder: this.path, signal, base });
    this.namesChanged();
    const journal = this.journals.get(signal);
    if (journal !== undefined) journal.accounts.prunedSegments++;
  }

  #removeSegments(request: WipeRequest): void {
    const { fileSystem, isSignal } = this.#options;
    for (const [signal, journal] of this.journals) {
      if (request.signal === undefined || request.signal === signal) journal.forget();
    }
    for (const signal of groupSegments(fileSystem.list(this.path), isSignal).keys()) {
      if (request.signal !== undefined && request.signal !== signal) continue;
      removeSignal(fileSystem, { folder: this.path, signal });
    }
    this.namesChanged();
  }
}

function parentOf(path: string): string {
  // Of what stands directly in the file system's root, that is the parent.
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
