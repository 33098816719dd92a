/**
 * The examples of the documentation are found, so that a page without a failing example is one whose examples ran.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { exportedDeclarations, fencedExamples } from "./examples.ts";

const FENCE = "```";

const SOURCES: Readonly<Record<string, string>> = {
  "mod.ts": `export { openStore as open, StoreError } from "./src/store.ts";
export * from "./src/journal.ts";
export type { Key } from "./src/store.ts";
`,
  "src/store.ts": `/** Text. @module */
import type { Key } from "./key.ts";
export type { Key };

/**
 * Opens.
 *
 * @example First
 * ${FENCE}ts
 * one();
 * ${FENCE}
 *
 * @example Second
 * ${FENCE}ts
 * two();
 * ${FENCE}
 */
export function openStore(): void {}

/** No example. */
export class StoreError extends RangeError {}
`,
  "src/key.ts": "/** Text. @module */\nexport interface Key {}\n",
  "src/journal.ts": "export class Journal {}\n",
};

test("fencedExamples returns the ts blocks of a page with their lines", () => {
  const page =
    `# A\n\n${FENCE}ts\na();\n\nb();\n${FENCE}\n\n${FENCE}sh\nls\n${FENCE}\n${FENCE}ts title\nc();\n${FENCE}\n`;
  assert.deepEqual(fencedExamples("A.md", page), [
    { place: "A.md:3", code: "a();\n\nb();\n" },
    { place: "A.md:12", code: "c();\n" },
  ]);
});

test("exportedDeclarations follows re-exports, renames and imports to the docstring", () => {
  const read = (path: string): string => SOURCES[path] ?? "";
  const found = exportedDeclarations("mod.ts", read);
  assert.deepEqual(found.map(({ name, kind, place }) => [name, kind, place]), [
    ["open", "function", "src/store.ts:18"],
    ["StoreError", "error", "src/store.ts:21"],
    ["Key", "other", "src/key.ts:2"],
  ]);
  assert.deepEqual(found[0]?.examples, [
    { place: "src/store.ts:9", code: "one();\n" },
    { place: "src/store.ts:14", code: "two();\n" },
  ]);
});

test("exportedDeclarations names an export that is not there", () => {
  const read = (path: string): string => path === "mod.ts" ? 'export { gone } from "./src/store.ts";' : "";
  assert.throws(() => exportedDeclarations("mod.ts", read), /Cannot find "gone", which mod\.ts exports/);
});
