/**
 * How many bytes of the disk are free, as far as a store knows without asking at each write.
 *
 * What was deleted counts as free at once, though the disk may give it back later: when a reader closes the file, or with
 * the file system's next transaction. Else a store that leaves some of the disk free would delete all it has in the meantime.
 *
 * @module
 */

import { FREE_BYTES_CHECK_INTERVAL_MS, FREE_BYTES_DELAY_MS } from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { parentOf } from "./folder_names.ts";

/** What a {@linkcode DiskRoom} works with. */
export interface DiskRoomOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Absolute path. */
  readonly root: string;
  /** See {@linkcode RetentionOptions.keepFreeBytes}. */
  readonly keepFreeBytes: number | false;
}

/** See the module. */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  /** What the disk said last, less what was written since. */
  #toldBytes = 0;
  #toldMs = -Infinity;
  /** Bytes of deleted files that the disk did not say were free yet. */
  #owedBytes = 0;
  #owedUntilMs = -Infinity;

  /** @throws {RangeError} If bytes are to be left free and the system does not tell how many are. */
  constructor(options: DiskRoomOptions) {
    this.#options = options;
    if (options.keepFreeBytes === false || this.#ask() !== undefined) return;
    const reason = "the system does not tell how many are; on Deno, --allow-sys=statfs lets it";
    throw new RangeError(`Cannot keep ${options.keepFreeBytes} bytes free: ${reason}`);
  }

  /** Bytes that are free, or are going to be, as far as is known. */
  get freeBytes(): number {
    return this.#toldBytes + this.#owedBytes;
  }

  /** How many bytes have to become free before `bytes` can be written. Asks the disk before it says that any have to. */
  missingBytes(bytes: number): number {
    const { clock, keepFreeBytes } = this.#options;
    if (keepFreeBytes === false) return 0;
    const neededBytes = bytes + keepFreeBytes;
    const isOld = clock.monotonicMs() - this.#toldMs >= FREE_BYTES_CHECK_INTERVAL_MS;
    if (isOld || this.freeBytes < neededBytes) this.#refresh();
    return Math.max(0, neededBytes - this.freeBytes);
  }

  /** Notes bytes that are going to be written; a negative number for some that were not. */
  take(bytes: number): void {
    this.#toldBytes -= bytes;
  }

  /** Notes bytes that were deleted. */
  give(bytes: number): void {
    this.#owedBytes += bytes;
    this.#owedUntilMs = this.#options.clock.monotonicMs() + FREE_BYTES_DELAY_MS;
  }

  #refresh(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const toldBytes = this.#ask() ?? Infinity;
    // What came free since is taken for what was owed.
    const grownBytes = Math.max(0, toldBytes - this.#toldBytes);
    this.#owedBytes = nowMs > this.#owedUntilMs ? 0 : Math.max(0, this.#owedBytes - grownBytes);
    this.#toldBytes = toldBytes;
    this.#toldMs = nowMs;
  }

  /** Asks the disk that the root is on, or will be when it is made. */
  #ask(): number | undefined {
    const { fileSystem, root } = this.#options;
    let existing = root;
    while (fileSystem.stat(existing) === undefined && existing !== "/") existing = parentOf(existing);
    return fileSystem.freeBytes(existing);
  }
}
