import assert from "node:assert/strict";
import { test } from "node:test";
import { LINE_MAX_BYTES } from "../../src/limits.ts";
import { recoverSegment, type Recovery } from "../../src/segment/recovery.ts";
import { contentOf, memoryFile } from "./segments.ts";

const HOLE = "\0".repeat(5000);
const GOOD = `{"n":1}`;
/** Torn, which nobody can tell without holding it. */
const LONG = `{"x":"${"y".repeat(LINE_MAX_BYTES)}`;

/** An active file as a crash or a power loss left it, and as the next writer finds it. */
const TABLE: readonly [what: string, found: string, mended: string, kind: Recovery["kind"]][] = [
  ["nothing", "", "", "clean"],
  ["a whole line", `${GOOD}\n`, `${GOOD}\n`, "clean"],
  ["a line without its line feed", `${GOOD}\n${GOOD}`, `${GOOD}\n${GOOD}\n`, "completed"],
  ["a torn line", `${GOOD}\n{"n`, `${GOOD}\n`, "cut"],
  ["a tail of NULs", `${GOOD}\n${HOLE}`, `${GOOD}\n`, "cut"],
  ["a line whose line feed became NULs", `${GOOD}${HOLE}`, `${GOOD}\n`, "cut"],
  ["a hole before a line without its line feed", `${GOOD}\n${HOLE}${GOOD}`, `${GOOD}\n${HOLE}${GOOD}\n`, "completed"],
  ["a torn line, a hole, and a line", `${GOOD}\n{"n${HOLE}${GOOD}`, `${GOOD}\n{"n${HOLE}${GOOD}\n`, "completed"],
  ["a hole, a line, and a tail of NULs", `${HOLE}${GOOD}${HOLE}`, `${HOLE}${GOOD}\n`, "cut"],
  ["a line, a hole, and a torn line", `${GOOD}\n${GOOD}${HOLE}{"n`, `${GOOD}\n${GOOD}\n`, "cut"],
  ["a hole and a torn line", `${GOOD}\n${HOLE}{"n`, `${GOOD}\n`, "cut"],
  ["nothing but NULs", HOLE, "", "cut"],
  ["a hole before a line feed", `${GOOD}\n${HOLE}\n`, `${GOOD}\n${HOLE}\n`, "clean"],
  ["40 MiB of NULs", `${GOOD}\n${"\0".repeat(40 * 1024 * 1024)}`, `${GOOD}\n`, "cut"],
  ["a line too long to be told", `${GOOD}\n${LONG}`, `${GOOD}\n${LONG}\n`, "completed"],
  ["more torn pieces than a power loss leaves", `${"x\0".repeat(100)}x`, `${"x\0".repeat(100)}x\n`, "completed"],
];

for (const [what, found, mended, kind] of TABLE) {
  test(`recoverSegment: ${what}`, () => {
    const file = memoryFile(found);
    const { recovery, sizeBytes } = recoverSegment(file);
    assert.equal(recovery.kind, kind);
    const content = new TextDecoder().decode(contentOf(file));
    assert.ok(content === mended, `${content.length} bytes: ${content.slice(-40)}`);
    assert.equal(sizeBytes, file.stat().sizeBytes);
    const addedBytes = mended.endsWith("\n") && !found.startsWith(mended) ? 1 : 0;
    if (recovery.kind === "cut") assert.equal(recovery.cutBytes, found.length - (mended.length - addedBytes));
    assert.deepEqual(recoverSegment(file), { recovery: { kind: "clean" }, sizeBytes }, "a second time changes nothing");
  });
}
