/**
 * Syncs that nobody waits for: of segments that were closed a while ago, one after another for a whole store, so that
 * however many journals there are, few files are open for it.
 *
 * @module
 */

import { SEALED_SYNC_DELAY_MS } from "../limits.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";

/** What has something to sync. A failure is its own to remember, and to tell whoever waits for a sync. */
export interface BackgroundSyncable {
  syncInBackground(): Promise<void>;
}

/** See the module. */
export class BackgroundSyncs {
  readonly #clock: Clock;
  /** What waits, and from when on it may be synced; the earliest first. */
  readonly #waiting = new Map<BackgroundSyncable, number>();
  #stopTimer: StopTimer | undefined;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `syncable` synced in a second, or with what it waits for already. */
  add(syncable: BackgroundSyncable): void {
    if (this.#waiting.has(syncable)) return;
    this.#waiting.set(syncable, this.#clock.monotonicMs() + SEALED_SYNC_DELAY_MS);
    this.#schedule();
  }

  /** Forgets `syncable`: it was synced. */
  remove(syncable: BackgroundSyncable): void {
    this.#waiting.delete(syncable);
    if (this.#waiting.size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #schedule(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#isRunning) return;
    this.#stopTimer ??= this.#clock.setTimer(() => {
      this.#stopTimer = undefined;
      void this.#run();
    }, next[1] - this.#clock.monotonicMs());
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (const [syncable, dueMs] of this.#waiting) {
      if (dueMs > this.#clock.monotonicMs()) break;
      this.#waiting.delete(syncable);
      await syncable.syncInBackground().catch(() => {});
    }
    this.#isRunning = false;
    this.#schedule();
  }
}
