/**
 * The bytes that the files of a store may take, and those of the disk that it leaves free.
 *
 * Counted are active, sealed and side files of the folders whose lock the store has or had, and what compressions under way
 * may come to: these reserve their room before they begin. Room is made by deleting sealed segments, the oldest of all
 * journals first; when none is left, active ones are sealed and deleted, the one begun first. `audit` is counted, but never
 * deleted and never refused.
 *
 * Guarantees
 * - Where writes are refused as {@linkcode ByteBudget.makeRoom} asks for, `maxTotalBytes` is passed by one batch of records at
 *   most, and only where there is nothing left to delete.
 *
 * @module
 */

import { StoreLockedError } from "../errors.ts";
import type { SegmentAge } from "../journal/retention.ts";
import { errorCode } from "../platform/file_system.ts";
import { systemError } from "../platform/system_error.ts";
import { DiskRoom, type DiskRoomOptions } from "./disk_room.ts";

/** A sealed segment that may be deleted. */
export interface PrunableSegment extends SegmentAge {
  /** Tells its journal from every other one. */
  readonly journal: string;
  remove(): void;
}

/** An active segment that may be deleted where no sealed one is left. */
export interface PrunableActiveSegment {
  /** See {@linkcode PrunableSegment.journal}. */
  readonly journal: string;
  /** When it was begun, or, where nobody writes to it, last changed: milliseconds since the epoch. */
  readonly timeMs: number;
  /** Seals it; where nobody writes to it, deletes it at once. */
  giveUp(): void;
}

/** A folder that the store has, or had, the lock of. What is deleted there is deleted under the lock, which is taken again. */
export interface BudgetedFolder {
  /** Bytes of its active, sealed and side files, as they were when the store last had the lock. */
  readonly usedBytes: number;
  sealedSegments(): readonly PrunableSegment[];
  activeSegments(): readonly PrunableActiveSegment[];
}

/** What a {@linkcode ByteBudget} works with. */
export interface ByteBudgetOptions extends DiskRoomOptions {
  /** See {@linkcode RetentionOptions.maxTotalBytes}. */
  readonly maxTotalBytes: number | false;
  readonly folders: ReadonlySet<BudgetedFolder>;
}

/** See the module. */
export class ByteBudget {
  readonly #options: ByteBudgetOptions;
  #reservedBytes = 0;
  /** Bytes of all folders; `undefined` when they are to be added up again. */
  #folderBytes: number | undefined;
  #isFreeing = false;
  /** Journals of which a segment could not be deleted just now: their newer ones stay as well, so that no gap comes to be. */
  readonly #stuck = new Set<string>();
  readonly #disk: DiskRoom;

  /** @throws {RangeError} If bytes are to be left free and the system does not tell how many are. */
  constructor(options: ByteBudgetOptions) {
    this.#options = options;
    this.#disk = new DiskRoom(options);
  }

  /** Notes that the bytes of a folder have changed otherwise than by a write that room was made for. */
  recount(): void {
    this.#folderBytes = undefined;
  }

  /** Deletes until what is there fits, as far as there is something to delete. */
  prune(): void {
    this.#whileFreeing(() => this.#free(0, Infinity));
  }

