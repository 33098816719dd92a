/**
 * The writing end of a journal: its active segment, and the moment where one segment follows another.
 *
 * Sealing, in order: rename the active file to its sealed name; open the next active file; a second later, in the
 * background, sync the sealed one, then the folder. A crash in between leaves either name, and a reader finds the records under both.
 *
 * @module
 */

import { COMPRESSION_PREPARE_BYTES, SEALED_SYNC_DELAY_MS } from "../limits.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { ActiveSegment, writeAgain } from "../segment/active_segment.ts";
import { listSignal } from "../segment/listing.ts";
import { openIfThere } from "../segment/segment_reader.ts";
import { activeName, LOCK_NAME, nextStamp, rawName, sealedBase, type Stamp, stampTimeMs } from "../segment/names.ts";
import type { JournalAccounts } from "./accounts.ts";
import type { BatchSink } from "./batch_writer.ts";

/** The server folder that a journal lies in. */
export interface JournalFolder {
  /** Absolute path. */
  readonly path: string;
  /** Whether this store has the folder's lock. */
  readonly isHeld: boolean;
  /**
   * Takes the folder's lock, unless this store has it, and has it still: somebody may have replaced the lock file.
   *
   * @throws {StoreLockedError} If somebody else has it.
   */
  acquire(): void;
  /** Notes that a file was created, renamed or removed. */
  namesChanged(): void;
  /** Resolves once every name noted before the call is on disk. */
  syncNames(): Promise<void>;
}

/** What a {@linkcode SegmentAppender} works with. */
export interface SegmentAppenderOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly folder: JournalFolder;
  readonly signal: string;
  readonly segmentMaxBytes: number;
  readonly accounts: JournalAccounts;
  /** Called with each write once the active segment is long enough that it will be sealed some time. */
  readonly onGrown: () => void;
  /** Called after a segment was sealed, or found sealed and raw at open. */
  readonly onSealed: () => void;
}

/** A file that was closed before it was synced. */
interface UnsyncedFile {
  readonly path: string;
  /** Bytes from its start that are on disk. */
  readonly syncedBytes: number;
  hasFailed: boolean;
}

/** See the module. */
export class SegmentAppender implements BatchSink {
  readonly path: string;
  readonly #options: SegmentAppenderOptions;
  #segment: ActiveSegment | undefined;
  #newestStamp: Stamp | undefined;
  #oldestTimeMs: number | undefined;
  /** Closed files that may not be on disk, oldest first. One that is compressed or pruned by now needs no sync. */
  readonly #unsynced: UnsyncedFile[] = [];
  #syncing: Promise<void> | undefined;
  #stopSync: StopTimer | undefined;

  constructor(options: SegmentAppenderOptions) {
    this.#options = options;
    this.path = `${options.folder.path}/${activeName(options.signal)}`;
  }

  /** Whether the active file is open. */
  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  /**
   * When the active segment was begun at the earliest, in milliseconds since the epoch; `undefined` while it is empty.
   * Of one that an earlier process began that is the moment when the segment before it was sealed, or the folder's lock
   * was made.
   */
  get oldestTimeMs(): number | undefined {
    return this.#oldestTimeMs;
  }

  /**
   * Takes the folder's lock, opens the active segment and mends its end. Does nothing when it is open.
   *
   * @throws {StoreLockedError} If somebody else holds the folder.
   */
  open(): void {
    this.#openSegment();
  }

  writeSync(bytes: Uint8Array): void {
    this.#prepare(bytes.length).writeSync(bytes);
    this.#oldestTimeMs ??= this.#options.clock.now();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#prepare(bytes.length).write(bytes);
    this.#oldestTimeMs ??= this.#options.clock.now();
  }

