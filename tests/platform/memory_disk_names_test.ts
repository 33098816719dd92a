/**
 * What a loss of power takes of the names of files and directories.
 *
 * @module
 */
import { assertCode, bytes } from "./file_system_case.ts";
import { DIRECTORY, putDurable, putSynced, testCrashes } from "./crash_row.ts";
import type { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";

testCrashes([
  {
    name: "a file that was created, written and synced vanishes with its name",
    run: (fileSystem) => putSynced(fileSystem, "a", "x"),
    outcomes: ["", "a=x"],
  },
  {
    name: "a name is durable once its directory was synced, whatever becomes of the content",
    run(fileSystem) {
      fileSystem.open(`${DIRECTORY}/a`, "update").writeSync(bytes("x"), 0);
      fileSystem.syncDirectorySync(DIRECTORY);
    },
    outcomes: ["a=", "a=x", "a=0"],
  },
  {
    name: "two names survive without each other, in any order",
    run(fileSystem) {
      putSynced(fileSystem, "a", "1");
      putSynced(fileSystem, "b", "2");
    },
    outcomes: ["", "a=1", "b=2", "a=1 b=2"],
  },
  {
    name: "a removed file comes back until its directory is synced",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      fileSystem.remove(`${DIRECTORY}/a`);
    },
    outcomes: ["a=x", ""],
  },
  {
    name: "an unlinked file is gone once its directory was synced",
    async run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      await fileSystem.unlink(`${DIRECTORY}/a`);
      await fileSystem.syncDirectory(DIRECTORY);
    },
    outcomes: [""],
  },
  {
    name: "a removed file that comes back has what was written to it meanwhile, or not",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      const handle = fileSystem.open(`${DIRECTORY}/a`, "update");
      fileSystem.remove(`${DIRECTORY}/a`);
      handle.writeSync(bytes("y"), 1);
    },
    outcomes: ["", "a=x", "a=xy", "a=x0"],
  },
  {
    name: "what is written to a file that is gone for good brings nothing back",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      const handle = fileSystem.open(`${DIRECTORY}/a`, "update");
      fileSystem.remove(`${DIRECTORY}/a`);
      fileSystem.syncDirectorySync(DIRECTORY);
      handle.writeSync(bytes("y"), 1);
      handle.syncSync();
    },
    outcomes: [""],
  },
  {
    name: "a name that was removed and created again keeps that order",
    run(fileSystem) {
      putDurable(fileSystem, "a", "old");
      fileSystem.remove(`${DIRECTORY}/a`);
      putSynced(fileSystem, "a", "new");
    },
    outcomes: ["a=old", "", "a=new"],
  },
  {
    name: "a directory sync covers the names before its call, and none after it",
    async run(fileSystem) {
      putSynced(fileSystem, "a", "1");
      const release = fileSystem.holdNext("syncDirectory");
      const synced = fileSystem.syncDirectory(DIRECTORY);
      putSynced(fileSystem, "b", "2");
      release();
      await synced;
    },
    outcomes: ["a=1", "a=1 b=2"],
  },
  {
    name: "a directory sync that failed promises nothing",
    async run(fileSystem) {
      putSynced(fileSystem, "a", "1");
      fileSystem.failNext("syncDirectory", { code: "EIO" });
      await fileSystem.syncDirectory(DIRECTORY).catch(() => {});
    },
    outcomes: ["", "a=1"],
  },
  {
    name: "a directory sync after a failed one covers the names before both",
    run(fileSystem) {
      putSynced(fileSystem, "a", "1");
      fileSystem.failNext("syncDirectory", { code: "EIO" });
      assertCode(() => fileSystem.syncDirectorySync(DIRECTORY), "EIO");
      fileSystem.syncDirectorySync(DIRECTORY);
    },
    outcomes: ["a=1"],
  },
  {
    name: "a lock file vanishes until its directory is synced",
    run: (fileSystem) => void fileSystem.lock(`${DIRECTORY}/.lock`),
    outcomes: ["", ".lock="],
  },
]);

