/**
 * The file operations of one process in memory: whether it lives, and which operation fails or hesitates.
 *
 * @module
 */

import { systemError } from "./system_error.ts";

/**
 * What a process does to its disk. The synchronous and the asynchronous form of a call are one operation, as are the calls
 * of a file system and of a handle with one name. Every `open` is one; where it creates or empties the file, `create`
 * follows.
 */
export type MemoryOperation =
  | "open"
  | "create"
  | "stat"
  | "list"
  | "freeBytes"
  | "read"
  | "write"
  | "truncate"
  | "sync"
  | "makeDirectory"
  | "rename"
  | "remove"
  | "setModifiedTime"
  | "syncDirectory"
  | "lock";

/** What can be held up: the operations that have an asynchronous form. */
export type MemoryAsyncOperation = Extract<MemoryOperation, "read" | "write" | "sync" | "syncDirectory">;

/** One operation. */
export interface MemoryStep {
  /** What is done. */
  readonly operation: MemoryOperation;
  /** What it is done to: for a rename the name before, for what a handle does the name it was opened by. */
  readonly path: string;
}

/** How an operation fails. */
export interface MemoryFailure {
  /** The system's name for the failure, such as `ENOSPC`. */
  readonly code: string;
  /**
   * How many bytes of a write land before it fails.
   *
   * @default {0}
   */
  readonly landedBytes?: number;
}

/** An operation that has begun. */
export interface MemoryCall {
  /** Whether it was ordered to fail. */
  readonly isFailing: boolean;
  /** How many bytes of a write land. */
  readonly landedBytes: number;
  /** Throws when the operation was ordered to fail. */
  finish(): void;
}

/** The operations that leave the disk and its durability as they are. */
const LOOKS: ReadonlySet<MemoryOperation> = new Set<MemoryOperation>(["open", "stat", "list", "freeBytes", "read"]);

/** A process. */
export class MemoryProcess {
  readonly #failures: { readonly operation: MemoryOperation; readonly failure: MemoryFailure }[] = [];
  readonly #holds: { readonly operation: MemoryOperation; readonly released: Promise<void> }[] = [];
  readonly #rules = new Set<{ readonly failureOf: (step: MemoryStep) => MemoryFailure | undefined }>();
  readonly #listeners = new Set<{ readonly call: (step: MemoryStep) => void }>();
  #killed = false;

  /** Orders the next `operation` to fail. */
  failNext(operation: MemoryOperation, failure: MemoryFailure): void {
    this.#failures.push({ operation, failure });
  }

  /** Lets operations fail as `failureOf` says, until the returned function is called. */
  failWhen(failureOf: (step: MemoryStep) => MemoryFailure | undefined): () => void {
    return addTo(this.#rules, { failureOf });
  }

  /** Orders the next asynchronous `operation` to wait until the returned function is called. */
  holdNext(operation: MemoryAsyncOperation): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holds.push({ operation, released: promise });
    return resolve;
  }

  /** Calls `call` before each step that changes the disk, until the returned function is called. */
  onStep(call: (step: MemoryStep) => void): () => void {
    return addTo(this.#listeners, { call });
  }

  /** Lets every operation from now on, and those under way, fail with `EIO`. */
  kill(): void {
    this.#killed = true;
  }

  /** Begins an operation on `path`, which takes effect once this returns. */
  start(operation: MemoryOperation, path: string): MemoryCall {
    this.#assertAlive();
    return this.#begin({ operation, path }, takeFirst(this.#failures, operation)?.failure);
  }

  /**
   * Begins an operation, and has it take effect later: never in the turn that began it. `effect` runs in the very turn of the
   * listeners that are told of it, so that nothing lands after one of them has ended the process.
   */
  async startAsync<Result>(
    step: { readonly operation: MemoryAsyncOperation; readonly path: string },
    effect: (call: MemoryCall) => Result,
  ): Promise<Result> {
    this.#assertAlive();
    const failure = takeFirst(this.#failures, step.operation)?.failure;
    await takeFirst(this.#holds, step.operation)?.released;
    this.#assertAlive();
    return effect(this.#begin(step, failure));
  }

  #begin(step: MemoryStep, ordered: MemoryFailure | undefined): MemoryCall {
    const failure = ordered ?? this.#ruledFailure(step);
    if (!LOOKS.has(step.operation)) {
      for (const { call } of this.#listeners) call(step);
      this.#assertAlive();
    }
    return {
      isFailing: failure !== undefined,
      landedBytes: failure === undefined ? Infinity : failure.landedBytes ?? 0,
      finish: () => {
        if (failure === undefined) return;
        throw systemError(failure.code, `Cannot ${step.operation} "${step.path}": ordered to fail`);
      },
    };
  }

  #ruledFailure(step: MemoryStep): MemoryFailure | undefined {
    for (const { failureOf } of this.#rules) {
      const failure = failureOf(step);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #assertAlive(): void {
    if (this.#killed) throw systemError("EIO", "Cannot use the file system: the process was killed");
  }
}

/** Adds to a set, and returns what takes it out again. A function added twice is in it twice, as an object each. */
function addTo<Item>(items: Set<Item>, item: Item): () => void {
  items.add(item);
  return () => void items.delete(item);
}

function takeFirst<Order extends { readonly operation: MemoryOperation }>(
  orders: Order[],
  operation: MemoryOperation,
): Order | undefined {
  const index = orders.findIndex((order) => order.operation === operation);
  return index < 0 ? undefined : orders.splice(index, 1)[0];
}
