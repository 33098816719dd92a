/**
 * What a loss of power may leave behind, row by row.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { seededRandom } from "../recovery/stores.ts";
import { bytes, textAt } from "./file_system_case.ts";

const SEED_COUNT = 600;

/** Something that a process does, and all that a loss of power after it may leave. */
export interface CrashRow {
  readonly name: string;
  /** Starts with {@linkcode DIRECTORY}, empty and durable. */
  run(fileSystem: MemoryFileSystem): void | Promise<void>;
  /** What stands afterwards; without it the names under the directory with their content, such as `a=x b/ b/c=`. */
  see?(fileSystem: MemoryFileSystem): string;
  /** Each is seen with some seed, and nothing else with any. */
  readonly outcomes: readonly string[];
}

/** Where rows put their files. */
export const DIRECTORY = "/store";

/** Registers two tests for each row: of a loss of power, and of the end of the process alone. */
export function testCrashes(rows: readonly CrashRow[]): void {
  for (const { name, run, see = treeOf, outcomes } of rows) {
    test(`MemoryDisk.crash(): ${name}`, async () => {
      const { disk, fileSystem } = newMachine();
      await run(fileSystem);
      const seen = new Map<string, number>();
      for (let seed = 0; seed < SEED_COUNT; seed++) seen.set(survivorsOf(disk, { seed, see }), seed);
      assert.deepEqual(
        [...seen.keys()].sort(),
        [...outcomes].sort(),
        `outcomes and seeds: ${JSON.stringify([...seen])}`,
      );
    });
    test(`MemoryFileSystem.kill() loses nothing that was done: ${name}`, async () => {
      const { disk, fileSystem } = newMachine();
      await run(fileSystem);
      const before = see(new MemoryFileSystem(disk));
      fileSystem.kill();
      assert.equal(see(new MemoryFileSystem(disk)), before);
    });
  }
}

/** A disk with the durable directory, at the time 1000, and a process. */
export function newMachine(): { readonly disk: MemoryDisk; readonly fileSystem: MemoryFileSystem } {
  const disk = new MemoryDisk(new ManualClock(1000));
  const fileSystem = new MemoryFileSystem(disk);
  fileSystem.makeDirectory(DIRECTORY);
  fileSystem.syncDirectorySync("/");
  return { disk, fileSystem };
}

/** Writes `content` to the file `name`, and syncs the file, but not its name. */
export function putSynced(fileSystem: MemoryFileSystem, name: string, content: string): void {
  const handle = fileSystem.open(`${DIRECTORY}/${name}`, "replace");
  handle.writeSync(bytes(content), 0);
  handle.syncSync();
  handle.close();
}

/** Makes the file `name` with `content` durable. */
export function putDurable(fileSystem: MemoryFileSystem, name: string, content: string): void {
  putSynced(fileSystem, name, content);
  fileSystem.syncDirectorySync(`${DIRECTORY}/${name}`.replace(/\/[^/]+$/, ""));
}

/** All names under the directory, sorted, with their content. */
export function treeOf(fileSystem: MemoryFileSystem): string {
  return namesUnder(fileSystem, DIRECTORY).sort().join(" ");
}

function namesUnder(fileSystem: MemoryFileSystem, directory: string): string[] {
  return fileSystem.list(directory).flatMap(({ name, kind }) => {
    const path = `${directory}/${name}`;
    const shownPath = path.slice(DIRECTORY.length + 1);
    if (kind === "directory") return [`${shownPath}/`, ...namesUnder(fileSystem, path)];
    return [`${shownPath}=${textAt(fileSystem, path).replaceAll("\0", "0")}`];
  });
}

/** What stands after a loss of power, and after a second one, at which nothing is left to lose. */
function survivorsOf(
  disk: MemoryDisk,
  { seed, see }: { readonly seed: number; readonly see: (fileSystem: MemoryFileSystem) => string },
): string {
  const clone = disk.clone();
  clone.crash(seededRandom(seed));
  const survivors = see(new MemoryFileSystem(clone));
  clone.crash(seededRandom(seed + SEED_COUNT));
  assert.equal(see(new MemoryFileSystem(clone)), survivors, `seed ${seed}: the second loss of power`);
  return survivors;
}
