/**
 * Programs of ./programs with a store of their own, in processes of their own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { currentRuntime, requireTool } from "../tools.ts";

/** A program under way. */
export interface StoreProgram {
  readonly process: ChildProcess;
  /** The next line of output; rejects when the program ended before one. */
  nextLine(): Promise<string>;
  /** Sends a line of input and gives the next line of output. */
  ask(command: string): Promise<string>;
  /** Sends a signal, by process id: after `kill("SIGSTOP")` Deno's `ChildProcess` takes the program for an ended one. */
  signal(name: NodeJS.Signals): void;
  /** Kills it and resolves when it has ended. */
  kill(): Promise<void>;
  /** Resolves with the exit status, `null` after a signal. */
  readonly ended: Promise<number | null>;
}

/** Starts a program on this runtime, or on the other one. */
export function startProgram(
  name: string,
  args: readonly string[],
  runtime: "bun" | "deno" = currentRuntime,
): StoreProgram {
  const script = fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const run = runtime === "deno" ? ["run", "-A", "--no-check", "--config", config, script] : ["run", script];
  const child = spawn(requireTool(runtime).path, [...run, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(([status]) => status as number | null);
  const nextLine = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done !== true) return next.value;
    throw new Error(`Cannot read a line from "${name}": it ended with status ${await ended}`);
  };
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(child.pid, name);
  };
  return {
    process: child,
    signal,
    nextLine,
    ask: (command) => {
      child.stdin.write(`${command}\n`);
      return nextLine();
    },
    kill: async () => {
      signal("SIGKILL");
      await ended;
    },
    ended,
  };
}
