/**
 * Finds the block table of a compressed segment.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { type BlockTable, decodeHeader, headerBytes } from "./block_table.ts";
import type { GzipFile } from "./gzip_file.ts";

/** The table of a file, and whether the header around it is whole. */
export interface GzipHeader {
  readonly table: BlockTable | undefined;
  /** Whether there is a table, damaged or not. */
  readonly hasTable: boolean;
  readonly isPrefixWhole: boolean;
}

/** The gzip header up to the table: what stands there follows from the count of blocks. */
export const PREFIX_BYTES = 16;

/** A gzip header with the longest extra field. */
const HEADER_MAX_BYTES = 12 + 65_535;

/** Reads the header. The table has a checksum of its own, so that it is believed whatever stands before it. */
export function readHeader({ file, sizeBytes }: GzipFile): GzipHeader {
  const start = new Uint8Array(Math.min(sizeBytes, PREFIX_BYTES + 4));
  file.readSync(start, 0);
  const blockCount = (start[18] ?? 0) + 256 * (start[19] ?? 0);
  const prefix = headerPrefix(blockCount);
  const isPrefixWhole = prefix.every((byte, index) => start[index] === byte);
  const hasTable = isPrefixWhole || (start[3] === 4 && start[12] === prefix[12] && start[13] === prefix[13]);
  const bytes = new Uint8Array(Math.min(sizeBytes, headerBytes(blockCount), HEADER_MAX_BYTES));
  file.readSync(bytes, 0);
  bytes.set(prefix.subarray(0, bytes.length));
  return { table: decodeHeader(bytes, zlib.crc32), hasTable, isPrefixWhole };
}

/** The first bytes of a compressed segment of so many blocks. See `FORMAT.md`. */
function headerPrefix(blockCount: number): Uint8Array {
  const tableBytes = headerBytes(blockCount) - PREFIX_BYTES;
  const prefix = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x56, 0x54, 0, 0);
  const view = new DataView(prefix.buffer);
  view.setUint16(10, tableBytes + 4, true);
  view.setUint16(14, tableBytes, true);
  return prefix;
}
