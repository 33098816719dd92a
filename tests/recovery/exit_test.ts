/**
 * Every way out of a program, with writes under way: all that was appended before the end is on file once, in order and
 * whole, and the program ends as it would without Varve.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { currentRuntime } from "../tools.ts";
import { crashRecord } from "./crash_records.ts";
import { programCommand, startCommand } from "./program.ts";
import { inRoot, LOGS, namesIn, range } from "./stores.ts";

/** How a program ended. */
interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
}

/** A way out, and what the program itself listens for. */
interface Row {
  readonly way: string;
  readonly listener?: string;
  readonly skip?: string | false;
}

/** How much of the write under way is on file: see ./programs/leaving_writer.ts. */
const DISKS = ["held", "torn", "landed", "real"];
const APPENDED_MIN = 1520;
const noDeno = currentRuntime === "bun" && "Bun has no Deno namespace";

const ROWS: readonly Row[] = [
  { way: "return" },
  { way: "exitCode" },
  { way: "exit" },
  { way: "denoExit", skip: noDeno },
  { way: "exitWhileClosing" },
  { way: "throw" },
  { way: "throwLater" },
  { way: "throwLater", listener: "catchAndExit" },
  { way: "throwLater", listener: "catch" },
  { way: "reject" },
  { way: "reject", listener: "catchAndExit" },
  { way: "reject", listener: "catchRejection" },
  { way: "SIGTERM" },
  { way: "SIGTERM", listener: "exit" },
  { way: "SIGTERM", listener: "exitLater" },
  { way: "SIGTERM", listener: "once" },
  { way: "SIGTERM", listener: "close" },
  { way: "SIGTERM", listener: "goOn" },
  { way: "SIGTERM", listener: "denoListener", skip: noDeno },
  { way: "SIGINT" },
  { way: "SIGINT", listener: "exitLater" },
  { way: "SIGHUP" },
  { way: "SIGHUP", listener: "exitLater" },
];

for (const { way, listener = "", skip = false } of ROWS) {
  const title = listener === "" ? way : `${way}, where the program listens (${listener})`;
  test(`exit flush with writes under way keeps every record, and the exit status: ${title}`, { skip }, async () => {
    await inRoot(async (directory) => {
      const end = (disk: string) => endProgram(directory, { way, listener, disk });
      const [expected, ...endings] = await Promise.all([
        endProgram(directory, { way, listener, disk: "none" }),
        ...DISKS.map(end),
      ]);
      assert.deepEqual(endings, DISKS.map(() => expected));
      for (const disk of DISKS) assertWritten(directory, disk);
    });
  });
}

/** Runs the program to its end, with a root named after its disk, or, on no disk, without Varve. */
async function endProgram(
  directory: string,
  { way, listener, disk }: { readonly way: string; readonly listener: string; readonly disk: string },
): Promise<Ending> {
  const root = disk === "none" ? [] : [join(directory, disk)];
  const program = startCommand([
    // What the runtime reports of an error is not of interest here.
    ...["sh", "-c", 'exec "$@" 2>/dev/null', "sh"],
    ...programCommand("leaving_writer.ts"),
    ...[way, listener, disk, notePath(directory, disk), ...root],
  ]);
  if (way.startsWith("SIG")) {
    assert.equal(await program.nextLine(), "ready");
    program.signal(way as NodeJS.Signals);
  }
  const status = await program.ended;
  return { status, signal: program.process.signalCode };
}

/** Looks at the files as any other program would. */
function assertWritten(directory: string, disk: string): void {
  const appended = Number(readFileSync(notePath(directory, disk)).readBigUInt64LE());
  assert.ok(appended >= APPENDED_MIN);
  const expected = range(0, appended).map((n) => `${JSON.stringify(crashRecord(n))}\n`).join("");
  const folder = join(directory, disk, LOGS.stack, LOGS.server);
  for (const signal of ["logs", "events"]) {
    const names = [...namesIn(folder, new RegExp(`^${signal}-`)), `${signal}.jsonl`];
    const found = Buffer.concat(names.map((name) => readFileSync(join(folder, name)))).toString();
    assert.ok(found === expected, `${disk}, ${signal}: ${differenceOf(found, expected)}`);
  }
}

function differenceOf(found: string, expected: string): string {
  const place = Array.from(expected).findIndex((character, index) => found[index] !== character);
  return `${found.length} characters instead of ${expected.length}, different from ${place}: ${
    found.slice(place, place + 80)
  }`;
}

function notePath(directory: string, disk: string): string {
  return join(directory, `${disk}.note`);
}
