import assert from "node:assert/strict";
import { test } from "node:test";
import { displayBytes, displayTable, displayText } from "../../src/cli/display_text.ts";

test("displayText: what drives a terminal is escaped, everything else stays", () => {
  const cases = {
    "\u001b[31mred\u001b]0;title\u0007": "\\u001b[31mred\\u001b]0;title\\u0007",
    "a\nb\tc\rd": "a\\nb\\tc\\rd",
    "\u009b2J\u0085\u007f\0": "\\u009b2J\\u0085\\u007f\\u0000",
    "\u202eevil\u2066x\u2069\u200f\u061c": "\\u202eevil\\u2066x\\u2069\\u200f\\u061c",
    "\u2028\u2029": "\\u2028\\u2029",
    'grüße 🦊 日本 "quoted" \\': 'grüße 🦊 日本 "quoted" \\',
  };
  for (const [text, shown] of Object.entries(cases)) assert.equal(displayText(text), shown);
});

test("displayText: JSON stays the same JSON", () => {
  const value = { "key\u009b": "a\u202eb\u007f\n", list: ["\u2028"] };
  assert.deepEqual(JSON.parse(displayText(JSON.stringify(value))), value);
});

test("displayBytes: whole bytes below 1 KiB, one decimal below 10 of a unit, else none", () => {
  const cases = new Map([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1500, "1.5 KiB"],
    [10_240, "10 KiB"],
    [1_572_864, "1.5 MiB"],
    [104_857_600, "100 MiB"],
    [5 * 2 ** 30, "5.0 GiB"],
    [2 ** 50, "1024 TiB"],
  ]);
  for (const [bytes, shown] of cases) assert.equal(displayBytes(bytes), shown);
});

test("displayTable: columns as wide as their longest cell", () => {
  assert.equal(displayTable([["A", "B"], ["long\n", "x"], ["", "yy"]]), "A       B\nlong\\n  x\n        yy\n");
});

test("displayTable: numbers are aligned to the right", () => {
  assert.equal(
    displayTable([["A", "N"], ["x", "5"], ["yy", "1000"]], { numbersFrom: 1 }),
    "A      N\nx      5\nyy  1000\n",
  );
});
