/**
 * The blocks of one journal, from its oldest or its newest segment on, while it is written to.
 *
 * @module
 */

import { type JournalPlace, type JournalSnapshot, takeSnapshot } from "../journal/snapshot.ts";
import { QUERY_SLICE_MS } from "../limits.ts";
import type { CursorPosition } from "../model/cursor.ts";
import type { RecordOrder } from "../model/query.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { firstLineChecksum } from "../segment/lines.ts";
import {
  type BlockSelection,
  type DamageListener,
  type LineBlock,
  openSealedSegment,
  type SegmentReader,
} from "../segment/segment_reader.ts";

/** A place in a journal, between two lines. */
export type RecordPosition = Omit<CursorPosition, "key">;

/** What a scan works with. */
export interface ScanTools {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
}

/** How a journal is read. */
export interface JournalScan {
  readonly place: JournalPlace;
  readonly order: RecordOrder;
  /** Blocks that cannot hold what is looked for are left out. */
  readonly selection: Pick<BlockSelection, "range" | "tokens">;
  /** Only lines behind this place, in the order they are read in. */
  readonly after?: RecordPosition | undefined;
  /** Sealed segments that are opened before the first is read, so that pruning cannot take them from under the reader. */
  readonly openMax: number;
  /** Ends the scan, which then throws its reason. */
  readonly abortSignal?: AbortSignal | undefined;
  /** Told of each damaged block; reading goes on. */
  readonly onDamage: DamageListener;
}

/** One segment of a snapshot. */
export interface SegmentPlace {
  /** Base name; `null` for the active segment. */
  readonly segment: string | null;
  /** See {@linkcode CursorPosition.firstLine}. */
  readonly firstLine: number | null;
  /** See {@linkcode CursorPosition.previous}. */
  readonly previous: string | null;
  /** Opens it; `undefined` when it was pruned since the snapshot. */
  readonly open: () => SegmentReader | undefined;
}

/** Some lines of a journal. */
export interface ScannedBlock {
  readonly block: LineBlock;
  readonly place: SegmentPlace;
  readonly reader: SegmentReader;
  /** The lines between these offsets of the raw segment are meant; the block may hold others. */
  readonly fromRawOffset: number;
  readonly toRawOffset: number;
}

/** Where in a snapshot reading starts: with which segment, and where in that. */
interface ScanStart {
  readonly segments: readonly SegmentPlace[];
  /** Offset within the first of them; `undefined` for all of it. */
  readonly rawOffset: number | undefined;
}

/**
 * Reads a journal as it is when the first block is asked for. Memory is bounded by two blocks. Retention may take the oldest
 * segments before they are read; a gap between lines that are given needs more than `openMax` segments to be pruned meanwhile.
 * Every few milliseconds other work is let through.
 */
export async function* scanJournal(
  { fileSystem, clock }: ScanTools,
  scan: JournalScan,
): AsyncGenerator<ScannedBlock, void, void> {
  const snapshot = takeSnapshot(fileSystem, scan.place);
  const opened: SegmentReader[] = [];
  try {
    const places = await segmentPlaces(fileSystem, { snapshot, scan });
    const start = await startOf(places, scan);
    // From the newest back nothing is lost: what is gone is what would have come last.
    const segments = scan.order === "newest"
      ? start.segments
      : openNewest(start.segments, { opened, openMax: scan.openMax });
    for (const place of segments) {
      // The cursor's own segment may be gone by now; then what is left is read from its start.
      const isFirst = place.segment === start.segments[0]?.segment;
      const blocks = scanSegment(place, { scan, rawOffset: isFirst ? start.rawOffset : undefined });
      yield* inSlices(blocks, { clock, abortSignal: scan.abortSignal });
    }
  } finally {
    snapshot.active?.close();
    for (const reader of opened) reader.close();
  }
}

/** Gives what `items` gives, and now and then lets other work through. */
async function* inSlices<Item>(
  items: AsyncGenerator<Item, void, void>,
  { clock, abortSignal }: { readonly clock: Clock; readonly abortSignal: AbortSignal | undefined },
): AsyncGenerator<Item, void, void> {
  let sliceStartMs = clock.monotonicMs();
  for await (const item of items) {
    abortSignal?.throwIfAborted();
    yield item;
    if (clock.monotonicMs() - sliceStartMs < QUERY_SLICE_MS) continue;
    await clock.turn();
    sliceStartMs = clock.monotonicMs();
  }
}

