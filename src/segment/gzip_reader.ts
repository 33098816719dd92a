/**
 * Reads a compressed segment: block by block where its header carries a table, else from its start.
 *
 * @module
 */

import type { TimeRange } from "../model/time.ts";
import type { FileHandle } from "../platform/file_system.ts";
import type { BlockTable } from "./block_table.ts";
import { blockPlaces, inflateBlocks, isSelected } from "./gzip_blocks.ts";
import type { GzipFile } from "./gzip_file.ts";
import { readHeader } from "./gzip_header.ts";
import { inflateBackwards, inflateFromStart } from "./gzip_stream.ts";
import { verifyByTable, verifyStream } from "./gzip_verification.ts";
import type { BlockSelection, DamageListener, SegmentReader } from "./segment_reader.ts";

const EARLIEST_TIME = -(2n ** 63n);

/**
 * Opens a `.gz`. With a block table it can be read backwards, blocks are skipped by time, and the reader's `timeRange`
 * says what the table says, unless a record has no time. Without one, as lumberjack writes it, or with a damaged one,
 * it is inflated from its start. A damaged header before a good table costs nothing.
 *
 * @param file The reader's from now on; its `close` closes it.
 */
export function openGzipReader(
  file: FileHandle,
  options: { readonly path: string; readonly onDamage: DamageListener },
): SegmentReader {
  const gzip: GzipFile = { file, ...options, sizeBytes: file.stat().sizeBytes };
  const header = readHeader(gzip);
  const { table } = header;
  const { path } = options;
  const common = { path, form: "gzip", sizeBytes: gzip.sizeBytes, close: () => file.close() } as const;
  if (table === undefined) {
    const forwards = () => inflateFromStart(gzip);
    const backwards = () => inflateBackwards(gzip);
    const verify = () => verifyStream(gzip, header);
    return { ...common, rawBytes: undefined, forwards, verify, backwards, timeRange: undefined };
  }
  const places = blockPlaces(gzip, table);
  const selected = (selection: BlockSelection = {}) => places.filter((place) => isSelected(place, selection));
  return {
    ...common,
    rawBytes: table.rawBytes,
    forwards: (selection) => inflateBlocks(gzip, selected(selection)),
    verify: () => verifyByTable(gzip, { table, header, places }),
    backwards: (selection) => inflateBlocks(gzip, selected(selection).reverse()),
    timeRange: tableRange(table),
  };
}

function tableRange(table: BlockTable): TimeRange | undefined {
  const [first, ...rest] = table.blocks;
  if (first === undefined || table.blocks.some(({ earliest }) => earliest === EARLIEST_TIME)) return undefined;
  return rest.reduce<TimeRange>((range, { earliest, latest }) => ({
    earliest: earliest < range.earliest ? earliest : range.earliest,
    latest: latest > range.latest ? latest : range.latest,
  }), first);
}
