/**
 * What every {@linkcode FileHandle} does.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  assertCode,
  assertRejection,
  bytes,
  type FileSystemCase,
  put,
  text,
  textAt,
  withHandle,
} from "./file_system_case.ts";

/** How files are opened and closed. */
export const OPEN_CASES: readonly FileSystemCase[] = [
  {
    name: "open() for reading throws ENOENT when the file is missing",
    run: (fileSystem, directory) => assertCode(() => fileSystem.open(`${directory}/a`, "read"), "ENOENT"),
  },
  {
    name: "open() throws ENOENT in every mode when the directory is missing",
    run(fileSystem, directory) {
      for (const mode of ["read", "update", "replace"] as const) {
        assertCode(() => fileSystem.open(`${directory}/missing/a`, mode), "ENOENT");
      }
    },
  },
  {
    name: "open() throws ENOTDIR when a file stands on the way",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "x");
      assertCode(() => fileSystem.open(`${directory}/a/b`, "update"), "ENOTDIR");
    },
  },
  {
    name: "open() for writing throws EISDIR for a directory",
    run(fileSystem, directory) {
      for (const mode of ["update", "replace"] as const) assertCode(() => fileSystem.open(directory, mode), "EISDIR");
    },
  },
  {
    name: "open() for updating creates a missing file and keeps the content of an existing one",
    run(fileSystem, directory) {
      fileSystem.open(`${directory}/a`, "update").close();
      assert.equal(fileSystem.stat(`${directory}/a`)?.sizeBytes, 0);
      put(fileSystem, `${directory}/a`, "kept");
      fileSystem.open(`${directory}/a`, "update").close();
      assert.equal(textAt(fileSystem, `${directory}/a`), "kept");
    },
  },
  {
    name: "open() for replacing empties the file and keeps its identity",
    run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "old");
      const before = fileSystem.stat(`${directory}/a`);
      fileSystem.open(`${directory}/a`, "replace").close();
      const after = fileSystem.stat(`${directory}/a`);
      assert.deepEqual([after?.sizeBytes, after?.identity], [0, before?.identity]);
    },
  },
  {
    name: "open() for reading refuses writes and truncation",
    async run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "kept");
      await withHandle(fileSystem.open(`${directory}/a`, "read"), async (handle) => {
        assert.throws(() => handle.writeSync(bytes("x"), 0));
        await assert.rejects(handle.write(bytes("x"), 0));
        assert.throws(() => handle.truncate(0));
      });
      assert.equal(textAt(fileSystem, `${directory}/a`), "kept");
    },
  },
  {
    name: "close() twice is harmless, and every call after it fails with EBADF",
    async run(fileSystem, directory) {
      const handle = fileSystem.open(`${directory}/a`, "update");
      handle.close();
      handle.close();
      assertCode(() => handle.stat(), "EBADF");
      assertCode(() => handle.readSync(new Uint8Array(1), 0), "EBADF");
      assertCode(() => handle.writeSync(bytes("x"), 0), "EBADF");
      assertCode(() => handle.truncate(0), "EBADF");
      assertCode(() => handle.syncSync(), "EBADF");
      await assertRejection(handle.read(new Uint8Array(1), 0), "EBADF");
      await assertRejection(handle.write(bytes("x"), 0), "EBADF");
      await assertRejection(handle.sync(), "EBADF");
    },
  },
  {
    name: "close() lets asynchronous calls under way finish on their own file",
    async run(fileSystem, directory) {
      const first = fileSystem.open(`${directory}/a`, "update");
      const calls = [first.write(bytes("first"), 0), first.write(bytes("!"), 5), first.sync()];
      first.close();
      // The system gives the lowest free descriptor number to the next file.
      put(fileSystem, `${directory}/b`, "second");
      await Promise.all(calls);
      assert.equal(textAt(fileSystem, `${directory}/a`), "first!");
      assert.equal(textAt(fileSystem, `${directory}/b`), "second");
    },
  },
];

