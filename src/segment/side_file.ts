/**
 * The layout of a side file: which blocks of a compressed segment may hold a token. `FORMAT.md` is its specification.
 *
 * It is a Bloom filter for each block, turned on its side: a row of the matrix holds one bit of every block's filter, so that
 * a look-up reads as many rows as a token marks, and not the file.
 *
 * The functions of {@linkcode sideFileParts} name nothing outside their own bodies, because the compressing Worker receives
 * them as source text.
 *
 * @module
 */

import {
  SIDE_FILE_BASE_BYTES,
  SIDE_FILE_MAX_BYTES,
  SIDE_FILE_RAW_SHARE,
  SIDE_FILE_SAMPLE_BLOCKS,
  SIDE_FILE_TOKEN_BITS,
  SIDE_FILE_TOKEN_ROWS,
} from "../limits.ts";
import type { TokenParts } from "./tokens.ts";

/** What a side file is for. */
export interface SideShape {
  /** Columns of the matrix: the segment's blocks. */
  readonly blockCount: number;
  readonly rowCount: number;
  /** Rows that a token marks. */
  readonly tokenRows: number;
  /** The CRC-32 of the segment's block table: no other segment's side file is believed. */
  readonly tableCrc: number;
}

/** Where the rows lie. */
export interface SideLayout {
  /** Rows that share a checksum; the last group may have fewer. */
  readonly groupRows: number;
  /** Bytes from one group to the next. */
  readonly groupBytes: number;
  readonly sizeBytes: number;
}

/** How large a side file becomes. Plain data, because it is sent to a Worker. */
export interface SideFileSizes {
  /** Rows for each distinct token of the block that has the most. */
  readonly tokenBits: number;
  /** See {@linkcode SideShape.tokenRows}. */
  readonly tokenRows: number;
  /** Blocks whose tokens are counted beforehand, at most. */
  readonly sampleBlocks: number;
  /** At most this part of the raw segment … */
  readonly rawShare: number;
  /** … and so many bytes more, … */
  readonly baseBytes: number;
  /** … and never more than these. */
  readonly maxBytes: number;
}

/** The functions that travel to the Worker. */
export interface SideFileParts {
  readonly sideHeader: typeof sideHeader;
  readonly sideLayout: typeof sideLayout;
  readonly sideRowsMax: typeof sideRowsMax;
  readonly sideFileMaxBytes: typeof sideFileMaxBytes;
  readonly groupSeed: typeof groupSeed;
  readonly markedRows: typeof markedRows;
}

/** See {@linkcode SideFileParts}. */
export const sideFileParts: SideFileParts = {
  sideHeader,
  sideLayout,
  sideRowsMax,
  sideFileMaxBytes,
  groupSeed,
  markedRows,
};

/** See `limits.ts`. */
export const SIDE_FILE_SIZES: SideFileSizes = {
  tokenBits: SIDE_FILE_TOKEN_BITS,
  tokenRows: SIDE_FILE_TOKEN_ROWS,
  sampleBlocks: SIDE_FILE_SAMPLE_BLOCKS,
  rawShare: SIDE_FILE_RAW_SHARE,
  baseBytes: SIDE_FILE_BASE_BYTES,
  maxBytes: SIDE_FILE_MAX_BYTES,
};

/** Bytes before the first group. */
export const SIDE_HEADER_BYTES = 20;

/** Bytes that a segment's side file takes at most. */
export function sideFileMaxBytes(rawBytes: number, sizes: SideFileSizes): number {
  return Math.min(sizes.maxBytes, sizes.baseBytes + Math.floor(rawBytes * sizes.rawShare));
}

/** The first bytes of a side file, with a checksum of their own. */
export function sideHeader(shape: SideShape, crc32: (bytes: Uint8Array) => number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  // "VTIX", version 1.
  view.setUint32(0, 0x56544958);
  view.setUint8(4, 1);
  view.setUint8(5, shape.tokenRows);
  view.setUint16(6, shape.blockCount, true);
  view.setUint32(8, shape.rowCount, true);
  view.setUint32(12, shape.tableCrc, true);
  const header = new Uint8Array(view.buffer);
  view.setUint32(16, crc32(header.subarray(0, 16)), true);
  return header;
}

/** Where the rows of a side file lie. */
export function sideLayout({ blockCount, rowCount }: Pick<SideShape, "blockCount" | "rowCount">): SideLayout {
  // Of about a KiB: it is read as fast as a single row, and the checksums take no room.
  const groupRows = Math.max(1, Math.floor(8192 / blockCount));
  const bytesOf = (rows: number): number => rows === 0 ? 0 : Math.ceil(rows * blockCount / 8) + 4;
  const groupBytes = bytesOf(groupRows);
  const sizeBytes = 20 + Math.floor(rowCount / groupRows) * groupBytes + bytesOf(rowCount % groupRows);
  return { groupRows, groupBytes, sizeBytes };
}

/** The most rows that a side file of this length has room for. */
export function sideRowsMax(
  parts: SideFileParts,
  size: { readonly blockCount: number; readonly bytes: number },
): number {
  const { groupRows, groupBytes } = parts.sideLayout({ blockCount: size.blockCount, rowCount: 0 });
  const groups = Math.floor(Math.max(0, size.bytes - 20) / groupBytes);
  const restBytes = Math.max(0, size.bytes - 20 - groups * groupBytes - 4);
  return groups * groupRows + Math.floor(restBytes * 8 / size.blockCount);
}

/** What the checksum of a group begins with: rows in another place, or of another side file, do not fit it. */
export function groupSeed(
  header: Uint8Array,
  { group, crc32 }: { readonly group: number; readonly crc32: (bytes: Uint8Array) => number },
): number {
  const seed = new DataView(new ArrayBuffer(8));
  seed.setUint32(0, new DataView(header.buffer, header.byteOffset).getUint32(16, true), true);
  seed.setUint32(4, group, true);
  return crc32(new Uint8Array(seed.buffer));
}

/** Writes the rows that a token marks into `rows`, one for each of its elements. */
export function markedRows(
  parts: TokenParts,
  hash: number,
  { rows, rowCount }: { readonly rows: Uint32Array; readonly rowCount: number },
): void {
  // Two hashes stand for any number of them (Kirsch and Mitzenmacher, 2006).
  const step = parts.mixHash(hash ^ 0x9e3779b9) | 1;
  let sum = hash;
  for (let index = 0; index < rows.length; index++) {
    rows[index] = (sum >>> 0) * rowCount / 4294967296;
    sum = sum + step | 0;
  }
}
