/**
 * A file in memory: what everybody sees of it, what of it is durable, and the changes in between.
 *
 * @module
 */

import type { FileInfo } from "./file_system.ts";
import { MemoryBytes } from "./memory_bytes.ts";

/** Numbers from 0 up to and without 1. */
export type Random = () => number;

/** A change of a file's content that is not certain to survive, or lies over one that is not. */
type ContentChange = WriteChange | TruncateChange;

interface WriteChange {
  readonly kind: "write";
  /** Counts the changes of a file. */
  readonly sequence: number;
  readonly state: ChangeState;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface TruncateChange {
  readonly kind: "truncate";
  readonly sequence: number;
  readonly state: ChangeState;
  readonly sizeBytes: number;
}

/**
 * `unsynced` may survive, and a sync makes sure of it. `forgotten` may survive, and no sync makes sure of it: the system
 * takes the bytes for written. `synced` survives, over a forgotten write that may lie beneath it or not.
 */
type ChangeState = "unsynced" | "forgotten" | "synced";

/** A file, whatever its name. */
export class MemoryFile {
  readonly kind = "file";
  readonly identity: string;
  /** How many handles are open on it. */
  handleCount = 0;
  /** Whether a name leads to it. */
  isNamed = true;
  /** What everybody sees: the durable content with all changes. */
  #content = new MemoryBytes();
  #modifiedTimeMs: number;
  #durableContent = this.#content.keep();
  #durableModifiedTimeMs: number;
  /** Since the durable content, oldest first. */
  #changes: ContentChange[] = [];
  #lastSequence = 0;

  /** An empty file. */
  constructor(identity: string, timeMs: number) {
    this.identity = identity;
    this.#modifiedTimeMs = timeMs;
    this.#durableModifiedTimeMs = timeMs;
  }

  /** Its length. */
  get sizeBytes(): number {
    return this.#content.sizeBytes;
  }

  /** Names the changes so far, for {@linkcode sync}. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Whether it takes room on the disk: a file that was removed does until it is closed. */
  get takesRoom(): boolean {
    return this.isNamed || this.handleCount > 0;
  }

  /** What it is now. */
  info(): FileInfo {
    const { kind, identity, sizeBytes } = this;
    return { kind, sizeBytes, modifiedTimeMs: this.#modifiedTimeMs, identity };
  }

  /** Fills `buffer` from `offset`, and returns how many bytes there were. */
  read(buffer: Uint8Array, offset: number): number {
    return this.#content.read(buffer, offset);
  }

  /** Lands bytes. A gap before them reads as zeros; no bytes change nothing. */
  write(buffer: Uint8Array, { offset, timeMs }: { readonly offset: number; readonly timeMs: number }): void {
    if (buffer.length === 0) return;
    this.#content.write(buffer, offset);
    this.#modifiedTimeMs = timeMs;
    const sequence = ++this.#lastSequence;
    this.#changes.push({ kind: "write", sequence, state: "unsynced", offset, bytes: buffer.slice() });
  }

  /** Sets the length. */
  truncate(sizeBytes: number, timeMs: number): void {
    this.#modifiedTimeMs = timeMs;
    if (sizeBytes === this.sizeBytes) return;
    this.#content.truncate(sizeBytes);
    this.#changes.push({ kind: "truncate", sequence: ++this.#lastSequence, state: "unsynced", sizeBytes });
  }

  /** Dates the last change. */
  setModifiedTime(timeMs: number): void {
    this.#modifiedTimeMs = timeMs;
  }

  /** Makes the changes up to `sequence` durable, without the forgotten ones, and the time of the last change. */
  sync(sequence: number): void {
    this.#durableModifiedTimeMs = this.#modifiedTimeMs;
    const changes = this.#changes.map((change): ContentChange =>
      change.state === "unsynced" && change.sequence <= sequence ? { ...change, state: "synced" } : change
    );
    const left = changes.some(({ state }) => state === "forgotten") ? withoutCovered(changes) : changes;
    const firstOpen = left.findIndex(({ state }) => state !== "synced");
    this.#changes = firstOpen < 0 ? [] : left.slice(firstOpen);
    this.#durableContent = this.#contentAfter(firstOpen < 0 ? left : left.slice(0, firstOpen));
  }

  /** What a failed sync leaves: no later one makes the writes so far durable. A change of length is not lost that way. */
  forgetWrites(): void {
    this.#changes = this.#changes.map((change) =>
      change.kind === "write" && change.state === "unsynced" ? { ...change, state: "forgotten" } : change
    );
  }

