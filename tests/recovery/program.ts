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
  return startCommand([...programCommand(name, runtime), ...args]);
}

/** The command that runs a program on a runtime, for one that is started through another command. */
export function programCommand(name: string, runtime: "bun" | "deno" = currentRuntime): string[] {
  const script = fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const run = runtime === "deno" ? ["run", "-A", "--no-check", "--config", config, script] : ["run", script];
  return [requireTool(runtime).path, ...run];
}

/** Starts a command that becomes a program. */
export function startCommand(command: readonly string[]): StoreProgram {
  const [path = "", ...args] = command;
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(([status]) => status as number | null);
  const nextLine = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done !== true) return next.value;
    const name = command.find((part) => part.endsWith(".ts")) ?? path;
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
