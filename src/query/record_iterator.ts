/**
 * Gives records out one at a time.
 *
 * @module
 */

/**
 * An iterator over the items of batches. Written by hand because an async generator takes ten times as long for an item that
 * is there already.
 */
export class RecordIterator<Item> implements AsyncIterableIterator<Item, void, void> {
  readonly #batches: AsyncGenerator<Iterable<Item>, void, void>;
  #batch: Iterator<Item> | undefined;
  #left: number;
  /** The calls that wait for a batch, in their order. */
  #waiting: Promise<unknown> | undefined;

  /** Takes over the batches; gives at most `limit` items. */
  constructor(batches: AsyncGenerator<Iterable<Item>, void, void>, limit = Infinity) {
    this.#batches = batches;
    this.#left = limit;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, void>> {
    if (this.#waiting !== undefined) return this.#inTurn(() => this.#read());
    try {
      const next = this.#take();
      return next === undefined ? this.#inTurn(() => this.#read()) : Promise.resolve(next);
    } catch (error) {
      return this.#inTurn(() => this.#fail(error));
    }
  }

  /** Ends reading early and gives the files back. */
  return(): Promise<IteratorResult<Item, void>> {
    return this.#inTurn(() => this.#end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The next item of the batch that is there. */
  #take(): IteratorResult<Item, void> | undefined {
    if (this.#left <= 0) return undefined;
    const next = this.#batch?.next();
    if (next === undefined || next.done === true) return undefined;
    this.#left--;
    return next;
  }

  async #read(): Promise<IteratorResult<Item, void>> {
    try {
      for (let next = this.#take();; next = this.#take()) {
        if (next !== undefined) return next;
        // The first batch is asked for in any case: it is with that that a query is checked.
        if (this.#left <= 0 && this.#batch !== undefined) return await this.#end();
        const batch = await this.#batches.next();
        if (batch.done === true) return await this.#end();
        this.#batch = batch.value[Symbol.iterator]();
      }
    } catch (error) {
      return await this.#fail(error);
    }
  }

  /** Ends with an error, such as one of a condition that the caller wrote. */
  async #fail(error: unknown): Promise<never> {
    await this.#end();
    throw error;
  }

  async #end(): Promise<IteratorResult<Item, void>> {
    this.#left = 0;
    this.#batch = undefined;
    await this.#batches.return();
    return { done: true, value: undefined };
  }

  /** Runs behind the calls that wait already, as a generator's calls do. */
  #inTurn(work: () => Promise<IteratorResult<Item, void>>): Promise<IteratorResult<Item, void>> {
    const turn = (this.#waiting ?? Promise.resolve()).then(work, work);
    this.#waiting = turn;
    const finish = () => {
      if (this.#waiting === turn) this.#waiting = undefined;
    };
    turn.then(finish, finish);
    return turn;
  }
}
