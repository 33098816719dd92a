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
import type { JournalFolder } from "../journal/journal_folder.ts";
import type { JournalWriter } from "../journal/journal.ts";
import { removeSealed, sealedAges } from "../journal/sealed_segments.ts";
import { signalOf } from "../model/signal.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { groupSegments } from "../segment/listing.ts";
import { activeName, gzipName, parseSegmentFile } from "../segment/names.ts";
import type { BudgetedFolder, ByteBudget, PrunableActiveSegment, PrunableSegment } from "./byte_budget.ts";
import { FolderLock } from "./folder_lock.ts";
import type { DirectorySyncs } from "./directory_syncs.ts";
import { FolderWipes } from "./folder_wipes.ts";
import { UnsyncedNames } from "./unsynced_names.ts";
import { isTemporaryRequest } from "./wipe_request.ts";

/** What a {@linkcode ServerFolder} works with. */
export interface ServerFolderOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly compressor: Compressor;
  readonly budget: ByteBudget;
  readonly directorySyncs: DirectorySyncs;
  /** The folders whose lock the store has; this one enters and leaves it. */
  readonly held: Set<ServerFolder>;
  /** The folders whose bytes count: those whose lock it has or had, until another process took it. */
  readonly counted: Set<ServerFolder>;
  /** Absolute path of the folder, which need not be there. */
  readonly path: string;
  /** Whether a name is one of a signal that the store knows. */
  readonly isSignal: (name: string) => boolean;
  /** Called before the lock is taken or a segment is opened, to give others back where there are too many. */
  readonly beforeOpen: () => void;
}

/** See the module. */
export class ServerFolder implements JournalFolder, BudgetedFolder {
  readonly path: string;
  /** The journals that were asked for, by signal. */
  readonly journals = new Map<string, JournalWriter>();
  readonly #options: ServerFolderOptions;
  readonly #lock: FolderLock;
  readonly #names: UnsyncedNames;
  readonly #wipes: FolderWipes;
  /** `undefined` once names have changed: then they are counted again. */
  #usedBytes: number | undefined;
  /** The last count, for while the folder cannot be listed, and how often it was counted. */
  #countedBytes = 0;
  #counts = 0;
  /** The same for its sealed segments. */
  #sealed: readonly PrunableSegment[] | undefined;
  /** What is being done in the folder, one within the other: meanwhile the lock is not given back. */
  #uses = 0;
  #lastLookMs = -Infinity;
  #lastUseMs = 0;
  #lastAccepted = 0;

