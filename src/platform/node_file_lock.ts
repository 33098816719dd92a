/**
 * A lock that the kernel frees with its holder, on Deno and Bun alike: an exclusive transaction on a SQLite file.
 *
 * SQLite holds it as POSIX record locks, and keeps its own connections of one process apart. Closing any other descriptor
 * of the file in the holding process frees them silently, so the file is opened here and nowhere else, and a registry
 * tells the rest of the process which paths to leave alone.
 *
 * @module
 */

import * as fs from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorCode, type FileLock } from "./file_system.ts";
import { systemError } from "./system_error.ts";

interface HeldLock {
  readonly identity: string;
  /** Kept reachable here: a database that nobody refers to may be collected, and closed, on Bun. */
  readonly database: DatabaseSync;
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/**
 * Processes that try in the same microseconds can all be refused, each told that another one holds the lock: 5 to 9 % of
 * attempts that two processes started together. With further attempts, each after a random pause, 0.3 % remain.
 */
const LOCK_ATTEMPTS = 4;
const ATTEMPT_PAUSE_MAX_MS = 1;

/** The locks of this process, by path. Global, because a program may load two copies of this module. */
const heldLocks: Map<string, HeldLock> =
  ((globalThis as Record<symbol, unknown>)[Symbol.for("varve.heldLocks")] ??= new Map()) as Map<string, HeldLock>;

/** Whether this process holds the lock on `path`. */
export function isLockedHere(path: string): boolean {
  return heldLocks.has(path);
}

/** Takes the lock on `path`; see `FileSystem.lock`. Being refused by another process takes up to 3 ms. */
export function lock(path: string): FileLock | undefined {
  if (isLockedHere(path)) return undefined;
  try {
    return initialiseAndTake(path);
  } catch (error) {
    throw errorCode(error) === "ERR_SQLITE_ERROR" ? lockError(path, error) : error;
  }
}

function initialiseAndTake(path: string): FileLock | undefined {
  const found = lookUp(path);
  try {
    if (found === undefined || found.sizeBytes === 0n) initialise(path);
    return take(path);
  } catch (error) {
    if (primaryCodeOf(error) !== SQLITE_NOTADB || !emptyIfZeros(path)) throw error;
    initialise(path);
    return take(path);
  }
}

/** Makes the file a database: locking one without content would leave a rollback journal beside it. */
function initialise(path: string): void {
  const database = new DatabaseSync(path);
  try {
    // Four syncs are spared. A loss of power leaves the file empty or full of zeros, which the next lock mends.
    database.exec("PRAGMA synchronous=OFF");
    // Refused when another process is doing the same, which serves as well.
    if (unlessBusy(database, "PRAGMA journal_mode=MEMORY")) unlessBusy(database, "PRAGMA user_version=1");
  } finally {
    database.close();
  }
  // By path, because a descriptor of our own would free the lock of another thread when it is closed.
  fs.chmodSync(path, 0o600);
}

/**
 * Empties a file that a loss of power left with its length over zeros, and tells whether it was one. To open it does no harm:
 * what is no database is locked by nobody.
 */
function emptyIfZeros(path: string): boolean {
  const bytes = fs.readFileSync(path);
  if (bytes.some((byte) => byte !== 0)) return false;
  fs.truncateSync(path);
  return true;
}

function take(path: string): FileLock | undefined {
  const identity = lookUp(path)?.identity;
  const database = new DatabaseSync(path);
  try {
    // A file that was replaced between looking and locking protects nothing: somebody else can lock the new one.
    if (identity !== undefined && beginExclusive(database) && lookUp(path)?.identity === identity) {
      return hold(path, { identity, database });
    }
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

function hold(path: string, held: HeldLock): FileLock {
  heldLocks.set(path, held);
  const release = () => {
    if (heldLocks.get(path) !== held) return;
    held.database.close();
    heldLocks.delete(path);
  };
  return { identity: held.identity, release };
}

function beginExclusive(database: DatabaseSync): boolean {
  for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt++) {
    if (attempt > 1) pause(Math.random() * ATTEMPT_PAUSE_MAX_MS);
    if (unlessBusy(database, "BEGIN EXCLUSIVE")) return true;
  }
  return false;
}

/** Runs a statement, without waiting, and tells whether another connection's lock refused it. */
function unlessBusy(database: DatabaseSync, statement: string): boolean {
  database.exec("PRAGMA busy_timeout=0");
  try {
    // Deno reports the result code for a prepared statement only.
    database.prepare(statement).run();
    return true;
  } catch (error) {
    if (primaryCodeOf(error) === SQLITE_BUSY) return false;
    throw error;
  }
}

function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function lookUp(path: string): { readonly identity: string; readonly sizeBytes: bigint } | undefined {
  const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && { identity: `${stats.dev}:${stats.ino}`, sizeBytes: stats.size };
}

function primaryCodeOf(error: unknown): number | undefined {
  // The upper bits of an extended result code tell the variant.
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}

function lockError(path: string, error: unknown): Error {
  if (primaryCodeOf(error) === SQLITE_NOTADB) {
    return systemError("EINVAL", `Cannot lock "${path}": not a lock file; remove it while no program uses its folder`);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return systemError(systemCodeOf(path, error), `Cannot lock "${path}": ${reason}`);
}

/** SQLite does not pass the system's error number on, so the usual causes are looked up. */
function systemCodeOf(path: string, error: unknown): string {
  if (primaryCodeOf(error) === SQLITE_FULL) return "ENOSPC";
  try {
    fs.accessSync(dirname(path), fs.constants.W_OK | fs.constants.X_OK);
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return "EISDIR";
    if (stats !== undefined) fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK);
  } catch (cause) {
    return errorCode(cause) ?? "EIO";
  }
  return "EIO";
}
