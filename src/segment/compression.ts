/**
 * Turns a sealed raw segment into self-indexed gzip (see `FORMAT.md`).
 *
 * The functions of {@linkcode compressionParts} name nothing outside their own bodies: a Worker receives them as source
 * text, which also works where a program was bundled or compiled into one file. What they call reaches them through
 * {@linkcode CompressionContext}.
 *
 * Guarantees
 * - When the generator ends, the temporary file is on disk, and every block of it was inflated again and compared.
 * - The bytes that `zcat` prints are the raw segment's, to the last one, whether or not they are valid JSON.
 *
 * Does not guarantee
 * - That there is a side file, or that it is on disk: what it says is only ever a reason to read less.
 *
 * @module
 */

import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import { parseRfc3339, type TimeNs } from "../model/time.ts";
import type { CompressionFile, CompressionFiles } from "../platform/compression_files.ts";
import { type Block, type BlockTable, decodeHeader, encodeHeader, headerBytes } from "./block_table.ts";
import { type SideFileParts, sideFileParts, type SideFileSizes } from "./side_file.ts";
import { type SideFile, type SideFileWriterParts, sideFileWriterParts } from "./side_file_writer.ts";
import { type TokenParts, tokenParts } from "./tokens.ts";

/** The part of `node:zlib` that compression needs. */
export interface CompressionZlib {
  deflateRawSync(bytes: Uint8Array, options: { readonly level: number; readonly finishFlush: number }): Uint8Array;
  inflateRawSync(bytes: Uint8Array, options: { readonly finishFlush: number }): Uint8Array;
  crc32(bytes: Uint8Array, value?: number): number;
  readonly constants: { readonly Z_FULL_FLUSH: number; readonly Z_SYNC_FLUSH: number };
}

/** What the functions of this module are handed. */
export interface CompressionContext {
  readonly files: CompressionFiles;
  readonly zlib: CompressionZlib;
  readonly parts: CompressionParts;
}

/** One segment to compress. Plain data, because it is sent to a Worker. */
export interface CompressionJob {
  readonly rawPath: string;
  readonly temporaryPath: string;
  /** A compressed form that stands beside the raw one already: where it is whole, it is what is wanted. */
  readonly foundPath: string | undefined;
  /** One element in shared memory: not 0 when the work is to end after the block under way. */
  readonly cancellation: Int32Array;
  /** zlib's level, 1 (fastest) to 9. */
  readonly level: number;
  readonly time: TimeSource;
  /** Raw bytes a block should hold; more where the table would not fit otherwise. */
  readonly blockTargetBytes: number;
  /** The side file, which takes the place of one that stands there, and how large it becomes. */
  readonly sideFile: { readonly path: string; readonly sizes: SideFileSizes };
}

/** What a finished compression came to. */
export interface CompressionResult {
  /** Whether the temporary file was written, or the compressed form found to be whole. */
  readonly origin: "written" | "found";
  readonly rawBytes: number;
  readonly compressedBytes: number;
  /** Length of the side file that was written; 0 where there is none. */
  readonly sideFileBytes: number;
}

/** The beginning of a line that was read, its time field, and what it says. */
interface KnownTime {
  head: string;
  time: TimeNs;
}

/** Where a block's lines lie in the raw segment. */
export interface RawSpan {
  readonly start: number;
  readonly end: number;
}

/** The functions that travel to the Worker. */
export interface CompressionParts extends TokenParts, SideFileParts, SideFileWriterParts {
  readonly parseRfc3339: typeof parseRfc3339;
  readonly recordTimeRange: typeof recordTimeRange;
  readonly headerBytes: typeof headerBytes;
  readonly encodeHeader: typeof encodeHeader;
  readonly decodeHeader: typeof decodeHeader;
  readonly readSpan: typeof readSpan;
  readonly lineEndAfter: typeof lineEndAfter;
  readonly planBlocks: typeof planBlocks;
  readonly lineTimes: typeof lineTimes;
  readonly surveyBlock: typeof surveyBlock;
  readonly writeBlocks: typeof writeBlocks;
  readonly verifyBlocks: typeof verifyBlocks;
  readonly gzipEnd: typeof gzipEnd;
  readonly findWhole: typeof findWhole;
  readonly compressSegment: typeof compressSegment;
}

