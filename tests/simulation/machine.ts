/**
 * The machine of a run: its clock, its disk, its processes, and the moments at which it may crash.
 *
 * At each step of a process the disk may be cloned, together with what the model knows at that moment: the clone is crashed
 * and checked later, and the run goes on. Besides, the run itself may be told to crash at one of its next steps.
 *
 * @module
 */
import { dirname } from "node:path/posix";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import type { MemoryStep } from "../../src/platform/memory_process.ts";
import { MEMORY_ROOT, START_MS } from "../recovery/stores.ts";
import { Counts } from "./counts.ts";
import type { CrashPoint, Mutation } from "./crash_check.ts";
import { JournalModel } from "./model.ts";
import { LOCK_NAME } from "../../src/segment/names.ts";
import type { JournalKey } from "../../mod.ts";
import { folderOf } from "./reading.ts";
import type { Loss } from "./operations.ts";
import { watchRemoval } from "./removal_watch.ts";
import { JOURNAL_KEYS, type Scenario } from "./scenario.ts";
import type { StoreProcess } from "./store_process.ts";
import { Trace } from "./trace.ts";

/** A request of a wipe and a holder's note fit in this. */
const FULL_BYTES = 500;

/** A store asks the disk for its room once a second, and a write under way at that moment comes on top. */
const DISK_ASKED_MS = 1500;

/** How a machine is made. */
export interface MachineOptions {
  readonly scenario: Scenario;
  readonly mutation: Mutation;
  /** The part of the steps at which a crash is tried on a clone, from 0 to 1. */
  readonly crashRate: number;
}

/** A crash of the run itself that is due. */
interface ArmedCrash {
  readonly loss: Loss;
  readonly random: () => number;
  stepsLeft: number;
}

/** See the module. */
export class Machine {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(this.clock);
  readonly models: readonly JournalModel[] = JOURNAL_KEYS.map((key) => new JournalModel(key));
  readonly counts = new Counts();
  readonly trace = new Trace();
  readonly scenario: Scenario;
  readonly mutation: Mutation;
  /** The processes that live. */
  readonly processes = new Set<StoreProcess>();
  /** Power was lost: what nobody had synced may be damaged. */
  hasLostPower = false;
  /** A write was cut short since power was last lost: until it is synced, what it left may come back. */
  hasTorn = false;
  /**
   * A sync failed since power was last lost. Only the process that was told knows which bytes it has to write again: a later
   * one finds them on a disk that takes them for synced.
   */
  hasSyncFailed = false;
  /** The run crashed, and nothing was opened since. */
  crashed: Loss | undefined;
  /** Bytes of the largest batch so far. */
  batchMaxBytes = 0;
  /** How often the run crashed. */
  crashes = 0;
  /** The first thing that went wrong. */
  failure: string | undefined;
  /** What is random about the operation under way. */
  random: () => number = () => 0;
  readonly #crashRate: number;
  #observer: MemoryFileSystem;
  #points: CrashPoint[] = [];
  #armed: ArmedCrash | undefined;
  #lastId = 0;
  #shortUntilMs = -Infinity;

  constructor({ scenario, mutation, crashRate }: MachineOptions) {
    this.scenario = scenario;
    this.mutation = mutation;
    this.#crashRate = crashRate;
    this.disk.capacityBytes = scenario.capacityBytes;
    this.#observer = new MemoryFileSystem(this.disk);
    this.#observer.makeDirectory(dirname(MEMORY_ROOT));
    this.#observer.syncDirectorySync("/");
  }

  /** Looks at the disk without a fault, and without being part of the run. */
  get observer(): MemoryFileSystem {
    return this.#observer;
  }

  /** Whether a process has the lock of a journal's folder. */
  isHeld(key: JournalKey): boolean {
    const path = `${folderOf(key)}/${LOCK_NAME}`;
    if (this.observer.stat(path) === undefined) return false;
    const lock = this.observer.lock(path);
    lock?.release();
    return lock === undefined;
  }

  /** Whether the disk has next to no room. */
  get isDiskFull(): boolean {
    return (this.observer.freeBytes("/") ?? Infinity) < FULL_BYTES;
  }