async function* scanSegment(
  place: SegmentPlace,
  work: { readonly scan: JournalScan; readonly rawOffset: number | undefined },
): AsyncGenerator<ScannedBlock, void, void> {
  const { scan: { order, selection }, rawOffset } = work;
  const reader = place.open();
  if (reader === undefined) return;
  const isForwards = order === "oldest";
  const fromRawOffset = isForwards ? rawOffset ?? 0 : 0;
  const toRawOffset = isForwards ? Infinity : rawOffset ?? Infinity;
  const wanted = { ...selection, fromRawOffset, toRawOffset };
  const blocks = isForwards ? reader.forwards(wanted) : reader.backwards(wanted);
  try {
    for (let next = await blocks.next(); next.done !== true;) {
      const block = next.value;
      next = await blocks.next();
      // Before the last lines are taken: of many journals that are merged, those that are short then hold no file open.
      if (next.done === true) reader.close();
      yield { block, place, reader, fromRawOffset, toRawOffset };
    }
  } finally {
    await blocks.return();
    reader.close();
  }
}

/**
 * Opens segments from the newest back, and leaves out everything behind the first that is gone: retention takes the oldest
 * first. What is older than the `openMax` newest is opened when its turn comes.
 */
function openNewest(
  places: readonly SegmentPlace[],
  into: { readonly opened: SegmentReader[]; readonly openMax: number },
): SegmentPlace[] {
  const segments: SegmentPlace[] = [];
  for (const place of places.toReversed()) {
    if (into.opened.length >= into.openMax) {
      segments.unshift(place);
      continue;
    }
    const reader = place.open();
    if (reader === undefined) break;
    into.opened.push(reader);
    segments.unshift({ ...place, open: () => reader });
  }
  return segments;
}

async function segmentPlaces(
  fileSystem: FileSystem,
  from: { readonly snapshot: JournalSnapshot; readonly scan: JournalScan },
): Promise<SegmentPlace[]> {
  const { snapshot: { sealed, active }, scan: { place: { folder }, onDamage } } = from;
  const places: SegmentPlace[] = sealed.map((segment) => ({
    segment: segment.base,
    firstLine: null,
    previous: null,
    open: () => openSealedSegment(fileSystem, { folder, segment, onDamage }),
  }));
  const firstLine = active === undefined ? undefined : await firstLineChecksum(active);
  const previous = sealed.at(-1)?.base ?? null;
  // Without a first line it has no record either.
  if (firstLine !== undefined) places.push({ segment: null, firstLine, previous, open: () => active });
  return places;
}

/** The segments that lie behind a position, in the order they are read in, and where the position lies in the first. */
async function startOf(places: readonly SegmentPlace[], { after, order }: JournalScan): Promise<ScanStart> {
  const inOrder = (segments: readonly SegmentPlace[]) => order === "oldest" ? segments : segments.toReversed();
  if (after === undefined) return { segments: inOrder(places), rawOffset: undefined };
  const { index, isFound } = await findPosition(places, after);
  const segments = order === "oldest" ? places.slice(index) : places.slice(0, isFound ? index + 1 : index);
  return { segments: inOrder(segments), rawOffset: isFound ? after.rawOffset : undefined };
}

/**
 * Finds a position's segment again. When it was pruned or wiped, `index` is that of the oldest segment behind it that is
 * left.
 */
async function findPosition(
  places: readonly SegmentPlace[],
  position: RecordPosition,
): Promise<{ readonly index: number; readonly isFound: boolean }> {
  const { segment, previous } = position;
  if (segment === null) {
    const index = await findActive(places, position);
    if (index !== undefined) return { index, isFound: true };
  }
  const behind = places.findIndex((place) =>
    segment === null ? isBehind(place, previous) : place.segment === null || place.segment >= segment
  );
  const index = behind < 0 ? places.length : behind;
  return { index, isFound: segment !== null && places[index]?.segment === segment };
}

/** Where the segment is now that was active when the cursor was made; `undefined` when it was pruned or wiped. */
async function findActive(places: readonly SegmentPlace[], after: RecordPosition): Promise<number | undefined> {
  for (const [index, place] of places.entries()) {
    if (!isBehind(place, after.previous)) continue;
    const reader = place.open();
    if (reader === undefined) continue;
    try {
      const isLongEnough = (reader.rawBytes ?? Infinity) >= after.rawOffset;
      const firstLine = isLongEnough ? place.firstLine ?? await firstLineChecksum(reader) : undefined;
      if (firstLine === after.firstLine) return index;
    } finally {
      // The snapshot's own is still to be read.
      if (place.segment !== null) reader.close();
    }
  }
  return undefined;
}

function isBehind(place: SegmentPlace, previous: string | null): boolean {
  return place.segment === null || previous === null || place.segment > previous;
}
