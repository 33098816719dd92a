/**
 * Opens a root and owns everything that lives as long as it is open.
 *
 * @module
 */

import { StoreClosedError, StoreLockedError } from "./errors.ts";
import { encodeName } from "./inventory/folder_names.ts";
import { type FolderPlace, listFolders } from "./inventory/folders.ts";
import { HeldFolders } from "./inventory/held_folders.ts";
import { type InventoryRecord, takeInventory } from "./inventory/inventory.ts";
import { SegmentTimes } from "./inventory/segment_times.ts";
import { OpenJournals } from "./inventory/open_journals.ts";
import { wipeFolder } from "./inventory/wipe.ts";
import { BackgroundSyncs } from "./journal/background_syncs.ts";
import { Compressor } from "./journal/compressor.ts";
import type { Journal, JournalWriter } from "./journal/journal.ts";
import { QueueBudget } from "./journal/queue_budget.ts";
import { COMPRESSION_POLL_MS, PARALLEL_SYNCS_MAX } from "./limits.ts";
import { forEachParallel } from "./model/parallel.ts";
import type { AggregateQuery, AggregateResult } from "./model/aggregate.ts";
import type { JournalKey } from "./model/journal_key.ts";
import type {
  JournalSelection,
  ReadQuery,
  RecordReader,
  RecordSelection,
  RecordStream,
  StoredRecord,
} from "./model/query.ts";
import { BUILT_IN_SIGNALS, isSignal, type SignalDefinition, signalOf } from "./model/signal.ts";
import { type ResolvedOptions, resolveOptions, type StoreOptions } from "./options.ts";
import type { Clock } from "./platform/clock.ts";
import type { FileSystem } from "./platform/file_system.ts";
import { normalizeTracesRecord } from "./otlp/traces.ts";
import { nodeFileSystem } from "./platform/node_file_system.ts";
import { onProcessExit } from "./platform/process_exit.ts";
import { absolutePath } from "./platform/runtime.ts";
import { systemClock } from "./platform/system_clock.ts";
import { groupSegments } from "./segment/listing.ts";
import { type FoundJournal, JournalReader } from "./query/reader.ts";
import {
  type VerificationOptions,
  type VerificationSelection,
  type Verified,
  verifyFolders,
} from "./query/verification.ts";
import { type StoreStats, sumJournals } from "./journal/stats.ts";

/** Which journals are to be wiped: of one stack, and, where given, of one server and one signal. */
export interface WipeSelection {
  /** The stack. */
  readonly stack: string;
  /** Only this server. Default: every one of the stack. */
  readonly server?: string | undefined;
  /** Only this signal. Default: every one. */
  readonly signal?: string | undefined;
}

/** Which stacks and servers an inventory is taken of; what is left out stands for every one. */
export interface InventorySelection {
  /** Only this stack. */
  readonly stack?: string | undefined;
  /** Only this server. */
  readonly server?: string | undefined;
}

/** An open root. {@linkcode openStore} gives one. */
export interface Store extends RecordReader, AsyncDisposable {
  /** The root's absolute path. */
  readonly root: string;

  /** See {@linkcode StoreOptions.recordMaxBytes}. */
  readonly recordMaxBytes: number;

  /** See {@linkcode StoreOptions.queueMaxBytes}. */
  readonly queueMaxBytes: number;

  /** See {@linkcode RecordReader.read}. Its stream also says where it stands. */
  read(query: ReadQuery): RecordStream;

  /**
   * The writing end of a journal, the same object each time. Takes the lock of its server folder, creates what is missing,
   * and mends what a crash left.
   *
   * @throws {StoreLockedError} If another process or store writes to the server folder; it says who. Nothing was changed.
   * @throws {RangeError} If a name cannot be used, or the signal is not known.
   * @throws {StoreClosedError} If the store is closed.
   * @throws {Error} If the file system refuses; its `code` is the system's, such as `EACCES`. The journal is not open.
   */
  journal(key: JournalKey): Journal;

