/**
 * The writing end of a journal: its active segment, and the moment where one segment follows another.
 *
 * Sealing, in order: rename the active file to its sealed name; open the next active file; a second later, in the
 * background, sync the sealed one, then the folder. A crash in between leaves either name, and a reader finds the records under both.
 *
 * @module
 */

import { COMPRESSION_PREPARE_BYTES } from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { ActiveSegment } from "../segment/active_segment.ts";
import { listSignal, type SealedSegment } from "../segment/listing.ts";
import { activeName, LOCK_NAME, nextStamp, rawName, sealedBase, type Stamp, stampTimeMs } from "../segment/names.ts";
import type { JournalAccounts } from "./accounts.ts";
import type { BackgroundSyncs } from "./background_syncs.ts";
import type { BatchSink } from "./batch_writer.ts";
import type { JournalFolder } from "./journal_folder.ts";
import { UnsyncedSegments } from "./unsynced_segments.ts";

/** What a {@linkcode SegmentAppender} works with. */
export interface SegmentAppenderOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly folder: JournalFolder;
  readonly backgroundSyncs: BackgroundSyncs;
  readonly signal: string;
  readonly segmentMaxBytes: number;
  readonly accounts: JournalAccounts;
  /** Called with each write once so much was written that the active segment will be sealed some time. */
  readonly onGrown: () => void;
  /** Called after a segment was sealed, or found sealed and raw at open. */
  readonly onSealed: () => void;
}

/** What changes when anybody writes to a file, cuts it or replaces it. */
type SegmentState = Pick<ActiveSegment, "identity" | "sizeBytes" | "modifiedTimeMs">;

/** See the module. */
export class SegmentAppender implements BatchSink {
  readonly path: string;
  readonly #options: SegmentAppenderOptions;
  #segment: ActiveSegment | undefined;
  #newestStamp: Stamp | undefined;
  /** How the active segment was last given back, to tell when another process has written to it since. */
  #closed: SegmentState | undefined;
  /** How often a file that was not known to be on disk was opened again. */
  #takenBack = 0;
  /** The newest sealed segment that this object has synced, or has among its unsynced ones. */
  #newestOwn: string | undefined;
  #oldestTimeMs: number | undefined;
  readonly #unsynced: UnsyncedSegments;

  constructor(options: SegmentAppenderOptions) {
    this.#options = options;
    this.#unsynced = new UnsyncedSegments(options);
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
    const { segment, settle } = this.#prepare(bytes.length);
    let writtenBytes = 0;
    try {
      segment.writeSync(bytes);
      writtenBytes = bytes.length;
    } finally {
      settle(writtenBytes);
    }
    this.#oldestTimeMs ??= this.#options.clock.now();
  }

