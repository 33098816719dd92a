/**
 * The errors that carry data or that callers catch, grouped by the operation that raises them. Everything else is a
 * built-in class: `TypeError` for a wrong shape, `RangeError` for a value out of bounds, `SyntaxError` for text that
 * does not parse.
 *
 * @module
 */

// Opening a journal

/** Who holds a server folder, as `.holder.json` says. For messages only: the lock itself is the kernel's. */
export interface LockHolder {
  /** Process id of the holder. */
  readonly pid: number;
  /** `deno` or `bun`, with its version. */
  readonly runtime: string;
  /** When the lock was taken, RFC 3339. */
  readonly since: string;
}

/**
 * Thrown when another process, or another store of this process, writes to the server folder. Nothing was changed.
 * Use another server name, send OTLP to the process that holds it, or retry after it ended.
 */
export class StoreLockedError extends Error {
  /** The name of the class. */
  override readonly name = "StoreLockedError";
  /** The server folder. */
  readonly directory: string;
  /** Its holder, when the folder says. */
  readonly holder: LockHolder | undefined;

  /** Names the folder and its holder, and says what to do. */
  constructor(directory: string, holder: LockHolder | undefined) {
    const who = holder === undefined
      ? "another writer"
      : `process ${holder.pid} (${holder.runtime}) since ${holder.since}`;
    super(`Cannot write to "${directory}": locked by ${who}; use another server name, or send OTLP to that process`);
    this.directory = directory;
    this.holder = holder;
  }
}

/** Thrown by operations on a store that was closed. Nothing was changed. */
export class StoreClosedError extends Error {
  /** The name of the class. */
  override readonly name = "StoreClosedError";

  /** Names the operation that came too late. */
  constructor(action: string) {
    super(`Cannot ${action}: the store is closed`);
  }
}

// Flushing and syncing

/**
 * Thrown by `flush` and `sync` when the file system refused the records. They stay queued and are written again once it
 * takes writes; `cause` is the file system's error.
 */
export class StoreWriteError extends Error {
  /** The name of the class. */
  override readonly name = "StoreWriteError";
  /** The file that could not be written. */
  readonly path: string;

  /** Names the file and the cause. */
  constructor(path: string, cause: unknown) {
    super(`Cannot write "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.path = path;
  }
}

// Reading

/** A place on disk that is not what was written. */
export interface DamagedPlace {
  /** The damaged file. */
  readonly path: string;
  /** Where the damage was noticed, in bytes from the start of the file or of its content. */
  readonly offset: number;
  /** What the offset counts in: the file itself, or what a compressed file inflates to. */
  readonly within: "file" | "content";
  /** Bytes from there on that are not read, of the file or of its content; `undefined` where that cannot be told. */
  readonly bytes: number | undefined;
  /** Lines that are lost by it, as they stand there now; `undefined` where that cannot be told. */
  readonly lines: number | undefined;
  /** What is wrong there, in a few words. */
  readonly reason: string;
}

/**
 * Bytes on disk that are not what was written. Readers go past them and count them in `store.stats()`: what stands before
 * and after the place can still be read.
 */
export class SegmentCorruptError extends Error {
  /** The name of the class. */
  override readonly name = "SegmentCorruptError";
  /** The damaged file. */
  readonly path: string;
  /** Where the damage was noticed; see {@linkcode DamagedPlace.offset}. */
  readonly offset: number;
  /** All that is known of the place. */
  readonly place: DamagedPlace;

  /** Names the file, the offset and what is wrong there. */
  constructor(place: DamagedPlace, options?: ErrorOptions) {
    const where = place.within === "file" ? "" : " of its content";
    super(`Cannot read "${place.path}" at offset ${place.offset}${where}: ${place.reason}`, options);
    this.path = place.path;
    this.offset = place.offset;
    this.place = place;
  }
}

// Querying

/** Thrown for a filter's text that cannot be understood. Nothing was read. */
export class FilterSyntaxError extends SyntaxError {
  /** The name of the class. */
  override readonly name = "FilterSyntaxError";
  /** The text. */
  readonly text: string;
  /** Where reading stopped: the character's place, 1 for the first; one past the end where something is missing. */
  readonly column: number;

  /** Says what was wrong where. */
  constructor(text: string, options: { readonly column: number; readonly reason: string }) {
    super(`Cannot read the filter at column ${options.column}: ${options.reason}, received "${text}"`);
    this.text = text;
    this.column = options.column;
  }
}

// Wiping

/** Thrown when the process that holds a folder did not answer a wipe request in time. The request stays and is carried out later. */
export class WipeTimeoutError extends Error {
  /** The name of the class. */
  override readonly name = "WipeTimeoutError";
  /** The server folder. */
  readonly directory: string;

  /** Names the folder and its holder. */
  constructor(directory: string, options: { readonly holder: LockHolder | undefined; readonly waitedMs: number }) {
    const who = options.holder === undefined ? "its holder" : `process ${options.holder.pid}`;
    super(
      `Cannot wipe "${directory}" yet: ${who} did not answer in ${options.waitedMs} ms; the request stays and is finished when it does, or at the next open`,
    );
    this.directory = directory;
  }
}

// Answering requests

/** Why a request is refused, besides the status. */
export interface RequestErrorOptions {
  /** The parameter that is at fault. */
  readonly parameter?: string | undefined;
  /** Headers that the answer needs. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown inside the service to refuse a request; the app turns it into the answer. */
export class RequestError extends Error {
  /** The name of the class. */
  override readonly name = "RequestError";
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The parameter that is at fault. */
  readonly parameter: string | undefined;
  /** Headers that the answer needs. */
  readonly headers: Readonly<Record<string, string>>;

  /** Says why, for the person who sent the request. */
  constructor(status: number, detail: string, options: RequestErrorOptions = {}) {
    super(detail);
    this.status = status;
    this.parameter = options.parameter;
    this.headers = options.headers ?? {};
  }
}

// Reading a command line

/** Thrown for a command line that cannot be understood. The program then ends with status 2. */
export class UsageError extends Error {
  /** The name of the class. */
  override readonly name = "UsageError";
}
