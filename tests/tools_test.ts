/**
 * The rule that a missing tool is a skip with its reason, and a failure in a run that must be complete.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { currentRuntime, requireTool } from "./tools.ts";

const MISSING = "varve-no-such-tool";

test("requireTool finds the runtime that executes it, and programs on PATH by their absolute path", () => {
  assert.deepEqual(requireTool(currentRuntime), { path: process.execPath, skip: false });
  assert.match(requireTool("sh").path, /^\/.*\/sh$/);
});

test("requireTool skips with the tool's name, and throws when tools are required", () => {
  const before = process.env["VARVE_REQUIRE_TOOLS"];
  try {
    delete process.env["VARVE_REQUIRE_TOOLS"];
    assert.deepEqual(requireTool(MISSING), { path: MISSING, skip: `needs ${MISSING}, which is missing` });
    process.env["VARVE_REQUIRE_TOOLS"] = "1";
    assert.throws(() => requireTool(MISSING), /needs varve-no-such-tool, which is missing/);
  } finally {
    if (before === undefined) delete process.env["VARVE_REQUIRE_TOOLS"];
    else process.env["VARVE_REQUIRE_TOOLS"] = before;
  }
});
