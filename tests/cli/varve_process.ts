/**
 * `varve` as a process of its own, on the runtime of the test, with the permissions that its task has.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { currentRuntime, requireTool } from "../tools.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = "src/cli/main.ts";

/** How a process ended. */
export interface VarveResult {
  /** Exit status; `null` when a signal ended it. */
  readonly status: number | null;
  readonly output: string;
  readonly errorOutput: string;
}

/** A process under way. */
export interface VarveProcess {
  readonly input: Writable;
  kill(signal: NodeJS.Signals): void;
  /** Reads no more of the output, as `head` does once it has seen enough. */
  closeOutput(): void;
  /** Resolves with all output so far once it matches; rejects when the process ends before. */
  outputMatching(pattern: RegExp): Promise<string>;
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<VarveResult>;
}

/** Environment variables to set, or, where `undefined`, to take away. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Starts `varve` with these arguments. */
export function startVarve(args: readonly string[], environment: Environment = {}): VarveProcess {
  const [command = "", ...rest] = [...varveCommand(), ...args];
  const child = spawn(command, rest, {
    cwd: PROJECT,
    env: environmentOf(environment),
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let errorOutput = "";
  let isOver = false;
  let wake = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errorOutput += chunk));
  // Whoever asks a process that has ended already gets no answer, which is no failure of the test.
  child.stdin.on("error", () => {});
  const ended = once(child, "close").then(([status]): VarveResult => {
    isOver = true;
    wake();
    return { status, output, errorOutput };
  });
  const outputMatching = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(output)) {
      if (isOver) throw new Error(`The process ended before its output matched ${pattern}: ${output}${errorOutput}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return output;
  };
  // Deno's `child.kill` reports the signal as the end, also of a process that caught it and ended with a status.
  const kill = (signal: NodeJS.Signals) => void (child.pid !== undefined && process.kill(child.pid, signal));
  const closeOutput = () => void child.stdout.destroy();
  return { input: child.stdin, kill, closeOutput, outputMatching, ended };
}

/** Runs `varve` to its end, with `input` as its standard input. */
export function runVarve(
  args: readonly string[],
  { input = "", ...environment }: Environment & { readonly input?: string } = {},
): Promise<VarveResult> {
  const varve = startVarve(args, environment);
  varve.input.end(input);
  return varve.ended;
}

/** A service that listens on a free port, in a process of its own. */
export interface ServingProcess extends VarveProcess {
  readonly url: string;
}

/** Starts `varve serve`; resolves once it listens. */
export async function startServing(root: string, args: readonly string[] = []): Promise<ServingProcess> {
  const varve = startVarve(["serve", "--root", root, "--port", "0", ...args]);
  const output = await varve.outputMatching(/listens on \S+ [^]*\n\n[^]*\n\n?$/);
  return { ...varve, url: /http:\S+/.exec(output)?.[0] ?? "" };
}

/** A directory for the time of `use`. */
export async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "varve-cli-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The words that run `varve` on the current runtime, without its arguments. */
export function varveCommand(): readonly string[] {
  const { path } = requireTool(currentRuntime);
  if (currentRuntime === "bun") return [path, PROGRAM];
  const task: string = JSON.parse(readFileSync(join(PROJECT, "deno.json"), "utf8")).tasks.varve.command;
  return [path, ...task.split(" ").slice(1)];
}

function environmentOf(environment: Environment): NodeJS.ProcessEnv {
  const none = { VARVE_ROOT: undefined, VARVE_HOST: undefined, VARVE_PORT: undefined, VARVE_STACK: undefined };
  const all = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    ...none,
    VARVE_TOKEN: undefined,
    ...environment,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
