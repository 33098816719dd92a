/**
 * Segments of one journal that were closed before they were known to be on disk: sealed ones, and the active one where its
 * file was given back.
 *
 * No handle is kept for them, so that however fast segments fill, few are open. A file is found again by its identity,
 * since its name may have changed: it is sealed by whoever holds the folder. One that is gone was compressed, pruned or
 * wiped, and only the folder's names are left to sync.
 *
 * @module
 */

import type { FileHandle, FileSystem, OpenMode } from "../platform/file_system.ts";
import { type ActiveSegment, type UnsyncedBytes, writeAgain } from "../segment/active_segment.ts";
import { listSignal } from "../segment/listing.ts";
import { activeName, rawName } from "../segment/names.ts";
import { openIfThere } from "../segment/segment_reader.ts";
import type { BackgroundSyncable, BackgroundSyncs } from "./background_syncs.ts";
import type { JournalFolder } from "./journal_folder.ts";

/** What has to be known of a closed segment. */
type ClosedSegment = Pick<
  ActiveSegment,
  "path" | "identity" | "sizeBytes" | "syncedBytes" | "isSynced" | "hasSyncFailed" | "settled"
>;

/** What {@linkcode UnsyncedSegments} works with. */
export interface UnsyncedSegmentsOptions {
  readonly fileSystem: FileSystem;
  readonly backgroundSyncs: BackgroundSyncs;
  readonly folder: JournalFolder;
  readonly signal: string;
}

interface UnsyncedSegment {
  readonly segment: ClosedSegment;
  /** Where its file was last. */
  readonly path: string;
  hasFailed: boolean;
  /** Its sync under way, if any. */
  syncing: Promise<void> | undefined;
}

/** See the module. */
export class UnsyncedSegments implements BackgroundSyncable {
  readonly #options: UnsyncedSegmentsOptions;
  /** Oldest first. */
  readonly #segments: UnsyncedSegment[] = [];
  #syncing: Promise<void> | undefined;

  constructor(options: UnsyncedSegmentsOptions) {
    this.#options = options;
  }

  /** Takes over a segment that was closed. It is synced in a while: what is compressed by then needs no sync of its own. */
  add(segment: ClosedSegment, path: string): void {
    if (segment.isSynced) return;
    this.#segments.push({ segment, path, hasFailed: false, syncing: undefined });
    this.#options.backgroundSyncs.add(this);
  }

  /**
   * Gives a file back to whoever opens it again: what becomes of its syncs has to be known in one place, since a failed one
   * makes the system forget whatever was written to the file, by whichever handle.
   */
  giveBack(identity: string): UnsyncedBytes | undefined {
    const unsynced = this.#segments.find(({ segment }) => segment.identity === identity);
    if (unsynced === undefined) return undefined;
    this.#remove(unsynced);
    const { segment } = unsynced;
    const settled = Promise.allSettled([unsynced.syncing, segment.settled()]);
    return { syncedBytes: segment.syncedBytes, settled, hasFailed: () => unsynced.hasFailed || segment.hasSyncFailed };
  }

  /** Takes over sealed raw segments that an earlier process may have ended before it synced. */
  addFound(paths: readonly string[]): void {
    for (const path of paths) {
      const info = this.#options.fileSystem.stat(path);
      if (info === undefined) continue;
      const { identity, sizeBytes } = info;
      const settled = () => Promise.resolve();
      this.add({ path, identity, sizeBytes, syncedBytes: 0, isSynced: false, hasSyncFailed: false, settled }, path);
    }
  }

  /** Resolves once every segment taken over before the call, and the name it stands under, is on disk. */
  async sync(): Promise<void> {
    this.#options.backgroundSyncs.remove(this);
    // What is to be written again must be nobody else's.
    if (this.#segments.some(({ segment, hasFailed }) => hasFailed || segment.hasSyncFailed)) {
      this.#options.folder.acquire();
    }
    while (this.#segments.length > 0) await this.#shareSync();
  }

  /** The same for those there are. What fails is done again for the next sync that somebody waits for. */
  async syncInBackground(): Promise<void> {
    await this.#shareSync().catch(() => {});
  }

  #shareSync(): Promise<void> {
    return this.#syncing ??= this.#syncAll().finally(() => this.#syncing = undefined);
  }

  async #syncAll(): Promise<void> {
    for (let next = this.#segments[0]; next !== undefined; next = this.#segments[0]) {
      next.syncing = this.#syncOne(next);
      await next.syncing;
      await this.#options.folder.syncNames();
      this.#remove(next);
    }
  }

  #remove(unsynced: UnsyncedSegment): void {
    const index = this.#segments.indexOf(unsynced);
    if (index >= 0) this.#segments.splice(index, 1);
  }

  async #syncOne(unsynced: UnsyncedSegment): Promise<void> {
    const { segment } = unsynced;
    await segment.settled();
    const mustWrite = segment.hasSyncFailed || unsynced.hasFailed;
    const file = this.#find(unsynced, mustWrite ? "existing" : "read");
    // Its removal may not be on disk, and whoever removed it may not have noted that yet.
    if (file === undefined) return this.#options.folder.namesChanged();
    try {
      if (mustWrite) await this.#writeAgain(file, segment);
      await file.sync();
      unsynced.hasFailed = false;
    } catch (error) {
      unsynced.hasFailed = true;
      throw error;
    } finally {
      file.close();
    }
  }

  async #writeAgain(file: FileHandle, segment: ClosedSegment): Promise<void> {
    if (!this.#options.folder.isStillHeld()) {
      throw new Error(`Cannot sync "${segment.path}": a sync of it failed, and another process may write to it now`);
    }
    await writeAgain(file, { start: segment.syncedBytes, end: segment.sizeBytes });
  }

  /** The segment's file, under whichever name; `undefined` when it has none any more. */
  #find({ segment, path }: UnsyncedSegment, mode: OpenMode): FileHandle | undefined {
    const { fileSystem, folder, signal } = this.#options;
    const file = this.#openSame(path, { segment, mode });
    if (file !== undefined) return file;
    const sealed = listSignal(fileSystem.list(folder.path), signal).sealed.map(({ base }) => rawName(base));
    const names = [activeName(signal), ...sealed.toReversed()];
    const name = names.find((name) => fileSystem.stat(`${folder.path}/${name}`)?.identity === segment.identity);
    return name === undefined ? undefined : this.#openSame(`${folder.path}/${name}`, { segment, mode });
  }

  #openSame(
    path: string,
    { segment, mode }: { readonly segment: ClosedSegment; readonly mode: OpenMode },
  ): FileHandle | undefined {
    const file = openIfThere(this.#options.fileSystem, path, mode);
    if (file === undefined || file.stat().identity === segment.identity) return file;
    file.close();
    return undefined;
  }
}
