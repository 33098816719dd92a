/**
 * What every {@linkcode FileSystem} does. Each implementation runs all of it; a skip carries its reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileSystem, OpenMode } from "../../src/platform/file_system.ts";
import { CONTENT_CASES, OPEN_CASES } from "./file_handle_cases.ts";
import { assertCode, bytes, type FileSystemCase, put, text, textAt, withHandle } from "./file_system_case.ts";

/** A file system and an empty directory in it that a test may fill. */
export interface FileSystemSubject {
  readonly fileSystem: FileSystem;
  /** Absolute path of the directory. */
  readonly directory: string;
  /** Removes what the test left behind. */
  dispose(): void;
}

/** How the suite meets an implementation. */
export interface FileSystemConformanceOptions {
  /** Called for each test. */
  create(): FileSystemSubject;
  /** Test name → why this implementation cannot pass it. */
  readonly skips?: Readonly<Record<string, string>>;
}

/** Registers the suite for the implementation `name`. */
export function testFileSystem(name: string, options: FileSystemConformanceOptions): void {
  const cases = [...OPEN_CASES, ...CONTENT_CASES, ...NAME_CASES, ...LOCK_CASES, ...ROOM_CASES];
  for (const { name: criterion, run } of cases) {
    test(`${name}: ${criterion}`, { skip: options.skips?.[criterion] ?? false }, async () => {
      const subject = options.create();
      try {
        await run(subject.fileSystem, subject.directory);
      } finally {
        subject.dispose();
      }
    });
  }
}

