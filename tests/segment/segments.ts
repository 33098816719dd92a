/**
 * Segments in memory: compressed, opened, and read.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import type { DamagedPlace } from "../../src/errors.ts";
import type { TimeSource } from "../../src/model/record_time.ts";
import type { FileHandle } from "../../src/platform/file_system.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { type CompressionJob, compressionParts, compressSegment } from "../../src/segment/compression.ts";
import { openGzipReader } from "../../src/segment/gzip_reader.ts";
import type { LineBlock, SegmentReader } from "../../src/segment/segment_reader.ts";
import { SIDE_FILE_SIZES } from "../../src/segment/side_file.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A file system with one folder, `/d`. */
export function memoryFolder(): MemoryFileSystem {
  const files = new MemoryFileSystem(new MemoryDisk(new ManualClock(0)));
  files.makeDirectory("/d");
  return files;
}

/** A file in memory that holds these bytes, open for reading and writing. */
export function memoryFile(content: string | Uint8Array): FileHandle {
  const file = memoryFolder().open("/d/file", "update");
  file.writeSync(typeof content === "string" ? encoder.encode(content) : content, 0);
  return file;
}

/** All bytes of a file. */
export function contentOf(file: FileHandle): Uint8Array {
  const bytes = new Uint8Array(file.stat().sizeBytes);
  return bytes.subarray(0, file.readSync(bytes, 0));
}

/** The self-indexed gzip of a raw segment, in small blocks unless `job` says otherwise. */
export function compress(raw: string | Uint8Array, job: Partial<CompressionJob> = {}): Uint8Array {
  return compressWithSideFile(raw, job).gzip;
}

/** The same, and its side file, which is empty where there is none. */
export function compressWithSideFile(
  raw: string | Uint8Array,
  job: Partial<CompressionJob> = {},
): { readonly gzip: Uint8Array; readonly side: Uint8Array } {
  const files = memoryFolder();
  const bytes = typeof raw === "string" ? encoder.encode(raw) : raw;
  files.open("/d/raw", "update").writeSync(bytes, 0);
  files.setModifiedTime("/d/raw", 1_000_000);
  const time: TimeSource = { kind: "field", field: "ts" };
  const work = compressSegment({ files, zlib, parts: compressionParts }, {
    rawPath: "/d/raw",
    temporaryPath: "/d/tmp",
    foundPath: undefined,
    cancellation: new Int32Array(1),
    level: 6,
    time,
    blockTargetBytes: 100,
    sideFile: { path: "/d/side", sizes: SIDE_FILE_SIZES },
    ...job,
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  assert.equal(files.stat("/d/tmp")?.modifiedTimeMs, 1_000_000);
  assert.equal(step.value.rawBytes, bytes.length);
  assert.equal(step.value.sideFileBytes, files.stat("/d/side")?.sizeBytes ?? 0);
  const side = step.value.sideFileBytes === 0 ? new Uint8Array() : contentOf(files.open("/d/side", "read"));
  return { gzip: contentOf(files.open("/d/tmp", "read")), side };
}

/** A reader of these bytes as `/d/x.gz`, beside a side file if there is one, and what it reports. */
export function openGzip(
  gzip: Uint8Array,
  side?: Uint8Array,
): { readonly reader: SegmentReader; readonly damage: DamagedPlace[] } {
  const damage: DamagedPlace[] = [];
  const reader = openGzipReader(memoryFile(gzip), {
    path: "/d/x.gz",
    onDamage: ({ place }) => damage.push(place),
    openSideFile: () => side && memoryFile(side),
  });
  return { reader, damage };
}

/** The texts of blocks. */
export function textOf(blocks: AsyncIterable<LineBlock>): Promise<string[]> {
  return Array.fromAsync(blocks, ({ bytes }) => decoder.decode(bytes));
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, { offset, mask = 1 }: { offset: number; mask?: number }): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ mask;
  return copy;
}

/** A line of logs with a time in seconds. */
export function line(second: number, more = ""): string {
  return `{"ts":"1970-01-01T00:00:${String(second).padStart(2, "0")}Z","n":${second}${more}}\n`;
}
