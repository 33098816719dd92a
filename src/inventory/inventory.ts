/**
 * What is on disk.
 *
 * @module
 */

import { takeSnapshot } from "../journal/snapshot.ts";
import type { SignalDefinition } from "../model/signal.ts";
import { formatRfc3339, type TimeRange } from "../model/time.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { groupSegments, type SegmentListing } from "../segment/listing.ts";
import { activeName } from "../segment/names.ts";
import { openSealedSegment } from "../segment/segment_reader.ts";
import { type FolderPlace, type FolderSelection, listFolders } from "./folders.ts";
import { type SegmentTimes, spanning } from "./segment_times.ts";

/** What is on disk of one journal. */
export interface InventoryRecord {
  /** The journal's stack. */
  readonly stack: string;
  /** Its server. */
  readonly server: string;
  /** Its signal. */
  readonly signal: string;
  /** Absolute path of the active segment, whether or not it is there. */
  readonly path: string;
  /** Bytes of all its files, side and temporary ones included. */
  readonly sizeBytes: number;
  /** The earliest time among its records, RFC 3339; `null` when none has a time. */
  readonly oldestTime: string | null;
  /** The latest one. */
  readonly newestTime: string | null;
  /** Segments: the active file, if there, and the sealed ones, a raw file and its `.gz` counted once. */
  readonly fileCount: number;
}

/** What {@linkcode takeInventory} works with. */
export interface InventoryOptions {
  readonly fileSystem: FileSystem;
  readonly root: string;
  readonly selection: FolderSelection;
  /** In the order that the records of one server are given. */
  readonly signals: readonly SignalDefinition[];
  readonly times: SegmentTimes;
}

/**
 * Takes stock of a root, or of one stack or server of it, sorted by stack, server and signal. Takes no lock and writes
 * nothing. Reads the header of a compressed segment, and once the content of any other.
 *
 * @throws {RangeError} If a name cannot be one of a folder.
 */
export async function takeInventory(options: InventoryOptions): Promise<InventoryRecord[]> {
  const records: InventoryRecord[] = [];
  const segmentNames = new Set<string>();
  for (const folder of listFolders(options.fileSystem, options.root, options.selection)) {
    const isSignal = (name: string) => options.signals.some((signal) => signal.name === name);
    const listings = groupSegments(options.fileSystem.list(folder.path), isSignal);
    for (const signal of options.signals) {
      const listing = listings.get(signal.name);
      if (listing === undefined || (!listing.active && listing.sealed.length === 0)) continue;
      records.push(await describe(options, { folder, signal, listing, segmentNames }));
    }
  }
  if (options.selection.stack === undefined) options.times.retain(segmentNames);
  return records;
}

async function describe(
  options: InventoryOptions,
  journal: {
    readonly folder: FolderPlace;
    readonly signal: SignalDefinition;
    readonly listing: SegmentListing;
    readonly segmentNames: Set<string>;
  },
): Promise<InventoryRecord> {
  const { folder: { stack, server, path: folder }, signal, listing } = journal;
  const range = await journalRange(options, { folder, signal, segmentNames: journal.segmentNames });
  const files = [...listing.sideFiles, ...listing.sealed.flatMap((segment) => segment.files)];
  const names = new Set(listing.active ? [activeName(signal.name), ...files] : files);
  const sizes = [...names].map((name) => options.fileSystem.stat(`${folder}/${name}`)?.sizeBytes ?? 0);
  return {
    stack,
    server,
    signal: signal.name,
    path: `${folder}/${activeName(signal.name)}`,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    oldestTime: range === undefined ? null : formatRfc3339(range.earliest),
    newestTime: range === undefined ? null : formatRfc3339(range.latest),
    fileCount: listing.sealed.length + (listing.active ? 1 : 0),
  };
}

async function journalRange(
  options: InventoryOptions,
  journal: { readonly folder: string; readonly signal: SignalDefinition; readonly segmentNames: Set<string> },
): Promise<TimeRange | undefined> {
  const { folder, signal } = journal;
  const { sealed, active } = takeSnapshot(options.fileSystem, { folder, signal: signal.name });
  let range: TimeRange | undefined;
  try {
    if (active !== undefined) {
      // The active file's content lives on under its sealed name, so that the segment before it names it.
      const name = `${folder}/${signal.name} behind ${sealed.at(-1)?.base ?? ""}`;
      journal.segmentNames.add(name);
      range = await options.times.rangeOf(active, { name, time: signal.time });
    }
    for (const segment of sealed) {
      // Damage is for those who read the records; here it only hides times.
      const reader = openSealedSegment(options.fileSystem, { folder, segment, onDamage: () => {} });
      const name = `${folder}/${segment.base}`;
      journal.segmentNames.add(name);
      try {
        if (reader !== undefined) {
          range = spanning(range, await options.times.rangeOf(reader, { name, time: signal.time }));
        }
      } finally {
        reader?.close();
      }
    }
  } finally {
    active?.close();
  }
  return range;
}
