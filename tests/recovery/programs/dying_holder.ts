/**
 * Fills a journal with numbered records, raw segments and compressed ones, and says `filled`. From then on it kills
 * itself before a certain change of its folder. With `wipe` on standard input it wipes the folder, says `wiped` and ends.
 *
 * Arguments: root, number of records, number of changes that it survives.
 *
 * @module
 */
import { once } from "node:events";
import process from "node:process";
import { openStore } from "../../../mod.ts";
import type { FileHandle, OpenMode } from "../../../src/platform/file_system.ts";
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";
import { RefusingFileSystem } from "../refusing_file_system.ts";
import { LOGS, numbered } from "../stores.ts";

/** Counts what changes files or names, or makes them durable. */
class DyingFileSystem extends RefusingFileSystem {
  /** Changes left until the end. */
  left = Infinity;

  override open(path: string, mode: OpenMode): FileHandle {
    if (mode !== "read") this.#change();
    return super.open(path, mode);
  }

  override rename(from: string, to: string): void {
    this.#change();
    super.rename(from, to);
  }

  override remove(path: string): void {
    this.#change();
    super.remove(path);
  }

  override syncDirectory(path: string): Promise<void> {
    this.#change();
    return super.syncDirectory(path);
  }

  #change(): void {
    if (this.left-- <= 0) process.kill(process.pid, "SIGKILL");
  }
}

const [root = "", records = "0", survived = "0"] = process.argv.slice(2);
const fileSystem = new DyingFileSystem(nodeFileSystem);
const store = await openStore(root, { fileSystem, segment: { maxBytes: 1000 }, retention: { maxSegments: false } });
const journal = store.journal(LOGS);
for (let n = 0; n < Number(records); n++) journal.append(numbered(n));
await journal.sync();
// A part of them: where a compression is under way, the wipe has to stop it.
while (store.stats().compression.finished < 2) await new Promise((resolve) => setTimeout(resolve, 1));
fileSystem.left = Number(survived);
console.log("filled");
await once(process.stdin, "data");
await store.wipe({ stack: LOGS.stack });
console.log("wiped");
process.exit(0);
