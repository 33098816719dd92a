/**
 * What a command of the command line is.
 *
 * @module
 */

import type { ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "../errors.ts";
import { signalOf } from "../model/signal.ts";
import { nodeFileSystem } from "../platform/node_file_system.ts";
import { absolutePath } from "../platform/runtime.ts";
import type { Terminal } from "../platform/terminal.ts";
import { openStore, type Store } from "../store.ts";

/** The flags that were given, by their long names. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** One call of a command. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly flags: Flags;
  /** The arguments that are no flags. */
  readonly operands: readonly string[];
  /** The directory of the store, as it was given. */
  readonly root: string;
}

/** One command. */
export interface Command {
  readonly name: string;
  /** Its form, behind `varve`. */
  readonly usage: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What `--help` prints, up to the flags that every command has. */
  readonly help: string;
  readonly flags: ParseArgsOptionsConfig;
  /** How many operands there are at least and at most. */
  readonly operandCount: readonly [number, number];
  /** Does it, and returns the exit status. Throws an error whose message is for the user. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** Opens the store of a command that only makes sense where there is one. */
export async function openExistingStore(root: string): Promise<Store> {
  const path = absolutePath(root);
  if (nodeFileSystem.stat(path) === undefined) {
    throw new Error(`Cannot open "${path}": there is no such directory; name it with --root or VARVE_ROOT`);
  }
  return await openStore(path);
}

/** The value of a flag that takes text. */
export function textFlag({ flags }: Invocation, name: string): string | undefined {
  const value = flags[name];
  if (value === "") throw new UsageError(`Cannot use --${name} "": it is empty`);
  return typeof value === "string" ? value : undefined;
}

/** The value of `--signal`. */
export function signalFlag(invocation: Invocation): string | undefined {
  const signal = textFlag(invocation, "signal");
  return signal === undefined ? undefined : usable(() => signalOf(signal).name);
}

/** Reads a whole number that was given as `name`. */
export function wholeNumber(text: string, { name, max }: { readonly name: string; readonly max: number }): number {
  if (/^\d{1,15}$/.test(text) && Number(text) <= max) return Number(text);
  throw new UsageError(`Cannot use ${name} "${text}": expected a whole number from 0 to ${max}`);
}

/** Runs a check of the engine's, which throws a `RangeError` for a value that it cannot use. */
export function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
