/**
 * Carries out the operations of a run on its machine.
 *
 * @module
 */
import { StoreLockedError } from "../../mod.ts";
import { errorCode } from "../../src/platform/file_system.ts";
import { checkCrash } from "./crash_check.ts";
import type { Machine } from "./machine.ts";
import { ACCEPTED, EXCUSED, FLUSHED, type JournalModel, LEVEL_BITS, SYNCED } from "./model.ts";
import type { Operation } from "./operations.ts";
import { hasTwoForms, isWipeRequested } from "./reading.ts";
import { Reads } from "./reads.ts";
import { StoreProcess } from "./store_process.ts";

/** One kind of operation. */
type Of<Kind extends Operation["kind"]> = Extract<Operation, { readonly kind: Kind }>;

/** Time in which whatever is under way comes to its end: a wipe waits ten seconds for the holder of a folder. */
const PATIENCE_MS = 30_000;

/** See the module. */
export class Operator {
  readonly #machine: Machine;
  readonly #reads: Reads;
  #owner: StoreProcess | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#reads = new Reads(machine);
  }

  /** Starts the process that writes, and opens every journal. */
  async start(): Promise<void> {
    const { clock, models } = this.#machine;
    const owner = this.#owner = await StoreProcess.start(this.#machine);
    for (const index of models.keys()) {
      // Another process may hold a folder for the moment of a wipe.
      for (let waitedMs = 0; owner.isAlive && !this.#tryOpen(owner, index); waitedMs += 50) {
        if (waitedMs > PATIENCE_MS) {
          return this.#machine.fail(`journal ${index} stays locked, though nobody has its folder`);
        }
        await clock.advanceAsync(50);
      }
    }
  }

  /** Begins an operation. It need not be over when this resolves. */
  async perform(operation: Operation): Promise<void> {
    const machine = this.#machine;
    const owner = this.#owner;
    if (owner === undefined || !owner.isAlive) return;
    switch (operation.kind) {
      case "append":
        return owner.append(operation.journal, operation.paddings);
      case "appendAll":
        return owner.appendAll(operation.journal, operation.paddings);
      case "flush":
      case "sync":
        return owner.ask(operation.kind, operation.journal);
      case "pass":
        return await machine.clock.advanceAsync(operation.durationMs);
      case "setClock":
        return machine.clock.set(machine.clock.now() + operation.jumpMs);
      case "fault":
        return owner.faults.add(operation.fault, machine.random);
      case "heal":
        return owner.faults.heal();
      case "hold":
        return owner.faults.hold(operation.operation, operation.durationMs);
      case "stall":
        return owner.faults.stall(operation.durationMs);
      case "prune":
        return void owner.track("prune", owner.store.prune(), {});
      case "crash":
        return machine.arm(operation.loss, operation.afterSteps);
      default:
        return await this.#performLonger(operation, owner);
    }
  }

  /** Lets everything end that waits for nothing but itself. */
  async settle(): Promise<void> {
    await this.#machine.clock.advanceAsync(0);
  }

  /** Checks what holds at every moment. */
  check(): void {
    for (const process of this.#machine.processes) process.check();
  }

  /** After a crash of the run: takes stock of what is left, and goes on with a new process. */
  async recover(): Promise<void> {
    const machine = this.#machine;
    const loss = machine.crashed ?? "kill";
    await this.#reads.drop();
    const visible = await checkCrash(machine.crashPoint(loss), machine);
    for (const [index, model] of machine.models.entries()) {
      const isWipeAsked = isWipeRequested(machine.observer, model.key);
      const level = loss === "power" ? SYNCED : FLUSHED;
      // A removal by a wipe that ended with its process may not be on the disk; one that is asked for is still to come.
      const isRemovalOpen = isWipeAsked || (loss === "kill" && model.isWipeStuck);
      const missing = isRemovalOpen || machine.hasTorn || hasTwoForms(machine.observer, model.key) ? "pruned" : "gone";
      model.observe(new Set(visible[index]), { level, missing, isWipeRequested: isWipeAsked });
    }
    machine.crashed = undefined;
    await this.start();
    await this.#observe();
  }

  /** Ends the run: everything works again, everything settles, and what was promised is there. */
  async finish(): Promise<void> {
    const machine = this.#machine;
    const owner = this.#owner;
    if (owner === undefined) return;
    machine.disarm();
    machine.disk.capacityBytes = Infinity;
    owner.faults.heal();
    await machine.clock.advanceAsync(PATIENCE_MS);
    await this.#reads.finishOpen();
    for (const process of machine.processes) {
      for (const what of process.underWay.values()) machine.fail(`a ${what} has not settled in ${PATIENCE_MS} ms`);
    }
    // The first one tells of what was dropped before.
    owner.ask("flush", undefined);
    await machine.clock.advanceAsync(100);
    owner.ask("sync", undefined);
    await machine.clock.advanceAsync(1000);
    if (!this.#mayRefuse()) { for (const model of machine.models) this.#checkAllSynced(model); }
    await this.#reads.observe(owner, { atLeast: this.#mayRefuse() ? FLUSHED : ACCEPTED });
    await this.#reads.takeInventory(owner);
    machine.takeCrashPoint("kill");
    machine.takeCrashPoint("power");
    await this.#close(owner);
    machine.takeCrashPoint("power");
    if (machine.clock.pendingTimers > 0) machine.fail(`${machine.clock.pendingTimers} timers are left after close`);
  }

  /** Gives everything back, however the run ended. */
  async abandon(): Promise<void> {
    const { clock, processes } = this.#machine;
    for (const process of [...processes]) process.die();
    await clock.advanceAsync(10);
  }

  async #performLonger(
    operation: Of<"wipe" | "reopen" | "read" | "readOn" | "inventory" | "contend">,
    owner: StoreProcess,
  ): Promise<void> {
    switch (operation.kind) {
      case "wipe":
        return operation.by === "owner"
          ? void owner.wipe(operation.journal, operation.breadth)
          : await this.#peerWipe(operation);
      case "reopen":
        return await this.#reopen(owner);
      case "read": {
        const read = { model: this.#model(operation.journal), depth: operation.depth };
        if (operation.by === "owner") return void this.#reads.read(owner, read);
        return await this.#asPeer((peer) =>
          this.#reads.read(peer, { ...read, depth: read.depth === "first" ? "all" : read.depth })
        );
      }
      case "readOn":
        return void this.#reads.finishOpen();
      case "inventory":
        if (operation.by === "owner") return void this.#reads.takeInventory(owner);
        return await this.#asPeer((peer) => this.#reads.takeInventory(peer));
      case "contend":
        return await this.#contend(operation);
    }
  }

  /** Another process does something and ends. */
  async #asPeer(work: (peer: StoreProcess) => Promise<void>): Promise<void> {
    const peer = await StoreProcess.start(this.#machine);
    if (peer.isAlive) await work(peer);
    if (peer.isAlive) await this.#close(peer);
  }

  async #peerWipe({ journal, breadth }: Of<"wipe">): Promise<void> {
    const peer = await StoreProcess.start(this.#machine);
    if (!peer.isAlive) return;
    // The holder answers while time passes.
    void peer.wipe(journal, breadth).then(() => peer.isAlive ? peer.close() : undefined);
  }

  /** Another process wants to write: it must be refused exactly where somebody has the folder. */
  async #contend({ journal, paddings, end }: Of<"contend">): Promise<void> {
    const machine = this.#machine;
    const peer = await StoreProcess.start(machine);
    if (!peer.isAlive) return;
    const isHeld = machine.isHeld(this.#model(journal).key);
    const isOpened = this.#tryOpen(peer, journal);
    if (!peer.isAlive) return;
    if (isOpened === isHeld) {
      machine.fail(`a second process ${isOpened ? "got" : "did not get"} a folder that is ${isHeld ? "held" : "free"}`);
    }
    machine.counts.add(isOpened ? "folders taken over" : "second openers refused");
    if (isOpened) {
      peer.append(journal, paddings);
      if (end === "close") peer.ask("sync", journal);
    }
    if (end === "close") return await this.#close(peer);
    peer.die();
    this.#model(journal).doubt(peer.id);
  }

  async #reopen(owner: StoreProcess): Promise<void> {
    owner.faults.heal();
    await this.#close(owner);
    if (this.#machine.crashed !== undefined) return;
    owner.append(0, [10]);
    await this.#reads.drop();
    await this.start();
    await this.#observe();
  }

  /** A process that was just started has nothing under way. */
  async #observe(): Promise<void> {
    const owner = this.#owner;
    if (owner !== undefined && owner.isAlive) await this.#reads.observe(owner, { atLeast: FLUSHED });
  }

  /** Closes a store, which waits for what is under way. */
  async #close(process: StoreProcess): Promise<void> {
    let isClosed = false;
    const closed = process.close().finally(() => isClosed = true);
    await this.settle();
    for (let waitedMs = 0; !isClosed && process.isAlive; waitedMs += 20) {
      if (waitedMs > PATIENCE_MS) return this.#machine.fail(`close has not settled in ${PATIENCE_MS} ms`);
      await this.#machine.clock.advanceAsync(20);
    }
    if (isClosed) await closed;
  }

  #tryOpen(process: StoreProcess, index: number): boolean {
    try {
      process.open(index);
      return true;
    } catch (error) {
      if (error instanceof StoreLockedError || !process.isAlive) return false;
      if (errorCode(error) !== "ENOSPC") throw error;
      // Somebody makes room.
      this.#machine.counts.add("opens refused on a full disk");
      this.#machine.disk.capacityBytes += 4000;
      return false;
    }
  }

  /** Where audit records, which are never deleted, take the room, all other records are refused. */
  #mayRefuse(): boolean {
    const { scenario } = this.#machine;
    return typeof scenario.options.retention?.maxTotalBytes === "number";
  }

  #checkAllSynced(model: JournalModel): void {
    const { states } = model.snapshot();
    const number = states.findIndex((state, at) =>
      (state & EXCUSED) === 0 && (state & LEVEL_BITS) !== SYNCED && model.writerOf(at) === this.#owner?.id
    );
    if (number < 0) return;
    this.#machine.fail(`record ${number} of ${model.key.signal} is not synced, though nothing fails any more`);
  }

  #model(index: number): JournalModel {
    const model = this.#machine.models[index];
    if (model === undefined) throw new RangeError(`Cannot find a journal: received ${index}`);
    return model;
  }
}