const NAME_CASES: readonly FileSystemCase[] = [
  {
    name: "stat() returns undefined and list() an empty list where nothing stands, or a file stands on the way",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      for (const path of [`${directory}/b`, `${directory}/b/c`, `${directory}/a/b`]) {
        assert.equal(fileSystem.stat(path), undefined);
        assert.deepEqual(fileSystem.list(path), []);
      }
      assert.deepEqual(fileSystem.list(`${directory}/a`), []);
    },
  },
  {
    name: "makeDirectory() creates missing parents and leaves an existing directory as it is",
    run(fileSystem, directory) {
      fileSystem.makeDirectory(`${directory}/a/b/c`);
      put(fileSystem, `${directory}/a/b/c/d`, "x");
      fileSystem.makeDirectory(`${directory}/a/b`);
      fileSystem.makeDirectory(`${directory}/a/b/c`);
      assert.equal(textAt(fileSystem, `${directory}/a/b/c/d`), "x");
    },
  },
  {
    name: "makeDirectory() throws EEXIST where a file stands and ENOTDIR where one stands on the way",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      assertCode(() => fileSystem.makeDirectory(`${directory}/a`), "EEXIST");
      assertCode(() => fileSystem.makeDirectory(`${directory}/a/b`), "ENOTDIR");
    },
  },
  {
    name: "list() tells files from directories",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/file`, "x");
      fileSystem.makeDirectory(`${directory}/folder/below`);
      const entries = fileSystem.list(directory).toSorted((a, b) => a.name < b.name ? -1 : 1);
      assert.deepEqual(entries, [{ name: "file", kind: "file" }, { name: "folder", kind: "directory" }]);
    },
  },
  {
    name: "rename() moves a file with its identity and replaces what stood there",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "new");
      put(fileSystem, `${directory}/b`, "old");
      const before = fileSystem.stat(`${directory}/a`);
      fileSystem.rename(`${directory}/a`, `${directory}/b`);
      assert.deepEqual(fileSystem.stat(`${directory}/b`), before);
      assert.equal(fileSystem.stat(`${directory}/a`), undefined);
      assert.equal(textAt(fileSystem, `${directory}/b`), "new");
    },
  },
  {
    name: "rename() throws ENOENT for a missing file or directory and EISDIR for a directory in the way",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      fileSystem.makeDirectory(`${directory}/folder`);
      assertCode(() => fileSystem.rename(`${directory}/missing`, `${directory}/b`), "ENOENT");
      assertCode(() => fileSystem.rename(`${directory}/a`, `${directory}/missing/b`), "ENOENT");
      assertCode(() => fileSystem.rename(`${directory}/a`, `${directory}/folder`), "EISDIR");
      assert.equal(textAt(fileSystem, `${directory}/a`), "x");
    },
  },
  {
    name: "remove() removes a file, throws ENOENT for a missing one and EISDIR for an empty directory",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      fileSystem.makeDirectory(`${directory}/folder`);
      fileSystem.remove(`${directory}/a`);
      assertCode(() => fileSystem.remove(`${directory}/a`), "ENOENT");
      assertCode(() => fileSystem.remove(`${directory}/folder`), "EISDIR");
      assert.deepEqual(fileSystem.list(directory), [{ name: "folder", kind: "directory" }]);
    },
  },
  {
    name: "unlink() removes a file, rejects with ENOENT for a missing one and EISDIR for an empty directory",
    async run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      fileSystem.makeDirectory(`${directory}/folder`);
      await fileSystem.unlink(`${directory}/a`);
      await assert.rejects(fileSystem.unlink(`${directory}/a`), { code: "ENOENT" });
      await assert.rejects(fileSystem.unlink(`${directory}/folder`), { code: "EISDIR" });
      assert.deepEqual(fileSystem.list(directory), [{ name: "folder", kind: "directory" }]);
    },
  },
  {
    name: "an open handle keeps its file after it was renamed, replaced and removed",
    async run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "mine");
      await withHandle(fileSystem.open(`${directory}/a`, "update"), async (handle) => {
        const { identity } = handle.stat();
        fileSystem.rename(`${directory}/a`, `${directory}/b`);
        put(fileSystem, `${directory}/a`, "other");
        // The first asynchronous write comes when another file has the name.
        await handle.write(bytes("M"), 0);
        fileSystem.remove(`${directory}/b`);
        handle.writeSync(bytes("!"), 4);
        const buffer = new Uint8Array(9);
        assert.equal(text(buffer.subarray(0, handle.readSync(buffer, 0))), "Mine!");
        assert.equal(handle.stat().identity, identity);
      });
      assert.equal(textAt(fileSystem, `${directory}/a`), "other");
    },
  },
];

const LOCK_CASES: readonly FileSystemCase[] = [
  {
    name: "lock() creates the file, refuses a second holder, and can be taken again after release()",
    run(fileSystem, directory) {
      const path = `${directory}/.lock`;
      for (let round = 0; round < 3; round++) {
        const lock = fileSystem.lock(path);
        assert.equal(lock?.identity, fileSystem.stat(path)?.identity);
        assert.equal(fileSystem.lock(path), undefined);
        lock?.release();
        lock?.release();
      }
      assert.deepEqual(fileSystem.list(directory), [{ name: ".lock", kind: "file" }]);
    },
  },
  {
    name: "lock() of one file leaves others free",
    run(fileSystem, directory) {
      const locks = [1, 2, 3].map((index) => fileSystem.lock(`${directory}/${index}.lock`));
      assert.equal(new Set(locks.map((lock) => lock?.identity)).size, 3);
      for (const lock of locks) lock?.release();
    },
  },
  {
    name: "release() of an earlier lock does not free a later one",
    run(fileSystem, directory) {
      const first = fileSystem.lock(`${directory}/.lock`);
      first?.release();
      const second = fileSystem.lock(`${directory}/.lock`);
      first?.release();
      assert.equal(fileSystem.lock(`${directory}/.lock`), undefined);
      second?.release();
    },
  },
  {
    name: "a lock whose file was replaced shows by its identity, and this process gets no second one",
    run(fileSystem, directory) {
      const path = `${directory}/.lock`;
      const lock = fileSystem.lock(path);
      fileSystem.remove(path);
      assert.equal(fileSystem.lock(path), undefined);
      put(fileSystem, `${directory}/other`, "");
      fileSystem.rename(`${directory}/other`, path);
      assert.notEqual(fileSystem.stat(path)?.identity, lock?.identity);
      assert.equal(fileSystem.lock(path), undefined);
      lock?.release();
    },
  },
  {
    name: "open() of a lock that this process holds throws EBUSY, because closing it would free the lock",
    run(fileSystem, directory) {
      const lock = fileSystem.lock(`${directory}/.lock`);
      for (const mode of ["read", "update", "replace"] satisfies OpenMode[]) {
        assertCode(() => fileSystem.open(`${directory}/.lock`, mode), "EBUSY");
      }
      lock?.release();
      fileSystem.open(`${directory}/.lock`, "read").close();
    },
  },
  {
    name: "lock() throws ENOENT when the directory is missing",
    run: (fileSystem, directory) => assertCode(() => fileSystem.lock(`${directory}/missing/.lock`), "ENOENT"),
  },
];

const ROOM_CASES: readonly FileSystemCase[] = [
  {
    name: "freeBytes() is a whole number for a directory and for a file in it",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      for (const path of [directory, `${directory}/a`]) {
        const freeBytes = fileSystem.freeBytes(path) ?? NaN;
        assert.ok(Number.isInteger(freeBytes) && freeBytes > 0, `${path}: ${freeBytes}`);
      }
    },
  },
  {
    name: "freeBytes() throws ENOENT where nothing stands",
    run: (fileSystem, directory) => assertCode(() => fileSystem.freeBytes(`${directory}/missing`), "ENOENT"),
  },
];
