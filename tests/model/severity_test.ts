import { test } from "node:test";
import assert from "node:assert/strict";
import { levelOf, severityNumberOf } from "../../src/model/severity.ts";

test("levelOf writes slog's levels", () => {
  const cases: [number: number, text: string, level: string][] = [
    [1, "", "TRACE"],
    [2, "", "TRACE+1"],
    [5, "", "DEBUG"],
    [8, "", "DEBUG+3"],
    [9, "anything", "INFO"],
    [10, "", "INFO+1"],
    [13, "", "WARN"],
    [17, "", "ERROR"],
    [21, "", "FATAL"],
    [24, "", "FATAL+3"],
    [0, "", "INFO"],
    [0, "error", "ERROR"],
    [0, "Warning", "WARN"],
    [0, "DEBUG-4", "TRACE"],
    [0, "Notice", "INFO"],
    [25, "", "INFO"],
    [-1, "WARN+1", "WARN+1"],
  ];
  for (const [number, text, level] of cases) assert.equal(levelOf(number, text), level, `${number} "${text}"`);
});

test("severityNumberOf reads what levelOf writes, and slog's other levels", () => {
  for (let number = 1; number <= 24; number++) assert.equal(severityNumberOf(levelOf(number, "")), number);
  const cases: [level: string, number: number][] = [
    ["info", 9],
    ["WARNING+1", 14],
    ["ERROR+4", 21],
    ["INFO-1", 8],
    ["TRACE-1", 0],
    ["FATAL+4", 0],
    ["ERROR+", 0],
    ["INFOS", 0],
    ["", 0],
    ["constructor", 0],
  ];
  for (const [level, number] of cases) assert.equal(severityNumberOf(level), number, level);
});
