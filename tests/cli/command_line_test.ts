import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runVarve, withDirectory } from "./varve_process.ts";

test("varve: --help prints every command, and each command's its flags", async () => {
  const { status, output } = await runVarve(["--help"]);
  assert.equal(status, 0);
  const commands = [["serve", "--token"], ["inventory", "--json"], ["tail", "--follow"], ["query", "--filter"], [
    "verify",
    "--signal",
  ], ["wipe", "--yes"]];
  for (const [command, flag] of commands) {
    assert.match(output, new RegExp(`varve ${command}`));
    const help = await runVarve([String(command), "--help"]);
    assert.equal(help.status, 0, command);
    assert.ok(help.output.includes(String(flag)) && help.output.includes("--root"), help.output);
  }
});

test("varve: a command line that makes no sense is explained, with status 2", async () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[], /^$/],
    [["frobnicate"], /Unknown command "frobnicate"/],
    [["--verbose"], /Unknown option "--verbose"/],
    [["tail", "--bad"], /--bad/],
    [["tail"], /Too few arguments: expected varve tail STACK/],
    [["tail", "a", "-n", "-5"], /--lines "-5"/],
    [["tail", "a", "--keyed"], /Cannot use --keyed without --json/],
    [["query", "--color", "blue"], /--color "blue"/],
    [["query", "-q", ""], /--filter ""/],
    [["query", "-q", "-debug"], /'-q' argument is ambiguous/],
    [["query", "-n", "many"], /--limit "many"/],
    [["query", "--from", "yesterday"], /"--from": expected RFC 3339, .*, received "yesterday"/],
    [["query", "--to", "-1y"], /"--to": .*, received "-1y"/],
    [["query", "--step", "1m"], /Cannot use --step without --aggregate/],
    [["query", "--aggregate", "count", "-n", "1"], /Cannot use --limit with --aggregate/],
    [["query", "--aggregate", "count", "--step", "-1"], /"--step": expected a duration .*, received "-1"/],
    [["query", "--aggregate", "avg"], /expected "field"/],
    [["inventory", "a", "b"], /Unexpected argument "b"/],
    [["tail", "a", "b", "-n", "many"], /--lines "many"/],
    [["tail", "a", "b", "--signal", "log"], /Cannot use signal "log": expected one of logs, metrics/],
    [["wipe", "a", "--server", ""], /--server ""/],
    [["serve", "--port", "70000"], /--port "70000"/],
    [["serve", "--port"], /--port/],
  ];
  for (const [args, message] of cases) {
    const { status, errorOutput } = await runVarve(args);
    assert.equal(status, 2, args.join(" "));
    assert.match(errorOutput, message);
  }
});

test("varve: a root that is not there is named, with status 1", async () => {
  await withDirectory(async (directory) => {
    const root = join(directory, "nothing");
    for (const args of [["inventory"], ["tail", "a", "b"], ["wipe", "a", "-y"]]) {
      const { status, errorOutput } = await runVarve([...args, "--root", root]);
      assert.equal(status, 1, args.join(" "));
      assert.ok(errorOutput.includes(`Cannot open "${root}": there is no such directory`), errorOutput);
    }
    const fromEnvironment = await runVarve(["inventory"], { VARVE_ROOT: root });
    assert.ok(fromEnvironment.errorOutput.includes(root));
    const fromHome = await runVarve(["inventory"], { HOME: directory });
    assert.ok(fromHome.errorOutput.includes(join(directory, ".varve", "telemetry")));
  });
});
