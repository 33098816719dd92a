/**
 * Reads everything that is on disk and names what is damaged.
 *
 * @module
 */

import type { DamagedPlace } from "../errors.ts";
import { takeSnapshot } from "../journal/snapshot.ts";
import { VERIFIED_PLACES_MAX } from "../limits.ts";
import type { JournalKey } from "../model/journal_key.ts";
import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { lineDamage, recordOfLine, splitLines } from "../segment/lines.ts";
import { groupSegments, type SealedSegment, type SegmentListing } from "../segment/listing.ts";
import { activeName, gzipName, parseSegmentFile, rawName } from "../segment/names.ts";
import {
  type DamageListener,
  type LineBlock,
  openSealedSegment,
  type SegmentReader,
} from "../segment/segment_reader.ts";

/** Which journals are verified; what is left out stands for every one. */
export interface VerificationSelection {
  /** Only this stack. */
  readonly stack?: string | undefined;
  /** Only this server. */
  readonly server?: string | undefined;
  /** Only this signal. */
  readonly signal?: string | undefined;
}

/** How far a verification is. */
export interface VerificationProgress {
  /** Bytes of files that were read. */
  readonly checkedBytes: number;
  /** Bytes of files that are to be read, as they were at the start, or more where they grew since. */
  readonly totalBytes: number;
}

/** How to verify. */
export interface VerificationOptions {
  /** Told of each block that was read. Asking for it costs a look at the size of every file first. */
  readonly onProgress?: ((progress: VerificationProgress) => void) | undefined;
}

/** A segment that was read from end to end. */
export interface VerifiedSegment {
  /** Tells it from a {@linkcode LeftoverFile}. */
  readonly kind: "segment";
  /** The journal it is of. */
  readonly key: JournalKey;
  /** Absolute path of the file. */
  readonly path: string;
  /** What the file is: the one that is appended to, a sealed one, or a sealed one that is compressed. */
  readonly form: "active" | "raw" | "gzip";
  /** Length of the file in bytes. */
  readonly sizeBytes: number;
  /** Lines that are JSON objects. */
  readonly records: number;
  /**
   * Bytes behind the last line feed of an active segment. They are being written, or a crash tore them and the next open cuts
   * them off; either way they are no damage. 0 for any other segment.
   */
  readonly unfinishedBytes: number;
  /** What is damaged, in the order it was found; adjacent lines with the same fault are one place. At most 1000 places. */
  readonly damage: readonly DamagedPlace[];
  /** How many places there are, also past those that are named. */
  readonly damagedPlaces: number;
}

/** A file that a compression left over, or works on: no damage, and nothing that readers look at. */
export interface LeftoverFile {
  /** Tells it from a {@linkcode VerifiedSegment}. */
  readonly kind: "leftover";
  /** The journal it is of. */
  readonly key: JournalKey;
  /** Absolute path of the file. */
  readonly path: string;
  /** Why it is there, and what becomes of it. */
  readonly reason: string;
}

/** What a verification yields. */
export type Verified = VerifiedSegment | LeftoverFile;

/** What {@linkcode verifyFolders} works with. */
export interface VerificationWork {
  readonly fileSystem: FileSystem;
  readonly folders: readonly { readonly stack: string; readonly server: string; readonly path: string }[];
  /** Whether a signal is meant. */
  readonly isSignal: (name: string) => boolean;
  readonly options: VerificationOptions;
}

/** One segment to read. */
interface SegmentTask {
  readonly key: JournalKey;
  readonly path: string;
  readonly form: VerifiedSegment["form"];
  /** Opens it; `undefined` when it was pruned since it was listed. */
  readonly open: (onDamage: DamageListener) => SegmentReader | undefined;
}

/**
 * Reads the segments of folders, one after the other, and yields what it found of each. Takes no lock and writes nothing.
 * Holds one block of lines and the names of one folder at a time. See {@linkcode Store.verify}.
 */
export async function* verifyFolders(work: VerificationWork): AsyncGenerator<Verified, void, void> {
  const { fileSystem, options: { onProgress } } = work;
  const meter = new Meter(onProgress === undefined ? 0 : totalBytes(work), onProgress);
  for (const { path: folder, stack, server } of work.folders) {
    for (const [signal, listing] of groupSegments(fileSystem.list(folder), work.isSignal)) {
      const key = { stack, server, signal };
      yield* leftoverFiles(listing, { folder, key });
      yield* verifyJournal(fileSystem, { folder, key, meter });
    }
  }
}

async function* verifyJournal(
  fileSystem: FileSystem,
  work: { readonly folder: string; readonly key: JournalKey; readonly meter: Meter },
): AsyncGenerator<VerifiedSegment, void, void> {
  const { folder, key, meter } = work;
  const { sealed, active } = takeSnapshot(fileSystem, { folder, signal: key.signal });
  try {
    for (const segment of sealed) {
      const open = (onDamage: DamageListener) => openSealedSegment(fileSystem, { folder, segment, onDamage });
      const task = { key, path: `${folder}/${segmentFileName(segment)}`, form: segment.form, open };
      const verified = await verifySegment(task, meter);
      if (verified !== undefined) yield verified;
    }
    if (active === undefined) return;
    const verified = await verifySegment({ key, path: active.path, form: "active", open: () => active }, meter);
    if (verified !== undefined) yield verified;
  } finally {
    active?.close();
  }
}

