/**
 * What a command line program has of its process: arguments, environment, standard streams and the signals that end it.
 *
 * @module
 */

import { homedir } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";

/** The process as a command sees it. */
export interface Terminal {
  /** The arguments behind the program's name. */
  readonly arguments: readonly string[];
  /** The value of an environment variable; `undefined` if it is unset or empty. */
  variable(name: string): string | undefined;
  /** The directory of the user's own files. */
  homeDirectory(): string;
  /** Whether standard output is a terminal, and no file or pipe. */
  readonly isOutputTerminal: boolean;
  /** Writes to standard output; resolves once the text was taken, so that a slow reader holds the command up. */
  write(text: string): Promise<void>;
  /** Writes a message to standard error, with a line feed behind it. */
  report(message: string): void;
  /**
   * Shows a line on standard error in the place of the one shown before, or, with `""`, takes it away. Does nothing where
   * standard error is no terminal. A longer line than fits is cut.
   */
  showProgress(line: string): void;
  /** Asks a question on standard error, and resolves with the answer's line; `undefined` at the end of the input. */
  ask(question: string): Promise<string | undefined>;
  /** Resolves at the first SIGTERM or SIGINT, which then does not end the process; a second one does. */
  untilStopped(): Promise<void>;
}

/** The running process. */
export const processTerminal: Terminal = {
  arguments: process.argv.slice(2),
  variable: (name) => process.env[name] || undefined,
  homeDirectory: homedir,
  isOutputTerminal: process.stdout.isTTY === true,
  write,
  report: (message) => void process.stderr.write(`${message}\n`),
  showProgress,
  ask,
  untilStopped,
};

/** Ends the process with `status` once all that holds it has ended. */
export function setExitStatus(status: number): void {
  process.exitCode = status;
}

/** What a terminal that does not say how wide it is has at least. */
const DEFAULT_COLUMNS = 80;

let isOutputWatched = false;

function write(text: string): Promise<void> {
  if (!isOutputWatched) process.stdout.on("error", endAtClosedPipe);
  isOutputWatched = true;
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** Whoever read the output has seen enough, as `head` does: that is no failure. */
function endAtClosedPipe(error: Error & { readonly code?: string }): void {
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function showProgress(line: string): void {
  if (process.stderr.isTTY !== true) return;
  const columns = process.stderr.columns || DEFAULT_COLUMNS;
  // ECMA-48: EL, erase to the end of the line.
  process.stderr.write(`\r${line.slice(0, columns - 1)}\x1b[K`);
}

function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.once("close", () => resolve(undefined));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}