  /** Loses what a loss of power may take, as `random` says. What is left is durable. */
  crash(random: Random): void {
    if (this.#changes.length > 0) {
      const content = new MemoryBytes(this.#durableContent);
      const likelihood = 1 - random();
      for (const change of this.#changes) {
        if (change.state === "synced" || random() < likelihood) apply(content, change);
        else if (change.kind === "write") tear(content, change, random);
      }
      this.#content = content;
      this.#durableContent = content.keep();
      this.#changes = [];
    }
    if (this.#modifiedTimeMs === this.#durableModifiedTimeMs) return;
    if (random() < 0.5) this.#durableModifiedTimeMs = this.#modifiedTimeMs;
    else this.#modifiedTimeMs = this.#durableModifiedTimeMs;
  }

  /** The same file on another disk. Bytes are shared until one of both changes them. */
  clone(): MemoryFile {
    const file = new MemoryFile(this.identity, this.#modifiedTimeMs);
    file.isNamed = this.isNamed;
    file.#content = new MemoryBytes(this.#content.keep());
    file.#durableContent = this.#durableContent;
    file.#durableModifiedTimeMs = this.#durableModifiedTimeMs;
    file.#changes = this.#changes.slice();
    file.#lastSequence = this.#lastSequence;
    return file;
  }

  /** The durable content after `synced`; the changes that are left came after them. */
  #contentAfter(synced: readonly ContentChange[]): Uint8Array {
    if (this.#changes.length === 0) return this.#content.keep();
    if (synced.length === 0) return this.#durableContent;
    const sizeBytes = synced.reduce(sizeAfter, this.#durableContent.length);
    // Appends leave what lies before them as it is, so that nothing needs to be copied.
    if (this.#changes.every((change) => change.kind === "write" && change.offset >= sizeBytes)) {
      return this.#content.keep(sizeBytes);
    }
    const content = new MemoryBytes(this.#durableContent);
    for (const change of synced) apply(content, change);
    return content.keep();
  }
}

function apply(content: MemoryBytes, change: ContentChange): void {
  if (change.kind === "write") content.write(change.bytes, change.offset);
  else content.truncate(change.sizeBytes);
}

function sizeAfter(sizeBytes: number, change: ContentChange): number {
  return change.kind === "write" ? Math.max(sizeBytes, change.offset + change.bytes.length) : change.sizeBytes;
}

/** Lands less than the whole of a write: its length with none, the first or the last of its bytes, its first bytes, or nothing. */
function tear(content: MemoryBytes, { bytes, offset }: WriteChange, random: Random): void {
  const loss = Math.floor(random() * 5);
  if (loss === 4) return;
  // From 1 up to and without the length; a write of one byte has no parts.
  const cutBytes = Math.min(1 + Math.floor(random() * (bytes.length - 1)), bytes.length - 1);
  if (loss < 3) content.truncate(Math.max(content.sizeBytes, offset + bytes.length));
  if (loss === 1 || loss === 3) content.write(bytes.subarray(0, cutBytes), offset);
  if (loss === 2) content.write(bytes.subarray(cutBytes), offset + cutBytes);
}

/** Leaves out what of forgotten writes lies under later synced changes: there the disk is certain again. */
function withoutCovered(changes: readonly ContentChange[]): ContentChange[] {
  return changes.flatMap((change, index): readonly ContentChange[] => {
    if (change.kind !== "write" || change.state !== "forgotten") return [change];
    let pieces: readonly WriteChange[] = [change];
    for (const later of changes.slice(index + 1)) {
      if (later.state === "synced") pieces = pieces.flatMap((piece) => piecesOutside(piece, later));
    }
    return pieces;
  });
}

/** What of a write lies outside of a later change. */
function piecesOutside(write: WriteChange, later: ContentChange): readonly WriteChange[] {
  const startBytes = later.kind === "write" ? later.offset : later.sizeBytes;
  const endBytes = later.kind === "write" ? later.offset + later.bytes.length : Infinity;
  const { offset, bytes } = write;
  const before: WriteChange = { ...write, bytes: bytes.subarray(0, Math.max(startBytes - offset, 0)) };
  const skippedBytes = Math.max(endBytes - offset, 0);
  const after: WriteChange = { ...write, offset: offset + skippedBytes, bytes: bytes.subarray(skippedBytes) };
  return [before, after].filter((piece) => piece.bytes.length > 0);
}
