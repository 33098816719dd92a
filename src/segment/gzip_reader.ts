/**
 * Reads a compressed segment: block by block where its header carries a table, else from its start.
 *
 * @module
 */

import type { TimeRange } from "../model/time.ts";
import type { FileHandle } from "../platform/file_system.ts";
import type { BlockTable } from "./block_table.ts";
import { type BlockPlace, blockPlaces, inflateBlocks, isSelected, UNKNOWN_TIME } from "./gzip_blocks.ts";
import type { GzipFile } from "./gzip_file.ts";
import { readHeader } from "./gzip_header.ts";
import { inflateBackwards, inflateFromStart } from "./gzip_stream.ts";
import { verifyByTable, verifyStream } from "./gzip_verification.ts";
import type { BlockSelection, DamageListener, SegmentReader } from "./segment_reader.ts";
import { findBlocks } from "./side_file_reader.ts";

/** Options for {@linkcode openGzipReader}. */
export interface GzipReaderOptions {
  readonly path: string;
  readonly onDamage: DamageListener;
  /**
   * Opens the segment's side file, or gives `undefined` where there is none. Asked when blocks with certain tokens are.
   *
   * @default {() => undefined}
   */
  readonly openSideFile?: () => FileHandle | undefined;
}

/**
 * Opens a `.gz`. With a block table it can be read backwards, blocks are skipped by time and by what the side file says of
 * their tokens, and the reader's `timeRange` says what the table says, unless a record has no time. Without one, as
 * lumberjack writes it, or with a damaged one, it is inflated from its start. A damaged header before a good table costs
 * nothing.
 *
 * @param file The reader's from now on; its `close` closes it.
 */
export function openGzipReader(file: FileHandle, options: GzipReaderOptions): SegmentReader {
  const { path, onDamage, openSideFile = () => undefined } = options;
  const gzip: GzipFile = { file, path, onDamage, sizeBytes: file.stat().sizeBytes };
  const header = readHeader(gzip);
  const { table } = header;
  const common = { path, form: "gzip", sizeBytes: gzip.sizeBytes, close: () => file.close() } as const;
  if (table === undefined) {
    const forwards = () => inflateFromStart(gzip);
    const backwards = () => inflateBackwards(gzip);
    const verify = () => verifyStream(gzip, header);
    return { ...common, rawBytes: undefined, forwards, verify, backwards, timeRange: undefined };
  }
  const places = blockPlaces(gzip, table);
  const selected = (selection: BlockSelection = {}): BlockPlace[] => {
    const { tokens: need } = selection;
    const isAnySelected = need !== undefined && places.some((place) => isSelected(place, selection));
    const found = isAnySelected ? findBlocks(openSideFile, { table, need }) : undefined;
    return places.filter((place, index) => isSelected(place, selection) && found?.[index] !== 0);
  };
  return {
    ...common,
    rawBytes: table.rawBytes,
    forwards: (selection) => inflateBlocks(gzip, selected(selection)),
    verify: () => verifyByTable(gzip, { table, header, places }),
    backwards: (selection) => inflateBlocks(gzip, selected(selection).reverse(), { order: "backwards" }),
    timeRange: tableRange(table),
  };
}

function tableRange(table: BlockTable): TimeRange | undefined {
  const [first, ...rest] = table.blocks;
  if (first === undefined || table.blocks.some(({ earliest }) => earliest === UNKNOWN_TIME)) return undefined;
  return rest.reduce<TimeRange>((range, { earliest, latest }) => ({
    earliest: earliest < range.earliest ? earliest : range.earliest,
    latest: latest > range.latest ? latest : range.latest,
  }), first);
}
