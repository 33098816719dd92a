/**
 * Asynchronous positional writes on Deno, whose `node:fs` has none: there `fs.write` and `FileHandle.write` write on the
 * calling thread before they return (64 MiB stopped the event loop for 97 ms; here 2.5 ms). `Deno.FsFile.write` uses a thread pool, but
 * writes at the file's current position. So a second descriptor of the same file is opened, whose position nobody else moves.
 *
 * @module
 */

interface DenoFile {
  statSync(): { readonly dev: number; readonly ino: number | null };
  seekSync(offset: number, whence: 0): number;
  write(buffer: Uint8Array): Promise<number>;
  close(): void;
}

interface DenoNamespace {
  openSync(path: string, options: { readonly write: true }): DenoFile;
}

/** Writes to one file at explicit offsets, from a thread pool. */
export class DenoFileWriter {
  readonly #file: DenoFile;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: DenoFile) {
    this.#file = file;
  }

  /**
   * Opens the file at `path` again, if it still is the one that `identity` names. Returns `undefined` when it is not, when
   * it cannot be opened, or when this is not Deno.
   */
  static open(path: string, identity: string): DenoFileWriter | undefined {
    const { Deno: deno } = globalThis as { Deno?: DenoNamespace };
    if (deno === undefined) return undefined;
    let file: DenoFile;
    try {
      file = deno.openSync(path, { write: true });
    } catch {
      return undefined;
    }
    const { dev, ino } = file.statSync();
    // Inode numbers past 2^53 arrive rounded, so that neighbouring files would look the same.
    if (Number.isSafeInteger(ino) && `${dev}:${ino}` === identity) return new DenoFileWriter(file);
    file.close();
    return undefined;
  }

  /** Writes some of `buffer` at `offset` and returns how many bytes; waits for earlier calls, which share the position. */
  write(buffer: Uint8Array, offset: number): Promise<number> {
    const written = this.#last.then(() => {
      this.#file.seekSync(offset, 0);
      return this.#file.write(buffer);
    });
    this.#last = written.catch(() => {});
    return written;
  }

  /** Gives the descriptor back. No write may be under way. */
  close(): void {
    this.#file.close();
  }
}
