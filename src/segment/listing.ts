/**
 * The segments that a server folder holds.
 *
 * @module
 */

import type { DirectoryEntry } from "../platform/file_system.ts";
import { activeName, gzipName, parseSegmentFile, rawName, sideName, type Stamp, temporaryName } from "./names.ts";

/** One sealed segment: a raw file, its compressed form, or for a moment both. Then the raw one counts. */
export interface SealedSegment {
  readonly base: string;
  readonly stamp: Stamp;
  readonly form: "raw" | "gzip";
  /** Every file of the segment: what is removed with it, the segment itself last. */
  readonly files: readonly string[];
}

/** What a folder holds of one signal. */
export interface SegmentListing {
  /** Whether the active file is there. */
  readonly active: boolean;
  /** Sealed segments, oldest first. */
  readonly sealed: readonly SealedSegment[];
  /** Temporary and side files, of sealed segments or left over. */
  readonly sideFiles: readonly string[];
}

/** Sorts a folder's names by signal. Names that are no segment's, or of a signal not asked for, are left out. */
export function groupSegments(
  entries: readonly DirectoryEntry[],
  isSignal: (name: string) => boolean,
): Map<string, SegmentListing> {
  const bySignal = new Map<string, Map<string, Set<string>>>();
  for (const entry of entries) {
    const file = entry.kind === "file" ? parseSegmentFile(entry.name) : undefined;
    if (file === undefined || !isSignal(file.signal)) continue;
    const base = file.kind === "active" ? file.signal : file.base;
    const bases = bySignal.get(file.signal) ?? new Map<string, Set<string>>();
    bySignal.set(file.signal, bases.set(base, (bases.get(base) ?? new Set()).add(entry.name)));
  }
  return new Map([...bySignal].map(([signal, bases]) => [signal, signalListing(signal, bases)]));
}

/** What a folder holds of one signal; an empty listing when it holds none. */
export function listSignal(entries: readonly DirectoryEntry[], signal: string): SegmentListing {
  return groupSegments(entries, (name) => name === signal).get(signal) ?? { active: false, sealed: [], sideFiles: [] };
}

function signalListing(signal: string, bases: ReadonlyMap<string, ReadonlySet<string>>): SegmentListing {
  const sealed: SealedSegment[] = [];
  const sideFiles: string[] = [];
  for (const [base, names] of bases) {
    const own = [temporaryName(base), sideName(base)].filter((name) => names.has(name));
    sideFiles.push(...own);
    const forms = [gzipName(base), rawName(base)].filter((name) => names.has(name));
    const file = parseSegmentFile(forms.at(-1) ?? "");
    if (file?.kind !== "raw" && file?.kind !== "gzip") continue;
    // The raw file goes last: a crash half-way leaves the form that counts, never a stale one.
    sealed.push({ base, stamp: file.stamp, form: file.kind, files: [...own, ...forms] });
  }
  sealed.sort((a, b) => a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : a.base < b.base ? -1 : 1);
  return { active: bases.get(signal)?.has(activeName(signal)) === true, sealed, sideFiles };
}
