/**
 * Runs one sequence of operations on one machine, and checks every promise on the way.
 *
 * @module
 */
import process from "node:process";
import { checkCrash } from "./crash_check.ts";
import type { Counts } from "./counts.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import { mixSeeds, type Operation } from "./operations.ts";
import { Operator } from "./operator.ts";
import { Violation } from "./verdict.ts";
import { seededRandom } from "../recovery/stores.ts";

/** One run. */
export interface SimulationPlan extends MachineOptions {
  readonly seed: number;
  readonly operations: readonly Operation[];
}

/** How a run went. */
export interface SimulationOutcome {
  /** What went wrong; `undefined` when every promise held. */
  readonly failure: string | undefined;
  /** The operation at which it showed. */
  readonly failedAt: number | undefined;
  readonly counts: Counts;
  /** Checksum of all that happened. */
  readonly hash: string;
  /** The last lines of what happened. */
  readonly lastLines: readonly string[];
}

interface Run {
  readonly machine: Machine;
  readonly operator: Operator;
}

/** Runs a plan. Never throws for what the engine does wrong. */
export async function simulate(plan: SimulationPlan): Promise<SimulationOutcome> {
  const machine = new Machine(plan);
  const operator = new Operator(machine);
  let failedAt: number | undefined;
  // It would end the program that uses the store.
  const onRejection = (reason: unknown): void => machine.fail(`nobody handles a rejection: ${messageOf(reason)}`);
  process.on("unhandledRejection", onRejection);
  try {
    machine.random = seededRandom(mixSeeds(plan.seed, 0, 3));
    await operator.start();
    for (const operation of plan.operations) {
      failedAt = operation.id;
      machine.random = seededRandom(mixSeeds(plan.seed, operation.id, 2));
      await perform(operation, { machine, operator });
      if (machine.failure !== undefined) break;
    }
    if (machine.failure === undefined) {
      await settle({ machine, operator });
    }
    if (machine.failure === undefined) {
      failedAt = undefined;
      machine.random = seededRandom(mixSeeds(plan.seed, 0, 4));
      await operator.finish();
      await checkPoints(machine);
    }
  } catch (error) {
    machine.fail(messageOf(error));
  }
  await operator.abandon();
  process.off("unhandledRejection", onRejection);
  const { failure, counts, trace } = machine;
  return { failure, failedAt, counts, hash: trace.hash, lastLines: trace.last(60) };
}

async function perform(operation: Operation, { machine, operator }: Run): Promise<void> {
  machine.trace.add(describeOperation(operation));
  machine.counts.add(`operation ${operation.kind}`);
  if (machine.isDiskFull) machine.counts.add("operations on a full disk");
  await operator.perform(operation);
  operator.check();
  if (operation.isAlone || machine.crashed !== undefined) await settle({ machine, operator });
}

/** Lets everything end that waits for nothing but itself, checks the crashes that were tried meanwhile, and recovers from one. */
async function settle({ machine, operator }: Run): Promise<void> {
  await operator.settle();
  operator.check();
  await checkPoints(machine);
  if (machine.failure === undefined && machine.crashed !== undefined) await operator.recover();
}

/** Checks the crash points that were taken since the last call. */
async function checkPoints(machine: Machine): Promise<void> {
  for (const point of machine.givePoints()) {
    if (machine.failure !== undefined) return;
    try {
      await checkCrash(point, machine);
    } catch (error) {
      machine.fail(`after a crash (${point.loss}): ${messageOf(error)}`);
    }
  }
}

/** One line for an operation. */
export function describeOperation({ id, isAlone, ...action }: Operation): string {
  const { kind, ...details } = action;
  return `#${id} ${kind} ${JSON.stringify(details)}${isAlone ? "" : " …"}`;
}

function messageOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return error instanceof Error ? error.stack ?? String(error) : String(error);
}
