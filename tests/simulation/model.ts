/**
 * What the engine has promised, in memory: for each journal its records in the order of their appending, and what is known
 * of each one.
 *
 * @module
 */
import type { JournalKey } from "../../mod.ts";

/** How far a record was promised: it was appended, `flush` resolved, `sync` resolved. */
export type Level = typeof ACCEPTED | typeof FLUSHED | typeof SYNCED;
export const ACCEPTED = 0;
export const FLUSHED = 1;
export const SYNCED = 2;

/** The bits of a record's state that hold its level. */
export const LEVEL_BITS = 3;
/** Nobody promised anything about it: it may be there or not. */
export const LOOSE = 4;
/** It must not be there, ever: it was refused, wiped, or lost with a crash. */
export const GONE = 8;
/** Retention was entitled to remove it. */
export const PRUNED = 16;
/** It was appended before a wipe that has not ended. */
export const WIPING = 32;
/** With one of these, a record need not be there. */
export const EXCUSED = LOOSE | GONE | PRUNED | WIPING;

/** What was known of a journal at one moment. */
export interface JournalSnapshot {
  readonly journal: JournalModel;
  /** One byte for each record. */
  readonly states: Uint8Array;
  /** Whether a wipe may be cut short for good: a full disk did not take its request, or it was refused half-way. */
  readonly mayBeCutShort: boolean;
}

/** How a journal was seen. */
export interface Observation {
  /** What is known to hold of the records that are there. */
  readonly level: Level;
  /** What becomes of those that are not: they are gone for good, or may come back. */
  readonly missing: "gone" | "pruned";
  /** Whether a wipe stands on the disk that was not carried out yet. */
  readonly isWipeRequested: boolean;
}

/** Which records an acknowledgement covers. */
export interface Covered {
  /** Those before this one … */
  readonly end: number;
  /** … of this writer … */
  readonly writer: number;
  /** … and what it found when it began, before this one: all that others had handed to the operating system. */
  readonly foundEnd: number;
  /** See {@linkcode JournalModel.failedWipes}; at the call. */
  readonly failedWipes: number;
}

/** How far a wipe reaches. */
export interface Wipe {
  /** Covered are the records before this one. */
  readonly end: number;
  /** And not these. */
  readonly spared: ReadonlySet<number>;
}

/** One journal. A record's number is its place in the order of appending. */
export class JournalModel {
  readonly key: JournalKey;
  /** Wipes that were asked for and have not ended. */
  wipesUnderWay = 0;
  /** A wipe was refused half-way; its request may still be carried out. */
  isWipeStuck = false;
  /** How many wipes were refused so far. */
  failedWipes = 0;
  /** The request of such a one may come back with a loss of power, until a sync of what came after it. */
  mayWipeReturn = false;
  /** See {@linkcode JournalSnapshot.mayBeCutShort}. */
  mayBeCutShort = false;
  readonly #paddings: number[] = [];
  readonly #writers: number[] = [];
  /** For each writer that ended, how many records there were then. */
  readonly #ends = new Map<number, number>();
  #states = new Uint8Array(64);
  #snapshot: JournalSnapshot | undefined;

  constructor(key: JournalKey) {
    this.key = key;
  }

  /** How many records were ever handed in. */
  get length(): number {
    return this.#writers.length;
  }

