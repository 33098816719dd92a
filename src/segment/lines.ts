/**
 * Cuts blocks into lines, and lines into what is good of them.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { type DamagedPlace, SegmentCorruptError } from "../errors.ts";
import { LINE_MAX_BYTES } from "../limits.ts";
import { decodeRecord, type TelemetryRecord } from "../model/record.ts";
import { LINE_FEED } from "./file_bytes.ts";
import type { LineBlock, SegmentReader } from "./segment_reader.ts";

/** One line of a segment, without its line feed. */
export interface Line {
  /** `undefined` when it cannot be what was written. */
  readonly text: string | undefined;
  /** Where it starts in the raw segment. */
  readonly rawOffset: number;
  /** Where the next line starts. */
  readonly rawEnd: number;
  /** What is wrong with a line that has no text. */
  readonly fault?: LineFault;
}

/** What can be wrong with a line. */
export type LineFault =
  /** It is longer than {@linkcode LINE_MAX_BYTES}. */
  | "too long"
  /** Its bytes are no UTF-8. */
  | "no text"
  /** It is text, but no JSON object. */
  | "no record"
  /** Some bytes are NULs, and what stands around them is no JSON object. */
  | "torn"
  /** All bytes are NULs. */
  | "hole";

const FAULT_REASONS: Readonly<Record<LineFault, string>> = {
  "too long": `the line is longer than ${LINE_MAX_BYTES} bytes`,
  "no text": "the line is no UTF-8",
  "no record": "the line is no JSON object",
  "torn": "the line has a hole of zero bytes",
  "hole": "there is a hole of zero bytes, and what it replaced is lost",
};

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The lines of a block, blank ones left out. A carriage return before the line feed and a byte-order mark are not part of a
 * line.
 *
 * A hole of NULs, as a power loss leaves, ends a line as a line feed does: JSON never holds a NUL, and no part of a JSON
 * object up to its end, or from within it, is one itself, so that no line that was never written comes out.
 */
export function* splitLines(block: LineBlock): Generator<Line, void, void> {
  const { bytes, skippedBytes } = block;
  if (skippedBytes !== undefined) {
    yield damagedLine("too long", { rawOffset: block.rawOffset, rawEnd: block.rawOffset + skippedBytes });
    return;
  }
  const hasHoles = bytes.includes(0);
  for (let start = 0; start < bytes.length;) {
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed;
    const next = lineFeed < 0 ? end : lineFeed + 1;
    const lineBytes = bytes.subarray(start, end);
    const span = { rawOffset: block.rawOffset + start, rawEnd: block.rawOffset + next };
    if (hasHoles && lineBytes.includes(0)) yield* splitHoles(lineBytes, span);
    else if (lineBytes.length > LINE_MAX_BYTES) yield damagedLine("too long", span);
    else {
      const text = decodeText(lineBytes);
      if (text === undefined) yield damagedLine("no text", span);
      else if (text.trim() !== "") yield { text, rawOffset: span.rawOffset, rawEnd: span.rawEnd };
    }
    start = next;
  }
}

/** The record that a line holds; `undefined` when it holds none. */
export function recordOfLine({ text }: Line): TelemetryRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeRecord(text);
  } catch {
    return undefined;
  }
}

/** The record that the bytes of a line hold; `undefined` when they hold none. */
export function recordOfBytes(bytes: Uint8Array): TelemetryRecord | undefined {
  return recordOfLine({ text: decodeText(bytes), rawOffset: 0, rawEnd: bytes.length });
}

/** Names the place of a line that holds no record. */
export function lineDamage(reader: Pick<SegmentReader, "path" | "form">, line: Line): SegmentCorruptError {
  const { rawOffset, rawEnd, fault = "no record" } = line;
  const place: DamagedPlace = {
    path: reader.path,
    offset: rawOffset,
    within: reader.form === "gzip" ? "content" : "file",
    bytes: rawEnd - rawOffset,
    lines: fault === "hole" ? undefined : 1,
    reason: FAULT_REASONS[fault],
  };
  return new SegmentCorruptError(place);
}

/**
 * The CRC-32 of a segment's first line, which tells it from every other one: lines carry the time. The same before and
 * after sealing and compression; `undefined` while there is no whole line. The length stands for a line too long to be held.
 */
export async function firstLineChecksum(reader: SegmentReader): Promise<number | undefined> {
  for await (const { bytes, skippedBytes } of reader.forwards()) {
    return skippedBytes ?? crc32(bytes.subarray(0, bytes.indexOf(LINE_FEED) + 1));
  }
  return undefined;
}

/** The records between the holes of a line, and what is damaged between the records. */
function* splitHoles(
  bytes: Uint8Array,
  line: { readonly rawOffset: number; readonly rawEnd: number },
): Generator<Line, void, void> {
  const rawOffsetOf = (index: number) => index === bytes.length ? line.rawEnd : line.rawOffset + index;
  let damagedFrom = 0;
  let fault: LineFault = "hole";
  for (let start = 0; start < bytes.length;) {
    const hole = bytes.indexOf(0, start);
    const end = hole < 0 ? bytes.length : hole;
    const text = end > start ? recordText(bytes.subarray(start, end)) : undefined;
    if (text !== undefined) {
      const before = { rawOffset: rawOffsetOf(damagedFrom), rawEnd: rawOffsetOf(start) };
      if (damagedFrom < start) yield damagedLine(fault, before);
      yield { text, rawOffset: rawOffsetOf(start), rawEnd: rawOffsetOf(end) };
      damagedFrom = end;
      fault = "hole";
    } else if (end > start) {
      fault = "torn";
    }
    for (start = end; bytes[start] === 0;) start++;
  }
  if (damagedFrom < bytes.length) {
    yield damagedLine(fault, { rawOffset: rawOffsetOf(damagedFrom), rawEnd: line.rawEnd });
  }
}

function damagedLine(fault: LineFault, { rawOffset, rawEnd }: Pick<Line, "rawOffset" | "rawEnd">): Line {
  return { text: undefined, rawOffset, rawEnd, fault };
}

function recordText(bytes: Uint8Array): string | undefined {
  return bytes.length <= LINE_MAX_BYTES && recordOfBytes(bytes) !== undefined ? decodeText(bytes) : undefined;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
