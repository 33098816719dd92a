/**
 * A disk in memory that can lose power.
 *
 * What survives follows the abstract persistence model of ALICE (Pillai et al., "All File Systems Are Not Created Equal",
 * OSDI 2014), which holds for every file system that keeps POSIX, and for none more than it must:
 *
 * - **Content.** A write or a change of length is durable once the file was synced after it. Before that it may be lost or
 *   survive, whatever becomes of those before and after it. A write may also survive in part: its first bytes; its length,
 *   with zeros or what stood there before for all, the first or the last of its bytes.
 * - **Names.** A file or directory that was created, renamed or removed is so durably once its directory was synced after
 *   it, whether the file was synced or not. Before that the change may be lost or survive, whatever becomes of changes of
 *   other names. It survives only with all the changes before it of the same names. A rename survives as a whole; one to
 *   another directory is durable once both were synced. What lies in a directory that is lost is lost.
 * - **Times.** The time of the last change is durable once the file was synced after it.
 * - **A failed sync** makes nothing durable, and forgets the writes so far: they may survive, but no later sync makes sure
 *   of them. Only bytes written again can be made durable, as on Linux.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { MemoryVolume } from "./memory_volume.ts";

/** How a {@linkcode MemoryDisk} is made. */
export interface MemoryDiskOptions {
  /**
   * How many bytes of files it holds. Names cost nothing.
   *
   * @default {Infinity}
   */
  readonly capacityBytes?: number;
}

let volumeIn: (disk: MemoryDisk) => MemoryVolume;

/**
 * A disk in memory. Each `MemoryFileSystem` over it is a process.
 *
 * A loss of power ({@linkcode crash}) takes of it what POSIX does not promise to keep:
 *
 * @example See what a program finds after a loss of power
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore } from "@varve/varve";
 * import { ManualClock, MemoryDisk, MemoryFileSystem } from "@varve/varve/testing";
 *
 * const clock = new ManualClock(Date.UTC(2026, 4, 5));
 * const disk = new MemoryDisk(clock);
 * const store = await openStore("/telemetry", { fileSystem: new MemoryFileSystem(disk), clock });
 * const journal = store.journal({ stack: "shop", server: "github", signal: "logs" });
 * journal.append({ ts: "2026-05-05T00:00:00Z", msg: "synced" });
 * await journal.sync();
 * journal.append({ ts: "2026-05-05T00:00:01Z", msg: "not synced" });
 *
 * // Ten things that may be left, tried from one moment.
 * for (let attempt = 0; attempt < 10; attempt++) {
 *   const clone = disk.clone();
 *   clone.crash(Math.random);
 *   const after = await openStore("/telemetry", { fileSystem: new MemoryFileSystem(clone), clock });
 *   const [first] = await after.tail({ stack: "shop", server: "github", signal: "logs" }, { count: 2 });
 *   assert.equal(first?.record.msg, "synced");
 *   await after.close();
 * }
 * ```
 */
export class MemoryDisk {
  readonly #clock: Clock;
  #volume: MemoryVolume;

  static {
    volumeIn = (disk) => disk.#volume;
  }

  /**
   * An empty disk; `clock` dates the changes.
   *
   * @throws {RangeError} If `capacityBytes` is negative or no number.
   */
  constructor(clock: Clock, { capacityBytes = Infinity }: MemoryDiskOptions = {}) {
    assertCapacity(capacityBytes);
    this.#clock = clock;
    this.#volume = new MemoryVolume(clock, capacityBytes);
  }

  /**
   * How many bytes of files it holds. A write past it lands as far as there is room, and throws `ENOSPC`. When it is set
   * below what is there, nothing is lost, and nothing can be added.
   *
   * @throws {RangeError} If it is set to what is negative or no number.
   */
  get capacityBytes(): number {
    return this.#volume.capacityBytes;
  }
  set capacityBytes(capacityBytes: number) {
    assertCapacity(capacityBytes);
    this.#volume.capacityBytes = capacityBytes;
  }

  /**
   * Loses power: all processes over the disk are killed, all locks are free, and `random` (numbers from 0 up to and without
   * 1) chooses what survives of what was not synced. What is left is durable. The same numbers choose the same; all of it
   * survives when they are all 0, and none when they are all just below 1.
   */
  crash(random: () => number): void {
    this.#volume.crash(random);
  }

  /**
   * Another disk that is in the state of this one: what it holds and what of that is durable, without locks and processes.
   * Bytes are shared until one of both changes them, so that the cost is that of the names. `clock` dates the changes of
   * the clone; without it, the clock of this disk.
   */
  clone(clock: Clock = this.#clock): MemoryDisk {
    const disk = new MemoryDisk(clock);
    disk.#volume = this.#volume.clone(clock);
    return disk;
  }
}

/** What is on a disk, for its processes. */
export function volumeOf(disk: MemoryDisk): MemoryVolume {
  return volumeIn(disk);
}

function assertCapacity(capacityBytes: number): void {
  if (capacityBytes >= 0) return;
  throw new RangeError(`Cannot size a disk: "capacityBytes" must be at least 0, received ${capacityBytes}`);
}
