import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../mod.ts";
import { errorText } from "../../src/cli/error_text.ts";

function filterError(text: string): unknown {
  try {
    return parseFilter(text);
  } catch (error) {
    return error;
  }
}

test("errorText: an error about a filter points at the place", () => {
  const cases: readonly (readonly [filter: string, lines: readonly string[]])[] = [
    ["level>=loud", ["  level>=loud", "         ^"]],
    ["(tool=search", ["  (tool=search", "  ^"]],
    ["tool=", ["  tool=", "       ^"]],
    // What is shown is longer than what was written, and a character of two units takes one place.
    ["\u001b🦊 tool=", ["  \\u001b🦊 tool=", "               ^"]],
    ["a\nb==c", ["  a\\nb==c", "      ^"]],
  ];
  for (const [filter, lines] of cases) {
    const [reason = "", ...shown] = errorText(filterError(filter)).split("\n");
    assert.match(reason, /^Cannot read the filter at column \d+: /);
    assert.ok(!reason.includes("received"), reason);
    assert.deepEqual(shown, lines);
  }
});

test("errorText: of a filter that is too long, only the reason is said", () => {
  assert.match(errorText(filterError("x".repeat(9000))), /^[^\n]*at most 8192 characters[^\n]*$/);
});

test("errorText: control characters of any message are escaped", () => {
  assert.equal(errorText(new Error("no \u001b[2J\n")), "no \\u001b[2J\\n");
  assert.equal(errorText("text"), "text");
});
