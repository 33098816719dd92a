/**
 * Protocols and their steps on disk, run to the end or up to the step before which the process is killed.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { StoreOptions } from "../../mod.ts";
import { errorCode } from "../../src/platform/file_system.ts";
import { type Moment, ProtocolRun } from "./protocol_run.ts";

/** One protocol: what leads to it, what it does, and what it may take away. */
export interface Protocol {
  readonly name: string;
  /** Of every store that takes part. */
  readonly options: StoreOptions;
  /** What it does on disk, in order. It begins with the first of these steps, whatever the process did before. */
  readonly steps: readonly string[];
  /** Steps that it takes again and again while it waits for somebody, and that change nothing. Default: none. */
  readonly polls?: readonly string[];
  /** Brings a root into the state before. */
  arrange(run: ProtocolRun): Promise<void>;
  /** Lets the protocol run, to its end. */
  act(run: ProtocolRun): Promise<void>;
  /** How many of the oldest log records it may delete. Default: none. */
  readonly takes?: number;
  /** The wipe that it is about. */
  readonly wipe?: WipeExpectation;
}

/** What a wipe deletes, and from which steps on. */
export interface WipeExpectation {
  readonly signals: readonly string[];
  /** How many of the oldest records of each. */
  readonly records: number;
  /** After this step the request stands in the folder; `undefined`: from the beginning. */
  readonly requested?: string;
  /** After this one it is on disk. */
  readonly durable?: string;
}

/** Runs a protocol and gives each moment of it: one before each step, and one at its end. */
export async function traceProtocol(
  protocol: Protocol,
  onMoment: (run: ProtocolRun, moment: Moment) => void = () => {},
): Promise<readonly Moment[]> {
  const run = new ProtocolRun(protocol.options);
  const moments: Moment[] = [];
  const add = (next: string | undefined): void => {
    const moment = run.moment({ count: moments.length, next });
    moments.push(moment);
    onMoment(run, moment);
  };
  try {
    await protocol.arrange(run);
    const stop = run.onStep((step) => {
      if (isOf(protocol, { step, isBegun: moments.length > 0 })) add(step);
    });
    await protocol.act(run);
    stop();
    add(undefined);
    return moments;
  } finally {
    await run.dispose();
  }
}

/**
 * Runs a protocol whose process is killed once `count` of its steps have taken effect. Whoever else takes part goes on.
 *
 * @returns The disk at that moment, and when everybody is done.
 */
export async function killProtocol(
  protocol: Protocol,
  count: number,
): Promise<{ readonly killed: Moment; readonly left: Moment }> {
  const run = new ProtocolRun(protocol.options);
  let killed: Moment | undefined;
  const kill = (next: string | undefined): void => {
    run.fileSystem.kill();
    killed ??= run.moment({ count, next });
  };
  try {
    await protocol.arrange(run);
    let [seen, isBegun] = [0, false];
    run.onStep((step) => {
      isBegun = isOf(protocol, { step, isBegun }) || isBegun;
      if (isOf(protocol, { step, isBegun }) && seen++ >= count) kill(step);
    });
    await protocol.act(run).catch(assertKilled);
    kill(undefined);
    assert.ok(killed !== undefined);
    return { killed, left: run.moment({ count, next: killed.next }) };
  } finally {
    await run.dispose();
  }
}

function isOf({ steps, polls = [] }: Protocol, { step, isBegun }: { step: string; isBegun: boolean }): boolean {
  return isBegun ? !polls.includes(step) : step === steps[0];
}

/** A process that was killed gets `EIO` for every call, as such or as the cause. */
function assertKilled(error: unknown): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (errorCode(cause) === "EIO") return;
  throw error;
}
