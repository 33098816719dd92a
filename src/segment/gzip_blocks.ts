/**
 * Inflates the blocks of a compressed segment, each by itself.
 *
 * @module
 */

import * as zlib from "node:zlib";
import type { DamagedPlace } from "../errors.ts";
import { LINE_MAX_BYTES, READ_CHUNK_BYTES } from "../limits.ts";
import type { TimeNs } from "../model/time.ts";
import { errorCode } from "../platform/file_system.ts";
import type { Block, BlockTable } from "./block_table.ts";
import { fileChunks, type FileSpan, readSpans } from "./file_bytes.ts";
import { type GzipFile, reportDamage } from "./gzip_file.ts";
import { inflateRaw } from "./inflation.ts";
import { gatherLines } from "./line_blocks.ts";
import type { BlockSelection, LineBlock } from "./segment_reader.ts";

/** A block and where it lies. */
export interface BlockPlace {
  readonly block: Block;
  readonly span: FileSpan;
  /** Length of its lines in bytes. */
  readonly rawBytes: number;
}

/** The earliest time of a block in which a record has none, or one that 64 bits do not hold. */
export const UNKNOWN_TIME: TimeNs = -(2n ** 63n);

/** A longer block holds a line that is too long to be held. */
const BLOCK_MAX_BYTES = 2 * LINE_MAX_BYTES;

/** Where the blocks of a table lie. */
export function blockPlaces(gzip: GzipFile, table: BlockTable): BlockPlace[] {
  return table.blocks.map((block, index) => {
    const next = table.blocks[index + 1];
    // The last one is inflated up to the end of the deflate stream, which also stands where the trailer is cut off.
    const end = Math.min(next?.offset ?? gzip.sizeBytes, gzip.sizeBytes);
    const rawBytes = (next?.rawOffset ?? table.rawBytes) - block.rawOffset;
    return { block, span: { start: Math.min(block.offset, end), end }, rawBytes };
  });
}

/** Whether a block is asked for. */
export function isSelected({ block, rawBytes }: BlockPlace, selection: BlockSelection): boolean {
  const { fromRawOffset = 0, toRawOffset = Infinity, range } = selection;
  if (block.rawOffset + rawBytes <= fromRawOffset || block.rawOffset >= toRawOffset) return false;
  if (range === undefined || block.earliest === UNKNOWN_TIME) return true;
  return block.latest >= range.earliest && block.earliest <= range.latest;
}

/** How blocks are inflated. */
export interface BlockReading {
  /** Which end of a long block comes first, which is given in parts. Default: its start. */
  readonly order?: "forwards" | "backwards";
  /** Told of the deflate bytes of each good block that is held. */
  readonly look?: (deflated: Uint8Array, place: BlockPlace) => void;
}

/** Gives the lines of blocks, in the order of `places`, and reports those that are damaged. */
export async function* inflateBlocks(
  gzip: GzipFile,
  places: readonly BlockPlace[],
  { order = "forwards", look = () => {} }: BlockReading = {},
): AsyncGenerator<LineBlock, void, void> {
  const runs = adjacentRuns(places);
  const reads = readSpans(gzip.file, runs.filter(isHeld).map(runSpan));
  for (const run of runs) {
    const [first] = run;
    const stored = isHeld(run) ? (await reads.next()).value ?? undefined : undefined;
    if (stored === undefined && await isLongBlockWhole(gzip, first)) {
      yield* longBlock(gzip, first, order);
      continue;
    }
    const { start } = runSpan(run);
    for (const place of run) {
      const { block, span } = place;
      const deflated = stored?.subarray(span.start - start, span.end - start);
      const bytes = deflated && inflateBlock(deflated, place);
      if (deflated !== undefined && bytes !== undefined) {
        look(deflated, place);
        yield { bytes, rawOffset: block.rawOffset };
      } else {
        reportBlock(gzip, place, { lines: block.lines, reason: `a block of ${block.lines} lines is damaged` });
      }
    }
  }
}

/** A block that is not held at once: what stands before the long line in it, of which only the length is given, and behind. */
async function* longBlock(
  { file }: GzipFile,
  { block, span }: BlockPlace,
  order: BlockReading["order"],
): AsyncGenerator<LineBlock, void, void> {
  const parts = gatherLines(inflateRaw(fileChunks(file, span)), block.rawOffset);
  if (order === "forwards") yield* parts;
  else yield* (await Array.fromAsync(parts)).reverse();
}

/** Blocks that lie side by side, in their order; at least one. */
type BlockRun = readonly [BlockPlace, ...BlockPlace[]];

/** Cuts blocks into runs that are read at once. One that is too long to be held is alone. */
function adjacentRuns(places: readonly BlockPlace[]): readonly BlockRun[] {
  const runs: [BlockPlace, ...BlockPlace[]][] = [];
  for (const place of places) {
    const run = runs.at(-1);
    if (run !== undefined && isHeld(run) && isHeld([place]) && isAdjacent(run, place)) run.push(place);
    else runs.push([place]);
  }
  return runs;
}

function isHeld([first]: BlockRun): boolean {
  return first.rawBytes <= BLOCK_MAX_BYTES;
}

function isAdjacent(run: BlockRun, { span }: BlockPlace): boolean {
  const { start, end } = runSpan(run);
  const runBytes = Math.max(end, span.end) - Math.min(start, span.start);
  return (end === span.start || span.end === start) && runBytes <= READ_CHUNK_BYTES;
}

/** Where the bytes of a run lie; it may go forwards or backwards. */
function runSpan(run: BlockRun): FileSpan {
  const [first] = run;
  const last = run.at(-1) ?? first;
  return { start: Math.min(first.span.start, last.span.start), end: Math.max(first.span.end, last.span.end) };
}

/** Reports damage in a block. */
export function reportBlock(
  gzip: GzipFile,
  { block, span }: BlockPlace,
  damage: Pick<DamagedPlace, "lines" | "reason">,
): void {
  reportDamage(gzip, { offset: block.offset, bytes: span.end - span.start, ...damage });
}

/** The lines of a block. Most flipped bits inflate to wrong bytes without an error, so that only the checksum tells. */
function inflateBlock(deflated: Uint8Array, { block, rawBytes }: BlockPlace): Uint8Array | undefined {
  // One chunk for all of it: joining several takes as long as inflating them.
  const length = Math.max(1, rawBytes);
  const options = {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    maxOutputLength: length,
    chunkSize: Math.max(64, length),
  };
  try {
    const bytes = zlib.inflateRawSync(deflated, options);
    return zlib.crc32(bytes) === block.crc ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function isLongBlockWhole(gzip: GzipFile, { block, span, rawBytes }: BlockPlace): Promise<boolean> {
  let crc = 0;
  let length = 0;
  try {
    for await (const bytes of inflateRaw(fileChunks(gzip.file, span))) {
      crc = zlib.crc32(bytes, crc);
      length += bytes.length;
    }
  } catch (error) {
    if (!errorCode(error)?.startsWith("Z_")) throw error;
  }
  return length === rawBytes && crc === block.crc;
}
