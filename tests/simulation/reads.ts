/**
 * The reads and inventories of a run: each is compared with what was promised when it began and has not been taken back.
 *
 * @module
 */
import type { StoredRecord } from "../../mod.ts";
import type { Machine } from "./machine.ts";
import { EXCUSED, FLUSHED, GONE, type JournalModel, type JournalSnapshot, type Level, LOOSE } from "./model.ts";
import { checkedNumber, checkInventory, isWipeRequested, readNumbers } from "./reading.ts";
import type { StoreProcess } from "./store_process.ts";
import { findViolation, Violation } from "./verdict.ts";

/** How much is read. */
export type Depth = "all" | "tail" | "first";

/** A read that was left half-way. */
interface OpenRead {
  readonly reader: StoreProcess;
  readonly model: JournalModel;
  readonly before: JournalSnapshot;
  readonly records: AsyncIterator<StoredRecord>;
  readonly numbers: number[];
}

const TAIL_COUNT = 4;

/** See the module. */
export class Reads {
  readonly #machine: Machine;
  #open: OpenRead[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Reads a journal. Resolves when it is read, or left half-way. */
  read(reader: StoreProcess, { model, depth }: { readonly model: JournalModel; readonly depth: Depth }): Promise<void> {
    const before = model.snapshot();
    return this.#attempt(reader, async () => {
      if (depth === "first") return await this.#begin({ reader, model, before });
      if (depth === "all") return this.#judge(await readNumbers(reader.store, model), { model, before });
      const newest = await reader.store.tail(model.key, { count: TAIL_COUNT });
      const numbers = newest.map((stored) => checkedNumber(stored, model));
      const oldest = numbers.length < TAIL_COUNT ? 0 : Math.min(...numbers);
      // Where two processes took turns, the order of what the one and the other had in memory is open.
      const isOpen = (number: number) => number < oldest || model.writerOf(number) !== model.writerOf(oldest);
      const states = before.states.map((state, number) => isOpen(number) ? state | LOOSE : state);
      this.#judge(numbers, { model, before: { ...before, states } });
    });
  }

  /** Goes on with every read that was left half-way. */
  async finishOpen(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    for (const { reader, model, before, records, numbers } of open) {
      await this.#attempt(reader, async () => {
        for (let next = await records.next(); next.done !== true; next = await records.next()) {
          numbers.push(checkedNumber(next.value, model));
        }
        this.#judge(numbers, { model, before });
      });
    }
  }

  /** Forgets the reads of a process that ended. */
  async drop(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    for (const { records } of open) await records.return?.();
  }

  /** Takes an inventory. */
  takeInventory(reader: StoreProcess): Promise<void> {
    return this.#attempt(reader, () => checkInventory(reader.store, this.#machine.observer));
  }

  /** Reads every journal while nothing is under way: what is there then is what counts. */
  async observe(reader: StoreProcess, options: { readonly atLeast: Level }): Promise<void> {
    for (const model of this.#machine.models) {
      const before = model.snapshot();
      await this.#attempt(reader, async () => {
        const numbers = await readNumbers(reader.store, model);
        this.#judge(numbers, { model, before, level: options.atLeast });
        model.observe(new Set(numbers), {
          level: FLUSHED,
          // What a wipe that was refused half-way took, and what a failed write left, may not be off the disk.
          missing: model.isWipeStuck || this.#machine.hasTorn ? "pruned" : "gone",
          isWipeRequested: isWipeRequested(this.#machine.observer, model.key),
        });
      });
    }
  }

  async #begin(read: Omit<OpenRead, "records" | "numbers">): Promise<void> {
    const { reader, model } = read;
    const records = reader.store.read(model.key);
    const numbers: number[] = [];
    const next = await records.next();
    if (next.done === true) return this.#judge(numbers, read);
    numbers.push(checkedNumber(next.value, model));
    this.#open.push({ ...read, records, numbers });
  }

  #judge(
    numbers: readonly number[],
    { model, before, level = FLUSHED }: {
      readonly model: JournalModel;
      readonly before: JournalSnapshot;
      readonly level?: Level;
    },
  ): void {
    const states = model.snapshot().states.map((now, number) => {
      const then = before.states[number];
      // What came after the read began may be seen or not; so may what was taken back meanwhile.
      if (then === undefined) return (now & ~GONE) | LOOSE;
      return (now & EXCUSED) === 0 ? then : then | LOOSE;
    });
    const violation = findViolation({ numbers, level, isMended: false }, { ...before, states });
    if (violation !== undefined) throw new Violation(`read of ${model.key.signal}: ${violation}`);
    this.#machine.counts.add("reads compared");
  }

  /** What fails while the file system does, or because the process ended, says nothing. */
  async #attempt(reader: StoreProcess, work: () => Promise<void>): Promise<void> {
    const { failures } = reader.faults;
    try {
      await work();
    } catch (error) {
      if (!reader.isAlive || reader.faults.failures !== failures) return;
      this.#machine.fail(error instanceof Violation ? error.message : `a read failed: ${(error as Error).stack}`);
    }
  }
}
