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

import { SEALED_SYNC_DELAY_MS } from "../limits.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import type { FileHandle, FileSystem, OpenMode } from "../platform/file_system.ts";
import { type ActiveSegment, writeAgain } from "../segment/active_segment.ts";
import { listSignal } from "../segment/listing.ts";
import { activeName, rawName } from "../segment/names.ts";
import { openIfThere } from "../segment/segment_reader.ts";
import type { JournalFolder } from "./journal_folder.ts";

/** What {@linkcode UnsyncedSegments} works with. */
export interface UnsyncedSegmentsOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly folder: JournalFolder;
  readonly signal: string;
}

interface UnsyncedSegment {
  readonly segment: ActiveSegment;
  /** Where its file was last. */
  readonly path: string;
  hasFailed: boolean;
}

/** See the module. */
export class UnsyncedSegments {
  readonly #options: UnsyncedSegmentsOptions;
  /** Oldest first. */
  readonly #segments: UnsyncedSegment[] = [];
  #syncing: Promise<void> | undefined;
  #stopSync: StopTimer | undefined;

  constructor(options: UnsyncedSegmentsOptions) {
    this.#options = options;
  }

  /** Takes over a segment that was closed. It is synced in a while: what is compressed by then needs no sync of its own. */
  add(segment: ActiveSegment, path: string): void {
    if (segment.isSynced) return;
    this.#segments.push({ segment, path, hasFailed: false });
    this.#stopSync ??= this.#options.clock.setTimer(() => {
      this.#stopSync = undefined;
      // What fails is done again for the next sync that somebody waits for.
      this.#shareSync().catch(() => {});
    }, SEALED_SYNC_DELAY_MS);
  }

  /** Resolves once every segment taken over before the call, and the name it stands under, is on disk. */
  async sync(): Promise<void> {
    this.#stopSync?.();
    this.#stopSync = undefined;
    while (this.#segments.length > 0) await this.#shareSync();
  }

  #shareSync(): Promise<void> {
    return this.#syncing ??= this.#syncAll().finally(() => this.#syncing = undefined);
  }

  async #syncAll(): Promise<void> {
    for (let next = this.#segments[0]; next !== undefined; next = this.#segments[0]) {
      await this.#syncOne(next);
      await this.#options.folder.syncNames();
      this.#segments.shift();
    }
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
      unsynced.hasFailed = true;
      await file.sync();
    } finally {
      file.close();
    }
  }

  async #writeAgain(file: FileHandle, segment: ActiveSegment): Promise<void> {
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
    { segment, mode }: { readonly segment: ActiveSegment; readonly mode: OpenMode },
  ): FileHandle | undefined {
    const file = openIfThere(this.#options.fileSystem, path, mode);
    if (file === undefined || file.stat().identity === segment.identity) return file;
    file.close();
    return undefined;
  }
}
