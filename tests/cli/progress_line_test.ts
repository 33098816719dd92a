import assert from "node:assert/strict";
import { test } from "node:test";
import { progressLine } from "../../src/cli/progress_line.ts";

const MIB = 1024 * 1024;

test("progressLine: bar, share, bytes and rate", () => {
  const cases: readonly (readonly [checkedBytes: number, totalBytes: number, elapsedMs: number, line: string])[] = [
    [0, 0, 0, "[########################] 100 %  0 B of 0 B"],
    [0, MIB, 0, "[                        ]   0 %  0 B of 1.0 MiB"],
    [MIB, 3 * MIB, 500, "[########                ]  33 %  1.0 MiB of 3.0 MiB  2.0 MiB/s"],
    [3 * MIB - 1, 3 * MIB, 1000, "[####################### ]  99 %  3.0 MiB of 3.0 MiB  3.0 MiB/s"],
    [3 * MIB, 3 * MIB, 1000, "[########################] 100 %  3.0 MiB of 3.0 MiB  3.0 MiB/s"],
  ];
  for (const [checkedBytes, totalBytes, elapsedMs, line] of cases) {
    assert.equal(progressLine({ checkedBytes, totalBytes }, elapsedMs), line);
  }
});