async function verifySegment(task: SegmentTask, meter: Meter): Promise<VerifiedSegment | undefined> {
  const findings = new Findings();
  let reader: SegmentReader | undefined;
  let unfinishedBytes = 0;
  try {
    reader = task.open((error) => findings.addPlace(error.place));
    if (reader === undefined) return undefined;
    const { sizeBytes, rawBytes } = reader;
    for await (const block of reader.verify()) {
      findings.addBlock(block, reader);
      if (rawBytes !== undefined) meter.advance(findings.rawEnd / rawBytes * sizeBytes);
    }
    if (task.form === "active") unfinishedBytes = sizeBytes - findings.rawEnd;
  } catch (error) {
    // What the system does not read is damaged as well, and no reason to leave the other segments.
    if (!(error instanceof Error) || errorCode(error) === undefined) throw error;
    findings.addPlace(unreadablePlace(reader ?? task, { error, offset: reader?.form === "raw" ? findings.rawEnd : 0 }));
  } finally {
    reader?.close();
  }
  const { records, damage, damagedPlaces } = findings;
  const { path = task.path, sizeBytes = 0 } = reader ?? {};
  meter.finish(sizeBytes);
  // A raw file can be compressed between the listing and here.
  const form = task.form === "active" ? "active" : reader?.form ?? task.form;
  return { kind: "segment", key: task.key, path, form, sizeBytes, records, unfinishedBytes, damage, damagedPlaces };
}

/** What was found of one segment so far. */
class Findings {
  readonly damage: DamagedPlace[] = [];
  records = 0;
  damagedPlaces = 0;
  /** Where the content ends that was read. */
  rawEnd = 0;
  /** The last place, also past those that are named. */
  #last: DamagedPlace | undefined;

  addBlock(block: LineBlock, reader: SegmentReader): void {
    for (const line of splitLines(block)) {
      if (recordOfLine(line) === undefined) this.addPlace(lineDamage(reader, line).place);
      else this.records++;
    }
    this.rawEnd = block.rawOffset + (block.skippedBytes ?? block.bytes.length);
  }

  addPlace(place: DamagedPlace): void {
    const joined = this.#last === undefined ? undefined : joinPlaces(this.#last, place);
    if (joined === undefined) this.damagedPlaces++;
    this.#last = joined ?? place;
    if (this.damagedPlaces <= VERIFIED_PLACES_MAX) this.damage[this.damagedPlaces - 1] = this.#last;
  }
}

/** Adds up how much was read, and tells who asked. */
class Meter {
  readonly #onProgress: VerificationOptions["onProgress"];
  readonly #totalBytes: number;
  /** Bytes of the files that are done. */
  #finishedBytes = 0;

  constructor(totalBytes: number, onProgress: VerificationOptions["onProgress"]) {
    this.#totalBytes = totalBytes;
    this.#onProgress = onProgress;
  }

  /** So much of the file under way was read. */
  advance(bytes: number): void {
    const checkedBytes = this.#finishedBytes + Math.round(bytes);
    this.#onProgress?.({ checkedBytes, totalBytes: Math.max(this.#totalBytes, checkedBytes) });
  }

  /** The file under way is done, and had so many bytes. */
  finish(bytes: number): void {
    this.advance(bytes);
    this.#finishedBytes += bytes;
  }
}

/** Two places as one, where the second goes on with the fault of the first. */
function joinPlaces(first: DamagedPlace, second: DamagedPlace): DamagedPlace | undefined {
  const { bytes, lines } = first;
  if (first.within !== second.within || first.reason !== second.reason) return undefined;
  if (bytes === undefined || second.bytes === undefined || first.offset + bytes !== second.offset) return undefined;
  return {
    ...first,
    bytes: bytes + second.bytes,
    lines: lines === undefined || second.lines === undefined ? undefined : lines + second.lines,
  };
}

function unreadablePlace(
  { path }: { readonly path: string },
  { error, offset }: { readonly error: Error; readonly offset: number },
): DamagedPlace {
  const reason = `the system does not read the file: ${error.message}`;
  return { path, offset, within: "file", bytes: undefined, lines: undefined, reason };
}

function* leftoverFiles(
  listing: SegmentListing,
  { folder, key }: { readonly folder: string; readonly key: JournalKey },
): Generator<LeftoverFile, void, void> {
  for (const name of listing.sideFiles) {
    if (parseSegmentFile(name)?.kind !== "temporary") continue;
    const reason = "a compression under way, or one that was cut short: the next open removes it";
    yield { kind: "leftover", key, path: `${folder}/${name}`, reason };
  }
  for (const { base, form, files } of listing.sealed) {
    if (form !== "raw" || !files.includes(gzipName(base))) continue;
    const reason = "the raw file beside it counts, until its compression is done";
    yield { kind: "leftover", key, path: `${folder}/${gzipName(base)}`, reason };
  }
}

function totalBytes({ fileSystem, folders, isSignal }: VerificationWork): number {
  let total = 0;
  for (const { path: folder } of folders) {
    for (const [signal, { active, sealed }] of groupSegments(fileSystem.list(folder), isSignal)) {
      const names = [...sealed.map(segmentFileName), ...(active ? [activeName(signal)] : [])];
      for (const name of names) total += fileSystem.stat(`${folder}/${name}`)?.sizeBytes ?? 0;
    }
  }
  return total;
}

function segmentFileName({ base, form }: SealedSegment): string {
  return form === "raw" ? rawName(base) : gzipName(base);
}
