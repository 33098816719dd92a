/**
 * Takes the lock on the path of its argument, says `held` or `refused`, and answers each line of input: `release` frees
 * the lock, `take` tries again, anything else only collects garbage.
 *
 * @module
 */
import { createInterface } from "node:readline";
import process from "node:process";
import type { FileLock } from "../../../src/platform/file_system.ts";
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";

const path = String(process.argv[2]);
let release: FileLock["release"] | undefined;

take();
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "release") {
    release?.();
    release = undefined;
    console.log("released");
  } else if (line === "take") {
    take();
  } else {
    (globalThis as { Bun?: { gc(force: boolean): void } }).Bun?.gc(true);
    console.log("collected");
  }
}

function take(): void {
  const lock = nodeFileSystem.lock(path);
  // Kept only on demand, so that the lock depends on nothing of this program.
  if (process.argv[3] !== "forget") release = lock?.release;
  console.log(lock === undefined ? "refused" : "held");
}
