/**
 * The segments of one journal as they stood at one moment, for a reader that takes no lock.
 *
 * @module
 */

import type { FileSystem } from "../platform/file_system.ts";
import { listSignal, type SealedSegment, type SegmentListing } from "../segment/listing.ts";
import { activeName } from "../segment/names.ts";
import { openRawReader } from "../segment/raw_reader.ts";
import { keepOpen, openIfThere, type SegmentReader } from "../segment/segment_reader.ts";

/** Where a journal lies. */
export interface JournalPlace {
  /** Absolute path of the server folder. */
  readonly folder: string;
  readonly signal: string;
}

/** See the module. */
export interface JournalSnapshot {
  /** Sealed segments, oldest first. They may be compressed or pruned by the time they are opened. */
  readonly sealed: readonly SealedSegment[];
  /** The active segment, open, where it is not among the sealed ones by now. The caller closes it. */
  readonly active: SegmentReader | undefined;
}

/**
 * Takes a snapshot that holds every record written before the call, each once, while the journal rotates, compresses
 * and prunes.
 *
 * The active file is opened before the folder is listed. When it still has its name afterwards, the list holds exactly
 * the segments before it. When it was sealed in between, a second list holds it, and what came later is not the
 * snapshot's.
 */
export function takeSnapshot(fileSystem: FileSystem, place: JournalPlace): JournalSnapshot {
  const path = `${place.folder}/${activeName(place.signal)}`;
  const file = openIfThere(fileSystem, path);
  if (file === undefined) return { sealed: listStable(fileSystem, place).sealed, active: undefined };
  return keepOpen(file, () => {
    const { sealed } = listStable(fileSystem, place);
    if (fileSystem.stat(path)?.identity === file.stat().identity) {
      return { sealed, active: openRawReader(file, { path, kind: "active" }) };
    }
    file.close();
    return { sealed: listStable(fileSystem, place).sealed, active: undefined };
  });
}

/**
 * Lists a folder twice and takes what either listing shows. A long directory is read in several steps, and a file that
 * changes its name between two of them can be missed under both. What was pruned meanwhile shows when it is opened.
 */
function listStable(fileSystem: FileSystem, place: JournalPlace): SegmentListing {
  return listSignal([...fileSystem.list(place.folder), ...fileSystem.list(place.folder)], place.signal);
}