/** See {@linkcode CompressionParts}. */
export const compressionParts: CompressionParts = {
  ...tokenParts,
  ...sideFileParts,
  ...sideFileWriterParts,
  parseRfc3339,
  recordTimeRange,
  headerBytes,
  encodeHeader,
  decodeHeader,
  readSpan,
  lineEndAfter,
  planBlocks,
  lineTimes,
  surveyBlock,
  writeBlocks,
  verifyBlocks,
  gzipEnd,
  findWhole,
  compressSegment,
};

/**
 * Writes, syncs and verifies the compressed form of a segment as a temporary file with the raw one's modification time,
 * unless one that stands there already is whole, and then its side file. Yields after each block, so that a caller can end
 * the work, or let other work through.
 *
 * @throws {Error} If a file cannot be read or written, or what was written does not inflate to what was read. The
 * temporary file is then worthless; the raw one was not touched.
 */
export function* compressSegment(
  context: CompressionContext,
  job: CompressionJob,
): Generator<void, CompressionResult, void> {
  const raw = context.files.open(job.rawPath, "read");
  try {
    const { foundPath: path, cancellation } = job;
    const found = yield* context.parts.findWhole(context, { path, cancellation, rawBytes: raw.stat().sizeBytes });
    if (found !== undefined) return found;
    const temporary = context.files.open(job.temporaryPath, "replace");
    try {
      const { sizeBytes: rawBytes, modifiedTimeMs } = raw.stat();
      const spans = context.parts.planBlocks(context, { raw, rawBytes, targetBytes: job.blockTargetBytes });
      const side = yield* context.parts.planSideFile(context, { raw, rawBytes, spans, sideFile: job.sideFile });
      const blocks = yield* context.parts.writeBlocks(context, { job, raw, temporary, spans, side });
      temporary.writeSync(context.parts.encodeHeader({ rawBytes, blocks }, context.zlib.crc32), 0);
      temporary.syncSync();
      const table = yield* context.parts.verifyBlocks(context, { path: job.temporaryPath, file: temporary });
      context.files.setModifiedTime(job.temporaryPath, modifiedTimeMs);
      if (side !== undefined) context.parts.sealSideFile(context, side, table.crc);
      const sideFileBytes = side === undefined ? 0 : context.parts.writeSideFile(context, side);
      return { origin: "written", rawBytes, compressedBytes: temporary.stat().sizeBytes, sideFileBytes };
    } finally {
      temporary.close();
    }
  } finally {
    raw.close();
  }
}

/** Reads the bytes between two offsets; fewer when the file ends before. */
function readSpan(file: CompressionFile, span: RawSpan): Uint8Array {
  const bytes = new Uint8Array(span.end - span.start);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length), span.start + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/** The offset behind the first line feed at or after `start`; the file's end when there is none. */
function lineEndAfter(
  context: CompressionContext,
  place: { readonly raw: CompressionFile; readonly rawBytes: number; readonly start: number },
): number {
  for (let start = place.start; start < place.rawBytes; start += 16_384) {
    const end = Math.min(start + 16_384, place.rawBytes);
    const lineFeed = context.parts.readSpan(place.raw, { start, end }).indexOf(0x0a);
    if (lineFeed >= 0) return start + lineFeed + 1;
  }
  return place.rawBytes;
}

