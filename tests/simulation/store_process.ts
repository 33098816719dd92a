/**
 * One process with a store: what it is told is done, and what the store acknowledges is told to the model.
 *
 * @module
 */
import { type Journal, openStore, type RecordAccount, type Store } from "../../mod.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { MEMORY_ROOT } from "../recovery/stores.ts";
import { FaultInjector } from "./fault_injector.ts";
import type { Machine } from "./machine.ts";
import { FLUSHED, type JournalModel, type Level, SYNCED } from "./model.ts";
import { UNENCODABLE } from "./operations.ts";
import { recordOf, unencodableRecord } from "./records.ts";

/** What a process knows of one of its journals. */
interface OwnJournal {
  readonly model: JournalModel;
  /** The records before this one were there when the process began. */
  readonly foundEnd: number;
  journal: Journal | undefined;
  accepted: number;
  /** Records that were dropped because they could not be written, as far as that was noticed. */
  lost: number;
  /** Records were dropped, and no flush or sync has told yet. */
  isLossUntold: boolean;
  /** Calls of `flush` and `sync` that have not settled. */
  asks: number;
}

/** See the module. */
export class StoreProcess {
  /** Tells it from other processes of the run. */
  readonly id: number;
  readonly fileSystem: MemoryFileSystem;
  readonly faults: FaultInjector;
  readonly store: Store;
  isAlive = true;
  /** What was asked for and has not settled, by what it is. */
  readonly underWay = new Map<number, string>();
  readonly #machine: Machine;
  readonly #journals: readonly OwnJournal[];
  /** What ends the wipes under way where the process ends first. */
  readonly #wipes = new Set<() => void>();
  #lastAsk = 0;
  #isClosed = false;

