/**
 * Makes a segment's side file while the segment is compressed.
 *
 * The functions name nothing outside their own bodies, because the compressing Worker receives them as source text.
 *
 * @module
 */

import type { CompressionFile } from "../platform/compression_files.ts";
import type { CompressionContext, CompressionParts, RawSpan } from "./compression.ts";
import type { SideFileSizes, SideLayout, SideShape } from "./side_file.ts";

/** A side file in the making. Memory: as long as the file, and a byte for each row. */
export interface SideFile {
  readonly path: string;
  readonly shape: Omit<SideShape, "tableCrc">;
  readonly layout: SideLayout;
  /** The file, as far as it is known. */
  readonly bytes: Uint8Array;
  /** For each row the bits of the blocks since the last multiple of eight. */
  readonly marks: Uint8Array;
  /** Where a token's rows are put down. */
  readonly rows: Uint32Array;
}

/** The functions that travel to the Worker. */
export interface SideFileWriterParts {
  readonly planSideFile: typeof planSideFile;
  readonly markBlock: typeof markBlock;
  readonly storeMarks: typeof storeMarks;
  readonly sealSideFile: typeof sealSideFile;
  readonly writeSideFile: typeof writeSideFile;
}

/** See {@linkcode SideFileWriterParts}. */
export const sideFileWriterParts: SideFileWriterParts = {
  planSideFile,
  markBlock,
  storeMarks,
  sealSideFile,
  writeSideFile,
};

/**
 * Makes room for a side file, as much as some of the blocks need. Yields after each that is counted.
 *
 * @returns `undefined` where there is nothing to look for, or no room.
 */
function* planSideFile(
  context: CompressionContext,
  segment: {
    readonly raw: CompressionFile;
    readonly rawBytes: number;
    readonly spans: readonly RawSpan[];
    readonly sideFile: { readonly path: string; readonly sizes: SideFileSizes };
  },
): Generator<void, SideFile | undefined, void> {
  const { parts } = context;
  const { raw, rawBytes, spans, sideFile: { path, sizes } } = segment;
  const { length: blockCount } = spans;
  // Counting costs as much as marking: in a small segment, fewer blocks stand for all.
  const sampleBlocks = Math.min(sizes.sampleBlocks, Math.ceil(blockCount / 16));
  let tokens = 0;
  for (let sample = 0; sample < sampleBlocks; sample++) {
    const span = spans[Math.floor((sample + 0.5) * blockCount / sampleBlocks)];
    if (span === undefined) continue;
    let blockTokens = 0;
    parts.scanTokens(parts, parts.readSpan(raw, span), () => blockTokens++);
    tokens = Math.max(tokens, blockTokens);
    yield;
  }
  const maxBytes = parts.sideFileMaxBytes(rawBytes, sizes);
  const rowsMax = blockCount === 0 ? 0 : parts.sideRowsMax(parts, { blockCount, bytes: maxBytes });
  const rowCount = Math.min(tokens * sizes.tokenBits, rowsMax);
  if (rowCount === 0) return undefined;
  const shape = { blockCount, rowCount, tokenRows: sizes.tokenRows };
  const layout = parts.sideLayout(shape);
  const [bytes, marks] = [new Uint8Array(layout.sizeBytes), new Uint8Array(rowCount)];
  return { path, shape, layout, bytes, marks, rows: new Uint32Array(sizes.tokenRows) };
}

/** Marks the tokens of a block. Blocks come one after the other. */
function markBlock(
  parts: CompressionParts,
  side: SideFile,
  block: { readonly index: number; readonly bytes: Uint8Array },
): void {
  const { marks, rows, shape: { blockCount, rowCount } } = side;
  const bit = 1 << (block.index & 7);
  parts.scanTokens(parts, block.bytes, (hash) => {
    parts.markedRows(parts, hash, { rows, rowCount });
    // On Bun, going through them as an iterable takes five times as long.
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0;
      marks[row] = (marks[row] ?? 0) | bit;
    }
  });
  if ((block.index & 7) === 7 || block.index === blockCount - 1) parts.storeMarks(side, block.index & ~7);
}

/** Puts the bits of up to eight blocks, from `column` on, into every row. */
function storeMarks({ bytes, marks, shape, layout }: SideFile, column: number): void {
  const { groupRows, groupBytes } = layout;
  for (let group = 0; group * groupRows < shape.rowCount; group++) {
    const end = Math.min((group + 1) * groupRows, shape.rowCount);
    let at = (20 + group * groupBytes) * 8 + column;
    for (let row = group * groupRows; row < end; row++) {
      const bits = (marks[row] ?? 0) << (at & 7);
      const index = at >>> 3;
      bytes[index] = (bytes[index] ?? 0) | bits;
      if (bits > 255) bytes[index + 1] = (bytes[index + 1] ?? 0) | (bits >> 8);
      at += shape.blockCount;
    }
  }
  marks.fill(0);
}

/** Adds the header and the checksums, once every block is marked. */
function sealSideFile(context: CompressionContext, side: SideFile, tableCrc: number): void {
  const { parts, zlib } = context;
  const { bytes, layout: { groupBytes } } = side;
  const header = parts.sideHeader({ ...side.shape, tableCrc }, zlib.crc32);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  for (let group = 0; 20 + group * groupBytes < bytes.length; group++) {
    const start = 20 + group * groupBytes;
    const end = Math.min(start + groupBytes, bytes.length) - 4;
    const seed = parts.groupSeed(header, { group, crc32: zlib.crc32 });
    view.setUint32(end, zlib.crc32(bytes.subarray(start, end), seed), true);
  }
}

/**
 * Writes a side file. It is not synced: what a loss of power leaves of it does not fit its checksums.
 *
 * @returns Its length in bytes; 0 when the file system refuses it, for without it the segment is as good, and slower.
 */
function writeSideFile(context: CompressionContext, side: SideFile): number {
  try {
    const file = context.files.open(side.path, "replace");
    try {
      file.writeSync(side.bytes, 0);
    } finally {
      file.close();
    }
    return side.bytes.length;
  } catch {
    return 0;
  }
}
