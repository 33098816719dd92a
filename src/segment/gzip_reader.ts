/**
 * Reads a compressed segment: block by block where its header carries a table, else from its start.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { SegmentCorruptError } from "../errors.ts";
import { READ_CHUNK_BYTES } from "../limits.ts";
import type { TimeRange } from "../model/time.ts";
import type { FileHandle } from "../platform/file_system.ts";
import { inflateGzip } from "./inflation.ts";
import { type Block, type BlockTable, decodeHeader } from "./block_table.ts";
import type { BlockSelection, DamageListener, LineBlock, SegmentReader } from "./segment_reader.ts";

/** A gzip header with the longest extra field. */
const HEADER_MAX_BYTES = 12 + 65_535;
const TRAILER_BYTES = 8;
const LINE_FEED = 0x0a;
const EARLIEST_TIME = -(2n ** 63n);

interface GzipFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly sizeBytes: number;
  readonly onDamage: DamageListener;
}

/**
 * Opens a `.gz`. With a block table it can be read backwards, blocks are skipped by time, and the reader's `timeRange`
 * says what the table says, unless a record has no time. Without one, as lumberjack writes it, or with a damaged one,
 * it is inflated from its start.
 *
 * @param file The reader's from now on; its `close` closes it.
 */
export function openGzipReader(
  file: FileHandle,
  options: { readonly path: string; readonly onDamage: DamageListener },
): SegmentReader {
  const gzip: GzipFile = { file, ...options, sizeBytes: file.stat().sizeBytes };
  const table = readTable(gzip);
  const close = () => file.close();
  if (table === undefined) {
    const forwards = () => inflateFromStart(gzip);
    return { path: options.path, rawBytes: undefined, forwards, backwards: undefined, timeRange: undefined, close };
  }
  return {
    path: options.path,
    rawBytes: table.rawBytes,
    forwards: (selection) => inflateBlocks(gzip, { table, blocks: selectBlocks(table, selection ?? {}) }),
    backwards: () => inflateBlocks(gzip, { table, blocks: table.blocks.toReversed() }),
    timeRange: tableRange(table),
    close,
  };
}

function readTable(gzip: GzipFile): BlockTable | undefined {
  const start = new Uint8Array(Math.min(gzip.sizeBytes, 12));
  gzip.file.readSync(start, 0);
  const headerBytes = 12 + (start[10] ?? 0) + 256 * (start[11] ?? 0);
  const header = new Uint8Array(Math.min(gzip.sizeBytes, headerBytes, HEADER_MAX_BYTES));
  gzip.file.readSync(header, 0);
  return decodeHeader(header, zlib.crc32);
}

function tableRange(table: BlockTable): TimeRange | undefined {
  const [first, ...rest] = table.blocks;
  if (first === undefined || table.blocks.some(({ earliest }) => earliest === EARLIEST_TIME)) return undefined;
  return rest.reduce<TimeRange>((range, { earliest, latest }) => ({
    earliest: earliest < range.earliest ? earliest : range.earliest,
    latest: latest > range.latest ? latest : range.latest,
  }), first);
}

function selectBlocks(table: BlockTable, selection: BlockSelection): readonly Block[] {
  const { fromRawOffset = 0, range } = selection;
  return table.blocks.filter((block, index) => {
    const rawEnd = table.blocks[index + 1]?.rawOffset ?? table.rawBytes;
    if (rawEnd <= fromRawOffset) return false;
    return range === undefined || (block.latest >= range.earliest && block.earliest <= range.latest);
  });
}

async function* inflateBlocks(
  gzip: GzipFile,
  work: { readonly table: BlockTable; readonly blocks: readonly Block[] },
): AsyncGenerator<LineBlock, void, void> {
  for (const block of work.blocks) {
    const next = work.table.blocks[work.table.blocks.indexOf(block) + 1];
    const deflated = new Uint8Array(Math.max(0, (next?.offset ?? gzip.sizeBytes - TRAILER_BYTES) - block.offset));
    await gzip.file.read(deflated, block.offset);
    const bytes = inflateBlock(deflated, block);
    // Most flipped bits inflate to wrong bytes without an error, so that only the checksum tells.
    if (bytes !== undefined) yield { bytes, rawOffset: block.rawOffset };
    else {gzip.onDamage(
        new SegmentCorruptError(gzip.path, block.offset, { reason: `a block of ${block.lines} lines is damaged` }),
      );}
  }
}

function inflateBlock(deflated: Uint8Array, block: Block): Uint8Array | undefined {
  try {
    const bytes = zlib.inflateRawSync(deflated, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    return zlib.crc32(bytes) === block.crc ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function* inflateFromStart(gzip: GzipFile): AsyncGenerator<LineBlock, void, void> {
  let rest = new Uint8Array(0);
  let rawOffset = 0;
  try {
    for await (const chunk of inflateGzip(compressedChunks(gzip))) {
      const bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
      const length = bytes.lastIndexOf(LINE_FEED) + 1;
      rest = bytes.subarray(length);
      if (length > 0) yield { bytes: bytes.subarray(0, length), rawOffset };
      rawOffset += length;
    }
  } catch (cause) {
    // The line that the damage cut in two is lost with what follows it.
    const reason = `the file is cut short or damaged behind ${rawOffset} bytes of its content`;
    return gzip.onDamage(new SegmentCorruptError(gzip.path, gzip.sizeBytes, { reason, cause }));
  }
  if (rest.length > 0) yield { bytes: rest, rawOffset };
}

async function* compressedChunks(gzip: GzipFile): AsyncGenerator<Uint8Array, void, void> {
  for (let offset = 0; offset < gzip.sizeBytes;) {
    const chunk = new Uint8Array(READ_CHUNK_BYTES);
    const length = await gzip.file.read(chunk, offset);
    if (length === 0) return;
    yield chunk.subarray(0, length);
    offset += length;
  }
}
