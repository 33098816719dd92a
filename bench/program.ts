/**
 * Runs the programs of `programs/` and other commands, each to its end.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Arguments with which this runtime starts the program file at `path`. */
export function runtimeArgs(path: URL): readonly string[] {
  return process.versions["deno"] === undefined ? [fileURLToPath(path)] : ["run", "-A", fileURLToPath(path)];
}

/**
 * Runs a program of `programs/` in a process of its own, on this runtime.
 *
 * @returns What it printed as JSON.
 * @throws {Error} If it failed.
 */
export function runProgram<Answer>(
  name: string,
  args: readonly string[],
): Answer {
  const program = new URL(`./programs/${name}`, import.meta.url);
  return JSON.parse(
    runCommand(process.execPath, [...runtimeArgs(program), ...args]),
  );
}

/**
 * Runs a command and returns what it printed.
 *
 * @throws {Error} If it could not be started or failed.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (result.status === 0) return result.stdout;
  const reason = result.error?.message ?? result.signal ??
    `exit status ${result.status}`;
  throw new Error(`Cannot run ${command} ${args.join(" ")}: ${reason}`, {
    cause: result.error,
  });
}
