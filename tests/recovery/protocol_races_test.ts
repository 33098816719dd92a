/**
 * Promises that only a loss of power in the right moment shows to be empty: each case brings that moment about.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, type Store, type StoreOptions } from "../../mod.ts";
import { SYNC_EVERY_BYTES } from "../../src/limits.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import type { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { FOLDER, listNames } from "./protocol_files.ts";
import { ProtocolRun } from "./protocol_run.ts";
import { LOGS, MEMORY_ROOT, numbersIn, pass, range, seededRandom, START_MS } from "./stores.ts";

/** Four records fill a segment. */
const RAW: StoreOptions = { segment: { maxBytes: 180, compression: "none" }, retention: { maxSegments: false } };
const COMPRESSED: StoreOptions = { ...RAW, segment: { maxBytes: 180 } };
const LARGE: StoreOptions = { segment: { compression: "none" } };
const SEEDS = range(1, 21);

/** One order of events, and the records that must be there after it. */
interface Race {
  readonly name: string;
  readonly options: StoreOptions;
  /** Gives the disk as it was right after the promise was made. */
  run(run: ProtocolRun): Promise<MemoryDisk>;
}

const RACES: readonly Race[] = [
  {
    name: "a sync that failed, then a seal, then a sync",
    options: RAW,
    async run(run) {
      const store = await failSync(run);
      run.append(store, 3);
      await run.sync(store);
      return run.disk.clone();
    },
  },
  {
    name: "a sync that failed, then the folder given back while idle, then syncs until one succeeds",
    options: RAW,
    async run(run) {
      const store = await failSync(run);
      await pass(run, 70_000);
      assert.equal(store.stats().heldFolders, 0);
      // Refused while somebody else may be writing to the folder.
      await run.sync(store).catch(() => run.append(store, 1));
      await run.sync(store);
      return run.disk.clone();
    },
  },
  {
    name: "a background sync that fails under a sync that somebody waits for",
    options: LARGE,
    async run(run) {
      const store = await run.open();
      run.fileSystem.failNext("sync", { code: "EIO" });
      const releases = [run.fileSystem.holdNext("sync"), run.fileSystem.holdNext("sync")];
      const pad = "x".repeat(100_000);
      const journal = store.journal(LOGS);
      const count = Math.ceil(SYNC_EVERY_BYTES / pad.length);
      for (const n of range(0, count)) journal.append({ n, pad });
      run.progressOf("logs").appended = count;
      await run.flush(store);
      const synced = run.sync(store);
      for (const release of releases) {
        await run.clock.advanceAsync(0);
        release();
      }
      await synced.catch(() => run.sync(store));
      return run.disk.clone();
    },
  },
  {
    name: "a sync while the raw file is gone and its removal is not on disk",
    options: COMPRESSED,
    async run(run) {
      const fileSystem = new LateUnlinkFileSystem(run.disk);
      const store = await run.openIn(fileSystem);
      run.append(store, 5);
      await run.flush(store);
      await run.until(() => fileSystem.isWaiting);
      await run.sync(store);
      const disk = run.disk.clone();
      fileSystem.release();
      return disk;
    },
  },
  {
    name: "a sync after another process took the folder and sealed what was to be synced",
    options: RAW,
    async run(run) {
      const store = await run.open();
      run.append(store, 3);
      await run.flush(store);
      await pass(run, 70_000);
      const other = await run.openIn(run.otherProcess());
      run.append(other, 2);
      await run.flush(other);
      assert.equal(listNames(run.fileSystem).filter((name) => /^logs/.test(name)).length, 2, "nothing was sealed");
      await run.settle(run.journalOf(store).sync());
      run.progressOf("logs").synced = 3;
      return run.disk.clone();
    },
  },
  {
    name: "a sync after the lock was lost",
    options: RAW,
    async run(run) {
      const store = await run.open();
      run.append(store, 3);
      await run.flush(store);
      const stranger = run.otherProcess();
      stranger.remove(`${FOLDER}/.lock`);
      stranger.open(`${FOLDER}/.lock`, "update").close();
      await pass(run, 1000);
      await run.sync(store);
      return run.disk.clone();
    },
  },
];

