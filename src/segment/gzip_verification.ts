/**
 * Looks at all of a compressed segment, also at what reading does without.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { joinBytes } from "../model/bytes.ts";
import { type BlockTable, GZIP_END_BYTES } from "./block_table.ts";
import { compressionParts } from "./compression.ts";
import { type FileSpan, readSpan } from "./file_bytes.ts";
import { type BlockPlace, inflateBlocks, reportBlock } from "./gzip_blocks.ts";
import { type GzipFile, reportDamage } from "./gzip_file.ts";
import { type GzipHeader, PREFIX_BYTES } from "./gzip_header.ts";
import { inflateFromStart } from "./gzip_stream.ts";
import type { LineBlock } from "./segment_reader.ts";

/** A last deflate block that holds, uncompressed, one byte that is no text: 0xff. See RFC 1951, 3.2.4. */
const STORED_BLOCK = Uint8Array.of(0x01, 0x01, 0x00, 0xfe, 0xff, 0xff);

const STREAM_END_REASON = "a flipped bit ends the deflate stream in this block, so that other programs stop there";

/** Verifies a file that has no block table, or a damaged one. */
export async function* verifyStream(gzip: GzipFile, header: GzipHeader): AsyncGenerator<LineBlock, void, void> {
  if (header.hasTable) reportHeader(gzip, "the block table is damaged; the file is read from its start instead");
  yield* inflateFromStart(gzip);
}

/** Verifies a file by its block table. */
export async function* verifyByTable(
  gzip: GzipFile,
  work: { readonly table: BlockTable; readonly header: GzipHeader; readonly places: readonly BlockPlace[] },
): AsyncGenerator<LineBlock, void, void> {
  if (!work.header.isPrefixWhole) {
    reportHeader(gzip, "the gzip header is damaged; only the block table still opens the file");
  }
  const end: FileSpan = { start: Math.max(0, gzip.sizeBytes - GZIP_END_BYTES), end: gzip.sizeBytes };
  const foundEnd = await readSpan(gzip.file, end);
  const last = work.places.at(-1);
  const look = (deflated: Uint8Array, place: BlockPlace) => {
    // Where the end is cut off, nothing tells how far the last block goes.
    if (place === last && !isEmptyBlock(foundEnd)) return;
    const ownBytes = place === last ? deflated.subarray(0, -GZIP_END_BYTES) : deflated;
    if (!goesOnBehind(ownBytes)) reportBlock(gzip, place, { lines: 0, reason: STREAM_END_REASON });
  };
  let crc = 0;
  let rawBytes = 0;
  for await (const block of inflateBlocks(gzip, work.places, { look })) {
    crc = zlib.crc32(block.bytes, crc);
    rawBytes += block.bytes.length;
    yield block;
  }
  // Without every block there is no checksum to compare with.
  const knownCrc = rawBytes === work.table.rawBytes ? crc : undefined;
  if (isEnd(foundEnd, { crc: knownCrc, rawBytes: work.table.rawBytes })) return;
  const reason = "the end of the file is cut off or damaged, which other programs take for damaged content";
  reportDamage(gzip, { offset: end.start, bytes: foundEnd.length, lines: 0, reason });
}

/** Whether these bytes are what a compressed segment ends with, as far as its content is known. */
function isEnd(
  bytes: Uint8Array,
  { crc, rawBytes }: { readonly crc: number | undefined; readonly rawBytes: number },
): boolean {
  const expected = compressionParts.gzipEnd(rawBytes, crc ?? 0);
  // The checksum stands behind the empty block's two bytes.
  return expected.every((byte, index) => bytes[index] === byte || (crc === undefined && index >= 2 && index < 6));
}

function isEmptyBlock([first, second]: Uint8Array): boolean {
  return first === 0x03 && second === 0x00;
}

/** Whether what follows these deflate bytes is still inflated: a flipped bit can make a block the last one of its stream. */
function goesOnBehind(deflated: Uint8Array): boolean {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
  try {
    return zlib.inflateRawSync(joinBytes([deflated, STORED_BLOCK]), options).at(-1) === STORED_BLOCK.at(-1);
  } catch {
    return false;
  }
}

function reportHeader(gzip: GzipFile, reason: string): void {
  reportDamage(gzip, { offset: 0, bytes: PREFIX_BYTES, lines: 0, reason });
}
