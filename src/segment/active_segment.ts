/**
 * Appends bytes to the active segment of one journal.
 *
 * Guarantees
 * - A write that fails leaves nothing behind that a later write does not cover: the file is cut back to the last
 *   acknowledged byte before it is written again.
 *
 * Does not guarantee
 * - That written bytes are on disk before `sync` resolves.
 * - Safety with two writers: the folder's lock ensures there is one.
 *
 * @module
 */

import { READ_CHUNK_BYTES, SYNC_EVERY_BYTES } from "../limits.ts";
import type { FileHandle, FileSystem } from "../platform/file_system.ts";
import { recoverSegment, type Recovery } from "./recovery.ts";

/** What is not known to be on disk of a file that was closed. */
export interface UnsyncedBytes {
  /** Bytes from its start that are. */
  readonly syncedBytes: number;
  /** Settles when no sync of it is under way any more. */
  readonly settled: Promise<unknown>;
  /** Whether a sync of it has failed; asked once it has settled. */
  readonly hasFailed: () => boolean;
}

/** The file that a journal appends to. */
export class ActiveSegment {
  readonly path: string;
  /** Tells this file apart from another one that took its name. */
  readonly identity: string;
  readonly #file: FileHandle;
  #sizeBytes: number;
  #syncedBytes: number;
  #isCutPending = false;
  /** Whether a cut was made that a loss of power could undo. */
  #isCutUnsynced = false;
  #isAbandoned = false;
  #hasSyncFailed = false;
  #writesUnderWay = 0;
  #isClosed = false;
  #isTakenOver = false;
  #isSyncing = false;
  /** Settles, without an error, when no sync is under way. */
  #lastSync: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, sizeBytes: number) {
    this.path = path;
    this.identity = file.stat().identity;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    // What an earlier process wrote may never have been synced, so the first sync always does its work.
    this.#syncedBytes = 0;
  }

  /** Opens the file, creating it when missing, and mends its end. Its folder must be there and locked. */
  static open(fileSystem: FileSystem, path: string): { readonly segment: ActiveSegment; readonly recovery: Recovery } {
    const file = fileSystem.open(path, "update");
    try {
      const { recovery, sizeBytes } = recoverSegment(file);
      return { segment: new ActiveSegment(path, file, sizeBytes), recovery };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Makes what was found durable before anything is built on it: what the process before cut off could come back with a loss of
   * power, and be joined with what is written in its place to a line that nobody wrote.
   */
  syncFound(): void {
    this.#syncSync();
    // One that was taken over may have failed before: then this one means nothing.
    if (!this.#isTakenOver) this.#syncedBytes = this.#sizeBytes;
  }

  /** Takes over what is known of the file's syncs since it was closed. */
  takeOver(unsynced: UnsyncedBytes): void {
    this.#isTakenOver = true;
    this.#syncedBytes = Math.min(this.#syncedBytes, unsynced.syncedBytes);
    this.#lastSync = unsynced.settled.then(() => {
      if (unsynced.hasFailed()) this.#hasSyncFailed = true;
    });
  }

  /** When the file was last changed, in milliseconds since the epoch. */
  get modifiedTimeMs(): number {
    return this.#file.stat().modifiedTimeMs;
  }

  /** Bytes acknowledged so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether every byte acknowledged so far is on disk. */
  get isSynced(): boolean {
    return this.#sizeBytes <= this.#syncedBytes;
  }

  /** Writes `bytes` behind the last acknowledged one. They are with the operating system when it returns. */
  writeSync(bytes: Uint8Array): void {
    this.syncCut();
    try {
      this.#file.writeSync(bytes, this.#sizeBytes);
    } catch (error) {
      this.#isCutPending = true;
      this.tryCutBack();
      throw error;
    }
    this.#acknowledge(bytes.length);
  }

  /**
   * Like {@linkcode writeSync}, without stopping the program. When the same bytes were written synchronously in the
   * meantime, as the exit flush does, they count once; when only a part of them was, the call rejects.
   *
   * @param onWritten Called in the turn in which this call acknowledges the bytes; not where a synchronous write did.
   */
  async write(bytes: Uint8Array, onWritten: () => void): Promise<void> {
    this.syncCut();
    const offset = this.#sizeBytes;
    this.#writesUnderWay++;
    try {
      await this.#file.write(bytes, offset);
      // Before the cut that a synchronous write left to be done: these bytes are not part of it.
      if (this.#sizeBytes === offset) {
        this.#acknowledge(bytes.length);
        onWritten();
      }
    } catch (error) {
      // What was written synchronously meanwhile is there, whatever became of this write.
      if (this.#sizeBytes >= offset + bytes.length) return;
      this.#isCutPending ||= this.#sizeBytes === offset;
      throw error;
    } finally {
      // What is to be cut off is the caller's to cut: by now the file may be somebody else's.
      this.#writesUnderWay--;
    }
    if (this.#sizeBytes >= offset + bytes.length) return;
    throw new Error(`Cannot count a write to "${this.path}": a synchronous one of the same records failed half-way`);
  }

  /** Whether an asynchronous write is under way. What it writes is not acknowledged yet. */
  get isBusy(): boolean {
    return this.#writesUnderWay > 0;
  }

  /**
   * Cuts off what a failed write left behind the last acknowledged byte, if there is anything.
   *
   * @throws {Error} If that is not possible now: a write is under way, which could land behind the cut, where the next
   * record is going to be; or the file system refuses.
   */
  cutBack(): void {
    if (!this.#isCutPending) return;
    if (this.isBusy) throw new Error(`Cannot mend "${this.path}" yet: a write is under way`);
    // On a full disk that goes on, only the first write leaves anything.
    if (this.#file.stat().sizeBytes > this.#sizeBytes) {
      this.#file.truncate(this.#sizeBytes);
      this.#isCutUnsynced = true;
    }
    this.#isCutPending = false;
  }

  /** Like {@linkcode cutBack}, where it can be done later as well. */
  tryCutBack(): void {
    if (this.#isAbandoned) return;
    try {
      this.cutBack();
    } catch {
      // Due again before the next write, and before the segment is sealed.
    }
  }

  /**
   * Makes sure that nothing which was cut off can come back with a loss of power: behind what is written in its place, joined
   * with it to a line that nobody wrote, or behind the end of a segment that is never mended.
   *
   * @throws {Error} If the file system refuses.
   */
  syncCut(): void {
    this.cutBack();
    if (!this.#isCutUnsynced) return;
    this.#syncSync();
    this.#isCutUnsynced = false;
  }

  /** How many bytes from the start are on disk. */
  get syncedBytes(): number {
    return this.#syncedBytes;
  }

  /** Whether the last sync failed: the bytes since `syncedBytes` have to be written again before the next one. */
  get hasSyncFailed(): boolean {
    return this.#hasSyncFailed;
  }

  /** Resolves when no sync is under way any more. */
  settled(): Promise<void> {
    return this.#lastSync;
  }

  /**
   * Resolves once every byte acknowledged before the call is on disk, or the file was closed: its syncs are then the
   * business of whoever closed it.
   */
  sync(): Promise<void> {
    // One at a time: the kernel tells one sync alone that a write-back failed, and a second one would miss it.
    const sync = this.#lastSync.then(() => this.#syncNow());
    this.#lastSync = sync.catch(() => {});
    return sync;
  }

  /** Gives the file back. Closing twice is harmless. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.syncCut();
    } catch {
      // The next open mends what is left of it.
    }
    this.#file.close();
  }

  /** Gives the file back without touching it again: it may be somebody else's by now. */
  abandon(): void {
    this.#isCutPending = false;
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.#file.close();
  }

  #syncSync(): void {
    try {
      this.#file.syncSync();
    } catch (error) {
      this.#hasSyncFailed = true;
      throw error;
    }
  }

  async #syncNow(): Promise<void> {
    if (this.isSynced || this.#isClosed) return;
    const sizeBytes = this.#sizeBytes;
    this.#isSyncing = true;
    try {
      if (this.#hasSyncFailed) await writeAgain(this.#file, { start: this.#syncedBytes, end: sizeBytes });
      this.#hasSyncFailed = false;
      await this.#file.sync();
      // The synchronous sync of a cut may have been told meanwhile what this one should have been.
      if (this.#hasSyncFailed) throw new Error(`Cannot sync "${this.path}": another sync of it failed meanwhile`);
      this.#syncedBytes = Math.max(this.#syncedBytes, sizeBytes);
    } catch (error) {
      this.#hasSyncFailed = true;
      throw error;
    } finally {
      this.#isSyncing = false;
    }
  }

  #acknowledge(bytes: number): void {
    this.#sizeBytes += bytes;
    if (this.#sizeBytes - this.#syncedBytes < SYNC_EVERY_BYTES || this.#isSyncing) return;
    // The next sync that somebody waits for does again what fails here.
    this.sync().catch(() => {});
  }
}

/**
 * Writes bytes of a file once more. After a failed sync the system takes them for clean, though the disk may not have them:
 * another sync alone would succeed and change nothing.
 */
export async function writeAgain(
  file: FileHandle,
  span: { readonly start: number; readonly end: number },
): Promise<void> {
  const chunk = new Uint8Array(READ_CHUNK_BYTES);
  for (let offset = span.start; offset < span.end;) {
    const length = await file.read(chunk.subarray(0, Math.min(chunk.length, span.end - offset)), offset);
    if (length === 0) return;
    await file.write(chunk.subarray(0, length), offset);
    offset += length;
  }
}
