/**
 * What a journal asks of the server folder that it lies in.
 *
 * @module
 */

/** The server folder that a journal lies in. */
export interface JournalFolder {
  /** Absolute path. */
  readonly path: string;
  /** Whether this store has the folder's lock, and has it still: somebody may have replaced the lock file. */
  isStillHeld(): boolean;
  /**
   * Takes the folder's lock, unless this store has it, and has it still: somebody may have replaced the lock file.
   *
   * @throws {StoreLockedError} If somebody else has it.
   */
  acquire(): void;
  /** Notes that a file was created, renamed or removed. */
  namesChanged(): void;
  /** Resolves once every name noted before the call is on disk. */
  syncNames(): Promise<void>;
  /** Called before a segment is opened, so that not too many are open. */
  beforeSegmentOpen(): void;
  /**
   * Makes room for a write to a signal's active segment within the limits of the store, by deleting older segments, and
   * sets it aside.
   *
   * @returns To be called once, when the write has ended, with the bytes that the segment grew by.
   * @throws {Error} `EDQUOT` or `ENOSPC` if a limit is passed and nothing may be deleted.
   */
  makeRoom(bytes: number, signal: string): (grownBytes: number) => void;
  /**
   * Sets room aside for a compression, deleting only what was sealed before `sealedBeforeMs`.
   *
   * @returns What gives it back; `undefined` when there is not enough now.
   */
  reserveRoom(bytes: number, options: { readonly sealedBeforeMs: number }): (() => void) | undefined;
}
