/**
 * Wipes a server folder, or has the process that holds it do so.
 *
 * @module
 */

import { StoreLockedError, WipeTimeoutError } from "../errors.ts";
import { WIPE_POLL_MS, WIPE_TIMEOUT_MS } from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { readHolder } from "./lock_holder.ts";
import type { ServerFolder } from "./server_folder.ts";
import { writeWipeRequest } from "./wipe_request.ts";

/** What is wiped, and what for. */
export interface WipeOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** The signal; `undefined` for every one. */
  readonly signal: string | undefined;
}

/**
 * Wipes a folder. When it resolves, what was wiped is gone from the disk.
 *
 * @throws {WipeTimeoutError} If another process holds the folder and did not answer in 10 seconds. The request stays.
 */
export async function wipeFolder(folder: ServerFolder, options: WipeOptions): Promise<void> {
  if (!isAcquired(folder)) return await askForWipe(folder, options);
  try {
    await folder.wipe(options.signal);
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    // Somebody else has taken the folder over in the middle of it.
    await askForWipe(folder, options);
  } finally {
    folder.releaseUnused();
  }
}

/** The holder removes the request when it is done. Where it has ended instead, taking the lock finishes the wipe. */
async function askForWipe(folder: ServerFolder, { fileSystem, clock, signal }: WipeOptions): Promise<void> {
  // What this store has in memory for the folder was appended before, and would be written once the holder is gone.
  folder.forget(signal);
  const request = await writeWipeRequest(fileSystem, { folder: folder.path, signal });
  const startMs = clock.monotonicMs();
  while (fileSystem.stat(request) !== undefined) {
    if (clock.monotonicMs() - startMs > WIPE_TIMEOUT_MS) {
      const holder = readHolder(fileSystem, folder.path)?.holder;
      throw new WipeTimeoutError(folder.path, { holder, waitedMs: WIPE_TIMEOUT_MS });
    }
    await clock.sleep(WIPE_POLL_MS);
    if (isAcquired(folder)) folder.releaseUnused();
  }
}

function isAcquired(folder: ServerFolder): boolean {
  try {
    folder.acquire();
    return true;
  } catch (error) {
    if (error instanceof StoreLockedError) return false;
    throw error;
  }
}