  /**
   * Makes room for a write of `bytes`, as far as there is something to delete.
   *
   * @returns Why the write should not happen: a limit is passed already; `undefined` when it may.
   */
  makeRoom(bytes: number): Error | undefined {
    if (this.#missingBytes(bytes) > 0) {
      this.#whileFreeing(() => {
        this.#free(bytes, Infinity);
        this.#freeActive(bytes);
      });
      if (this.#missingBytes(0) > 0) return this.#refusal();
    }
    return undefined;
  }

  /** Sets room aside for a write under way. Returns what gives it back, to be called with the bytes that were written. */
  hold(bytes: number): (writtenBytes: number) => void {
    this.#disk.take(bytes);
    const giveBack = this.#reserve(bytes);
    return (writtenBytes) => {
      this.#disk.take(writtenBytes - bytes);
      giveBack();
    };
  }

  /** Notes that a folder's bytes have grown. */
  grow(bytes: number): void {
    if (this.#folderBytes !== undefined) this.#folderBytes += bytes;
  }

  /**
   * Sets room aside for a compression, deleting only what was sealed before `sealedBeforeMs`.
   *
   * @returns What gives the room back; `undefined` when there is not enough to delete, or it cannot be deleted.
   */
  reserve(bytes: number, { sealedBeforeMs }: { readonly sealedBeforeMs: number }): (() => void) | undefined {
    const missingBytes = this.#missingBytes(bytes);
    // What there is to delete takes a look into every folder, which most compressions do not need.
    if (missingBytes === 0) return this.#reserve(bytes);
    const freeableBytes = this.#prunable(sealedBeforeMs).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (freeableBytes < missingBytes) return undefined;
    this.#whileFreeing(() => this.#free(bytes, sealedBeforeMs));
    return this.#missingBytes(bytes) > 0 ? undefined : this.#reserve(bytes);
  }

  #reserve(bytes: number): () => void {
    this.#reservedBytes += bytes;
    let isReserved = true;
    return () => {
      if (isReserved) this.#reservedBytes -= bytes;
      isReserved = false;
    };
  }

  /** How many bytes must go before `bytes` can come. */
  #missingBytes(bytes: number): number {
    const { maxTotalBytes, keepFreeBytes, folders } = this.#options;
    if ((maxTotalBytes === false && keepFreeBytes === false) || folders.size === 0) return 0;
    const overTotal = maxTotalBytes === false ? 0 : this.#usedBytes() + bytes - maxTotalBytes;
    return Math.max(0, overTotal, this.#disk.missingBytes(bytes));
  }

  #usedBytes(): number {
    this.#folderBytes ??= this.#options.folders.values().reduce((sum, { usedBytes }) => sum + usedBytes, 0);
    return this.#folderBytes + this.#reservedBytes;
  }

  #prunable(sealedBeforeMs: number): readonly PrunableSegment[] {
    return [...this.#options.folders]
      .flatMap((folder) => folder.sealedSegments())
      .filter(({ journal, sealedTimeMs }) => sealedTimeMs < sealedBeforeMs && !this.#stuck.has(journal));
  }

  /** Runs once at a time: to take a folder's lock again, for a deletion there, may come back here. */
  #whileFreeing(free: () => void): void {
    if (this.#isFreeing) return;
    this.#isFreeing = true;
    this.#stuck.clear();
    try {
      free();
    } finally {
      this.#isFreeing = false;
    }
  }

  /** Deletes sealed segments until `bytes` fit, one by one: what each frees shows only afterwards. */
  #free(bytes: number, sealedBeforeMs: number): void {
    while (this.#missingBytes(bytes) > 0) {
      const segment = oldestOf(this.#prunable(sealedBeforeMs));
      if (segment === undefined) return;
      if (this.#isRemoved(segment, () => segment.remove())) this.#disk.give(segment.sizeBytes);
    }
  }

  #freeActive(bytes: number): void {
    if (this.#missingBytes(bytes) === 0) return;
    const segments = [...this.#options.folders].flatMap((folder) => folder.activeSegments());
    for (const segment of segments.toSorted((a, b) => a.timeMs - b.timeMs)) {
      if (!this.#stuck.has(segment.journal)) this.#isRemoved(segment, () => segment.giveUp());
      this.#free(bytes, Infinity);
      if (this.#missingBytes(bytes) === 0) return;
    }
  }

  /**
   * What the file system does not let go now is counted all the same, so that a limit it makes pass refuses writes. What
   * another process has taken over is that one's to count.
   */
  #isRemoved({ journal }: { readonly journal: string }, remove: () => void): boolean {
    try {
      remove();
      return true;
    } catch (error) {
      if (errorCode(error) === undefined && !(error instanceof StoreLockedError)) throw error;
      this.#stuck.add(journal);
      return false;
    }
  }

  #refusal(): Error {
    const { maxTotalBytes, keepFreeBytes, root } = this.#options;
    const usedBytes = this.#usedBytes();
    if (maxTotalBytes !== false && usedBytes > maxTotalBytes) {
      const reason = `${usedBytes} bytes are taken by segments that cannot be deleted, and maxTotalBytes is`;
      return systemError("EDQUOT", `Cannot write under "${root}": ${reason} ${maxTotalBytes}`);
    }
    const reason = `${this.#disk.freeBytes} bytes are free on the disk, and keepFreeBytes is ${keepFreeBytes}`;
    return systemError("ENOSPC", `Cannot write under "${root}": ${reason}`);
  }
}

function oldestOf(segments: readonly PrunableSegment[]): PrunableSegment | undefined {
  return segments.reduce<PrunableSegment | undefined>(
    (oldest, segment) => oldest === undefined || segment.sealedTimeMs < oldest.sealedTimeMs ? segment : oldest,
    undefined,
  );
}
