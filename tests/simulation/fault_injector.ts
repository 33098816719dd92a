/**
 * The failures of one process's file system, and its clock, which a slow disk makes late.
 *
 * @module
 */
import type { Clock, StopTimer } from "../../src/platform/clock.ts";
import type { ManualClock } from "../../src/platform/manual_clock.ts";
import type { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import type { MemoryAsyncOperation, MemoryFailure, MemoryStep } from "../../src/platform/memory_process.ts";
import type { Counts } from "./counts.ts";
import type { Fault } from "./operations.ts";

interface ActiveFault {
  readonly fault: Fault;
  readonly random: () => number;
  times: number;
}

/** What a {@linkcode FaultInjector} works with. */
export interface FaultInjectorOptions {
  readonly fileSystem: MemoryFileSystem;
  readonly clock: ManualClock;
  readonly counts: Counts;
  /** Called when a write is cut short. */
  readonly onTorn: () => void;
  /** Called when a sync fails. */
  readonly onSyncFailed: () => void;
}

/** See the module. */
export class FaultInjector {
  /** The process's clock: a synchronous write that was told to stall makes it late. */
  readonly clock: Clock;
  /** How many operations failed so far. */
  failures = 0;
  readonly #options: FaultInjectorOptions;
  readonly #releases = new Set<() => void>();
  #faults: ActiveFault[] = [];
  #lateMs = 0;
  #stallMs = 0;

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
    const base = options.clock;
    this.clock = {
      now: () => base.now(),
      monotonicMs: () => base.monotonicMs() + this.#lateMs,
      setTimer: (callback: () => void, delayMs: number): StopTimer => base.setTimer(callback, delayMs),
      turn: () => base.turn(),
      sleep: (delayMs: number) => base.sleep(delayMs),
    };
    options.fileSystem.failWhen((step) => this.#failureOf(step));
  }

  /** Whether anything may fail or hesitate now. */
  get isActive(): boolean {
    return this.#faults.length > 0 || this.#releases.size > 0;
  }

  /** Whether a write may find the disk full now. */
  get isDiskFull(): boolean {
    return this.#faults.some(({ fault }) => fault.code === "ENOSPC");
  }

  /** Lets operations fail. */
  add(fault: Fault, random: () => number): void {
    this.#faults.push({ fault, random, times: fault.times });
  }

  /** Lets the next operation take its time. */
  hold(operation: MemoryAsyncOperation, durationMs: number): void {
    const release = this.#options.fileSystem.holdNext(operation);
    this.#options.counts.add(`${durationMs} ms ${operation}`);
    const stop = this.#options.clock.setTimer(() => end(), durationMs);
    const end = (): void => {
      stop();
      this.#releases.delete(end);
      release();
    };
    this.#releases.add(end);
  }

  /** Lets the next write take its time, and the program with it. */
  stall(durationMs: number): void {
    this.#stallMs = durationMs;
  }

  /** Ends every fault, and lets go what was held up. */
  heal(): void {
    this.#faults = [];
    for (const release of this.#releases) release();
  }

  #failureOf(step: MemoryStep): MemoryFailure | undefined {
    if (step.operation === "write" && this.#stallMs > 0) {
      this.#lateMs += this.#stallMs;
      this.#stallMs = 0;
      this.#options.counts.add("slow write");
    }
    const active = this.#faults.find(({ fault }) => fault.operations.includes(step.operation));
    if (active === undefined) return undefined;
    active.times--;
    this.failures++;
    if (active.times <= 0) this.#faults = this.#faults.filter((other) => other !== active);
    const { code, landedMaxBytes } = active.fault;
    const landedBytes = step.operation === "write" ? Math.floor(active.random() * (landedMaxBytes + 1)) : 0;
    this.#options.counts.add(`${code} on ${step.operation}${landedBytes > 0 ? " after some bytes" : ""}`);
    if (landedBytes > 0) this.#options.onTorn();
    if (step.operation === "sync") this.#options.onSyncFailed();
    return { code, landedBytes };
  }
}
