/**
 * What the engine asks of a file system.
 *
 * Metadata calls are synchronous: they take microseconds, and the append path must not yield between looking and acting.
 * Reads, writes and syncs exist in both forms; the synchronous write is the fast path of an append, the asynchronous one
 * keeps a slow disk from stopping the program.
 *
 * Every failure is an `Error` whose `code` is the system's name for it (`ENOENT`, `ENOSPC`, …); see {@linkcode errorCode}.
 * Paths are absolute and use `/`.
 *
 * @module
 */

import { constants } from "node:os";

/** What a path or an open file is, as the file system reports it. */
export interface FileInfo {
  /** What it is. */
  readonly kind: FileKind;
  /** Length in bytes. */
  readonly sizeBytes: number;
  /** Time of the last content change, in milliseconds since the epoch. */
  readonly modifiedTimeMs: number;
  /** Tells two files of one file system apart, whatever they are called (device and inode). */
  readonly identity: string;
}

/** Symbolic links and special files are `other`: Varve neither follows nor removes them. */
export type FileKind = "file" | "directory" | "other";

/** One name in a directory. */
export interface DirectoryEntry {
  /** The name within the directory. */
  readonly name: string;
  /** What it is. */
  readonly kind: FileKind;
}

/** How a file is opened. */
export type OpenMode =
  /** For reading; the file must exist. */
  | "read"
  /** For reading and writing at explicit offsets; the file must exist. */
  | "existing"
  /** For reading and writing at explicit offsets; created with mode 0600 when missing, never truncated. */
  | "update"
  /** For reading and writing; created with mode 0600 when missing, truncated otherwise. */
  | "replace";

/** An open file. Reads and writes name their offset; there is no current position. */
export interface FileHandle {
  /** What the file is now, whatever its name has become. */
  stat(): FileInfo;
  /** Reads up to `buffer.length` bytes from `offset` and returns how many there were; 0 at the end. */
  readSync(buffer: Uint8Array, offset: number): number;
  /** Like {@linkcode readSync}. The buffer belongs to the call until it settles. */
  read(buffer: Uint8Array, offset: number): Promise<number>;
  /** Writes all of `buffer` at `offset`. When it throws, any part of the bytes may have landed. */
  writeSync(buffer: Uint8Array, offset: number): void;
  /** Like {@linkcode writeSync}. The buffer belongs to the call until it settles. */
  write(buffer: Uint8Array, offset: number): Promise<void>;
  /** Cuts the file, or extends it with zeros, to `sizeBytes`. */
  truncate(sizeBytes: number): void;
  /** Resolves once the bytes written before the call, and the file's length, are on disk (`fdatasync`). */
  sync(): Promise<void>;
  /** Like {@linkcode sync}, for the last moment of a process. */
  syncSync(): void;
  /** Gives the handle back, once the asynchronous calls under way have settled. Closing twice is harmless. */
  close(): void;
}

/** A lock on a path that the kernel frees when its holder's process ends. */
export interface FileLock {
  /** Tells which file is locked, to notice when somebody replaced it (see {@linkcode FileInfo.identity}). */
  readonly identity: string;
  /** Frees the lock. Releasing twice is harmless. */
  release(): void;
}

/** A file system. */
export interface FileSystem {
  /** Opens a file. Throws `ENOENT` for a missing file in mode `read` or a missing directory, `ELOOP` for a symbolic link. */
  open(path: string, mode: OpenMode): FileHandle;
  /** What stands at `path`, without following a symbolic link at its end; `undefined` when there is nothing. */
  stat(path: string): FileInfo | undefined;
  /** The names in a directory, in no order; an empty list when there is no such directory. */
  list(path: string): DirectoryEntry[];
  /** Creates a directory and its missing parents with mode 0700. An existing directory is left as it is. */
  makeDirectory(path: string): void;
  /** Gives a file another name in the same file system, replacing what stood there. */
  rename(from: string, to: string): void;
  /** Removes a file. Throws `ENOENT` when it is missing. */
  remove(path: string): void;
  /**
   * Like {@linkcode remove}, without stopping the program: giving back the blocks of 100 MiB takes a file system some 25
   * milliseconds.
   */
  unlink(path: string): Promise<void>;
  /** Sets the time of the last content change, in milliseconds since the epoch. */
  setModifiedTime(path: string, timeMs: number): void;
  /** Resolves once the directory's names are on disk: files created, renamed and removed in it before the call. */
  syncDirectory(path: string): Promise<void>;
  /** Like {@linkcode syncDirectory}, for what must not yield. */
  syncDirectorySync(path: string): void;
  /**
   * Takes the lock on `path`, creating the file when missing, or returns `undefined` when another holder has it, in this
   * process or another one. The file stays when the lock is released: removing it would let two holders in.
   */
  lock(path: string): FileLock | undefined;
  /**
   * How many bytes a process without privileges may still write to the file system that holds `path`; `undefined` where
   * the system does not tell. Throws `ENOENT` when nothing stands at `path`.
   */
  freeBytes(path: string): number | undefined;
}

/** The system's name for an I/O failure, such as `ENOENT`; `undefined` for any other error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  // Deno gives some failures, such as EFBIG, no code but their number.
  const number = Number(/\(os error (\d+)\)$/.exec(error.message)?.[1]);
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
}
