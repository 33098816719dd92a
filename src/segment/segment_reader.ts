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
import { errorCode, type FileHandle, type FileSystem, type OpenMode } from "../platform/file_system.ts";
import { openGzipReader } from "./gzip_reader.ts";
import type { SealedSegment } from "./listing.ts";
import { gzipName, rawName, sideName } from "./names.ts";
import { openRawReader } from "./raw_reader.ts";
import type { TokenNeed } from "./tokens.ts";

/**
 * Whole lines of a segment. Only the last line of a sealed one may lack its line feed, and one before a long hole of NULs.
 */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** Where they start in the raw segment. */
  readonly rawOffset: number;
  /** Set where there is a line too long to be held: its length. `bytes` is then empty. */
  readonly skippedBytes?: number;
}

/** Which blocks are wanted. What is skipped cannot hold what is looked for; what is given need not hold it either. */
export interface BlockSelection {
  /** Skip what lies before this offset of the raw segment. A block that it falls into is given from its start. */
  readonly fromRawOffset?: number | undefined;
  /** Skip what lies behind this offset of the raw segment, where a line ends. A block that it falls into may be given whole. */
  readonly toRawOffset?: number | undefined;
  /** Skip blocks in which every record's time is known and outside this range. */
  readonly range?: TimeRange | undefined;
  /** Skip blocks in which no line has what is needed, where that is known. */
  readonly tokens?: TokenNeed | undefined;
}

/** Told of damage that reading went past. */
export type DamageListener = (error: SegmentCorruptError) => void;

/** One segment, open. */
export interface SegmentReader {
  readonly path: string;
  /** Whether the file holds the lines themselves. */
  readonly form: SealedSegment["form"];
  /** Length of the file in bytes, as it was when it was opened. */
  readonly sizeBytes: number;
  /** Length of the raw segment in bytes; `undefined` where only reading it all would tell. */
  readonly rawBytes: number | undefined;
  /** The blocks from the oldest on. */
  forwards(selection?: BlockSelection): AsyncGenerator<LineBlock, void, void>;
  /**
   * Every block from the oldest on, as {@linkcode forwards} gives them. Reports besides what reading does without: a damaged
   * header, table or trailer of a compressed segment.
   */
  verify(): AsyncGenerator<LineBlock, void, void>;
  /** The blocks from the newest on. A file that can only be read from its start is read several times. */
  backwards(selection?: BlockSelection): AsyncGenerator<LineBlock, void, void>;
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
  if (raw !== undefined) return keepOpen(raw, () => openRawReader(raw, { path: rawPath, kind: "sealed" }));
  const gzipPath = `${folder}/${gzipName(segment.base)}`;
  const gzip = openIfThere(fileSystem, gzipPath);
  if (gzip === undefined) return undefined;
  const openSideFile = () => openIfThere(fileSystem, `${folder}/${sideName(segment.base)}`);
  return keepOpen(gzip, () => openGzipReader(gzip, { path: gzipPath, onDamage, openSideFile }));
}

/** Does something with a file that is open, and closes it if that fails. */
export function keepOpen<Result>(file: FileHandle, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Opens a file that need not be there, or gives `undefined`. */
export function openIfThere(fileSystem: FileSystem, path: string, mode: OpenMode = "read"): FileHandle | undefined {
  try {
    return fileSystem.open(path, mode);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
