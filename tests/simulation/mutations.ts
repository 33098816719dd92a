/**
 * Engines with one step left out, or in the wrong place: what a simulation has to notice.
 *
 * A mutation stands between the engine and its file system, so that the engine's own code runs unchanged: a sync that never
 * reaches the file system is a sync left out, and one that reaches it later stands in the wrong place.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { FileHandle, FileSystem, OpenMode } from "../../src/platform/file_system.ts";
import { groupSeed, SIDE_HEADER_BYTES, sideLayout } from "../../src/segment/side_file.ts";
import { MEMORY_ROOT } from "../recovery/stores.ts";
import type { Mutation } from "./crash_check.ts";
import type { Theme } from "./scenario.ts";

const ACTIVE = /\/[a-z]+\.jsonl$/;
const SEALED = /\/[a-z]+-[0-9T.-]+\.jsonl$/;
const GZIP = /\.jsonl\.gz$/;
const TEMPORARY = /\.jsonl\.gz\.tmp$/;
const SIDE = /\.idx$/;
const REQUEST = /\/\.wipe-[^/]*\.json$/;
const TEMPORARY_REQUEST = /\/\.wipe-[^/]*\.json\.tmp$/;

/** One mutation. */
export interface NamedMutation {
  /** What is done wrong. */
  readonly name: string;
  /** Runs of these themes come where it matters most often. */
  readonly themes: readonly Theme[];
  readonly mutation: Mutation;
}

/** Every mutation. */
export const MUTATIONS: readonly NamedMutation[] = [
  define("the active segment is not synced", "mixed", (inner) => withoutSync(inner, ACTIVE)),
  define("a sealed segment is not synced", "appending", (inner) => withoutSync(inner, SEALED)),
  define("a compressed segment is not synced", "appending", (inner) => withoutSync(inner, TEMPORARY)),
  define("a compressed segment is synced once the raw one is gone", "appending", syncGzipLate),
  define("a raw segment is removed before its .gz has its name on disk", "appending", removeRawEarly),
  define("a side file knows no token of its segment", "appending", forgetTokens),
  define("a sync is not waited for", "faults", notWaiting),
  define("the folder is not synced", "mixed", (inner) => withoutFolderSync(inner, isServerFolder)),
  define(
    "the folders above are not synced",
    "mixed",
    (inner) => withoutFolderSync(inner, (path) => !isServerFolder(path)),
  ),
  define("a wipe's request is not synced", "wipes", (inner) => withoutSync(inner, TEMPORARY_REQUEST)),
  define("the name of a wipe's request is not synced", "wipes", requestNameUnsynced),
  define("what a wipe removes is not synced", "wipes", removalsUnsynced),
  define("a wipe's request goes before the segments", "wipes", removeRequestEarly),
  define("what a failed write left is not cut off", "faults", leaveFailedWrite),
  define("a torn line is not cut off", "mixed", leaveTornLine),
  define("bytes are not written again after a failed sync", "faults", writeOnce),
  define("a batch is written at the end of the file", "faults", writeAtEnd),
  define("a write that failed counts as done", "faults", ignoreFailedWrite),
  define("the lock is always granted", "processes", grantLock),
  define("two segments get the same name", "appending", repeatName),
  define("retention removes the newest segment", "retention", removeNewest),
];

function define(name: string, theme: Theme, mutation: Mutation): NamedMutation {
  // Processes end in all of these, and what they leave is mended by others.
  return { name, themes: [theme, "processes", "mixed"], mutation };
}

/** Another file system with some of its methods changed. */
function alter(inner: FileSystem, changes: Partial<FileSystem>): FileSystem {
  return {
    open: (path, mode) => inner.open(path, mode),
    stat: (path) => inner.stat(path),
    list: (path) => inner.list(path),
    makeDirectory: (path) => inner.makeDirectory(path),
    rename: (from, to) => inner.rename(from, to),
    remove: (path) => inner.remove(path),
    unlink: (path) => inner.unlink(path),
    setModifiedTime: (path, timeMs) => inner.setModifiedTime(path, timeMs),
    syncDirectory: (path) => inner.syncDirectory(path),
    syncDirectorySync: (path) => inner.syncDirectorySync(path),
    lock: (path) => inner.lock(path),
    freeBytes: (path) => inner.freeBytes(path),
    ...changes,
  };
}