/** What reads, writes and changes of length do. */
export const CONTENT_CASES: readonly FileSystemCase[] = [
  {
    name: "writes land at their offsets, in both forms, and a gap reads as zeros",
    async run(fileSystem, directory) {
      const handle = fileSystem.open(`${directory}/a`, "update");
      await withHandle(handle, async () => {
        handle.writeSync(bytes("CD"), 4);
        await handle.write(bytes("ef"), 6);
        handle.writeSync(bytes("b"), 1);
        await handle.write(bytes("E"), 6);
      });
      assert.equal(textAt(fileSystem, `${directory}/a`), "\0b\0\0CDEf");
    },
  },
  {
    name: "writes of no bytes change nothing",
    async run(fileSystem, directory) {
      await withHandle(fileSystem.open(`${directory}/a`, "update"), async (handle) => {
        handle.writeSync(new Uint8Array(0), 9);
        await handle.write(new Uint8Array(0), 9);
        assert.equal(handle.stat().sizeBytes, 0);
      });
    },
  },
  {
    name: "reads fill the buffer as far as the file goes, in both forms",
    async run(fileSystem, directory) {
      put(fileSystem, `${directory}/a`, "0123456789");
      await withHandle(fileSystem.open(`${directory}/a`, "read"), async (handle) => {
        const rows = [[0, 4, "0123"], [8, 4, "89"], [10, 4, ""], [50, 4, ""], [3, 0, ""]] as const;
        for (const [offset, length, expected] of rows) {
          const buffer = new Uint8Array(length);
          assert.equal(text(buffer.subarray(0, handle.readSync(buffer, offset))), expected);
          buffer.fill(0);
          assert.equal(text(buffer.subarray(0, await handle.read(buffer, offset))), expected);
        }
      });
    },
  },
  {
    name: "reads and writes use exactly the part of memory that a view covers",
    async run(fileSystem, directory) {
      const memory = bytes("..abcd..");
      await withHandle(fileSystem.open(`${directory}/a`, "update"), async (handle) => {
        handle.writeSync(memory.subarray(2, 4), 0);
        await handle.write(memory.subarray(4, 6), 2);
        const target = bytes("________");
        handle.readSync(target.subarray(1, 3), 0);
        await handle.read(target.subarray(5, 7), 2);
        assert.equal(text(target), "_ab__cd_");
      });
    },
  },
  {
    name: "calls at once on one handle each keep their own offset",
    async run(fileSystem, directory) {
      const block = (index: number): Uint8Array => new Uint8Array(4096).fill(index + 1);
      await withHandle(fileSystem.open(`${directory}/a`, "update"), async (handle) => {
        const indexes = Array.from({ length: 24 }, (_, index) => index);
        await Promise.all(indexes.map((index) => {
          if (index % 3 > 0) return handle.write(block(index), index * 4096);
          handle.writeSync(block(index), index * 4096);
        }));
        await Promise.all(indexes.map(async (index) => {
          const buffer = new Uint8Array(4096);
          assert.equal(await handle.read(buffer, index * 4096), 4096);
          assert.deepEqual(buffer, block(index), `block ${index}`);
        }));
      });
    },
  },
  {
    name: "truncate() cuts the file, and extends it with zeros",
    run(fileSystem, directory) {
      const handle = fileSystem.open(`${directory}/a`, "update");
      handle.writeSync(bytes("abcdef"), 0);
      handle.truncate(3);
      assert.equal(textAt(fileSystem, `${directory}/a`), "abc");
      handle.truncate(5);
      assert.equal(textAt(fileSystem, `${directory}/a`), "abc\0\0");
      handle.close();
    },
  },
  {
    name: "sync(), syncSync() and syncDirectory() succeed on what exists",
    async run(fileSystem, directory) {
      await withHandle(fileSystem.open(`${directory}/a`, "update"), async (handle) => {
        handle.writeSync(bytes("x"), 0);
        await Promise.all([handle.sync(), handle.sync()]);
        handle.syncSync();
      });
      await fileSystem.syncDirectory(directory);
      await assertRejection(fileSystem.syncDirectory(`${directory}/missing`), "ENOENT");
    },
  },
  {
    name: "stat() reports size, time of change and an identity that a handle shares",
    run(fileSystem, directory) {
      const handle = fileSystem.open(`${directory}/a`, "update");
      handle.writeSync(bytes("abc"), 0);
      fileSystem.setModifiedTime(`${directory}/a`, 1_700_000_000_123);
      const info = fileSystem.stat(`${directory}/a`);
      assert.deepEqual(handle.stat(), info);
      assert.deepEqual([info?.sizeBytes, info?.modifiedTimeMs], [3, 1_700_000_000_123]);
      handle.close();
      put(fileSystem, `${directory}/b`, "abc");
      assert.notEqual(fileSystem.stat(`${directory}/b`)?.identity, info?.identity);
    },
  },
  {
    name: "setModifiedTime() throws ENOENT when the file is missing",
    run: (fileSystem, directory) => assertCode(() => fileSystem.setModifiedTime(`${directory}/a`, 0), "ENOENT"),
  },
];