  private constructor(machine: Machine, { id, fileSystem, faults, store }: ProcessParts) {
    this.#machine = machine;
    this.id = id;
    this.fileSystem = fileSystem;
    this.faults = faults;
    this.store = store;
    this.#journals = machine.models.map((model) => ({
      model,
      foundEnd: model.length,
      journal: undefined,
      accepted: 0,
      lost: 0,
      isLossUntold: false,
      asks: 0,
    }));
    machine.processes.add(this);
    fileSystem.onStep((step) => machine.onStep(this, step));
  }

  /** Starts a process, with its store open. */
  static async start(machine: Machine): Promise<StoreProcess> {
    const fileSystem = new MemoryFileSystem(machine.disk);
    const { clock, counts, scenario, crashes } = machine;
    const faults = new FaultInjector({
      fileSystem,
      clock,
      counts,
      onTorn: () => machine.hasTorn = true,
      onSyncFailed: () => machine.hasSyncFailed = true,
    });
    const store = await openStore(MEMORY_ROOT, {
      ...scenario.options,
      fileSystem: machine.mutation(fileSystem),
      clock: faults.clock,
    });
    const process = new StoreProcess(machine, { id: machine.nextId(), fileSystem, faults, store });
    if (machine.crashes !== crashes) process.die();
    return process;
  }

  /** Opens one journal for writing. Throws what the store throws. */
  open(index: number): void {
    const own = this.#own(index);
    own.journal = this.store.journal(own.model.key);
  }

  /** Appends records one by one. */
  append(index: number, paddings: readonly number[]): void {
    const own = this.#own(index);
    for (const padding of paddings) {
      const { number, record, isFit } = this.#newRecord(own, padding);
      if (own.journal?.append(record) !== isFit) this.#machine.fail(`append answered ${!isFit} for record ${number}`);
      this.check();
    }
  }

  /** Appends records together. */
  appendAll(index: number, paddings: readonly number[]): void {
    const own = this.#own(index);
    const batch = paddings.map((padding) => this.#newRecord(own, padding));
    const expected = batch.filter(({ isFit }) => isFit).length;
    this.#machine.noteBatch(batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const taken = own.journal?.appendAll(batch.map(({ record }) => record));
    if (taken !== expected) this.#machine.fail(`appendAll took ${taken} records of ${expected}`);
    this.check();
  }

  /** Asks for a flush or a sync of one journal, or of all. */
  ask(what: "flush" | "sync", index: number | undefined): void {
    this.check();
    const owns = index === undefined ? this.#journals : [this.#own(index)];
    const asked = owns.filter(({ journal }) => journal !== undefined).map((own) => this.#expect(own, what));
    if (asked.length === 0) return;
    const journal = index === undefined ? this.store : this.#own(index).journal;
    if (journal === undefined) return;
    this.track(what, journal[what](), {
      resolved: () => {
        for (const { own, end, failedWipes, isLossTold } of asked) {
          own.asks--;
          const isSynced = what === "sync" || this.#machine.durabilityOf(own.model.key.signal) === "synced";
          this.#promise(own, { end, failedWipes, level: isSynced ? SYNCED : FLUSHED });
          if (isLossTold) {
            this.#machine.fail(`${what} of ${own.model.key.signal} resolved, though records were dropped`);
          }
        }
      },
      rejected: () => {
        for (const { own } of asked) {
          own.asks--;
          own.isLossUntold = false;
        }
      },
    });
  }

  /** Asks for a wipe. */
  wipe(index: number, breadth: "signal" | "server" | "stack"): Promise<void> {
    const { stack, server, signal } = this.#own(index).model.key;
    const covered = this.#machine.models.filter(({ key }) =>
      key.stack === stack && (breadth === "stack" || key.server === server) &&
      (breadth !== "signal" || key.signal === signal)
    );
    const wipes = covered.map((model) => {
      // While another wipe is under way, the folder may be held by whoever asked for that one.
      const isHeard = model.wipesUnderWay === 0 && this.#machine.isHeld(model.key);
      const spared = isHeard ? undefined : { memoryOfOthersThan: this.id };
      return { model, wipe: model.beginWipe(spared) };
    });
    const selection = breadth === "stack"
      ? { stack }
      : breadth === "server"
      ? { stack, server }
      : { stack, server, signal };
    // The request of a wipe that finds the disk full is not on record: cut short, it is not finished by anybody.
    const mayBeCutShort = this.faults.isDiskFull || this.#machine.isDiskFull;
    for (const { model } of wipes) model.mayBeCutShort ||= mayBeCutShort;
    const abandon = (): void => wipes.forEach(({ model }) => model.abandonWipe());
    this.#wipes.add(abandon);
    return this.track("wipe", this.store.wipe(selection), {
      resolved: () => {
        this.#wipes.delete(abandon);
        for (const { model, wipe } of wipes) model.finishWipe(wipe);
        this.#machine.counts.add("wipes finished");
      },
      rejected: () => {
        this.#wipes.delete(abandon);
        for (const { model } of wipes) model.refuseWipe();
        this.#machine.counts.add("wipes refused");
      },
    });
  }

  /** Ends the store as a program does. */
  close(): Promise<void> {
    this.check();
    const opened = this.#journals.filter(({ journal }) => journal !== undefined);
    const ends = opened.map((own) => ({ own, end: own.model.length, failedWipes: own.model.failedWipes }));
    const closed = this.track("close", this.store.close(), {
      resolved: () => {
        for (const { own, ...asked } of ends) this.#promise(own, { ...asked, level: SYNCED });
      },
      rejected: () => {
        for (const { own } of ends) own.model.doubt(this.id);
      },
    });
    return closed.finally(() => {
      this.#isClosed = true;
      this.#end();
    });
  }

  /** The process was killed: nothing that it still hears counts. */
  die(): void {
    if (!this.isAlive) return;
    this.#end();
    this.fileSystem.kill();
    this.faults.heal();
    // So that nothing of it stays in memory. Its file system answers nothing any more.
    queueMicrotask(() => void this.store.close().catch(() => {}));
  }

  /** Checks that every record is accounted for, and notes which were dropped. */
  check(): void {
    if (!this.isAlive) return;
    const { records, damagedPlaces } = this.store.stats();
    if (damagedPlaces > 0 && !this.#machine.hasLostPower) {
      this.#machine.fail(`${damagedPlaces} places are damaged, though no power was lost`);
    }
    for (const own of this.#journals) {
      const account = records[own.model.key.signal];
      if (account !== undefined) this.#checkAccount(own, account);
    }
  }

  /** Notes which records were dropped so far. In the middle of a write, nothing else of the accounts is certain. */
  noteLosses(): void {
    const { records } = this.store.stats();
    for (const own of this.#journals) this.#noteLoss(own, records[own.model.key.signal]?.dropped ?? {});
  }

  /** Follows a promise of the store to its end, as long as the process lives. */
  track(what: string, work: Promise<void>, then: Outcomes): Promise<void> {
    const ask = ++this.#lastAsk;
    this.underWay.set(ask, what);
    const settle = (outcome: (() => void) | undefined, how: string): void => {
      this.underWay.delete(ask);
      if (!this.isAlive) return;
      this.#machine.trace.add(`  ${this.id} ${what} ${how}`);
      // Records that were dropped meanwhile are not among those that this acknowledges.
      this.check();
      outcome?.();
    };
    return work.then(
      () => settle(then.resolved, "resolved"),
      (error) => settle(then.rejected, `rejected: ${error instanceof Error ? error.name : error}`),
    );
  }

  /** Tells the model of a record that is about to be appended. */
  #newRecord(own: OwnJournal, padding: number): NewRecord {
    const { key } = own.model;
    const number = own.model.add({ writer: this.id, padding });
    const record = padding === UNENCODABLE ? unencodableRecord() : recordOf(key, number, padding);
    const sizeBytes = padding === UNENCODABLE ? 0 : new TextEncoder().encode(JSON.stringify(record)).length;
    const isTooLong = sizeBytes > this.#machine.scenario.recordMaxBytes;
    const isFit = !this.#isClosed && padding !== UNENCODABLE && !isTooLong;
    this.#machine.noteBatch(sizeBytes);
    if (!isFit) own.model.refuse(number);
    own.accepted++;
    this.#machine.counts.add("records appended");
    return { number, record, sizeBytes, isFit };
  }

  #countDeeds(): void {
    const { counts } = this.#machine;
    const { rotations, prunedSegments, tornLines, compression } = this.store.stats();
    counts.add("segments sealed", rotations);
    counts.add("segments pruned", prunedSegments);
    counts.add("segments compressed", compression.finished);
    counts.add("compressions failed", compression.failed);
    counts.add("torn lines cut off", tornLines);
  }

  #promise(
    { model, foundEnd }: OwnJournal,
    { level, ...asked }: { readonly end: number; readonly failedWipes: number; readonly level: Level },
  ): void {
    const coversFound = level === SYNCED && !this.#machine.hasSyncFailed;
    model.promise(level, { ...asked, writer: this.id, foundEnd: coversFound ? foundEnd : 0 });
  }

  #own(index: number): OwnJournal {
    const own = this.#journals[index];
    if (own === undefined) throw new RangeError(`Cannot find a journal: received ${index}`);
    return own;
  }

  #expect(own: OwnJournal, what: "flush" | "sync"): Asked {
    // With another call under way it is open which of them tells.
    const isLossTold = own.isLossUntold && own.asks === 0 && what === "flush";
    own.isLossUntold = false;
    own.asks++;
    const { length: end, failedWipes } = own.model;
    return { own, end, failedWipes, isLossTold };
  }

  #checkAccount(own: OwnJournal, { accepted, written, queued, dropped }: RecordAccount): void {
    const { signal } = own.model.key;
    const sum = Object.values(dropped).reduce((total, count) => total + count, written + queued);
    if (accepted !== sum || accepted !== own.accepted) {
      const parts = JSON.stringify({ handedIn: own.accepted, accepted, written, queued, dropped });
      this.#machine.fail(`the accounts of ${signal} do not add up: ${parts}`);
    }
    this.#noteLoss(own, dropped);
  }

  #noteLoss(own: OwnJournal, dropped: RecordAccount["dropped"]): void {
    const lost = (dropped.queue_full ?? 0) + (dropped.locked ?? 0);
    if (lost === own.lost) return;
    this.#machine.counts.add("records dropped", lost - own.lost);
    own.lost = lost;
    own.isLossUntold = true;
    own.model.doubt(this.id);
  }

  #end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#countDeeds();
    this.#machine.processes.delete(this);
    for (const abandon of this.#wipes) abandon();
    for (const { model } of this.#journals) model.end(this.id);
  }
}

/** A flush or sync of one journal that was asked for. */
interface Asked {
  readonly own: OwnJournal;
  readonly end: number;
  readonly failedWipes: number;
  /** Whether it has to tell that records were dropped. */
  readonly isLossTold: boolean;
}

interface NewRecord {
  readonly number: number;
  readonly record: object;
  readonly sizeBytes: number;
  /** Whether the journal has to take it. */
  readonly isFit: boolean;
}

interface ProcessParts {
  readonly id: number;
  readonly fileSystem: MemoryFileSystem;
  readonly faults: FaultInjector;
  readonly store: Store;
}

/** What follows from how a promise ended. */
interface Outcomes {
  readonly resolved?: () => void;
  readonly rejected?: () => void;
}