  async write(bytes: Uint8Array, onWritten: () => void): Promise<void> {
    const { segment, settle } = this.#prepare(bytes.length);
    let writtenBytes = 0;
    try {
      await segment.write(bytes, () => {
        writtenBytes = bytes.length;
        onWritten();
      });
    } catch (error) {
      // At once, so that readers are not given what goes away again; but not from a file that is somebody else's by now.
      if (this.#isFolderHeld()) segment.tryCutBack();
      throw error;
    } finally {
      settle(writtenBytes);
    }
    this.#oldestTimeMs ??= this.#options.clock.now();
  }

  /** Resolves once all that was written before the call, and every name it stands under, is on disk. */
  async sync(): Promise<void> {
    // A segment that is sealed meanwhile joins those that the second step waits for.
    for (let takenBack = -1; takenBack !== this.#takenBack;) {
      takenBack = this.#takenBack;
      await this.#segment?.sync();
      // One that is opened again meanwhile is the open segment's business once more.
      await this.#unsynced.sync();
    }
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
    if (segment === undefined) return;
    const { identity, sizeBytes } = segment;
    this.#closed = { identity, sizeBytes, modifiedTimeMs: segment.modifiedTimeMs };
    // What a failed write left is cut off only while nobody else can have built on it.
    if (this.#isFolderHeld()) segment.close();
    else segment.abandon();
    this.#unsynced.add(segment, this.path);
    this.#segment = undefined;
  }

  /** Gives the active file back without touching it again: the lock is lost, and it may be somebody else's. */
  abandon(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    segment.abandon();
    this.#unsynced.add(segment, this.path);
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
  giveUpReplacedFile(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (this.#options.fileSystem.stat(this.path)?.identity === segment.identity) return;
    try {
      // Under its new name nobody would find it.
      segment.syncFound();
    } catch {
      // It is theirs now, and so is what became of it.
    }
    this.forget();
  }

  /** The segment to write `bytes` to, and what is to be called with the bytes that it took when that has been tried. */
  #prepare(bytes: number): { readonly segment: ActiveSegment; readonly settle: (writtenBytes: number) => void } {
    // Each time: a lock that was replaced is lost, and the open file with it.
    this.#options.folder.acquire();
    const segment = this.#openSegment();
    if (this.#options.accounts.writtenBytes > COMPRESSION_PREPARE_BYTES) this.#options.onGrown();
    const isFull = segment.sizeBytes > 0 && segment.sizeBytes + bytes > this.#options.segmentMaxBytes;
    if (isFull) this.#rotate(segment);
    const settle = this.#options.folder.makeRoom(bytes, this.#options.signal);
    // Making room may have sealed this journal's segment, too.
    return { segment: this.#openSegment(), settle };
  }

  #openSegment(): ActiveSegment {
    if (this.#segment !== undefined) return this.#segment;
    const { fileSystem, folder, signal, accounts } = this.#options;
    folder.acquire();
    folder.beforeSegmentOpen();
    const listing = listSignal(fileSystem.list(folder.path), signal);
    this.#newestStamp = listing.sealed.at(-1)?.stamp;
    const { segment, recovery } = listing.active ? this.#openFound() : ActiveSegment.open(fileSystem, this.path);
    this.#segment = segment;
    if (!listing.active) folder.namesChanged();
    if (recovery.kind === "cut") {
      accounts.tornLines++;
      accounts.tornBytes += recovery.cutBytes;
    }
    this.#oldestTimeMs = segment.sizeBytes === 0 ? undefined : this.#oldestTimeMs ?? this.#startTimeMs();
    this.#takeOverRaw(listing.sealed);
    // Tending to the sealed ones may have sealed this one, too.
    return this.#segment ?? segment;
  }

  #openFound(): ReturnType<typeof ActiveSegment.open> {
    const opened = ActiveSegment.open(this.#options.fileSystem, this.path);
    const { segment, recovery } = opened;
    const unsynced = this.#unsynced.giveBack(segment.identity);
    if (unsynced !== undefined) {
      segment.takeOver(unsynced);
      this.#takenBack++;
    }
    try {
      if (recovery.kind !== "clean" || !isSameState(segment, this.#closed)) segment.syncFound();
    } catch (error) {
      segment.close();
      // Its next sync has to write the bytes again.
      this.#unsynced.add(segment, this.path);
      throw error;
    }
    return opened;
  }

  #isFolderHeld(): boolean {
    try {
      return this.#options.folder.isStillHeld();
    } catch {
      return false;
    }
  }

  /** Looks after raw segments that others sealed: an earlier process, or another one while this store had given the folder back. */
  #takeOverRaw(sealed: readonly SealedSegment[]): void {
    const raw = sealed.filter(({ form }) => form === "raw");
    const others = raw.filter(({ base }) => this.#newestOwn === undefined || base > this.#newestOwn);
    this.#unsynced.addFound(others.map(({ base }) => `${this.#options.folder.path}/${rawName(base)}`));
    this.#newestOwn = sealed.at(-1)?.base ?? this.#newestOwn;
    if (raw.length > 0) this.#options.onSealed();
  }

  #startTimeMs(): number | undefined {
    const { fileSystem, folder } = this.#options;
    if (this.#newestStamp !== undefined) return stampTimeMs(this.#newestStamp);
    return fileSystem.stat(`${folder.path}/${LOCK_NAME}`)?.modifiedTimeMs;
  }

  #rotate(full: ActiveSegment): void {
    const { fileSystem, clock, folder, signal, accounts } = this.#options;
    // A sealed segment is never mended: what a failed write left would stay, and be written again behind it.
    full.syncCut();
    const stamp = nextStamp(this.#newestStamp, clock.now());
    const base = sealedBase(signal, stamp);
    const sealedPath = `${folder.path}/${rawName(base)}`;
    try {
      fileSystem.rename(this.path, sealedPath);
    } catch (error) {
      // Somebody removed the active file: there is nothing to seal, and a new one is due all the same.
      if (errorCode(error) !== "ENOENT") throw error;
    }
    this.#newestStamp = stamp;
    this.#newestOwn = base;
    this.#segment = undefined;
    this.#oldestTimeMs = undefined;
    folder.namesChanged();
    accounts.rotations++;
    full.close();
    this.#unsynced.add(full, sealedPath);
    const { segment } = ActiveSegment.open(fileSystem, this.path);
    this.#segment = segment;
    this.#options.onSealed();
  }
}

function isSameState(segment: SegmentState, other: SegmentState | undefined): boolean {
  return segment.identity === other?.identity && segment.sizeBytes === other.sizeBytes &&
    segment.modifiedTimeMs === other.modifiedTimeMs;
}