/** Cuts the segment into blocks of whole lines. Only the neighbourhood of each cut is read. */
function planBlocks(
  context: CompressionContext,
  segment: { readonly raw: CompressionFile; readonly rawBytes: number; readonly targetBytes: number },
): RawSpan[] {
  // The header's extra field has room for 2,047 blocks; every block but the last is at least this long.
  const blockBytes = Math.max(segment.targetBytes, Math.ceil(segment.rawBytes / 2046));
  const spans: RawSpan[] = [];
  for (let start = 0; start < segment.rawBytes;) {
    const end = context.parts.lineEndAfter(context, { ...segment, start: start + blockBytes - 1 });
    spans.push({ start, end });
    start = end;
  }
  return spans;
}

/** The time range of one line; `undefined` for a record without a time, `null` for a line that is no record at all. */
function lineTimes(
  context: CompressionContext,
  line: { readonly text: string; readonly source: TimeSource; readonly last: KnownTime },
): { readonly earliest: TimeNs; readonly latest: TimeNs } | undefined | null {
  const { text, source, last } = line;
  if (source.kind === "field") {
    // Nearly every line starts with its time; a second field of that name, also one in escapes, would count instead.
    const key = `"${source.field}"`;
    const marker = `${key}:"`;
    if (text.startsWith(marker, 1) && text.indexOf(key, 2) < 0 && text.indexOf("\\u") < 0) {
      // Many lines have the time of the one before.
      if (text.startsWith(last.head, 1)) return { earliest: last.time, latest: last.time };
      const start = 1 + marker.length;
      const end = text.indexOf('"', start);
      const time = context.parts.parseRfc3339(text.slice(start, end));
      if (time !== undefined) {
        last.head = text.slice(1, end + 1);
        last.time = time;
        return { earliest: time, latest: time };
      }
    }
  }
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record !== "object" || record === null) return null;
    const rules = { source, parse: context.parts.parseRfc3339 };
    return context.parts.recordTimeRange(record as Record<string, unknown>, rules);
  } catch {
    return null;
  }
}

/** Counts a block's lines and finds the earliest and the latest time among its records. */
function surveyBlock(
  context: CompressionContext,
  block: { readonly bytes: Uint8Array; readonly source: TimeSource },
): { readonly lines: number; readonly earliest: TimeNs; readonly latest: TimeNs } {
  const unknown = { earliest: -(2n ** 63n), latest: 2n ** 63n - 1n };
  let earliest: TimeNs | undefined;
  let latest: TimeNs | undefined;
  let timeless = false;
  // No line starts with a line feed.
  const last: KnownTime = { head: "\n", time: 0n };
  const texts = new TextDecoder().decode(block.bytes).split("\n");
  if (texts.at(-1) === "") texts.pop();
  // Readers find records behind a hole, and behind a byte-order mark, which are no JSON with what stands before them.
  const hasHoles = block.bytes.includes(0);
  for (const text of texts) {
    const isHidden = hasHoles || text.startsWith("\ufeff");
    const times = isHidden ? undefined : context.parts.lineTimes(context, { text, source: block.source, last });
    if (times === undefined) timeless = true;
    if (times === undefined || times === null) continue;
    if (earliest === undefined || times.earliest < earliest) earliest = times.earliest;
    if (latest === undefined || times.latest > latest) latest = times.latest;
  }
  const lines = texts.length;
  if (timeless || earliest === undefined || latest === undefined) return { lines, ...unknown };
  // Years beyond 2262 do not fit 64 bits of nanoseconds.
  return earliest < unknown.earliest || latest > unknown.latest ? { lines, ...unknown } : { lines, earliest, latest };
}