testCrashes([
  {
    name: "a rename survives as a whole or not at all",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      rename(fileSystem, "a", "b");
    },
    outcomes: ["a=x", "b=x"],
  },
  {
    name: "a rename is durable once the directory was synced",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      rename(fileSystem, "a", "b");
      fileSystem.syncDirectorySync(DIRECTORY);
    },
    outcomes: ["b=x"],
  },
  {
    name: "a rename over a file leaves the one or the other",
    run(fileSystem) {
      putDurable(fileSystem, "a", "new");
      putDurable(fileSystem, "b", "old");
      rename(fileSystem, "a", "b");
    },
    outcomes: ["a=new b=old", "b=new"],
  },
  {
    name: "a rename may survive the content of its file",
    run(fileSystem) {
      putDurable(fileSystem, "a", "o");
      fileSystem.open(`${DIRECTORY}/b`, "replace").writeSync(bytes("n"), 0);
      rename(fileSystem, "b", "a");
    },
    outcomes: ["a=o", "a=o b=", "a=o b=n", "a=o b=0", "a=", "a=n", "a=0"],
  },
  {
    name: "a rename of a file that was just created survives only with its creation",
    run(fileSystem) {
      putSynced(fileSystem, "a", "x");
      rename(fileSystem, "a", "b");
    },
    outcomes: ["", "a=x", "b=x"],
  },
  {
    name: "a file created under a name that a rename left survives only with the rename",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      rename(fileSystem, "a", "b");
      putSynced(fileSystem, "a", "y");
    },
    outcomes: ["a=x", "b=x", "a=y b=x"],
  },
  {
    name: "renames of one file keep their order",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      rename(fileSystem, "a", "b");
      rename(fileSystem, "b", "c");
    },
    outcomes: ["a=x", "b=x", "c=x"],
  },
  {
    name: "a rename to the same name changes nothing",
    run(fileSystem) {
      putDurable(fileSystem, "a", "x");
      rename(fileSystem, "a", "a");
    },
    outcomes: ["a=x"],
  },
]);

const MOVE_ROWS = [
  { synced: [], outcomes: ["c/ c/a=x d/", "c/ d/ d/b=x"] },
  { synced: ["c"], outcomes: ["c/ c/a=x d/", "c/ d/ d/b=x"] },
  { synced: ["d"], outcomes: ["c/ c/a=x d/", "c/ d/ d/b=x"] },
  { synced: ["d", "c"], outcomes: ["c/ d/ d/b=x"] },
] as const;

testCrashes(MOVE_ROWS.map(({ synced, outcomes }) => ({
  name: `a rename to another directory is durable once both are synced (synced: ${synced.join(" and ") || "none"})`,
  run(fileSystem: MemoryFileSystem): void {
    makeTwoDirectories(fileSystem);
    rename(fileSystem, "c/a", "d/b");
    for (const name of synced) fileSystem.syncDirectorySync(`${DIRECTORY}/${name}`);
  },
  outcomes,
})));

testCrashes([
  {
    name: "a durable change of a name makes those before it durable, in other directories too",
    run(fileSystem) {
      makeTwoDirectories(fileSystem);
      rename(fileSystem, "c/a", "d/b");
      fileSystem.remove(`${DIRECTORY}/d/b`);
      fileSystem.syncDirectorySync(`${DIRECTORY}/d`);
    },
    outcomes: ["c/ d/"],
  },
  {
    name: "all that lies in a directory is lost with its name, even when it was synced",
    run(fileSystem) {
      fileSystem.makeDirectory(`${DIRECTORY}/c`);
      putDurable(fileSystem, "c/a", "x");
    },
    outcomes: ["", "c/ c/a=x"],
  },
  {
    name: "a durable directory loses the names that were not synced in it",
    run(fileSystem) {
      fileSystem.makeDirectory(`${DIRECTORY}/c/d`);
      fileSystem.syncDirectorySync(DIRECTORY);
      putDurable(fileSystem, "c/d/a", "x");
    },
    outcomes: ["c/", "c/ c/d/ c/d/a=x"],
  },
]);

function rename(fileSystem: MemoryFileSystem, from: string, to: string): void {
  fileSystem.rename(`${DIRECTORY}/${from}`, `${DIRECTORY}/${to}`);
}

/** Makes `c` with the file `a`, and `d`, all durable. */
function makeTwoDirectories(fileSystem: MemoryFileSystem): void {
  for (const name of ["c", "d"]) fileSystem.makeDirectory(`${DIRECTORY}/${name}`);
  fileSystem.syncDirectorySync(DIRECTORY);
  putDurable(fileSystem, "c/a", "x");
}