/** The same for the files that it opens. */
function alterHandles(
  inner: FileSystem,
  change: (handle: FileHandle, opened: { readonly path: string; readonly mode: OpenMode }) => Partial<FileHandle>,
): FileSystem {
  return alter(inner, {
    open: (path, mode) => {
      const handle = inner.open(path, mode);
      return {
        stat: () => handle.stat(),
        readSync: (buffer, offset) => handle.readSync(buffer, offset),
        read: (buffer, offset) => handle.read(buffer, offset),
        writeSync: (buffer, offset) => handle.writeSync(buffer, offset),
        write: (buffer, offset) => handle.write(buffer, offset),
        truncate: (sizeBytes) => handle.truncate(sizeBytes),
        sync: () => handle.sync(),
        syncSync: () => handle.syncSync(),
        close: () => handle.close(),
        ...change(handle, { path, mode }),
      };
    },
  });
}

function withoutSync(inner: FileSystem, files: RegExp): FileSystem {
  return alterHandles(
    inner,
    (_handle, { path }) => files.test(path) ? { sync: () => Promise.resolve(), syncSync: () => {} } : {},
  );
}

function withoutFolderSync(inner: FileSystem, isLeftOut: (path: string) => boolean): FileSystem {
  return alter(inner, {
    syncDirectory: (path) => isLeftOut(path) ? Promise.resolve() : inner.syncDirectory(path),
    syncDirectorySync: (path) => isLeftOut(path) ? undefined : inner.syncDirectorySync(path),
  });
}

function isServerFolder(path: string): boolean {
  return path.startsWith(`${MEMORY_ROOT}/`) && path.slice(MEMORY_ROOT.length + 1).includes("/");
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function notWaiting(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle) => ({ sync: () => Promise.resolve(void handle.sync().catch(() => {})) }));
}

function writeAtEnd(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle) => ({
    writeSync: (buffer) => handle.writeSync(buffer, handle.stat().sizeBytes),
    write: (buffer) => handle.write(buffer, handle.stat().sizeBytes),
  }));
}

function ignoreFailedWrite(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle) => ({ write: (buffer, offset) => handle.write(buffer, offset).catch(() => {}) }));
}

function grantLock(inner: FileSystem): FileSystem {
  return alter(inner, {
    lock: (path) => inner.lock(path) ?? { identity: inner.stat(path)?.identity ?? "", release: () => {} },
  });
}

function syncGzipLate(inner: FileSystem): FileSystem {
  return alter(withoutSync(inner, TEMPORARY), {
    unlink: async (path) => {
      await inner.unlink(path);
      if (!SEALED.test(path)) return;
      const file = inner.open(`${path}.gz`, "read");
      file.syncSync();
      file.close();
    },
  });
}

function removeRawEarly(inner: FileSystem): FileSystem {
  const renamedIn = new Set<string>();
  const late = withoutFolderSync(inner, (path) => renamedIn.has(path));
  return alter(late, {
    rename: (from, to) => {
      inner.rename(from, to);
      if (GZIP.test(to)) renamedIn.add(folderOf(to));
    },
    unlink: async (path) => {
      await inner.unlink(path);
      if (renamedIn.delete(folderOf(path))) await inner.syncDirectory(folderOf(path));
    },
  });
}

/** Every row is empty, and every checksum right. */
function forgetTokens(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle, { path }) => {
    if (!SIDE.test(path)) return {};
    return { writeSync: (buffer, offset) => handle.writeSync(withoutTokens(buffer), offset) };
  });
}

