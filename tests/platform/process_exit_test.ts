/**
 * Every way out of a real process, on the runtime that runs the test.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { onProcessExit } from "../../src/platform/process_exit.ts";
import { currentRuntime } from "../tools.ts";
import { type Program, type ProgramResult, runProgram, startProgram } from "./program.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const EVENTS = [...SIGNALS, "exit", "uncaughtException", "uncaughtExceptionMonitor", "removeListener"];
const noDeno = currentRuntime === "bun" && "Bun has no Deno namespace";
const isLinux = existsSync("/proc/self/status");

interface Row {
  readonly way: string;
  /** Exit status. */
  readonly status: number;
  readonly errorOutput?: RegExp;
  readonly skip?: string | false;
}

const ROWS: readonly Row[] = [
  { way: "return", status: 0 },
  { way: "exit", status: 3 },
  { way: "denoExit", status: 3, skip: noDeno },
  { way: "throw", status: 1, errorOutput: /thrown by the program/ },
  { way: "throwLater", status: 1, errorOutput: /thrown by the program/ },
  { way: "reject", status: 1, errorOutput: /thrown by the program/ },
];

for (const { way, status, errorOutput = /^$/, skip = false } of ROWS) {
  test(`onProcessExit() calls handlers at "${way}" and keeps the exit status`, { skip }, async () => {
    const result = await runProgram("exit.ts", [way]);
    assertHandled(result, "running");
    assert.deepEqual([result.status, result.signal], [status, null]);
    assert.match(result.errorOutput, errorOutput);
  });
}

test("onProcessExit() is told of neither abort() nor SIGKILL, for which no runtime has an event", async () => {
  const aborted = await runProgram("exit.ts", ["abort"]);
  assert.deepEqual([aborted.signal ?? aborted.status, aborted.output], ["SIGABRT", ""]);
  const killed = await endBy("SIGKILL", ["wait"]);
  assert.deepEqual([killed.signal, killed.output], ["SIGKILL", "ready\n"]);
});

for (const signal of SIGNALS) {
  test(`onProcessExit() calls handlers at ${signal}, which still ends the process`, async () => {
    const result = await endBy(signal, ["wait"]);
    assertHandled(result, "running");
    assert.deepEqual([result.status, result.signal], [null, signal]);
  });
}

for (const listener of ["on", "later:on", "once", "later:once"]) {
  test(`onProcessExit() leaves a signal to the program's own listener (${listener}), and handles its exit as well`, async () => {
    const result = await endBy("SIGTERM", ["wait", listener]);
    assertHandled(result, "shut down");
    assert.equal(result.output.match(/listener called/g)?.length, 1);
    assert.deepEqual([result.status, result.signal], [7, null]);
  });
}

test("onProcessExit() leaves a signal to Deno's own listeners, which it cannot see", { skip: noDeno }, async () => {
  const result = await endBy("SIGTERM", ["wait", "denoListener"]);
  assertHandled(result, "shut down");
  assert.deepEqual([result.status, result.signal], [7, null]);
});

test("onProcessExit() ends the process by the signal when a handler unregisters the others", async () => {
  const result = await endBy("SIGTERM", ["wait", "later:unregisterInHandler"]);
  assertHandled(result, "running");
  assert.deepEqual([result.status, result.signal], [null, "SIGTERM"]);
});

test("onProcessExit() ends the process at a second signal that its listener no longer takes, and handles it", async () => {
  const program = startProgram("exit.ts", ["wait", "onceAndStay"]);
  await lineOf(program, "ready");
  program.kill("SIGTERM");
  await lineOf(program, "listener called");
  await new Promise((resolve) => setTimeout(resolve, 50));
  program.kill("SIGTERM");
  const result = await program.ended;
  assertHandled(result, "stayed");
  assert.deepEqual([result.status, result.signal], [null, "SIGTERM"]);
});

test("onProcessExit() handles what an uncaughtException listener did before it ended the process", async () => {
  const result = await runProgram("exit.ts", ["throw", "uncaughtException"]);
  assertHandled(result, "caught");
  assert.equal(result.status, 8);
});

test(
  "onProcessExit() lets a process started with SIGHUP ignored live on",
  { skip: !isLinux && "needs /proc" },
  async () => {
    const program = startProgram("exit.ts", ["wait"], { ignoredSignal: "HUP" });
    await lineOf(program, "ready");
    program.kill("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 100));
    program.input.end();
    assert.deepEqual((await program.ended).status, 0);
  },
);

test("onProcessExit() in a Worker leaves signals to the main thread", async () => {
  const program = startProgram("exit.ts", ["worker"]);
  await lineOf(program, "ready in a worker");
  program.kill("SIGTERM");
  const result = await program.ended;
  assertHandled(result, "shut down");
  assert.equal(result.output.match(/listener called/g)?.length, 1);
  assert.deepEqual([result.status, result.signal], [7, null]);
});

test("onProcessExit() leaves no listener when the last handler is gone, and a signal ends the process unhandled", async () => {
  const listenerCounts = (): number[] => EVENTS.map((event) => process.listenerCount(event));
  const before = listenerCounts();
  const unregister = [onProcessExit(() => {}), onProcessExit(() => {})];
  assert.notDeepEqual(listenerCounts(), before);
  unregister[0]?.();
  unregister[0]?.();
  assert.notDeepEqual(listenerCounts(), before);
  unregister[1]?.();
  assert.deepEqual(listenerCounts(), before);
  const result = await endBy("SIGTERM", ["unregister"]);
  assert.deepEqual([result.signal, result.output], ["SIGTERM", "ready\n"]);
});

/** Asserts that handlers ran, that the last call saw `state`, and that a handler's own error reached nobody. */
function assertHandled({ output, errorOutput }: ProgramResult, state: string): void {
  const calls = output.split("\n").filter((line) => line.startsWith("handled: "));
  assert.equal(calls.at(-1), `handled: ${state}`, `${output}\n${errorOutput}`);
  assert.doesNotMatch(errorOutput, /thrown by a handler/);
}

async function endBy(signal: NodeJS.Signals, args: readonly string[]): Promise<ProgramResult> {
  const program = startProgram("exit.ts", args);
  await lineOf(program, "ready");
  program.kill(signal);
  return await program.ended;
}

async function lineOf(program: Program, expected: string): Promise<void> {
  while (await program.nextLine() !== expected);
}