for (const { name, options, run: act } of RACES) {
  test(`sync() promises nothing that a loss of power takes: ${name}`, async () => {
    const run = new ProtocolRun(options);
    try {
      const disk = await act(run);
      const { synced } = run.progressOf("logs");
      assert.ok(synced > 0);
      for (const seed of SEEDS) {
        const numbers = await numbersAfter(disk.clone(), { seed, options });
        assert.deepEqual(numbers.slice(0, synced), range(0, synced), `seed ${seed}`);
      }
    } finally {
      await run.dispose();
    }
  });
}

test("wipe() that the holder answered is not carried out again after a loss of power", async () => {
  const run = new ProtocolRun(RAW);
  try {
    const holder = await run.open();
    run.append(holder, 3);
    await run.sync(holder);
    const asker = await run.openIn(run.otherProcess());
    // The first sync is the request's own.
    run.fileSystem.holdNext("syncDirectory")();
    const releaseRemoval = run.fileSystem.holdNext("syncDirectory");
    const wiped = asker.wipe(LOGS);
    await run.until(() => !listNames(run.fileSystem).includes("logs.jsonl"));
    run.append(holder, 1);
    await run.sync(holder);
    const releaseAnswer = run.fileSystem.holdNext("syncDirectory");
    releaseRemoval();
    await run.settle(wiped);
    run.append(holder, 1);
    await run.sync(holder);
    const disk = run.disk.clone();
    releaseAnswer();
    for (const seed of SEEDS) {
      assert.deepEqual(await numbersAfter(disk.clone(), { seed, options: RAW }), [3, 4], `seed ${seed}`);
    }
  } finally {
    await run.dispose();
  }
});

test("wipe() is not refused because the next holder clears away the request that is being written", async () => {
  const run = new ProtocolRun(RAW);
  try {
    const ended = run.otherProcess();
    const first = await run.openIn(ended);
    run.append(first, 3);
    await run.flush(first);
    const next = await run.openIn(run.otherProcess());
    const asker = await run.open();
    let isCleared = false;
    run.onStep((step) => {
      if (isCleared || !step.startsWith("rename .wipe-")) return;
      isCleared = true;
      ended.kill();
      next.journal(LOGS);
    });
    await run.settle(asker.wipe(LOGS));
    assert.ok(isCleared);
    assert.deepEqual(await numbersIn(asker), []);
  } finally {
    await run.dispose();
  }
});

/** A process that is told of what it unlinked only when the test says so. */
class LateUnlinkFileSystem extends MemoryFileSystem {
  readonly #told = Promise.withResolvers<void>();
  isWaiting = false;
  readonly release = this.#told.resolve;

  override async unlink(path: string): Promise<void> {
    await super.unlink(path);
    this.isWaiting = true;
    await this.#told.promise;
  }
}

/** Two records that are synced, and two of which the disk said that it could not. */
async function failSync(run: ProtocolRun): Promise<Store> {
  const store = await run.open();
  run.append(store, 1);
  await run.sync(store);
  run.append(store, 2);
  run.fileSystem.failNext("sync", { code: "EIO" });
  await assert.rejects(run.sync(store), { name: "StoreWriteError" });
  return store;
}

/** The numbers that the next opener finds after a loss of power. */
async function numbersAfter(
  disk: MemoryDisk,
  { seed, options }: { readonly seed: number; readonly options: StoreOptions },
): Promise<readonly number[]> {
  disk.crash(seededRandom(seed));
  const clock = new ManualClock(START_MS + 86_400_000);
  const store = await openStore(MEMORY_ROOT, { ...options, fileSystem: new MemoryFileSystem(disk), clock });
  store.journal(LOGS);
  await clock.advanceAsync(100);
  const numbers = await numbersIn(store);
  const closed = store.close();
  await clock.advanceAsync(1000);
  await closed;
  return numbers;
}
