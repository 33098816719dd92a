/**
 * Programs of ./programs in processes of their own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { currentRuntime, requireTool } from "../tools.ts";

/** How a program ended. */
export interface ProgramResult {
  /** Exit status; `null` when a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errorOutput: string;
}

/** A program under way. */
export interface Program {
  readonly input: Writable;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the next line of output, without its line feed; rejects when the program ends before one is complete. */
  nextLine(): Promise<string>;
  /** Resolves when the program has ended and its output is complete. */
  readonly ended: Promise<ProgramResult>;
}

/** Runs a program to its end. */
export function runProgram(name: string, args: readonly string[]): Promise<ProgramResult> {
  return startProgram(name, args).ended;
}

/** How a program is started. */
export interface ProgramOptions {
  /** @default the runtime of the test */
  readonly runtime?: "bun" | "deno";
  /** A signal that the program is to inherit as ignored, without `SIG`, as `nohup` does with `HUP`. */
  readonly ignoredSignal?: string;
}

/** Starts a program. */
export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const { runtime = currentRuntime, ignoredSignal } = options;
  const script = fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
  const run = runtime === "deno" ? ["run", "-A", "--no-config", "--no-lock", script] : ["run", script];
  const command = [requireTool(runtime).path, ...run, ...args];
  if (ignoredSignal !== undefined) command.unshift("sh", "-c", `trap "" ${ignoredSignal}; exec "$@"`, "sh");
  const child = spawn(String(command[0]), command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
  const lines = new Lines();
  let errorOutput = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => lines.add(chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errorOutput += chunk));
  const ended = once(child, "close").then(([status, signal]): ProgramResult => {
    lines.end(errorOutput);
    return { status, signal, output: lines.text, errorOutput };
  });
  // Deno's `child.kill()` sends only the first signal, which leaves a stopped process for ever.
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(child.pid, signal);
    }
  };
  return { input: child.stdin, kill, nextLine: () => lines.next(), ended };
}

class Lines {
  text = "";
  #taken = 0;
  #error: Error | undefined;
  #wake = (): void => {};

  add(chunk: string): void {
    this.text += chunk;
    this.#wake();
  }

  end(errorOutput: string): void {
    this.#error = new Error(`Cannot read a line: the program ended\n${errorOutput}`);
    this.#wake();
  }

  async next(): Promise<string> {
    for (;;) {
      const end = this.text.indexOf("\n", this.#taken);
      if (end >= 0) {
        const line = this.text.slice(this.#taken, end);
        this.#taken = end + 1;
        return line;
      }
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