function withoutTokens(side: Uint8Array): Uint8Array {
  const header = side.slice(0, SIDE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const shape = { blockCount: view.getUint16(6, true), rowCount: view.getUint32(8, true) };
  const { groupBytes } = sideLayout(shape);
  const empty = new Uint8Array(side.length);
  empty.set(header);
  for (let group = 0; header.length + group * groupBytes < side.length; group++) {
    const start = header.length + group * groupBytes;
    const end = Math.min(start + groupBytes, side.length) - 4;
    const crc = crc32(empty.subarray(start, end), groupSeed(header, { group, crc32 }));
    new DataView(empty.buffer).setUint32(end, crc, true);
  }
  return empty;
}

function requestNameUnsynced(inner: FileSystem): FileSystem {
  const requestedIn = new Set<string>();
  return alter(withoutFolderSync(inner, (path) => requestedIn.delete(path)), {
    rename: (from, to) => {
      inner.rename(from, to);
      if (REQUEST.test(to)) requestedIn.add(folderOf(to));
    },
  });
}

function removalsUnsynced(inner: FileSystem): FileSystem {
  const wipedIn = new Set<string>();
  return alter(withoutFolderSync(inner, (path) => wipedIn.has(path)), {
    remove: (path) => {
      inner.remove(path);
      if (ACTIVE.test(path)) wipedIn.add(folderOf(path));
    },
    open: (path, mode) => {
      // The next record ends it: only what came before it was wiped.
      if (mode === "update" && ACTIVE.test(path)) wipedIn.delete(folderOf(path));
      return inner.open(path, mode);
    },
  });
}

function removeRequestEarly(inner: FileSystem): FileSystem {
  return alter(inner, {
    remove: (path) => {
      const folder = folderOf(path);
      const requests = inner.list(folder).map(({ name }) => `${folder}/${name}`).filter((other) => REQUEST.test(other));
      if (SEALED.test(path) || GZIP.test(path) || ACTIVE.test(path)) {
        requests.forEach((request) => inner.remove(request));
      }
      if (!REQUEST.test(path) || inner.stat(path) !== undefined) inner.remove(path);
    },
  });
}

/** After a failed write, the file keeps what landed of it. */
function leaveFailedWrite(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle) => {
    let hasFailed = false;
    const note = (error: unknown): never => {
      hasFailed = true;
      throw error;
    };
    return {
      truncate: (sizeBytes) => hasFailed ? undefined : handle.truncate(sizeBytes),
      writeSync: (buffer, offset) => {
        try {
          handle.writeSync(buffer, offset);
        } catch (error) {
          note(error);
        }
      },
      write: (buffer, offset) => handle.write(buffer, offset).catch(note),
    };
  });
}

/** What a crash tore stays, and the next records come behind it. */
function leaveTornLine(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle, { path }) => {
    let tornBytes = 0;
    let isNew = ACTIVE.test(path);
    return {
      truncate: (sizeBytes) => {
        if (isNew) tornBytes = handle.stat().sizeBytes - sizeBytes;
        else handle.truncate(sizeBytes + tornBytes);
      },
      writeSync: (buffer, offset) => {
        isNew = false;
        handle.writeSync(buffer, offset + tornBytes);
      },
      write: (buffer, offset) => {
        isNew = false;
        return handle.write(buffer, offset + tornBytes);
      },
    };
  });
}

function writeOnce(inner: FileSystem): FileSystem {
  return alterHandles(inner, (handle) => {
    const isThere = (buffer: Uint8Array, offset: number): boolean => {
      const there = new Uint8Array(buffer.length);
      return handle.readSync(there, offset) === buffer.length && there.every((byte, index) => byte === buffer[index]);
    };
    return { write: (buffer, offset) => isThere(buffer, offset) ? Promise.resolve() : handle.write(buffer, offset) };
  });
}

function repeatName(inner: FileSystem): FileSystem {
  const lastNames = new Map<string, string>();
  return alter(inner, {
    rename: (from, to) => {
      const isSeal = ACTIVE.test(from) && SEALED.test(to);
      const name = isSeal ? lastNames.get(from) ?? to : to;
      if (isSeal) lastNames.set(from, name);
      inner.rename(from, name);
    },
  });
}

function removeNewest(inner: FileSystem): FileSystem {
  return alter(inner, {
    remove: (path) => {
      const folder = folderOf(path);
      const isAny = SEALED.test(path) ? SEALED : GZIP.test(path) ? GZIP : undefined;
      const signal = path.slice(folder.length + 1).split("-")[0];
      const others = inner.list(folder).map(({ name }) => `${folder}/${name}`)
        .filter((other) => isAny?.test(other) && other.startsWith(`${folder}/${signal}-`));
      inner.remove(others.toSorted().at(-1) ?? path);
    },
  });
}
