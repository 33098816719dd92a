/**
 * Finds the command that a command line names, and turns its errors into messages.
 *
 * @module
 */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { FilterSyntaxError, UsageError } from "../errors.ts";
import type { Terminal } from "../platform/terminal.ts";
import type { Command, Flags } from "./command.ts";
import { errorText } from "./error_text.ts";
import { inventoryCommand } from "./inventory_command.ts";
import { queryCommand } from "./query_command.ts";
import { serveCommand } from "./serve_command.ts";
import { tailCommand } from "./tail_command.ts";
import { verifyCommand } from "./verify_command.ts";
import { wipeCommand } from "./wipe_command.ts";

const COMMANDS: readonly Command[] = [
  serveCommand,
  inventoryCommand,
  tailCommand,
  queryCommand,
  verifyCommand,
  wipeCommand,
];

/** What every command takes. */
const COMMON_FLAGS: ParseArgsOptionsConfig = { root: { type: "string" }, help: { type: "boolean", short: "h" } };

const COMMON_HELP = `  --root DIRECTORY    where telemetry is kept (VARVE_ROOT; default ~/.varve/telemetry)
  -h, --help          print this`;

/**
 * Runs the command line of a process.
 *
 * @returns The exit status: 0, 1 if the command failed, 2 if the command line cannot be understood.
 */
export async function runCommandLine(terminal: Terminal): Promise<number> {
  const [name, ...rest] = terminal.arguments;
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      await terminal.write(overview());
      return name === undefined ? 2 : 0;
    }
    return await runCommand(findCommand(name), { rest, terminal });
  } catch (error) {
    terminal.report(`varve: ${errorText(error)}`);
    if (!(error instanceof UsageError || error instanceof FilterSyntaxError)) return 1;
    const known = COMMANDS.some((command) => command.name === name);
    terminal.report(`Try: varve ${known ? `${name} --help` : "--help"}`);
    return 2;
  }
}

async function runCommand(
  command: Command,
  { rest, terminal }: { readonly rest: readonly string[]; readonly terminal: Terminal },
): Promise<number> {
  const { flags, operands } = parseFlags(command, rest);
  if (flags.help === true) {
    await terminal.write(`${command.help}\n${COMMON_HELP}\n`);
    return 0;
  }
  const [least, most] = command.operandCount;
  if (operands.length < least) throw new UsageError(`Too few arguments: expected varve ${command.usage}`);
  if (operands.length > most) {
    throw new UsageError(`Unexpected argument "${operands[most]}": expected varve ${command.usage}`);
  }
  const root = flags.root ?? terminal.variable("VARVE_ROOT") ?? `${terminal.homeDirectory()}/.varve/telemetry`;
  if (root === "") throw new UsageError(`Cannot use --root "": expected a directory`);
  return await command.run({ terminal, flags, operands, root: String(root) });
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((each) => each.name).join(", ");
  throw new UsageError(`Unknown ${name.startsWith("-") ? "option" : "command"} "${name}": expected one of ${names}`);
}

function parseFlags(command: Command, args: readonly string[]): { flags: Flags; operands: readonly string[] } {
  const options = { ...COMMON_FLAGS, ...command.flags };
  try {
    const joined = joinNegatives(args, options);
    const { values, positionals } = parseArgs({ args: joined, options, allowPositionals: true, strict: true });
    return { flags: values as Flags, operands: positionals };
  } catch (error) {
    // What it throws for is the user's doing alone. The first sentence says it and the rest is about positionals, except where
    // that stands on further lines.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(". ")[0]?.replaceAll("\n", " "));
  }
}

/** Ties values such as `-1h` to their flags, which would otherwise be taken for flags themselves. */
function joinNegatives(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (const [index, arg] of args.entries()) {
    const flag = args[index - 1] ?? "";
    const name = Object.keys(options).find((each) => flag === `--${each}` || flag === `-${options[each]?.short}`);
    const takesValue = name !== undefined && options[name]?.type === "string";
    if (takesValue && /^-\d/.test(arg)) joined.splice(-1, 1, `--${name}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ usage }) => usage.length));
  const lines = COMMANDS.map(({ usage, summary }) => `  varve ${usage.padEnd(width)}  ${summary}\n`);
  return `Varve keeps telemetry in plain NDJSON files.\n\n${lines.join("")}\nvarve COMMAND --help tells more.\n`;
}
