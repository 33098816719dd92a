/**
 * A machine in memory on which a protocol runs: one process whose steps on disk are written down, others beside it, and
 * what was promised of the records so far.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { type Journal, openStore, type Store, type StoreOptions } from "../../mod.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { FOLDER } from "./protocol_files.ts";
import { LOGS, MEMORY_ROOT, type MemoryMachine, numbered, pass, START_MS } from "./stores.ts";

/** How many records of one signal a test has appended, and how far each level of durability has got. */
export interface Progress {
  appended: number;
  flushed: number;
  synced: number;
}

/** The disk after some steps of a protocol, with what had been promised by then. */
export interface Moment {
  /** How many steps have taken effect. */
  readonly count: number;
  /** The step that comes next; `undefined` at the end. */
  readonly next: string | undefined;
  /** A copy that nothing changes any more. */
  readonly disk: MemoryDisk;
  readonly progress: ReadonlyMap<string, Readonly<Progress>>;
}

/** A process whose renames tell both names. */
class TracedFileSystem extends MemoryFileSystem {
  renameTarget = "";

  override rename(from: string, to: string): void {
    this.renameTarget = to;
    super.rename(from, to);
  }
}

/** One machine on which a protocol runs. */
export class ProtocolRun implements MemoryMachine {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(this.clock);
  readonly #process = new TracedFileSystem(this.disk);
  readonly fileSystem: MemoryFileSystem = this.#process;
  readonly #options: StoreOptions;
  readonly #stores: Store[] = [];
  readonly #journals = new Map<Store, Map<string, Journal>>();
  readonly #numbers = new Map<string, Map<string, number>>();
  /** By signal. */
  readonly progress = new Map<string, Progress>();
  /** The store that `arrange` left open for `act`. */
  store: Store | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    const fileSystem = this.otherProcess();
    fileSystem.makeDirectory(dirname(MEMORY_ROOT));
    fileSystem.syncDirectorySync(dirname(dirname(MEMORY_ROOT)));
  }

  /** Opens a store in the process whose steps are written down. */
  open(options: StoreOptions = {}): Promise<Store> {
    return this.openIn(this.fileSystem, options);
  }

  /** Opens a store in another process. */
  async openIn(fileSystem: MemoryFileSystem, options: StoreOptions = {}): Promise<Store> {
    const store = await openStore(MEMORY_ROOT, { ...this.#options, fileSystem, clock: this.clock, ...options });
    this.#stores.push(store);
    return store;
  }

  /** Another process on the same disk. */
  otherProcess(): MemoryFileSystem {
    return new MemoryFileSystem(this.disk);
  }

  /** Appends the next records of a signal. */
  append(store: Store, count: number, signal = "logs"): void {
    const progress = this.progressOf(signal);
    const journal = this.journalOf(store, signal);
    for (let index = 0; index < count; index++) journal.append(numbered(progress.appended++));
  }

  /** Flushes a signal, and notes what that promises. */
  async flush(store: Store, signal = "logs"): Promise<void> {
    const { appended } = this.progressOf(signal);
    await this.settle(this.journalOf(store, signal).flush());
    this.progressOf(signal).flushed = appended;
  }

  /** Syncs a signal, and notes what that promises. */
  async sync(store: Store, signal = "logs"): Promise<void> {
    const { appended } = this.progressOf(signal);
    await this.settle(this.journalOf(store, signal).sync());
    Object.assign(this.progressOf(signal), { flushed: appended, synced: appended });
  }

  /** Lets time pass until `work` has settled. */
  async settle<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = () => void (isSettled = true);
    work.then(done, done);
    await this.until(() => isSettled);
    return work;
  }

  /** Lets time pass, at most ten seconds, until `isTrue` says so. */
  async until(isTrue: () => boolean): Promise<void> {
    for (let turn = 0; !isTrue(); turn++) {
      assert.ok(turn < 1000, `waited for ${isTrue}`);
      await this.clock.advanceAsync(turn < 5 ? 0 : 10);
    }
  }

  /** Closes a store and lets the time pass that this takes. */
  async close(store: Store): Promise<void> {
    await this.settle(store.close());
  }

  /** Closes every store, also those of processes that have ended, which cannot. */
  async dispose(): Promise<void> {
    for (const store of this.#stores) await this.settle(store.close().catch(() => {}));
    await pass(this, 250);
  }

  /** The journal of a signal, opened when it is asked for first: opening again would take the lock and the file again. */
  journalOf(store: Store, signal = "logs"): Journal {
    const journals = this.#journals.get(store) ?? new Map<string, Journal>();
    this.#journals.set(store, journals);
    const journal = journals.get(signal) ?? store.journal({ ...LOGS, signal });
    journals.set(signal, journal);
    return journal;
  }

  /** The counts of a signal. */
  progressOf(signal: string): Progress {
    const progress = this.progress.get(signal) ?? { appended: 0, flushed: 0, synced: 0 };
    this.progress.set(signal, progress);
    return progress;
  }

  /** Calls `listener` with each step before it takes effect, in the words of this module. */
  onStep(listener: (step: string) => void): () => void {
    return this.fileSystem.onStep(({ operation, path }) => {
      const target = operation === "rename" ? ` → ${this.#nameOf(this.#process.renameTarget)}` : "";
      listener(`${operation} ${this.#nameOf(path)}${target}`);
    });
  }

  /** The disk as it is now. */
  moment(place: { readonly count: number; readonly next: string | undefined }): Moment {
    const progress = new Map([...this.progress].map(([signal, counts]) => [signal, { ...counts }]));
    return { ...place, disk: this.disk.clone(), progress };
  }

  /** A path from the folder on, with what differs from run to run numbered: `logs-<stamp>.jsonl`, `.wipe-<id 2>.json`. */
  #nameOf(path: string): string {
    const name = path === FOLDER
      ? "."
      : FOLDER.startsWith(`${path}/`)
      ? parentName(path)
      : path.slice(FOLDER.length + 1);
    return name
      .replace(/(?<=^[a-z]+-)\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/, (stamp) => this.#numbered("stamp", stamp))
      .replace(/(?<=^\.wipe-)[0-9a-f-]{36}/, (id) => this.#numbered("id", id));
  }

  #numbered(kind: string, text: string): string {
    const known = this.#numbers.get(kind) ?? new Map<string, number>();
    this.#numbers.set(kind, known);
    const number = known.get(text) ?? known.size + 1;
    known.set(text, number);
    return number === 1 ? `<${kind}>` : `<${kind} ${number}>`;
  }
}

function parentName(path: string): string {
  return FOLDER.slice(path.length + 1).split("/").map(() => "..").join("/");
}
