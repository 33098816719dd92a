/**
 * The file operations of one process in memory: whether it lives, and which operation fails or hesitates.
 *
 * @module
 */

import { systemError } from "./system_error.ts";

/** What can fail. The synchronous and the asynchronous form of a call are one operation. */
export type MemoryOperation =
  | "open"
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

/** How an operation fails. */
export interface MemoryFailure {
  /** The system's name for the failure, such as `ENOSPC`. */
  readonly code: string;
  /**
   * How many bytes of a write land before it fails.
   *
   * @default 0
   */
  readonly landedBytes?: number;
}

/** An operation that has begun. */
export interface MemoryStep {
  /** How many bytes of a write land. */
  readonly landedBytes: number;
  /** Throws when the operation was ordered to fail. */
  finish(): void;
}

/** A process. */
export class MemoryProcess {
  readonly #failures: { readonly operation: MemoryOperation; readonly failure: MemoryFailure }[] = [];
  readonly #holds: { readonly operation: MemoryOperation; readonly released: Promise<void> }[] = [];
  #killed = false;

  /** Orders the next `operation` to fail. */
  failNext(operation: MemoryOperation, failure: MemoryFailure): void {
    this.#failures.push({ operation, failure });
  }

  /** Orders the next asynchronous `operation` to wait until the returned function is called. */
  holdNext(operation: MemoryAsyncOperation): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holds.push({ operation, released: promise });
    return resolve;
  }

  /** Lets every operation from now on, and those under way, fail with `EIO`. */
  kill(): void {
    this.#killed = true;
  }

  /** Throws when the process was killed. */
  assertAlive(): void {
    if (this.#killed) throw systemError("EIO", "Cannot use the file system: the process was killed");
  }

  /** Begins an operation on `path`. */
  start(operation: MemoryOperation, path: string): MemoryStep {
    this.assertAlive();
    const failure = takeFirst(this.#failures, operation)?.failure;
    return {
      landedBytes: failure === undefined ? Infinity : failure.landedBytes ?? 0,
      finish: () => {
        if (failure !== undefined) throw systemError(failure.code, `Cannot ${operation} "${path}": ordered to fail`);
      },
    };
  }

  /** Begins an operation on `path`, and resolves when it may take effect: never in the turn that began it. */
  async startAsync(operation: MemoryAsyncOperation, path: string): Promise<MemoryStep> {
    const step = this.start(operation, path);
    await takeFirst(this.#holds, operation)?.released;
    this.assertAlive();
    return step;
  }
}

function takeFirst<Order extends { readonly operation: MemoryOperation }>(
  orders: Order[],
  operation: MemoryOperation,
): Order | undefined {
  const index = orders.findIndex((order) => order.operation === operation);
  return index < 0 ? undefined : orders.splice(index, 1)[0];
}