  /** Resolves once all that was written before the call, and every name it stands under, is on disk. */
  async sync(): Promise<void> {
    // A segment that is sealed meanwhile joins those that the second step waits for.
    await this.#segment?.sync();
    this.#stopSync?.();
    this.#stopSync = undefined;
    while (this.#unsynced.length > 0) await this.#closedSynced();
    await this.#options.folder.syncNames();
  }

  /** Seals the active segment, unless it is empty or being written to at this moment. */
  seal(): void {
    const segment = this.#openSegment();
    if (segment.sizeBytes > 0 && !segment.isBusy) this.#rotate(segment);
  }

  /** Gives the active file back. The next write opens it again. */
  close(): void {
    const segment = this.#segment;
    if (segment?.isSynced === false) {
      this.#unsynced.push({ path: this.path, syncedBytes: segment.syncedBytes, hasFailed: false });
    }
    segment?.close();
    this.#segment = undefined;
  }

  /** Gives the active file back without touching it again: the lock is lost, and it may be somebody else's. */
  abandon(): void {
    this.#segment?.abandon();
    this.#segment = undefined;
  }

  /** Like {@linkcode close}, for a segment whose file was removed: the next one starts without an age. */
  forget(): void {
    this.close();
    this.#oldestTimeMs = undefined;
  }

  /**
   * Gives the file up when somebody else renamed or removed it, so that the next write opens one of that name. What was
   * written since they did so is in the file they hold.
   */
  dropReplacedFile(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (this.#options.fileSystem.stat(this.path)?.identity !== segment.identity) this.forget();
  }

  #prepare(bytes: number): ActiveSegment {
    // Each time: a lock that was replaced is lost, and the open file with it.
    this.#options.folder.acquire();
    const segment = this.#openSegment();
    if (segment.sizeBytes > COMPRESSION_PREPARE_BYTES) this.#options.onGrown();
    const isFull = segment.sizeBytes > 0 && segment.sizeBytes + bytes > this.#options.segmentMaxBytes;
    return isFull ? this.#rotate(segment) : segment;
  }

  #openSegment(): ActiveSegment {
    if (this.#segment !== undefined) return this.#segment;
    const { fileSystem, folder, signal, accounts } = this.#options;
    folder.acquire();
    const listing = listSignal(fileSystem.list(folder.path), signal);
    this.#newestStamp = listing.sealed.at(-1)?.stamp;
    const { segment, recovery } = ActiveSegment.open(fileSystem, this.path);
    this.#segment = segment;
    if (!listing.active) folder.namesChanged();
    if (recovery.kind === "cut") {
      accounts.tornLines++;
      accounts.tornBytes += recovery.cutBytes;
    }
    this.#oldestTimeMs = segment.sizeBytes === 0 ? undefined : this.#oldestTimeMs ?? this.#startTimeMs();
    if (listing.sealed.some(({ form }) => form === "raw")) this.#options.onSealed();
    // Tending to the sealed ones may have sealed this one, too.
    return this.#segment ?? segment;
  }

  #startTimeMs(): number | undefined {
    const { fileSystem, folder } = this.#options;
    if (this.#newestStamp !== undefined) return stampTimeMs(this.#newestStamp);
    return fileSystem.stat(`${folder.path}/${LOCK_NAME}`)?.modifiedTimeMs;
  }

  #rotate(full: ActiveSegment): ActiveSegment {
    const { fileSystem, clock, folder, signal, accounts } = this.#options;
    // A sealed segment is never mended: what a failed write left would stay, and be written again behind it.
    full.cutBack();
    const stamp = nextStamp(this.#newestStamp, clock.now());
    const sealedPath = `${folder.path}/${rawName(sealedBase(signal, stamp))}`;
    try {
      fileSystem.rename(this.path, sealedPath);
    } catch (error) {
      // Somebody removed the active file: there is nothing to seal, and a new one is due all the same.
      if (errorCode(error) !== "ENOENT") throw error;
    }
    this.#newestStamp = stamp;
    this.#segment = undefined;
    this.#oldestTimeMs = undefined;
    folder.namesChanged();
    accounts.rotations++;
    full.close();
    this.#unsynced.push({ path: sealedPath, syncedBytes: full.syncedBytes, hasFailed: false });
    this.#scheduleSync();
    const { segment } = ActiveSegment.open(fileSystem, this.path);
    this.#segment = segment;
    this.#options.onSealed();
    return segment;
  }

  /** In a while: what is compressed by then needs no sync of its own. */
  #scheduleSync(): void {
    this.#stopSync ??= this.#options.clock.setTimer(() => {
      this.#stopSync = undefined;
      // What failed is written again for the next sync that somebody waits for.
      if (this.#options.folder.isHeld) this.#closedSynced().catch(() => {});
    }, SEALED_SYNC_DELAY_MS);
  }

  #closedSynced(): Promise<void> {
    return this.#syncing ??= this.#syncClosed().finally(() => this.#syncing = undefined);
  }

  /** Syncs closed files one after another. No handle is kept for it, so that however fast segments fill, few are open. */
  async #syncClosed(): Promise<void> {
    const { fileSystem, folder } = this.#options;
    for (let file = this.#unsynced[0]; file !== undefined; file = this.#unsynced[0]) {
      await syncFile(fileSystem, file);
      await folder.syncNames();
      this.#unsynced.shift();
    }
  }
}

async function syncFile(fileSystem: FileSystem, unsynced: UnsyncedFile): Promise<void> {
  const file = openIfThere(fileSystem, unsynced.path);
  if (file === undefined) return;
  try {
    if (unsynced.hasFailed) await rewriteFile(fileSystem, unsynced);
    unsynced.hasFailed = true;
    await file.sync();
  } finally {
    file.close();
  }
}

async function rewriteFile(fileSystem: FileSystem, { path, syncedBytes }: UnsyncedFile): Promise<void> {
  const file = fileSystem.open(path, "update");
  try {
    await writeAgain(file, { start: syncedBytes, end: file.stat().sizeBytes });
  } finally {
    file.close();
  }
}