  /** The id of the next process. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Notes that a promise was broken. The first one counts. */
  fail(message: string): void {
    this.failure ??= message;
  }

  /** Bytes that a store may want to make room for at once: of a segment that is compressed, and of one batch. */
  get roomBytes(): number {
    return 2 * (this.scenario.segmentMaxBytes + this.batchMaxBytes);
  }

  /** Notes that records stay together. */
  noteBatch(sizeBytes: number): void {
    this.batchMaxBytes = Math.max(this.batchMaxBytes, sizeBytes);
  }

  /** The level that holds for a signal while nobody asks. */
  durabilityOf(signal: string): "buffered" | "flushed" | "synced" {
    return this.scenario.options.durability?.[signal] ?? (signal === "audit" ? "synced" : "buffered");
  }

  /** Called by each process before each of its steps. */
  onStep(process: StoreProcess, step: MemoryStep): void {
    this.counts.add("steps");
    this.trace.add(`    ${process.id} ${step.operation} ${step.path.slice(MEMORY_ROOT.length + 1)}`);
    process.noteLosses();
    this.#noteDiskRoom();
    if (step.operation === "write" && this.scenario.capacityBytes < Infinity) this.hasTorn = true;
    if (step.operation === "remove") this.#watchRemoval(step.path);
    if (this.random() < this.#crashRate) this.takeCrashPoint(this.random() < 0.7 ? "power" : "kill", step.path);
    const armed = this.#armed;
    if (armed !== undefined && armed.stepsLeft-- <= 0) this.crash(armed.loss, armed.random);
  }

  /** Lets a crash of this moment be checked. */
  takeCrashPoint(loss: Loss, path?: string): void {
    this.counts.add(`crash points, ${loss}`);
    const point = this.crashPoint(loss);
    this.#points.push(path === undefined ? point : { ...point, folder: path });
  }

  /** What would be there if the machine crashed now. */
  crashPoint(loss: Loss): CrashPoint {
    return {
      disk: this.disk.clone(),
      loss,
      seed: Math.floor(this.random() * 2 ** 32),
      nowMs: this.clock.now(),
      snapshots: this.models.map((model) => model.snapshot()),
      mayBeTorn: this.hasTorn,
      mayBeDamaged: this.hasLostPower,
      hasSyncFailed: this.hasSyncFailed,
    };
  }

  /** The crash points that were taken and not given yet. */
  givePoints(): readonly CrashPoint[] {
    const points = this.#points;
    this.#points = [];
    return points;
  }

  /** Lets the run crash at one of its next steps. */
  arm(loss: Loss, afterSteps: number): void {
    this.#armed = { loss, random: this.random, stepsLeft: afterSteps };
  }

  /** Takes that back. */
  disarm(): void {
    this.#armed = undefined;
  }

  /** The run crashes: every process ends, and with the power goes what was not synced. */
  crash(loss: Loss, random: () => number): void {
    this.#armed = undefined;
    this.crashed = loss;
    this.crashes++;
    this.counts.add(`crashes of the run, ${loss}`);
    this.trace.add(`CRASH ${loss}`);
    for (const process of [...this.processes]) process.die();
    this.processes.clear();
    if (loss === "kill") return;
    this.disk.crash(random);
    this.hasLostPower = true;
    this.hasTorn = this.hasSyncFailed = false;
    this.#observer = new MemoryFileSystem(this.disk);
  }

  #noteDiskRoom(): void {
    const { keepFreeBytes = false } = this.scenario.options.retention ?? {};
    if (keepFreeBytes === false) return;
    const freeBytes = this.observer.freeBytes("/") ?? Infinity;
    if (freeBytes - this.roomBytes >= keepFreeBytes) return;
    this.#shortUntilMs = this.clock.monotonicMs() + DISK_ASKED_MS;
  }

  #watchRemoval(path: string): void {
    const { models, scenario } = this;
    const wasDiskShort = this.clock.monotonicMs() <= this.#shortUntilMs;
    const nowMs = this.clock.now();
    const scene = { fileSystem: this.observer, models, scenario, nowMs, wasDiskShort, roomBytes: this.roomBytes };
    const violation = watchRemoval(path, scene);
    if (violation !== undefined) this.fail(violation);
  }
}