  constructor(options: ServerFolderOptions) {
    this.path = options.path;
    this.#options = options;
    this.#lock = new FolderLock({ ...options, hasSegments: () => this.#hasSegments() });
    this.#names = new UnsyncedNames(options);
    this.#wipes = new FolderWipes({
      ...options,
      journals: this.journals,
      isLockOurs: () => this.#lock.isOurs(),
      forget: (signal) => this.forget(signal),
      clearLeftovers: () => this.#clearLeftovers(),
      namesChanged: () => this.namesChanged(),
    });
  }

  /** Whether this store has the lock. */
  get isHeld(): boolean {
    return this.#lock.isHeld;
  }

  /** Whether another program filled the folder before Varve came: then it is pruned only by limits the caller gave. */
  get isForeign(): boolean {
    return this.#lock.isForeign;
  }

  /** Whether segments of it wait for compression, or one is being compressed. */
  get isCompressing(): boolean {
    return !this.#options.compressor.isIdle((rawPath) => this.#contains(rawPath));
  }

  acquire(): void {
    if (this.#lock.isOurs()) return;
    this.#loseLock();
    this.#options.beforeOpen();
    // To give another folder back may write its records, make room for them, and come here for that.
    if (this.#lock.isOurs()) return;
    this.#names.noteAll();
    this.#takeLock();
    try {
      this.#clearLeftovers();
      this.#wipes.finish();
    } catch (error) {
      this.unlock();
      throw error;
    }
    this.#options.held.add(this);
    this.#options.counted.add(this);
    this.#sizesChanged();
    this.#lastUseMs = this.#options.clock.monotonicMs();
  }

  isStillHeld(): boolean {
    return this.#lock.isOurs();
  }

  namesChanged(): void {
    this.#names.note();
    this.#sizesChanged();
  }

  beforeSegmentOpen(): void {
    this.#use(() => this.#options.beforeOpen());
  }

  makeRoom(bytes: number, signal: string): (grownBytes: number) => void {
    const { budget } = this.#options;
    const refusal = this.#use(() => budget.makeRoom(bytes));
    if (refusal !== undefined && !signalOf(signal).isRetainedForever) throw refusal;
    const giveBack = budget.hold(bytes);
    const counts = this.#counts;
    return (grownBytes) => {
      giveBack(grownBytes);
      // Counted meanwhile, the file may have shown any part of the write.
      if (this.#counts !== counts) return this.#sizesChanged();
      if (this.#usedBytes === undefined) return;
      this.#usedBytes += grownBytes;
      budget.grow(grownBytes);
    };
  }

  reserveRoom(bytes: number, options: { readonly sealedBeforeMs: number }): (() => void) | undefined {
    return this.#options.budget.reserve(bytes, options);
  }

  syncNames(): Promise<void> {
    return this.#names.sync();
  }

  /** Looks, at most every 250 ms, whether the lock is still ours, files were replaced, and a wipe is asked for. */
  async look(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.isHeld || nowMs - this.#lastLookMs < FOLDER_LOOK_INTERVAL_MS) return;
    this.#lastLookMs = nowMs;
    if (!this.#lock.isOurs()) return this.#loseLock();
    this.#lock.noteHolder();
    for (const journal of this.journals.values()) journal.look();
    await this.#wipes.answerRequests();
  }

  /** See {@linkcode FolderWipes.wipe}. */
  wipe(signal: string | undefined): Promise<void> {
    return this.#wipes.wipe(signal);
  }

  /** Drops what its journals of one signal, or of every one, have in memory. */
  forget(signal: string | undefined): void {
    for (const [name, journal] of this.journals) if (signal === undefined || signal === name) journal.forget();
  }

  /** Resolves when no wipe is being carried out any more. */
  settled(): Promise<void> {
    return this.#wipes.settled();
  }

  /** Active segments that are open. */
  get openSegments(): number {
    return this.journals.values().reduce((sum, { isOpen }) => isOpen ? sum + 1 : sum, 0);
  }

  /** Bytes of its segments and side files. Temporary ones are under a reservation. */
  get usedBytes(): number {
    if (this.#usedBytes !== undefined) return this.#usedBytes;
    const bytes = unlessRefused(() => this.#countBytes());
    if (bytes === undefined) return this.#countedBytes;
    this.#counts++;
    this.#countedBytes = bytes;
    return this.#usedBytes = bytes;
  }

  sealedSegments(): readonly PrunableSegment[] {
    return this.#sealed ??= unlessRefused(() => this.#listSealed()) ?? [];
  }

  activeSegments(): PrunableActiveSegment[] {
    const { fileSystem } = this.#options;
    const entries = unlessRefused(() => fileSystem.list(this.path)) ?? [];
    const listings = groupSegments(entries, (name) => this.#isPrunable(name));
    return [...listings].flatMap(([signal, { active }]) => {
      const journal = this.journals.get(signal);
      const place = { journal: `${this.path}/${signal}` };
      if (journal?.isOpen) {
        return [{ ...place, timeMs: journal.oldestTimeMs ?? Infinity, giveUp: () => this.#use(() => journal.seal()) }];
      }
      const path = `${this.path}/${activeName(signal)}`;
      const giveUp = () =>
        this.#use(() => {
          this.acquire();
          fileSystem.remove(path);
          this.namesChanged();
        });
      return active ? [{ ...place, timeMs: fileSystem.stat(path)?.modifiedTimeMs ?? 0, giveUp }] : [];
    });
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
    if (this.#wipes.areUnderWay || this.#uses > 0) return false;
    const isQuiet = this.#options.compressor.discard((rawPath) => this.#contains(rawPath));
    if (!isQuiet || !this.journals.values().toArray().every((journal) => journal.park())) return false;
    this.unlock();
    return true;
  }

  /** Gives back a lock that was taken for a wipe alone: it must not keep the next writer out. */
  releaseUnused(): void {
    if (this.journals.size === 0 && !this.#wipes.areUnderWay) this.unlock();
  }

  /** Gives the lock back. Its journals are closed. */
  unlock(): void {
    this.#lock.release();
    this.#options.held.delete(this);
  }

  #listSealed(): PrunableSegment[] {
    const { fileSystem } = this.#options;
    const signals = [...groupSegments(fileSystem.list(this.path), (name) => this.#isPrunable(name)).keys()];
    return signals.flatMap((signal) =>
      sealedAges(fileSystem, { folder: this.path, signal }).map((segment) => ({
        ...segment,
        journal: `${this.path}/${signal}`,
        remove: () => this.#use(() => this.#removeSealed(signal, segment.base)),
      }))
    );
  }

  #countBytes(): number {
    const { fileSystem, isSignal } = this.#options;
    return fileSystem.list(this.path).reduce((sum, { name, kind }) => {
      const file = kind === "file" ? parseSegmentFile(name) : undefined;
      if (file === undefined || file.kind === "temporary" || !isSignal(file.signal)) return sum;
      return sum + (fileSystem.stat(`${this.path}/${name}`)?.sizeBytes ?? 0);
    }, 0);
  }

  /** Whether segments of a signal may be deleted to make room. */
  #isPrunable(signal: string): boolean {
    return this.#options.isSignal(signal) && !signalOf(signal).isRetainedForever;
  }

  #contains(path: string): boolean {
    return path.startsWith(`${this.path}/`);
  }

  /** Somebody replaced the lock file, so that another writer may have got in: no byte more goes to the open files. */
  #loseLock(): void {
    if (!this.isHeld) return;
    for (const journal of this.journals.values()) journal.abandonFile();
    this.unlock();
  }

  #hasSegments(): boolean {
    const { fileSystem, isSignal } = this.#options;
    return groupSegments(fileSystem.list(this.path), isSignal).size > 0;
  }

  #clearLeftovers(): void {
    const { fileSystem, isSignal } = this.#options;
    const entries = fileSystem.list(this.path);
    const names = new Set(entries.map(({ name }) => name));
    for (const { name, kind } of entries) {
      const file = parseSegmentFile(name);
      // Of a compression that was cut short, or of a segment whose removal outlived a loss of power.
      const isSideFileLeft = file?.kind === "side" && !names.has(gzipName(file.base));
      const isOwn = (file?.kind === "temporary" || isSideFileLeft) && isSignal(file.signal);
      if (kind === "file" && (isTemporaryRequest(name) || isOwn)) fileSystem.remove(`${this.path}/${name}`);
    }
  }

  #use<Result>(work: () => Result): Result {
    this.#uses++;
    try {
      return work();
    } finally {
      this.#uses--;
    }
  }

  #sizesChanged(): void {
    this.#sealed = undefined;
    this.#usedBytes = undefined;
    this.#options.budget.recount();
  }

  #takeLock(): void {
    try {
      this.#lock.take();
    } catch (error) {
      if (error instanceof StoreLockedError && this.#options.counted.delete(this)) this.#options.budget.recount();
      throw error;
    }
  }

  #removeSealed(signal: string, base: string): void {
    this.acquire();
    try {
      removeSealed(this.#options.fileSystem, { folder: this.path, signal, base });
    } finally {
      // One of its files may be gone even where another stays.
      this.namesChanged();
    }
    const journal = this.journals.get(signal);
    if (journal !== undefined) journal.accounts.prunedSegments++;
  }
}

/** What `look` finds; `undefined` where the file system refuses. One folder's trouble must not stop the writes to others. */
function unlessRefused<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
