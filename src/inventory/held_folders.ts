/**
 * The server folders that a store writes to, and what is done for them from time to time.
 *
 * @module
 */

import { FOLDER_IDLE_MS, FOLDER_LOOK_INTERVAL_MS, OPEN_FOLDERS_MAX, RETENTION_INTERVAL_MS } from "../limits.ts";
import { selectOverBudget } from "../journal/retention.ts";
import type { StopTimer } from "../platform/clock.ts";
import { ServerFolder, type ServerFolderOptions } from "./server_folder.ts";

/** What {@linkcode HeldFolders} works with. */
export interface HeldFoldersOptions extends Omit<ServerFolderOptions, "path" | "beforeAcquire"> {
  /** See {@linkcode RetentionOptions.maxTotalBytes}. */
  readonly maxTotalBytes: number | false;
}

/** See the module. */
export class HeldFolders {
  readonly #options: HeldFoldersOptions;
  readonly #folders = new Map<string, ServerFolder>();
  #stopLook: StopTimer | undefined;
  #lastPruneMs: number;
  #isClosed = false;

  constructor(options: HeldFoldersOptions) {
    this.#options = options;
    this.#lastPruneMs = options.clock.monotonicMs();
  }

  /** The folder at `path`, held or not; the same object each time. */
  at(path: string): ServerFolder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const folder = new ServerFolder({ ...this.#options, path, beforeAcquire: () => this.#makeRoom() });
    this.#folders.set(path, folder);
    return folder;
  }

  /** How many locks this store has. */
  get heldCount(): number {
    return this.#held().length;
  }

  /** Deletes the oldest sealed segments, `audit` excepted, until all that is held fits in `maxTotalBytes`. */
  pruneTotal(): void {
    const { maxTotalBytes } = this.#options;
    if (maxTotalBytes === false) return;
    const held = this.#held();
    const usedBytes = held.reduce((sum, folder) => sum + folder.sizeBytes(), 0);
    if (usedBytes <= maxTotalBytes) return;
    const segments = held.flatMap((folder) => folder.sealedSegments());
    for (const segment of selectOverBudget(segments, { usedBytes, maxTotalBytes })) segment.remove();
  }

  /** Gives every lock back, once wipes under way are done. The journals are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopLook?.();
    for (const folder of this.#folders.values()) {
      await folder.settled();
      folder.unlock();
    }
  }

  #held(): ServerFolder[] {
    return this.#folders.values().filter((folder) => folder.isHeld).toArray();
  }

  #makeRoom(): void {
    this.#scheduleLook();
    const held = this.#held();
    if (held.length < OPEN_FOLDERS_MAX) return;
    const leastUsedFirst = held.map((folder) => ({ folder, idleMs: folder.idleMs() }))
      .sort((a, b) => b.idleMs - a.idleMs);
    // Where none can be given back now, one more is held: a lock too many is better than a record too few.
    leastUsedFirst.some(({ folder }) => folder.release());
  }

  #scheduleLook(): void {
    if (this.#isClosed) return;
    this.#stopLook ??= this.#options.clock.setTimer(() => {
      void this.#look().finally(() => {
        this.#stopLook = undefined;
        if (this.heldCount > 0) this.#scheduleLook();
      });
    }, FOLDER_LOOK_INTERVAL_MS);
  }

  async #look(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const isPruneDue = nowMs - this.#lastPruneMs >= RETENTION_INTERVAL_MS;
    if (isPruneDue) this.#lastPruneMs = nowMs;
    for (const folder of this.#folders.values()) {
      if (!folder.isHeld) continue;
      try {
        await folder.look();
        if (isPruneDue) { for (const journal of folder.journals.values()) journal.prune(); }
        if (folder.idleMs() >= FOLDER_IDLE_MS) folder.release();
      } catch {
        // The file system refuses for now; appends and flushes tell the program, and the next look tries again.
      }
    }
    try {
      if (isPruneDue) this.pruneTotal();
    } catch {
      // As above: the next look tries again.
    }
  }
}