  /**
   * What is on disk, sorted by stack, server and signal. An empty list when there is nothing.
   *
   * @throws {RangeError} If a name cannot be used.
   */
  inventory(selection?: InventorySelection): Promise<InventoryRecord[]>;

  /**
   * Reads every segment of the chosen journals from end to end, by stack, server and signal, oldest segment first, and yields
   * what it found of each: records, and each damaged place with its file, its offset and what it costs. Looks at all that
   * reading looks at, and at the header and the checksums of compressed segments, which reading does without. Files that a
   * compression left over are named, and are no damage.
   *
   * Takes no lock, writes nothing, and is not disturbed by whoever writes: what is pruned meanwhile is left out. Memory is
   * bounded by a block of lines and the names of one folder; CPU is that of reading all records.
   *
   * @throws {RangeError} If a name cannot be used, or the signal is not known; with the first segment.
   */
  verify(selection?: VerificationSelection, options?: VerificationOptions): AsyncIterableIterator<Verified>;

  /**
   * Deletes every segment of the chosen journals. When it resolves they are gone from disk, and records appended before
   * the call do not come back. Where another process writes to a folder, that process carries the wipe out.
   *
   * Records that another process has in memory at that moment, though nobody holds the folder, are written afterwards.
   * Other files and the folders stay. What is wiped is on record before it is deleted: a wipe cut short is finished when
   * the folder is opened next.
   *
   * @throws {WipeTimeoutError} If the process that holds a folder did not answer in 10 seconds. The request stays.
   * @throws {Error} If the file system refuses. What was deleted by then may come back after a loss of power.
   * @throws {RangeError} If a name cannot be used, or the signal is not known.
   * @throws {StoreClosedError} If the store is closed.
   */
  wipe(selection: WipeSelection): Promise<void>;

  /**
   * Looks after every journal under the root that no other process holds: mends what a crash left, takes compressions up
   * again, and deletes what is too old or too much. Journals that are written to are looked after anyway, each minute;
   * this is for those nobody opens. `serve` does it at start and hourly.
   *
   * @throws {StoreClosedError} If the store is closed.
   */
  prune(): Promise<void>;

  /** What this store has done since it was opened. */
  stats(): StoreStats;

  /** {@linkcode Journal.flush} for every journal; throws the first error once all have been tried. */
  flush(): Promise<void>;

  /** {@linkcode Journal.sync} for every journal; throws the first error once all have been tried. */
  sync(): Promise<void>;

  /**
   * Syncs every journal and gives every file and lock back. Does not wait for compressions: they are taken up at the
   * next open. Closing twice is harmless.
   *
   * @throws {StoreWriteError} If the file system refused records; they were dropped and counted. All is closed even so.
   */
  close(): Promise<void>;
}

/**
 * Opens the store whose files lie under `root`. The directory is created, with mode 0700, when a journal first needs it.
 *
 * Several processes may open one root: each server folder has one writer at a time, and readers need no lock.
 *
 * @param root A path, absolute or from the current directory.
 * @param options Bounds and policies; see each for its default.
 * @returns The open store. Dispose of it with `await using`, or close it; closing twice is harmless.
 * @throws {RangeError} If an option is unknown or out of bounds, or `root` is empty. Nothing on disk is touched.
 *
 * @example Append a record and read it back
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore } from "@varve/varve";
 *
 * await using store = await openStore("./telemetry");
 * const journal = store.journal({ stack: "shop", server: "github", signal: "logs" });
 * journal.append({ ts: new Date().toISOString(), level: "INFO", msg: "tool call finished", tool: "search" });
 * await journal.sync();
 *
 * const [newest] = await store.tail({ stack: "shop", server: "github", signal: "logs" }, { count: 1 });
 * assert.equal(newest?.record.msg, "tool call finished");
 * ```
 */
