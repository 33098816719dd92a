/**
 * Takes and frees a lock for a while, competing with others, and reports as JSON how often it got it, and how often
 * somebody else was inside at the same time.
 *
 * @module
 */
import * as fs from "node:fs";
import process from "node:process";
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";

const directory = String(process.argv[2]);
const durationMs = Number(process.argv[3]);
const inside = `${directory}/inside`;
let [taken, overlaps] = [0, 0];

for (const endMs = Date.now() + durationMs; Date.now() < endMs;) {
  const lock = nodeFileSystem.lock(`${directory}/.lock`);
  if (lock === undefined) continue;
  taken++;
  try {
    fs.closeSync(fs.openSync(inside, "wx"));
    fs.unlinkSync(inside);
  } catch {
    overlaps++;
  }
  lock.release();
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
}
console.log(JSON.stringify({ taken, overlaps }));
