/**
 * Merges the records of several journals by time, without reordering any one of them.
 *
 * @module
 */

import type { RecordOrder } from "../model/query.ts";
import { BEFORE_ALL_TIMES, BEHIND_ALL_TIMES, type TimeNs } from "../model/time.ts";

/** One of the streams that are merged: its items in order, some at a time; each is made when it is asked for. */
export type Batches<Item> = AsyncGenerator<Iterable<Item>, void, void>;

/** How streams are merged. */
export interface MergeOptions<Item> {
  readonly order: RecordOrder;
  /** The time of an item; `undefined` where it does not say. */
  readonly timeOf: (item: Item) => TimeNs | undefined;
}

/** One stream and its next item. */
interface Head<Item> {
  readonly source: Batches<Item>;
  /** Place among the streams, which decides between equal times: newest first, the last of them comes first. */
  readonly index: number;
  batch: Iterator<Item>;
  item: Item;
  /** That of the item, or of one before it that is further on. */
  time: TimeNs;
}

/**
 * Gives, again and again, of the streams' next items the oldest, or the newest where that is the order. An item without a
 * time, or on the wrong side of the one before it in its stream, comes right after that one. What is given is cut into runs,
 * each of which must be taken to its end before the next is asked for. Streams are closed when the caller stops early.
 */
export async function* mergeBatches<Item>(
  sources: readonly Batches<Item>[],
  options: MergeOptions<Item>,
): Batches<Item> {
  const [only, ...others] = sources;
  if (only === undefined) return;
  // Nothing to compare: the usual case costs nothing, not even a look at times.
  if (others.length === 0) return yield* only;
  try {
    const merging = new Merging(options);
    for (const [index, source] of sources.entries()) await merging.start(source, index);
    while (!merging.isDone) {
      yield merging.run();
      await merging.refill();
    }
  } finally {
    for (const source of sources) await source.return();
  }
}

/** A binary heap of the streams' heads. */
class Merging<Item> {
  readonly #options: MergeOptions<Item>;
  readonly #heads: Head<Item>[] = [];

  constructor(options: MergeOptions<Item>) {
    this.#options = options;
  }

  /** Whether every stream has ended. */
  get isDone(): boolean {
    return this.#heads.length === 0;
  }

  /** Adds a stream, if it has an item. */
  async start(source: Batches<Item>, index: number): Promise<void> {
    const first = await nextOf(source, emptyIterator());
    if (first === undefined) return;
    const time = this.#options.timeOf(first.item) ??
      (this.#options.order === "oldest" ? BEFORE_ALL_TIMES : BEHIND_ALL_TIMES);
    this.#heads.push({ source, index, ...first, time });
    for (let child = this.#heads.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) break;
      child = parent;
    }
  }

  /** The items up to where a stream has to be read further: that of the first head. */
  *run(): Generator<Item, void, void> {
    for (let [head] = this.#heads; head !== undefined; [head] = this.#heads) {
      yield head.item;
      const next = head.batch.next();
      if (next.done === true) return;
      this.#advance(head, next.value);
    }
  }

  /** Reads the stream of the first head further, or takes it out where it has ended. */
  async refill(): Promise<void> {
    const [head] = this.#heads;
    if (head === undefined) return;
    const next = await nextOf(head.source, head.batch);
    if (next !== undefined) {
      head.batch = next.batch;
      return this.#advance(head, next.item);
    }
    const last = this.#heads.pop();
    if (last === undefined || last === head) return;
    this.#heads[0] = last;
    this.#sink();
  }

  #advance(head: Head<Item>, item: Item): void {
    const time = this.#options.timeOf(item);
    head.item = item;
    if (time === undefined || this.#isFirst(time, head.time)) return;
    head.time = time;
    this.#sink();
  }

  /** Moves the first head down to its place. */
  #sink(): void {
    for (let parent = 0;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const child = right < this.#heads.length && this.#isBefore(right, left) ? right : left;
      if (child >= this.#heads.length || !this.#swapIfBefore(child, parent)) return;
      parent = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [lower, upper] = [this.#heads[child], this.#heads[parent]];
    if (lower === undefined || upper === undefined || !this.#isBefore(child, parent)) return false;
    this.#heads[child] = upper;
    this.#heads[parent] = lower;
    return true;
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heads[one], this.#heads[other]];
    if (a === undefined || b === undefined) return false;
    if (a.time !== b.time) return this.#isFirst(a.time, b.time);
    return this.#options.order === "oldest" ? a.index < b.index : a.index > b.index;
  }

  /** Whether a time comes before another in the order of the merge. */
  #isFirst(time: TimeNs, other: TimeNs): boolean {
    return this.#options.order === "oldest" ? time < other : time > other;
  }
}

/** The next item of a stream and the rest of its batch; `undefined` when the stream has ended. */
async function nextOf<Item>(
  source: Batches<Item>,
  rest: Iterator<Item>,
): Promise<Pick<Head<Item>, "batch" | "item"> | undefined> {
  let batch = rest;
  for (let next = batch.next();; next = batch.next()) {
    if (next.done !== true) return { batch, item: next.value };
    const more = await source.next();
    if (more.done === true) return undefined;
    batch = more.value[Symbol.iterator]();
  }
}

function emptyIterator<Item>(): Iterator<Item> {
  return { next: () => ({ done: true, value: undefined }) };
}
