/**
 * One criterion of the file system suite, and what its cases share.
 *
 * @module
 */
import assert from "node:assert/strict";
import { errorCode, type FileHandle, type FileSystem } from "../../src/platform/file_system.ts";

/** A criterion in plain words and its check, which gets an empty directory. */
export interface FileSystemCase {
  readonly name: string;
  run(fileSystem: FileSystem, directory: string): void | Promise<void>;
}

/** Asserts that `call` throws an error with this `code`. */
export function assertCode(call: () => unknown, code: string): void {
  assert.throws(call, (error) => errorCode(error) === code || assert.fail(`expected ${code}, received ${error}`));
}

/** Asserts that `promise` rejects with an error with this `code`. */
export async function assertRejection(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(
    promise,
    (error) => errorCode(error) === code || assert.fail(`expected ${code}, received ${error}`),
  );
}

/** Makes `content` all that stands at `path`. */
export function put(fileSystem: FileSystem, path: string, content: string): void {
  const handle = fileSystem.open(path, "replace");
  handle.writeSync(bytes(content), 0);
  handle.close();
}

/** What stands at `path`. */
export function textAt(fileSystem: FileSystem, path: string): string {
  const handle = fileSystem.open(path, "read");
  const buffer = new Uint8Array(handle.stat().sizeBytes + 1);
  const count = handle.readSync(buffer, 0);
  handle.close();
  return text(buffer.subarray(0, count));
}

/** UTF-8 of `content`. */
export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** `content` as UTF-8. */
export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

/** Closes `handle` after `run`. */
export async function withHandle(handle: FileHandle, run: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await run(handle);
  } finally {
    handle.close();
  }
}
