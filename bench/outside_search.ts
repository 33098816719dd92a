/**
 * Searches a log with other programs: a shell's pipeline, each with the time it took and what it found.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { digestOf, type Found } from "./digest.ts";
import { runCommand } from "./program.ts";

/** A search by a pipeline of programs. */
export interface OutsideSearch {
  /** What the table calls it. */
  readonly name: string;
  /** The programs it needs, besides the shell. */
  readonly tools: readonly string[];
  /** For `sh`: `$0` is what to look for, the arguments are the files, and the lines that were found go to its output. */
  readonly script: string;
}

/** What a search took and found. */
export interface OutsideAnswer extends Found {
  readonly ms: number;
}

/** GNU grep compares bytes in this locale, which is its fastest; `-f` passes what is not compressed through. */
export const ZCAT_GREP: OutsideSearch = {
  name: "zcat | grep -F",
  tools: ["zcat", "grep"],
  script: 'zcat -f -- "$@" | LC_ALL=C grep -F -- "$0"',
};

/** ripgrep decompresses files side by side, with a gzip of its own for each. */
export const RIPGREP: OutsideSearch = {
  name: "rg -z -F",
  tools: ["rg", "gzip"],
  script: 'rg -z -F --no-filename --no-line-number --no-config -- "$0" "$@"',
};

/** jq reads what zcat unpacks and prints the lines whose record meets the condition. */
export const ZCAT_JQ: OutsideSearch = {
  name: "zcat | jq",
  tools: ["zcat", "jq"],
  script: 'zcat -f -- "$@" | jq -c "select($0)"',
};

/** Why a search cannot be made here; `undefined` where it can. */
export function whyImpossible({ tools }: OutsideSearch): string | undefined {
  const missing = tools.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
  return missing.length === 0 ? undefined : `${missing.join(" and ")} not installed`;
}

/**
 * Searches files.
 *
 * @param options.directory Where the output may stand for a while.
 */
export function searchOutside(
  { script }: OutsideSearch,
  options: { readonly wanted: string; readonly files: readonly string[]; readonly directory: string },
): OutsideAnswer {
  const { wanted, files, directory } = options;
  const place = mkdtempSync(join(directory, "found-"));
  const output = join(place, "lines");
  try {
    const startMs = performance.now();
    runCommand("sh", ["-c", `${script} > "$VARVE_BENCH_OUTPUT"`, wanted, ...files], { VARVE_BENCH_OUTPUT: output });
    const ms = performance.now() - startMs;
    return { ms, ...digestOf(linesOf(output)) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The lines of a file, each with a line feed behind it. */
export function linesOf(path: string): readonly string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}
