/**
 * Syncs that nobody waits for. They are bounded for a whole store, so that however many journals there are, few files are
 * open for it.
 *
 * @module
 */

import { PARALLEL_SYNCS_MAX, SEALED_SYNC_DELAY_MS } from "../limits.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";

/** What has something to sync. */
export interface BackgroundSyncable {
  /** Rejects where it is worth trying again in a second. A failure is its own to tell whoever waits for a sync. */
  syncInBackground(): Promise<void>;
}

/** See the module. */
export class BackgroundSyncs {
  readonly #clock: Clock;
  /** What waits, and from when on it may be synced; the earliest first. */
  readonly #waiting = new Map<BackgroundSyncable, number>();
  #stopTimer: StopTimer | undefined;
  #isRunning = false;
  /** What is to be synced at once, and waits only because much else is. */
  readonly #urgent = new Set<BackgroundSyncable>();
  #urgentRunning = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `syncable` synced at once, or as soon as fewer than {@linkcode PARALLEL_SYNCS_MAX} such syncs are under way. */
  start(syncable: BackgroundSyncable): void {
    if (this.#isClosed) return;
    this.#urgent.add(syncable);
    if (this.#urgentRunning < PARALLEL_SYNCS_MAX) void this.#runUrgent();
  }

  /** Has `syncable` synced in a second, or with what it waits for already. One after another: nobody is in a hurry. */
  add(syncable: BackgroundSyncable): void {
    if (this.#isClosed || this.#waiting.has(syncable)) return;
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

  /** Ends it: what waits is left. */
  close(): void {
    this.#isClosed = true;
    this.#urgent.clear();
    this.#waiting.clear();
    this.#stopTimer?.();
  }

  async #runUrgent(): Promise<void> {
    this.#urgentRunning++;
    for (const syncable of this.#urgent) {
      this.#urgent.delete(syncable);
      await syncable.syncInBackground().catch(() => this.add(syncable));
    }
    this.#urgentRunning--;
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
      await syncable.syncInBackground().catch(() => this.add(syncable));
    }
    this.#isRunning = false;
    this.#schedule();
  }
}
