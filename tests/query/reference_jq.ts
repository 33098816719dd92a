/**
 * The plain reference: `zcat` prints a journal's files and `jq` says of each line whether it meets each of many filters.
 *
 * One `jq` answers for all filters of a root and a signal, since to start one takes longer than to read a thousand lines.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { Filter, FilterValue } from "../../src/model/filter.ts";
import { requireTool } from "../tools.ts";
import { severityOf } from "./reference_matcher.ts";

const zcat = requireTool("zcat");
const jq = requireTool("jq");

/** Why tests that need the reference are skipped; false where it is there. */
export const referenceSkip: string | false = zcat.skip || jq.skip;

/** What jq made of a line that holds a record. */
export interface JqLine {
  /** The record. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Whether it meets each of the filters. */
  readonly meets: readonly boolean[];
}

/** A filter, and the expressions that jq's regular expressions take for its own. */
export interface JqFilter {
  readonly filter: Filter;
  /** By RE2's, where they are written in another way. */
  readonly patterns: ReadonlyMap<string, string>;
}

/**
 * Asks `jq` about every line of some files, in their order. Lines that hold no record, and those that jq refuses, are left out.
 *
 * @param files Absolute paths; each may lack its last line feed.
 */
export async function askJq(files: readonly string[], filters: readonly JqFilter[]): Promise<JqLine[]> {
  const bits = filters.map((filter) => `if ${jqExpression(filter)} then "1" else "0" end`);
  const said = `[${bits.map((_, index) => `f${index}`).join(", ")}] | add // ""`;
  const program = `${jqFunctions(bits)} ${JQ_RECORD} | [(${said}), .]`;
  const lines = await runJq(files, { program });
  return lines.map((line) => {
    const [said, record] = line as [string, Readonly<Record<string, unknown>>];
    return { record, meets: Array.from(said, (bit) => bit === "1") };
  });
}

/** Defines `f0`, `f1`, … for expressions: one function of jq does not hold all of them. */
export function jqFunctions(expressions: readonly string[]): string {
  return expressions.map((expression, index) => `def f${index}: ${expression};\n`).join("");
}

/** The record of a line, for a program of jq; nothing where there is none. */
export const JQ_RECORD = `ltrimstr("\ufeff") | fromjson? | objects`;

/**
 * Runs a program of jq over the lines that `zcat` prints of some files, each as text; a hole of NULs ends a line. It may use what {@linkcode jqExpression}
 * does.
 *
 * @param options `isSlurped` gives the program no line, so that it can ask for all of them by `inputs`.
 * @returns What the program gives.
 */
export async function runJq(
  files: readonly string[],
  options: { readonly program: string; readonly isSlurped?: boolean },
): Promise<unknown[]> {
  const directory = mkdtempSync(join(tmpdir(), "varve-jq-"));
  try {
    const programPath = join(directory, "program.jq");
    writeFileSync(programPath, `${DEFINITIONS}\n${options.program}`);
    const flags = options.isSlurped === true ? "-nRc" : "-Rc";
    const script =
      'for file; do "$ZCAT" -f -- "$file" || exit; echo; done | tr "\\000" "\\n" | "$JQ" "$FLAGS" -f "$PROGRAM"';
    const child = spawn("sh", ["-c", script, "sh", ...files], {
      env: { ...process.env, ZCAT: zcat.path, JQ: jq.path, FLAGS: flags, PROGRAM: programPath },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    const output = await text(child.stdout);
    assert.deepEqual(await ended, [0, null], "zcat | jq failed");
    return output.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the filters are written with. */
const DEFINITIONS = String.raw`
def held($name):
  if type == "array" then .[] | held($name)
  elif type != "object" then empty
  elif has($name) then .[$name]
  else ($name | split(".")) as $names | . as $holder
    | range(1; $names | length) as $count
    | ($names[:$count] | join(".")) as $head
    | select($holder | has($head)) | $holder[$head] | held($names[$count:] | join("."))
  end;
def elements: if type == "array" then .[] | elements else . end;
def texts: .. | if type == "string" then . elif type == "number" then (if . == 0 then "0" else tostring end) else empty end;
def base: {"trace": 1, "debug": 5, "info": 9, "warn": 13, "warning": 13, "error": 17, "fatal": 21};
def severity:
  if type != "string" then 0
  else ascii_downcase as $level
    | base[$level] // (
      [$level | capture("\\A(?<name>trace|debug|info|warning|warn|error|fatal)(?<distance>[+-][0-9]{1,3})\\z")
        | base[.name] + (.distance | ltrimstr("+") | tonumber)] | .[0] // 0
      | if . >= 1 and . <= 24 then . else 0 end)
  end;
`;

/** A condition as an expression of jq that gives `true` or `false` for the record. */
export function jqExpression({ filter, patterns }: JqFilter): string {
  const of = (each: Filter) => jqExpression({ filter: each, patterns });
  switch (filter.kind) {
    case "all":
      return `(${["true", ...filter.filters.map(of)].join(" and ")})`;
    case "any":
      return `(${["false", ...filter.filters.map(of)].join(" or ")})`;
    case "not":
      return `(${of(filter.filter)} | not)`;
    case "present":
      return `any(${heldBy(filter.field)}; true)`;
    case "equals":
      return `any(${heldBy(filter.field)} | elements; ${equality(filter.field, filter.value)})`;
    case "compares":
      return `any(${heldBy(filter.field)} | elements; ${comparison(filter)})`;
    case "contains": {
      // To look for nothing, jq takes for a mistake.
      const test = filter.text === "" ? "true" : `index(${literal(filter.text)}) != null`;
      return `any(${textsOf(filter.field)}; ${test})`;
    }
    case "matches": {
      const { pattern } = filter;
      const source = typeof pattern === "string" ? pattern : withFlags(pattern);
      return `any(${textsOf(filter.field)}; test(${literal(patterns.get(source) ?? source)}))`;
    }
  }
}

/** The text of an expression with its flags, as RE2 has them. */
function withFlags({ source, flags }: RegExp): string {
  const own = flags.replace("g", "");
  return own === "" ? source : `(?${own})${source}`;
}

/** The values that the record has under a name, as an expression of jq. */
export function heldBy(field: string): string {
  const name = literal(field);
  return field.includes(".") ? `held(${name})` : `(if has(${name}) then .[${name}] else empty end)`;
}

function textsOf(field: string | undefined): string {
  return field === undefined ? "texts" : `(${heldBy(field)} | texts)`;
}

function equality(field: string, value: FilterValue): string {
  if (field !== "level" || typeof value !== "string") return `. == ${literal(value)}`;
  const severity = severityOf(value);
  if (severity > 0) return `severity == ${severity}`;
  return `type == "string" and ascii_downcase == ${literal(value.toLowerCase())}`;
}

function comparison({ field, operator, value }: Extract<Filter, { kind: "compares" }>): string {
  if (typeof value !== "string") return `type == "number" and . ${operator} ${literal(value)}`;
  if (field !== "level") return `type == "string" and . ${operator} ${literal(value)}`;
  const severity = severityOf(value);
  return severity === 0 ? "false" : `severity as $own | $own > 0 and $own ${operator} ${severity}`;
}

function literal(value: FilterValue): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}
