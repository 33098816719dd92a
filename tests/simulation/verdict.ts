/**
 * Compares what is there with what was promised.
 *
 * @module
 */
import { EXCUSED, FLUSHED, GONE, type JournalSnapshot, type Level, LEVEL_BITS, WIPING } from "./model.ts";

const LEVEL_WORDS = ["appended", "flushed", "synced"];

/** Thrown where the engine broke a promise. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** What was read, and when. */
export interface Reading {
  /** In the order that they were read. */
  readonly numbers: readonly number[];
  /** From which level on a record has to be there. */
  readonly level: Level;
  /**
   * Whether the journal was opened, and what a crash left was mended: then a wipe was carried out as a whole or not at all,
   * and after the end of a process what it had handed over is there up to some record, and nothing behind it.
   */
  readonly isMended: boolean;
}

/** What is wrong with a reading; `undefined` when it is what was promised. */
export function findViolation(reading: Reading, snapshot: JournalSnapshot): string | undefined {
  const visible = new Set(reading.numbers);
  return wrongOrder(reading, snapshot) ??
    unexpectedRecord(reading, snapshot) ??
    missingRecord(visible, { reading, snapshot }) ??
    (reading.isMended ? halfWipe(visible, { reading, snapshot }) ?? hole(visible, { reading, snapshot }) : undefined);
}

interface Known {
  readonly reading: Reading;
  readonly snapshot: JournalSnapshot;
}

function wrongOrder({ numbers }: Reading, { journal }: JournalSnapshot): string | undefined {
  const seen = new Set<number>();
  let newest = -1;
  for (const number of numbers) {
    if (seen.has(number)) return `record ${number} is there twice`;
    seen.add(number);
    if (number < newest && !journal.mayChangePlaces(newest, number)) {
      return `record ${number} stands behind record ${newest}`;
    }
    newest = Math.max(newest, number);
  }
  return undefined;
}

function unexpectedRecord({ numbers }: Reading, { states }: JournalSnapshot): string | undefined {
  for (const number of numbers) {
    const state = states[number];
    if (state === undefined) return `record ${number} is there before it was appended`;
    if ((state & GONE) !== 0) return `record ${number} is there, though it was refused, wiped or lost before`;
  }
  return undefined;
}

function missingRecord(visible: ReadonlySet<number>, { reading, snapshot }: Known): string | undefined {
  for (const [number, state] of snapshot.states.entries()) {
    if ((state & EXCUSED) !== 0 || (state & LEVEL_BITS) < reading.level || visible.has(number)) continue;
    return `record ${number} was ${LEVEL_WORDS[state & LEVEL_BITS]} and is not there`;
  }
  return undefined;
}

/** A wipe that was cut short is finished when the folder is opened, or has not begun. */
function halfWipe(visible: ReadonlySet<number>, { reading, snapshot }: Known): string | undefined {
  if (snapshot.mayBeCutShort) return undefined;
  let kept: number | undefined;
  let wiped: number | undefined;
  for (const [number, state] of snapshot.states.entries()) {
    if ((state & EXCUSED) !== WIPING) continue;
    if (visible.has(number)) kept ??= number;
    else if ((state & LEVEL_BITS) >= reading.level) wiped ??= number;
  }
  if (kept === undefined || wiped === undefined) return undefined;
  return `a wipe took record ${wiped} and left record ${kept}`;
}

/** What a process handed to the operating system outlives it in the order of appending, whether or not somebody waited for it. */
function hole(visible: ReadonlySet<number>, { reading, snapshot }: Known): string | undefined {
  if (reading.level !== FLUSHED) return undefined;
  const { states, journal } = snapshot;
  const missing = new Map<number, number>();
  for (const [number, state] of states.entries()) {
    if ((state & EXCUSED) !== 0) continue;
    const writer = journal.writerOf(number);
    const before = missing.get(writer);
    if (!visible.has(number)) missing.set(writer, number);
    else if (before !== undefined) return `record ${number} is there, and record ${before} before it is not`;
  }
  return undefined;
}
