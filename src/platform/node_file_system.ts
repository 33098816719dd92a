/**
 * The operating system's files, through `node:fs`, which Deno and Bun share.
 *
 * Promised on Linux and macOS; on Windows modes mean nothing and directories cannot be synced.
 *
 * @module
 */

import * as fs from "node:fs";
import process from "node:process";
import {
  type DirectoryEntry,
  errorCode,
  type FileHandle,
  type FileInfo,
  type FileSystem,
  type OpenMode,
} from "./file_system.ts";
import { fileInfo, fileKind, NodeFileHandle, settle } from "./node_file_handle.ts";
import { isLockedHere, lock } from "./node_file_lock.ts";
import { systemError } from "./system_error.ts";

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants;

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  // A symbolic link would lead out of the root.
  read: O_RDONLY | O_NOFOLLOW,
  existing: O_RDWR | O_NOFOLLOW,
  update: O_RDWR | O_CREAT | O_NOFOLLOW,
  replace: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
};

/** The operating system's files. */
export const nodeFileSystem: FileSystem = {
  open,
  stat,
  list,
  makeDirectory,
  rename,
  remove,
  unlink,
  setModifiedTime,
  syncDirectory,
  syncDirectorySync,
  lock,
  freeBytes,
};

interface DenoNamespace {
  readonly permissions: {
    querySync(descriptor: { readonly name: "sys"; readonly kind: "statfs" }): { readonly state: string };
  };
}

function open(path: string, mode: OpenMode): FileHandle {
  // Closing any descriptor of a file frees all locks that the process has on it (POSIX).
  if (isLockedHere(path)) throw systemError("EBUSY", `Cannot open "${path}": this process holds it as a lock`);
  return new NodeFileHandle(fs.openSync(path, OPEN_FLAGS[mode], 0o600), { path, isWritable: mode !== "read" });
}

function stat(path: string): FileInfo | undefined {
  const stats = linkStats(path);
  return stats === undefined ? undefined : fileInfo(stats);
}

function list(path: string): DirectoryEntry[] {
  try {
    return fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: fileKind(entry) }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function makeDirectory(path: string): void {
  fs.mkdirSync(path, { recursive: true, mode: 0o700 });
}

function rename(from: string, to: string): void {
  fs.renameSync(from, to);
}

function remove(path: string): void {
  assertRemovable(path);
  fs.unlinkSync(path);
}

async function unlink(path: string): Promise<void> {
  assertRemovable(path);
  await settle<void>((done) => fs.unlink(path, done));
}

/** Deno's `unlink` removes an empty directory too. */
function assertRemovable(path: string): void {
  if (linkStats(path)?.isDirectory()) throw systemError("EISDIR", `Cannot remove "${path}": it is a directory`);
}

function setModifiedTime(path: string, timeMs: number): void {
  fs.utimesSync(path, timeMs / 1000, timeMs / 1000);
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(path, O_RDONLY);
  try {
    await settle<void>((done) => fs.fsync(descriptor, done));
  } finally {
    fs.closeSync(descriptor);
  }
}

function syncDirectorySync(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(path, O_RDONLY);
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function freeBytes(path: string): number | undefined {
  const { Deno: deno } = globalThis as { Deno?: DenoNamespace };
  // Without the permission Deno would stop the program and ask for it.
  if (deno !== undefined && deno.permissions.querySync({ name: "sys", kind: "statfs" }).state !== "granted") {
    return undefined;
  }
  const { blocks, bavail, bsize } = fs.statfsSync(path, { bigint: true });
  // A file system without a limit, such as procfs, reports no blocks at all.
  return blocks === 0n ? undefined : Number(bavail * bsize);
}

function linkStats(path: string): fs.BigIntStats | undefined {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
