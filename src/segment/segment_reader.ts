/**
 * Reads one segment, raw or compressed, in blocks of whole lines, forwards or backwards.
 *
 * Readers take no lock and write nothing. What they opened stays readable while it is renamed, compressed or removed.
 * Damage costs the lines it hit: it is reported, and reading goes on behind it.
 *
 * @module
 */

import type { SegmentCorruptError } from "../errors.ts";
import type { TimeRange } from "../model/time.ts";
import { errorCode, type FileHandle, type FileSystem } from "../platform/file_system.ts";
import { openGzipReader } from "./gzip_reader.ts";
import type { SealedSegment } from "./listing.ts";
import { gzipName, rawName } from "./names.ts";
import { openRawReader } from "./raw_reader.ts";

/** Whole lines of a segment. Only the last line of a sealed one may lack its line feed. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** Where they start in the raw segment. */
  readonly rawOffset: number;
}

/** Which blocks are wanted. */
export interface BlockSelection {
  /** Skip what lies before this offset of the raw segment. A block that it falls into is given from its start. */
  readonly fromRawOffset?: number;
  /** Skip blocks in which every record's time is known and outside this range. */
  readonly range?: TimeRange;
}

/** Told of damage that reading went past. */
export type DamageListener = (error: SegmentCorruptError) => void;

/** One segment, open. */
export interface SegmentReader {
  readonly path: string;
  /** Length of the raw segment in bytes; `undefined` where only reading it all would tell. */
  readonly rawBytes: number | undefined;
  /** The blocks from the oldest on. */
  forwards(selection?: BlockSelection): AsyncGenerator<LineBlock, void, void>;
  /** The blocks from the newest on; `undefined` where the file can only be read from its start. */
  readonly backwards: (() => AsyncGenerator<LineBlock, void, void>) | undefined;
  /** The time of its records, where the file says so without being read; see {@linkcode openGzipReader}. */
  readonly timeRange: TimeRange | undefined;
  /** Gives the file back. */
  close(): void;
}

/**
 * Opens a sealed segment that was listed, whatever has become of it since: raw, compressed in the meantime, or pruned,
 * which gives `undefined`.
 */
export function openSealedSegment(
  fileSystem: FileSystem,
  place: { readonly folder: string; readonly segment: SealedSegment; readonly onDamage: DamageListener },
): SegmentReader | undefined {
  const { folder, segment, onDamage } = place;
  // A raw file goes only after its compressed form came, so that looking in this order misses neither.
  const rawPath = `${folder}/${rawName(segment.base)}`;
  const raw = segment.form === "raw" ? openIfThere(fileSystem, rawPath) : undefined;
  if (raw !== undefined) return openRawReader(raw, { path: rawPath, kind: "sealed" });
  const gzipPath = `${folder}/${gzipName(segment.base)}`;
  const gzip = openIfThere(fileSystem, gzipPath);
  return gzip === undefined ? undefined : openGzipReader(gzip, { path: gzipPath, onDamage });
}

/** Opens a file for reading, or gives `undefined` when it is not there. */
export function openIfThere(fileSystem: FileSystem, path: string): FileHandle | undefined {
  try {
    return fileSystem.open(path, "read");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
