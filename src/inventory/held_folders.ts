/**
 * The server folders that a store writes to, and what is done for them from time to time.
 *
 * @module
 */

import { StoreClosedError } from "../errors.ts";
import {
  FOLDER_IDLE_MS,
  FOLDER_LOOK_INTERVAL_MS,
  OPEN_FOLDERS_MAX,
  OPEN_SEGMENTS_MAX,
  RETENTION_INTERVAL_MS,
} from "../limits.ts";
import type { StopTimer } from "../platform/clock.ts";
import { ByteBudget, type ByteBudgetOptions } from "./byte_budget.ts";
import { DirectorySyncs } from "./directory_syncs.ts";
import { ServerFolder, type ServerFolderOptions } from "./server_folder.ts";

/** What {@linkcode HeldFolders} works with. */
export interface HeldFoldersOptions
  extends
    Omit<ServerFolderOptions, "path" | "budget" | "directorySyncs" | "held" | "counted" | "beforeOpen">,
    Pick<ByteBudgetOptions, "root" | "maxTotalBytes" | "keepFreeBytes"> {}

/** See the module. */
export class HeldFolders {
  readonly #options: HeldFoldersOptions;
  readonly #folders = new Map<string, ServerFolder>();
  readonly #held = new Set<ServerFolder>();
  readonly #counted = new Set<ServerFolder>();
  readonly #budget: ByteBudget;
  readonly #directorySyncs: DirectorySyncs;
  #stopLook: StopTimer | undefined;
  #lastPruneMs: number;
  #isClosed = false;

  constructor(options: HeldFoldersOptions) {
    this.#options = options;
    this.#budget = new ByteBudget({ ...options, folders: this.#counted });
    this.#directorySyncs = new DirectorySyncs(options.fileSystem);
    this.#lastPruneMs = options.clock.monotonicMs();
  }

  /** The folder at `path`, held or not; the same object each time. */
  at(path: string): ServerFolder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const folder = new ServerFolder({
      ...this.#options,
      budget: this.#budget,
      directorySyncs: this.#directorySyncs,
      held: this.#held,
      counted: this.#counted,
      path,
      beforeOpen: () => this.#giveBackUnused(folder),
    });
    this.#folders.set(path, folder);
    return folder;
  }

  /** How many locks this store has. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** Deletes the oldest sealed segments, `audit` excepted, until all that is held fits in the store's limits. */
  pruneTotal(): void {
    this.#budget.prune();
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

  /** Gives the least used folders back where the next lock or open segment of `opening` would be one too many. */
  #giveBackUnused(opening: ServerFolder): void {
    if (this.#isClosed) throw new StoreClosedError("take a folder's lock");
    this.#scheduleLook();
    const others = [...this.#held].filter((folder) => folder !== opening);
    let folders = others.length;
    let segments = [opening, ...others].reduce((sum, folder) => sum + folder.openSegments, 0);
    const isTooMany = () => folders >= OPEN_FOLDERS_MAX || segments >= OPEN_SEGMENTS_MAX;
    if (!isTooMany()) return;
    const leastUsedFirst = others.map((folder) => ({ folder, idleMs: folder.idleMs() }))
      .sort((a, b) => b.idleMs - a.idleMs);
    for (const { folder } of leastUsedFirst) {
      if (!isTooMany()) return;
      const openSegments = folder.openSegments;
      // Where one cannot be given back now, one more is held: a lock too many is better than a record too few.
      if (!folder.release()) continue;
      folders--;
      segments -= openSegments;
    }
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
    try {
      if (isPruneDue) this.pruneTotal();
    } catch {
      // As below: the next look tries again.
    }
    for (const folder of [...this.#held]) {
      // Another one's look takes time, in which this one may be given back.
      if (!folder.isHeld) continue;
      try {
        await folder.look();
        if (isPruneDue) { for (const journal of folder.journals.values()) journal.tend(); }
        if (folder.idleMs() >= FOLDER_IDLE_MS) folder.release();
      } catch {
        // The file system refuses for now; appends and flushes tell the program, and the next look tries again.
      }
    }
  }
}
