import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPaint, colorPaint, plainPaint, type Style } from "../../src/cli/paint.ts";

test("chosenPaint: the flag, then FORCE_COLOR, then NO_COLOR, then the terminal decides", () => {
  type Case = readonly [
    flag: string | undefined,
    isTerminal: boolean,
    variables: Record<string, string>,
    color: boolean,
  ];
  const cases: readonly Case[] = [
    [undefined, true, {}, true],
    ["auto", true, {}, true],
    [undefined, false, {}, false],
    [undefined, true, { NO_COLOR: "1" }, false],
    [undefined, true, { TERM: "dumb" }, false],
    [undefined, false, { FORCE_COLOR: "1" }, true],
    [undefined, true, { FORCE_COLOR: "0" }, false],
    [undefined, true, { FORCE_COLOR: "false" }, false],
    [undefined, false, { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, true],
    ["always", false, { NO_COLOR: "1", FORCE_COLOR: "0" }, true],
    ["never", true, { FORCE_COLOR: "1" }, false],
  ];
  for (const [flag, isTerminal, variables, color] of cases) {
    const paint = chosenPaint({ flag, isTerminal, variable: (name) => variables[name] });
    assert.equal(paint, color ? colorPaint : plainPaint, JSON.stringify({ flag, isTerminal, variables }));
  }
  assert.throws(() => chosenPaint({ flag: "blue", isTerminal: true, variable: () => undefined }), {
    name: "UsageError",
    message: 'Cannot use --color "blue": expected auto, always or never',
  });
});

test("colorPaint: whatever is painted is escaped, and what is turned on is turned off", () => {
  const styles: readonly Style[] = ["plain", "time", "key", "server", "debug", "info", "warn", "error", "fatal"];
  for (const style of styles) {
    const painted = colorPaint(style, "a\u001b[31mb\n");
    // deno-lint-ignore no-control-regex
    const [, on = "", text = "", off = ""] = /^((?:\x1b\[[\d;]+m)?)(.*?)((?:\x1b\[\d+m)*)$/s.exec(painted) ?? [];
    assert.equal(text, "a\\u001b[31mb\\n", style);
    assert.equal(on === "", off === "", style);
  }
  assert.equal(plainPaint("error", "\u001b"), "\\u001b");
});
