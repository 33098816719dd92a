/**
 * The block table that a compressed segment carries in its gzip header. `FORMAT.md` is its specification.
 *
 * Every function here names nothing outside its own body, because the compressing Worker receives them as source text.
 *
 * @module
 */

import type { TimeNs } from "../model/time.ts";

/** One block: whole lines that can be inflated alone. */
export interface Block {
  /** Where the block's deflate bytes start in the file. */
  readonly offset: number;
  /** Where its lines start in the raw segment. */
  readonly rawOffset: number;
  readonly lines: number;
  /** CRC-32 of its raw bytes. */
  readonly crc: number;
  /** Earliest record time; the smallest 64-bit value when a record of the block has none. */
  readonly earliest: TimeNs;
  /** Latest record time; the largest 64-bit value when a record of the block has none. */
  readonly latest: TimeNs;
}

/** What the header of a compressed segment says. */
export interface BlockTable {
  /** Length of the raw segment in bytes. */
  readonly rawBytes: number;
  readonly blocks: readonly Block[];
  /** The CRC-32 that stands behind the table, which tells it from every other one. */
  readonly crc: number;
}

/** Bytes behind the last block: an empty one, and the gzip trailer. */
export const GZIP_END_BYTES = 10;

/** Bytes of a gzip header with a table of `blockCount` blocks. */
export function headerBytes(blockCount: number): number {
  return 12 + 4 + 12 + 32 * blockCount + 4;
}

/** The gzip header with `table` in its extra field. At most 2,047 blocks fit. */
export function encodeHeader(table: Omit<BlockTable, "crc">, crc32: (bytes: Uint8Array) => number): Uint8Array {
  const dataBytes = 12 + 32 * table.blocks.length + 4;
  const header = new Uint8Array(12 + 4 + dataBytes);
  const view = new DataView(header.buffer);
  // RFC 1952: magic, deflate, FEXTRA, no time, no hint, unknown system; then XLEN and the subfield "VT".
  header.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff]);
  view.setUint16(10, 4 + dataBytes, true);
  header.set([0x56, 0x54], 12);
  view.setUint16(14, dataBytes, true);
  view.setUint8(16, 1);
  view.setUint16(18, table.blocks.length, true);
  view.setBigUint64(20, BigInt(table.rawBytes), true);
  table.blocks.forEach((block, index) => {
    const at = 28 + 32 * index;
    view.setUint32(at, block.offset, true);
    view.setUint32(at + 4, block.rawOffset, true);
    view.setUint32(at + 8, block.lines, true);
    view.setUint32(at + 12, block.crc, true);
    view.setBigInt64(at + 16, block.earliest, true);
    view.setBigInt64(at + 24, block.latest, true);
  });
  view.setUint32(header.length - 4, crc32(header.subarray(16, header.length - 4)), true);
  return header;
}

/**
 * Reads the table from the first bytes of a `.gz`.
 *
 * @param header The file's first bytes: 65,551 hold the longest table.
 * @returns `undefined` when there is no table, or it is damaged or of a later version: the file is then read from its start.
 */
export function decodeHeader(header: Uint8Array, crc32: (bytes: Uint8Array) => number): BlockTable | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const magic = [0x1f, 0x8b, 8, 4].every((byte, index) => header[index] === byte);
  if (!magic || header.length < 32 || header[12] !== 0x56 || header[13] !== 0x54 || header[16] !== 1) return undefined;
  const dataBytes = view.getUint16(14, true);
  const blockCount = view.getUint16(18, true);
  const end = 16 + dataBytes;
  if (dataBytes !== 16 + 32 * blockCount || view.getUint16(10, true) !== dataBytes + 4) return undefined;
  const crc = header.length < end ? undefined : view.getUint32(end - 4, true);
  if (crc === undefined || crc32(header.subarray(16, end - 4)) !== crc) return undefined;
  const blocks = Array.from({ length: blockCount }, (_, index) => {
    const at = 28 + 32 * index;
    return {
      offset: view.getUint32(at, true),
      rawOffset: view.getUint32(at + 4, true),
      lines: view.getUint32(at + 8, true),
      crc: view.getUint32(at + 12, true),
      earliest: view.getBigInt64(at + 16, true),
      latest: view.getBigInt64(at + 24, true),
    };
  });
  return { rawBytes: Number(view.getBigUint64(20, true)), blocks, crc };
}
