/**
 * The outside programs that tests use: found on PATH, else a skip that says why.
 *
 * `VARVE_REQUIRE_TOOLS=1` turns a missing tool into a failure, so that a run that is meant to be complete cannot pass
 * by skipping.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** An outside program, as a test uses it: `test(name, { skip: tool.skip }, () => spawn(tool.path, …))`. */
export interface Tool {
  /** Absolute path; the bare name where the tool is missing. */
  readonly path: string;
  /** Why tests that need the tool are skipped; false when it is there. */
  readonly skip: string | false;
}

/** The runtime that executes the current test. */
export const currentRuntime: "bun" | "deno" = process.versions["bun"] === undefined ? "deno" : "bun";

/**
 * Looks for `name` on PATH.
 *
 * @throws {Error} If the tool is missing and `VARVE_REQUIRE_TOOLS=1` is set.
 */
export function requireTool(name: string): Tool {
  return toolAt(name, name === currentRuntime ? process.execPath : findOnPath(name));
}

/**
 * Tells whether the packages of a directory with its own `package.json` are installed for Bun, which
 * `deno task test` does before it runs anything. Deno needs no such step.
 *
 * @param directory Absolute path of the directory that holds `package.json`.
 * @throws {Error} If they are not and `VARVE_REQUIRE_TOOLS=1` is set.
 */
export function requireBunPackages(directory: string): Tool {
  const path = join(directory, "node_modules");
  const isInstalled = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return toolAt(`the result of "bun install" in ${directory}`, isInstalled ? path : undefined);
}

/**
 * A tool that was looked for elsewhere: it is at `path`, or missing.
 *
 * @throws {Error} If it is missing and `VARVE_REQUIRE_TOOLS=1` is set.
 */
export function toolAt(name: string, path: string | undefined): Tool {
  if (path !== undefined) return { path, skip: false };
  const reason = `needs ${name}, which is missing`;
  if (process.env["VARVE_REQUIRE_TOOLS"] === "1") {
    throw new Error(`Cannot run a test: it ${reason}, and VARVE_REQUIRE_TOOLS=1 forbids to skip it`);
  }
  return { path: name, skip: reason };
}

function findOnPath(name: string): string | undefined {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory === "" ? "." : directory, name);
    if (isExecutableFile(path)) return path;
  }
  return undefined;
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
