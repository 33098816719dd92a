/**
 * Reads a `.gz` from its start: one without a block table, as lumberjack writes it, or with a damaged one.
 *
 * Inflating notices damage some way behind it, or only at the end by the checksum, which does not say where. So all that
 * inflates is given, up to the byte where the damage shows. What stands between the damage and that byte can be wrong; where
 * it is no JSON it costs its lines, and where it is, nothing tells it from what was written.
 *
 * @module
 */

import { BACKWARDS_WINDOW_BYTES } from "../limits.ts";
import { errorCode } from "../platform/file_system.ts";
import { fileChunks, LINE_FEED } from "./file_bytes.ts";
import { type GzipFile, reportDamage } from "./gzip_file.ts";
import { INFLATE_STEP_BYTES, inflateGzip } from "./inflation.ts";
import { gatherLines } from "./line_blocks.ts";
import { recordOfBytes } from "./lines.ts";
import type { LineBlock } from "./segment_reader.ts";

/** How far inflating came. */
interface Progress {
  /** Bytes of the file that were handed to it. */
  fileBytes: number;
  /** Bytes of the content that it gave. */
  contentBytes: number;
  /** Why it went no further. */
  failure: unknown;
}

/** The blocks of the file's good lines; then reports why there are no more, if anything is wrong. */
export async function* inflateFromStart(gzip: GzipFile): AsyncGenerator<LineBlock, void, void> {
  const progress: Progress = { fileBytes: 0, contentBytes: 0, failure: undefined };
  for await (const block of gatherLines(inflateUpToDamage(gzip, progress), 0)) {
    const isTorn = progress.failure !== undefined && block.bytes.at(-1) !== LINE_FEED;
    // The line that the damage cut in two is lost with what follows it, unless only its line feed is.
    if (!isTorn || recordOfBytes(block.bytes) !== undefined) yield block;
  }
  if (progress.failure === undefined) return;
  reportDamage(gzip, {
    offset: progress.fileBytes,
    bytes: gzip.sizeBytes - progress.fileBytes,
    lines: undefined,
    reason: reasonFor(progress),
  }, { cause: progress.failure });
}

/**
 * The same blocks from the newest on. Inflates the file once for each {@linkcode BACKWARDS_WINDOW_BYTES} of its content up to
 * there, and holds so many bytes.
 */
export async function* inflateBackwards(gzip: GzipFile): AsyncGenerator<LineBlock, void, void> {
  // The first time, all of it is inflated, and damage reported.
  let source = gzip;
  for (let end = Infinity; end > 0;) {
    const window = await lastBlocks(source, end);
    end = window[0]?.rawOffset ?? 0;
    source = { ...gzip, onDamage: () => {} };
    yield* window.reverse();
  }
}

/** The blocks before an offset of the content, as many as are held at once; the oldest first. */
async function lastBlocks(gzip: GzipFile, end: number): Promise<LineBlock[]> {
  const blocks: LineBlock[] = [];
  let heldBytes = 0;
  for await (const block of inflateFromStart(gzip)) {
    if (block.rawOffset >= end) break;
    blocks.push(block);
    heldBytes += block.bytes.length;
    for (let [oldest] = blocks; oldest !== undefined; [oldest] = blocks) {
      if (heldBytes - oldest.bytes.length < BACKWARDS_WINDOW_BYTES) break;
      heldBytes -= oldest.bytes.length;
      blocks.shift();
    }
  }
  return blocks;
}

/** The content as far as it inflates, and where that ends. */
async function* inflateUpToDamage(gzip: GzipFile, progress: Progress): AsyncGenerator<Uint8Array, void, void> {
  yield* inflateSteps(gzip, { progress, fineFrom: Infinity });
  if (errorCode(progress.failure) !== "Z_DATA_ERROR") return;
  // The step that failed kept what it had inflated before the damage. A second pass takes it byte by byte.
  const fineFrom = Math.max(0, progress.fileBytes - INFLATE_STEP_BYTES);
  let knownBytes = progress.contentBytes;
  Object.assign(progress, { fileBytes: 0, contentBytes: 0, failure: undefined });
  for await (const bytes of inflateSteps(gzip, { progress, fineFrom })) {
    const fresh = bytes.subarray(Math.min(knownBytes, bytes.length));
    knownBytes -= bytes.length - fresh.length;
    if (fresh.length > 0) yield fresh;
  }
}

/** Inflates from the start, in usual steps up to `fineFrom` and behind it byte by byte. */
async function* inflateSteps(
  gzip: GzipFile,
  { progress, fineFrom }: { readonly progress: Progress; readonly fineFrom: number },
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const bytes of inflateGzip(countedChunks(gzip, { progress, fineFrom }))) {
      progress.contentBytes += bytes.length;
      yield bytes;
    }
  } catch (error) {
    if (!errorCode(error)?.startsWith("Z_")) throw error;
    progress.failure = error;
  }
}

async function* countedChunks(
  gzip: GzipFile,
  { progress, fineFrom }: { readonly progress: Progress; readonly fineFrom: number },
): AsyncGenerator<Uint8Array, void, void> {
  const chunks = fileChunks(gzip.file, { start: 0, end: gzip.sizeBytes, chunkBytes: INFLATE_STEP_BYTES });
  for await (const chunk of chunks) {
    const stepBytes = progress.fileBytes + chunk.length > fineFrom ? 1 : chunk.length;
    for (let start = 0; start < chunk.length; start += stepBytes) {
      progress.fileBytes += stepBytes;
      yield chunk.subarray(start, start + stepBytes);
    }
  }
}

function reasonFor({ failure, contentBytes }: Progress): string {
  if (errorCode(failure) === "Z_BUF_ERROR") {
    return contentBytes === 0
      ? "the file holds nothing"
      : `the file is cut short behind ${contentBytes} bytes of its content`;
  }
  const message = failure instanceof Error ? failure.message : String(failure);
  if (/^incorrect (?:data|length) check/.test(message)) {
    return "the content is not what was compressed, which its checksum tells, but not where";
  }
  return `the file is damaged here or before, behind ${contentBytes} bytes of its content`;
}