/** Writes the deflate stream and the gzip trailer behind the room that the header will take, and marks each block's tokens. */
function* writeBlocks(
  context: CompressionContext,
  work: {
    readonly job: CompressionJob;
    readonly raw: CompressionFile;
    readonly temporary: CompressionFile;
    readonly spans: readonly RawSpan[];
    readonly side: SideFile | undefined;
  },
): Generator<void, Block[], void> {
  const { parts, zlib } = context;
  const blocks: Block[] = [];
  let offset = parts.headerBytes(work.spans.length);
  let rawBytes = 0;
  let rawCrc = 0;
  for (const [index, span] of work.spans.entries()) {
    const bytes = parts.readSpan(work.raw, span);
    if (bytes.length !== span.end - span.start) {
      throw new Error(`Cannot compress "${work.job.rawPath}": it became shorter`);
    }
    const survey = parts.surveyBlock(context, { bytes, source: work.job.time });
    if (work.side !== undefined) parts.markBlock(parts, work.side, { index, bytes });
    const deflated = zlib.deflateRawSync(bytes, { level: work.job.level, finishFlush: zlib.constants.Z_FULL_FLUSH });
    blocks.push({ offset, rawOffset: span.start, crc: zlib.crc32(bytes), ...survey });
    work.temporary.writeSync(deflated, offset);
    offset += deflated.length;
    rawBytes += bytes.length;
    rawCrc = zlib.crc32(bytes, rawCrc);
    yield;
  }
  work.temporary.writeSync(parts.gzipEnd(rawBytes, rawCrc), offset);
  return blocks;
}

/** Reads the table and every block back from the file and compares the checksums. */
function* verifyBlocks(
  context: CompressionContext,
  work: { readonly path: string; readonly file: CompressionFile },
): Generator<void, BlockTable, void> {
  const { parts, zlib } = context;
  const { sizeBytes } = work.file.stat();
  const table = parts.decodeHeader(parts.readSpan(work.file, { start: 0, end: 65_551 }), zlib.crc32);
  if (table === undefined) throw new Error(`Cannot verify "${work.path}": its block table does not read back`);
  let rawCrc = 0;
  for (const [index, block] of table.blocks.entries()) {
    const end = table.blocks[index + 1]?.offset ?? sizeBytes - 8;
    const deflated = parts.readSpan(work.file, { start: block.offset, end });
    const bytes = zlib.inflateRawSync(deflated, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    if (zlib.crc32(bytes) !== block.crc) {
      throw new Error(`Cannot verify "${work.path}": the block at offset ${block.offset} does not read back`);
    }
    rawCrc = zlib.crc32(bytes, rawCrc);
    yield;
  }
  const end = parts.readSpan(work.file, { start: sizeBytes - 10, end: sizeBytes });
  if (parts.gzipEnd(table.rawBytes, rawCrc).some((byte, index) => byte !== end[index])) {
    throw new Error(`Cannot verify "${work.path}": its last bytes do not read back`);
  }
  return table;
}

/** An empty last block, then RFC 1952's trailer: CRC-32 and length modulo 2^32. */
function gzipEnd(rawBytes: number, rawCrc: number): Uint8Array {
  const end = new DataView(new ArrayBuffer(10));
  end.setUint16(0, 0x0300);
  end.setUint32(2, rawCrc, true);
  end.setUint32(6, rawBytes, true);
  return new Uint8Array(end.buffer);
}

/**
 * A compressed form that a loss of power left beside its raw one. It was verified before it got its name, whereas the raw one
 * may never have been synced: where it holds no less and reads back, it is the better of the two.
 */
function* findWhole(
  context: CompressionContext,
  place: { readonly path: string | undefined; readonly rawBytes: number; readonly cancellation: Int32Array },
): Generator<void, CompressionResult | undefined, void> {
  if (place.path === undefined) return undefined;
  const file = context.files.open(place.path, "read");
  try {
    const { rawBytes } = yield* context.parts.verifyBlocks(context, { path: place.path, file });
    if (rawBytes < place.rawBytes) return undefined;
    // The raw form goes next.
    file.syncSync();
    return { origin: "found", rawBytes, compressedBytes: file.stat().sizeBytes, sideFileBytes: 0 };
  } catch (error) {
    if (Atomics.load(place.cancellation, 0) !== 0) throw error;
    // Another program's, or damaged: the raw form counts.
    return undefined;
  } finally {
    file.close();
  }
}