export function openStore(root: string, options: StoreOptions = {}): Promise<Store> {
  return Promise.resolve().then(() => {
    if (root === "") throw new RangeError(`Cannot open a store without a root: received ""`);
    return new RootStore(absolutePath(root), options);
  });
}

class RootStore implements Store {
  readonly root: string;
  readonly recordMaxBytes: number;
  readonly queueMaxBytes: number;
  readonly #options: ResolvedOptions;
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #compressor: Compressor;
  readonly #budget: QueueBudget;
  readonly #backgroundSyncs: BackgroundSyncs;
  readonly #folders: HeldFolders;
  readonly #reader: JournalReader;
  readonly #times = new SegmentTimes();
  readonly #journals: OpenJournals;
  readonly #stopExitWatch: () => void;
  #damagedPlaces = 0;
  #closing: Promise<void> | undefined;

  constructor(root: string, options: StoreOptions) {
    this.root = root;
    this.#options = resolveOptions(options);
    this.recordMaxBytes = this.#options.recordMaxBytes;
    this.queueMaxBytes = this.#options.queueMaxBytes;
    const fileSystem = this.#fileSystem = options.fileSystem ?? nodeFileSystem;
    const clock = this.#clock = options.clock ?? systemClock;
    const mode = fileSystem === nodeFileSystem ? "worker" : "inline";
    const compressor = this.#compressor = new Compressor({ fileSystem, clock, mode });
    const budget = this.#budget = new QueueBudget(this.#options.queueMaxBytes);
    const tools = { ...this.#options, root, fileSystem, clock, compressor };
    const folders = this.#folders = new HeldFolders({ ...tools, isSignal });
    const backgroundSyncs = this.#backgroundSyncs = new BackgroundSyncs(clock);
    this.#journals = new OpenJournals({ ...tools, budget, folders, backgroundSyncs });
    this.#reader = new JournalReader({
      fileSystem,
      clock,
      find: (selection) => this.#find(selection),
      flush: (key) => this.#flushHeld(key),
      // gridctl's lines have ids in base64 and enums by name.
      normalize: (record, signal) => signal === "traces" ? normalizeTracesRecord(record) : record,
      onDamage: () => this.#damagedPlaces++,
    });
    this.#stopExitWatch = onProcessExit(() => this.#flushSync());
  }

  journal(key: JournalKey): Journal {
    this.#checkOpen("open a journal");
    return this.#journals.open(key, (journal) => journal.open());
  }

  read(query: ReadQuery): RecordStream {
    return this.#reader.read(query);
  }

  tail(selection: RecordSelection, options: { readonly count: number }): Promise<StoredRecord[]> {
    return this.#reader.tail(selection, options);
  }

  aggregate(query: AggregateQuery): Promise<AggregateResult> {
    return this.#reader.aggregate(query);
  }

  async inventory(selection: InventorySelection = {}): Promise<InventoryRecord[]> {
    for (const journal of this.#journals.all()) await ignoreRefusal(journal.writeOut());
    return takeInventory({
      fileSystem: this.#fileSystem,
      root: this.root,
      selection,
      signals: BUILT_IN_SIGNALS,
      times: this.#times,
    });
  }

  async *verify(
    selection: VerificationSelection = {},
    options: VerificationOptions = {},
  ): AsyncIterableIterator<Verified> {
    const only = selection.signal === undefined ? undefined : signalOf(selection.signal).name;
    const folders = listFolders(this.#fileSystem, this.root, selection);
    for (const journal of this.#journals.all()) await ignoreRefusal(journal.writeOut());
    yield* verifyFolders({
      fileSystem: this.#fileSystem,
      folders,
      isSignal: (name) => only === undefined ? isSignal(name) : name === only,
      options,
    });
  }

  async wipe(selection: WipeSelection): Promise<void> {
    this.#checkOpen("wipe");
    const { signal } = selection;
    if (signal !== undefined) signalOf(signal);
    // A selection without a stack would be everything, which only a caller without types can ask for.
    encodeName(selection.stack ?? "", "stack");
    const tools = { fileSystem: this.#fileSystem, clock: this.#clock };
    // Side by side: a holder that does not answer keeps nobody else's telemetry on disk.
    const places = listFolders(this.#fileSystem, this.root, selection);
    await forEachParallel(places, {
      atOnce: PARALLEL_SYNCS_MAX,
      work: ({ path }) => wipeFolder(this.#folders.at(path), { ...tools, signal }),
    });
  }

  async prune(): Promise<void> {
    this.#checkOpen("prune");
    let failure: unknown;
    for (const place of listFolders(this.#fileSystem, this.root)) {
      try {
        await this.#visit(place);
      } catch (error) {
        // Its holder looks after a folder that is locked. Any other failure is told once all the others were visited.
        if (!(error instanceof StoreLockedError)) failure ??= error;
      }
      // Folders are many: requests that wait are answered in between.
      await this.#clock.sleep(0);
      if (this.#closing !== undefined) return;
    }
    this.#folders.pruneTotal();
    if (failure !== undefined) throw failure;
  }

  stats(): StoreStats {
    return {
      ...sumJournals(this.#journals.all()),
      queuedBytes: this.#budget.usedBytes,
      damagedPlaces: this.#damagedPlaces,
      compression: this.#compressor.stats,
      heldFolders: this.#folders.heldCount,
    };
  }

  flush(): Promise<void> {
    return this.#forEachJournal((journal) => journal.flush());
  }

  sync(): Promise<void> {
    return this.#forEachJournal((journal) => journal.sync());
  }

  close(): Promise<void> {
    return this.#closing ??= this.#closeNow();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeNow(): Promise<void> {
    await this.#compressor.close();
    try {
      await this.#forEachJournal((journal) => journal.close());
    } finally {
      this.#backgroundSyncs.close();
      await this.#folders.close();
      this.#stopExitWatch();
    }
  }

  #forEachJournal(work: (journal: JournalWriter) => Promise<void>): Promise<void> {
    return forEachParallel(this.#journals.all(), { atOnce: PARALLEL_SYNCS_MAX, work });
  }

  /** Looks after the journals of one folder, and gives its lock back where it was not held before. */
  async #visit({ path, stack, server }: FolderPlace): Promise<void> {
    const folder = this.#folders.at(path);
    const wasHeld = folder.isHeld;
    for (const [signal, { active }] of groupSegments(this.#fileSystem.list(path), isSignal)) {
      this.#journals.open({ stack, server, signal }, (journal) => {
        // Opening makes an active file, which a journal without one does not need.
        if (active) journal.open();
        journal.tend();
      });
    }
    while (!wasHeld && this.#closing === undefined && folder.isCompressing) {
      await this.#clock.sleep(COMPRESSION_POLL_MS);
    }
    if (!wasHeld) folder.release();
  }

  #find(selection: JournalSelection): { signal: SignalDefinition; journals: FoundJournal[] } {
    const signal = signalOf(selection.signal);
    const folders = listFolders(this.#fileSystem, this.root, selection);
    const journals = folders.map(({ stack, server, path }) => ({
      key: { stack, server, signal: signal.name },
      folder: path,
    }));
    return { signal, journals };
  }

  async #flushHeld(key: JournalKey): Promise<void> {
    const journal = this.#journals.get(key);
    if (journal !== undefined && this.#closing === undefined) await ignoreRefusal(journal.writeOut());
  }

  #flushSync(): void {
    for (const journal of this.#journals.all()) journal.flushSync();
  }

  #checkOpen(action: string): void {
    if (this.#closing !== undefined) throw new StoreClosedError(action);
  }
}

/** What cannot be written cannot be read either; what is on disk can. */
function ignoreRefusal(work: Promise<void>): Promise<void> {
  return work.catch(() => {});
}