  /** Notes a record that is about to be appended, and gives its number. */
  add({ writer, padding }: { readonly writer: number; readonly padding: number }): number {
    const number = this.#writers.push(writer) - 1;
    this.#paddings.push(padding);
    if (number >= this.#states.length) {
      const grown = new Uint8Array(2 * this.#states.length);
      grown.set(this.#states);
      this.#states = grown;
    }
    const isAskedToGo = this.wipesUnderWay > 0 || this.isWipeStuck;
    this.#set(number, isAskedToGo ? LOOSE : ACCEPTED);
    return number;
  }

  /** The length of the filling text of a record. */
  paddingOf(number: number): number {
    return this.#paddings[number] ?? 0;
  }

  /** Who appended a record. */
  writerOf(number: number): number {
    return this.#writers[number] ?? -1;
  }

  /** What is known of a record now. */
  stateOf(number: number): number {
    return this.#states[number] ?? GONE;
  }

  /** Whether the writer of `late` could still write when `early` was appended, so that their order on disk is open. */
  mayChangePlaces(late: number, early: number): boolean {
    const writer = this.writerOf(early);
    return writer !== this.writerOf(late) && (this.#ends.get(writer) ?? Infinity) > late;
  }

  /** A record was refused: it is never to be seen. */
  refuse(number: number): void {
    this.#set(number, GONE);
  }

  /** A level was acknowledged for records. */
  promise(level: Level, { end, writer, foundEnd, failedWipes }: Covered): void {
    for (let number = 0; number < end; number++) {
      const state = this.stateOf(number);
      if ((state & (LOOSE | GONE)) !== 0 || (state & LEVEL_BITS) >= level) continue;
      const isCovered = this.#writers[number] === writer || (number < foundEnd && (state & LEVEL_BITS) >= FLUSHED);
      if (isCovered) this.#set(number, (state & ~LEVEL_BITS) | level);
    }
    const isOver = this.wipesUnderWay === 0 && !this.isWipeStuck && this.failedWipes === failedWipes;
    if (level !== SYNCED || !this.mayWipeReturn || !isOver) return;
    this.mayWipeReturn = this.mayBeCutShort = false;
    for (let number = 0; number < this.length; number++) this.#set(number, this.stateOf(number) & ~WIPING);
  }

  /** Some of a writer's records were dropped, and nobody knows which: those that no flush has acknowledged are open. */
  doubt(writer: number): void {
    for (let number = 0; number < this.length; number++) {
      const state = this.stateOf(number);
      const isOpen = this.#writers[number] === writer && (state & LEVEL_BITS) === ACCEPTED &&
        (state & (LOOSE | GONE)) === 0;
      if (isOpen) this.#set(number, state | LOOSE);
    }
  }

  /** A writer ended: it writes nothing any more. */
  end(writer: number): void {
    this.#ends.set(writer, this.length);
  }

  /** Retention may remove these records. */
  prune(numbers: readonly number[]): void {
    for (const number of numbers) if (number < this.length) this.#set(number, this.stateOf(number) | PRUNED);
  }

  /**
   * A wipe was asked for.
   *
   * @param spared Who does not hear of it: the writer that asks, in a folder that nobody holds, so that what others have in
   * memory is written later.
   */
  beginWipe(spared?: { readonly memoryOfOthersThan: number }): Wipe {
    this.wipesUnderWay++;
    const sparedNumbers = new Set<number>();
    for (let number = 0; number < this.length; number++) {
      const state = this.stateOf(number);
      if ((state & GONE) !== 0) continue;
      const isInMemory = (state & LEVEL_BITS) === ACCEPTED && !this.#ends.has(this.writerOf(number));
      const isSpared = spared !== undefined && isInMemory && this.writerOf(number) !== spared.memoryOfOthersThan;
      if (isSpared) sparedNumbers.add(number);
      this.#set(number, state | (isSpared ? LOOSE : WIPING));
    }
    return { end: this.length, spared: sparedNumbers };
  }

  /** A wipe was acknowledged: what it covered is gone for good. */
  finishWipe({ end, spared }: Wipe): void {
    this.wipesUnderWay--;
    for (let number = 0; number < end; number++) if (!spared.has(number)) this.#set(number, GONE);
  }

  /** A wipe's process ended: it is finished as a whole, or has not begun. */
  abandonWipe(): void {
    this.wipesUnderWay--;
    this.isWipeStuck = true;
    this.failedWipes++;
    this.mayWipeReturn = true;
  }

  /** A wipe was refused: whoever asked knows that it may have done a part. */
  refuseWipe(): void {
    this.abandonWipe();
    this.mayBeCutShort = true;
  }

  /** What is there was seen while nothing was under way: that is what counts from now on. */
  observe(visible: ReadonlySet<number>, seen: Observation): void {
    const isWipeOver = this.wipesUnderWay === 0 && !seen.isWipeRequested;
    if (isWipeOver) this.isWipeStuck = false;
    // What is left after a loss of power is durable, and so is what is not.
    if (isWipeOver && seen.level === SYNCED) this.mayWipeReturn = false;
    if (isWipeOver && !this.mayWipeReturn) this.mayBeCutShort = false;
    const kept = isWipeOver ? (this.mayWipeReturn ? WIPING : 0) : WIPING | LOOSE;
    for (let number = 0; number < this.length; number++) {
      const state = this.stateOf(number);
      if ((state & GONE) !== 0) continue;
      if (visible.has(number)) {
        const level = Math.max(state & LEVEL_BITS, seen.level);
        this.#set(number, level | (state & kept));
      } else if (isWipeOver || (state & (WIPING | LOOSE)) === 0) {
        const mayReturn = (state & PRUNED) !== 0 || seen.missing === "pruned";
        this.#set(number, mayReturn ? (state | PRUNED) & ~WIPING : GONE);
      } else if (seen.level === SYNCED) {
        // The wipe that is still to come may find it gone with the power: that is no part of a wipe.
        this.#set(number, (state & ~LEVEL_BITS) | ACCEPTED);
      }
    }
  }

  /** What is known now. Not changed by what comes later. */
  snapshot(): JournalSnapshot {
    const { mayBeCutShort } = this;
    if (this.#snapshot?.mayBeCutShort === mayBeCutShort) return this.#snapshot;
    return this.#snapshot = { journal: this, states: this.#states.slice(0, this.length), mayBeCutShort };
  }

  #set(number: number, state: number): void {
    if (this.#states[number] === state && number < (this.#snapshot?.states.length ?? 0)) return;
    this.#states[number] = state;
    this.#snapshot = undefined;
  }
}
