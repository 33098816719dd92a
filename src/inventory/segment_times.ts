/**
 * The times of the records in a segment, each byte of it read once.
 *
 * @module
 */

import { decodeRecord } from "../model/record.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import { parseRfc3339, type TimeRange } from "../model/time.ts";
import { firstLineChecksum, splitLines } from "../segment/lines.ts";
import type { LineBlock, SegmentReader } from "../segment/segment_reader.ts";

interface Survey {
  readonly range: TimeRange | undefined;
  /** Checksum of the first line: tells content that came later under the same name. */
  readonly firstLine: number | undefined;
  /** Bytes of the raw segment that the range is known for; `undefined` once it is known for all and nothing is added. */
  readonly rawBytes: number | undefined;
}

/** Remembers the time ranges of segments. A sealed one is read once, an active one from where it ended before. */
export class SegmentTimes {
  readonly #surveys = new Map<string, Survey>();

  /**
   * From the earliest to the latest time among the segment's records; `undefined` when none has a time. Lines that are
   * no records are passed over.
   *
   * @param reader The segment; it stays open.
   * @param segment A name that stands for this content as long as it only grows, and where its records carry their time.
   */
  async rangeOf(
    reader: SegmentReader,
    segment: { readonly name: string; readonly time: TimeSource },
  ): Promise<TimeRange | undefined> {
    if (reader.timeRange !== undefined) return reader.timeRange;
    const known = this.#surveys.get(segment.name);
    const firstLine = known === undefined ? undefined : await firstLineChecksum(reader);
    const isSame = known !== undefined && known.firstLine === firstLine &&
      (known.rawBytes ?? 0) <= (reader.rawBytes ?? 0);
    if (isSame && known.rawBytes === reader.rawBytes) return known.range;
    let range = isSame ? known.range : undefined;
    for await (const block of reader.forwards({ fromRawOffset: isSame ? known.rawBytes ?? 0 : 0 })) {
      range = spanning(range, blockRange(block, segment.time));
    }
    this.#surveys.set(segment.name, {
      range,
      rawBytes: reader.rawBytes,
      firstLine: isSame ? firstLine : await firstLineChecksum(reader),
    });
    return range;
  }

  /** Forgets every segment but those of the given names, so that pruned ones take no memory. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#surveys.keys()) if (!names.has(name)) this.#surveys.delete(name);
  }
}

/** The range that covers both. */
export function spanning(a: TimeRange | undefined, b: TimeRange | undefined): TimeRange | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    earliest: a.earliest < b.earliest ? a.earliest : b.earliest,
    latest: a.latest > b.latest ? a.latest : b.latest,
  };
}

function blockRange(block: LineBlock, source: TimeSource): TimeRange | undefined {
  let range: TimeRange | undefined;
  for (const { text } of splitLines(block)) {
    if (text !== undefined) range = spanning(range, lineRange(text, source));
  }
  return range;
}

function lineRange(text: string, source: TimeSource): TimeRange | undefined {
  try {
    return recordTimeRange(decodeRecord(text), { source, parse: parseRfc3339 });
  } catch {
    return undefined;
  }
}
