/**
 * The sealed segments of one journal: prunes them and has them compressed.
 *
 * @module
 */

import { BLOCK_TARGET_BYTES } from "../limits.ts";
import type { SignalDefinition } from "../model/signal.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { GZIP_END_BYTES, headerBytes } from "../segment/block_table.ts";
import { listSignal, type SealedSegment } from "../segment/listing.ts";
import { activeName, gzipName, rawName, sideName, stampTimeMs, temporaryName } from "../segment/names.ts";
import { SIDE_FILE_SIZES, sideFileMaxBytes } from "../segment/side_file.ts";
import type { JournalAccounts } from "./accounts.ts";
import type { JournalFolder } from "./journal_folder.ts";
import type { Compressor } from "./compressor.ts";
import type { RetentionLimits } from "../model/retention_limits.ts";
import { type SegmentAge, selectExpired } from "./retention.ts";

/** What {@linkcode SealedSegments} works with. */
export interface SealedSegmentsOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly folder: JournalFolder;
  readonly signal: SignalDefinition;
  readonly accounts: JournalAccounts;
  readonly compressor: Compressor;
  readonly isCompressed: boolean;
}

/** See the module. */
export class SealedSegments {
  readonly #options: SealedSegmentsOptions;

  constructor(options: SealedSegmentsOptions) {
    this.#options = options;
  }

  /** Deletes those that are too old or too many. */
  prune(limits: RetentionLimits): void {
    if (limits.maxAgeMs === false && limits.maxSegments === false) return;
    const nowMs = this.#options.clock.now();
    for (const segment of selectExpired(this.#ages(), { limits, nowMs })) this.#remove(segment);
  }

  #ages(): SegmentAge[] {
    const { fileSystem, folder, signal } = this.#options;
    return sealedAges(fileSystem, { folder: folder.path, signal: signal.name });
  }

  #remove(segment: SegmentAge): void {
    const { fileSystem, folder, signal, accounts } = this.#options;
    removeSealed(fileSystem, { folder: folder.path, signal: signal.name, base: segment.base });
    folder.namesChanged();
    accounts.prunedSegments++;
  }

  /** Queues the raw ones for compression, where the store compresses. */
  compress(): void {
    if (!this.#options.isCompressed) return;
    for (const segment of this.#list()) if (segment.form === "raw") this.#queue(segment);
  }

  #list(): readonly SealedSegment[] {
    const { fileSystem, folder, signal } = this.#options;
    return listSignal(fileSystem.list(folder.path), signal.name).sealed;
  }

  #queue(segment: SealedSegment): void {
    const { fileSystem, folder, compressor, signal } = this.#options;
    const rawPath = `${folder.path}/${rawName(segment.base)}`;
    const temporaryPath = `${folder.path}/${temporaryName(segment.base)}`;
    const gzipPath = `${folder.path}/${gzipName(segment.base)}`;
    const sideFilePath = `${folder.path}/${sideName(segment.base)}`;
    let giveBack: (() => void) | undefined;
    const isWanted = () => folder.isStillHeld() && fileSystem.stat(rawPath) !== undefined;
    compressor.add({
      rawPath,
      temporaryPath,
      foundPath: segment.files.includes(gzipName(segment.base)) ? gzipPath : undefined,
      sideFilePath,
      time: signal.time,
      isWanted,
      reserve: () => {
        const rawBytes = fileSystem.stat(rawPath)?.sizeBytes ?? 0;
        const bytes = gzipMaxBytes(rawBytes) + sideFileMaxBytes(rawBytes, SIDE_FILE_SIZES);
        giveBack = folder.reserveRoom(bytes, { sealedBeforeMs: stampTimeMs(segment.stamp) ?? 0 });
        return giveBack;
      },
      abandon: () => {
        // Once the lock is lost, it may be the next holder's.
        if (!folder.isStillHeld()) return;
        removeIfThere(fileSystem, temporaryPath);
        if (fileSystem.stat(gzipPath) === undefined) removeSideFile(fileSystem, sideFilePath);
      },
      finish: async ({ origin, sideFileBytes }) => {
        // The seal's rename has to be on disk first: a loss of power could else leave the same records in an active file.
        await folder.syncNames();
        if (!isWanted()) return false;
        if (origin === "written" && sideFileBytes === 0) removeSideFile(fileSystem, sideFilePath);
        if (origin === "written") fileSystem.rename(temporaryPath, gzipPath);
        folder.namesChanged();
        // Counted by its name from now on.
        giveBack?.();
        // Only once the new name is on disk may the raw file go: a loss of power must leave one of them.
        await folder.syncNames();
        if (!isWanted()) return false;
        await unlinkIfThere(fileSystem, rawPath);
        folder.namesChanged();
        return true;
      },
    });
  }
}

/** Bytes that a segment's compressed form takes at most. Deflate keeps what does not shrink, five bytes longer each 16 KiB. */
function gzipMaxBytes(rawBytes: number): number {
  const blocks = Math.ceil(rawBytes / BLOCK_TARGET_BYTES);
  return headerBytes(blocks) + rawBytes + 5 * (Math.ceil(rawBytes / (16 * 1024)) + blocks) + GZIP_END_BYTES;
}

/** What retention needs to know of the sealed segments of one signal, oldest first. */
export function sealedAges(
  fileSystem: FileSystem,
  place: { readonly folder: string; readonly signal: string },
): SegmentAge[] {
  return listSignal(fileSystem.list(place.folder), place.signal).sealed.map(({ base, stamp, files }) => {
    const infos = files.map((name) => fileSystem.stat(`${place.folder}/${name}`));
    return {
      base,
      sealedTimeMs: stampTimeMs(stamp) ?? 0,
      modifiedTimeMs: Math.min(...infos.map((info) => info?.modifiedTimeMs ?? Infinity)),
      sizeBytes: infos.reduce((sum, info) => sum + (info?.sizeBytes ?? 0), 0),
    };
  });
}

/** Removes one sealed segment, side files first. */
export function removeSealed(
  fileSystem: FileSystem,
  place: { readonly folder: string; readonly signal: string; readonly base: string },
): void {
  const { sealed } = listSignal(fileSystem.list(place.folder), place.signal);
  const files = sealed.find(({ base }) => base === place.base)?.files ?? [];
  for (const name of files) removeIfThere(fileSystem, `${place.folder}/${name}`);
}

/** Removes every segment and side file of one signal from a folder. The user's own files stay. */
export function removeSignal(
  fileSystem: FileSystem,
  place: { readonly folder: string; readonly signal: string },
): void {
  const listing = listSignal(fileSystem.list(place.folder), place.signal);
  const sealed = listing.sealed.flatMap(({ files }) => files);
  const active = listing.active ? [activeName(place.signal)] : [];
  // Oldest first and the active one last, so that a wipe cut short leaves the newest records, in order.
  const names = new Set([...listing.sideFiles, ...sealed, ...active]);
  for (const name of names) removeIfThere(fileSystem, `${place.folder}/${name}`);
}

/** Removes a side file that belongs to nothing. Where that is refused, it stays, and is no segment's. */
function removeSideFile(fileSystem: FileSystem, path: string): void {
  try {
    if (fileSystem.stat(path) !== undefined) fileSystem.remove(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

function removeIfThere(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.remove(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

async function unlinkIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
