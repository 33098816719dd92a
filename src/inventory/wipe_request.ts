/**
 * The files by which a wipe is asked for: `.wipe-<id>.json` in a server folder.
 *
 * A request is on disk before anything is removed, so that a wipe cut short is finished at the next open. It is removed
 * when the wipe is done, which is the answer for the process that asked.
 *
 * @module
 */

import { errorCode, type FileSystem } from "../platform/file_system.ts";
import { readJsonFile, writeJsonFile } from "./json_file.ts";

/** One request. */
export interface WipeRequest {
  /** Its file; `undefined` when it could not be written. */
  readonly path: string | undefined;
  /** Which signal; `undefined` for every one. */
  readonly signal: string | undefined;
}

const REQUEST_NAME = /^\.wipe-[0-9a-f-]+\.json$/;
const TEMPORARY_NAME = /^\.wipe-[0-9a-f-]+\.json\.tmp$/;

/** Whether a file is a request that was being written when its process ended. */
export function isTemporaryRequest(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/** Writes a request and gives its path. It is on disk when the promise resolves. */
export async function writeWipeRequest(
  fileSystem: FileSystem,
  request: { readonly folder: string; readonly signal: string | undefined },
): Promise<string> {
  const { folder, signal } = request;
  const path = `${folder}/.wipe-${crypto.randomUUID()}.json`;
  const file = { path, value: signal === undefined ? {} : { signal }, durability: "synced" } as const;
  try {
    writeJsonFile(fileSystem, file);
  } catch (error) {
    // Whoever took the folder's lock this moment removes unfinished requests, which it takes for those of a dead process.
    if (errorCode(error) !== "ENOENT") throw error;
    writeJsonFile(fileSystem, file);
  }
  try {
    await fileSystem.syncDirectory(folder);
  } catch (error) {
    // Nobody would know of it any more, and it would be carried out all the same.
    fileSystem.remove(path);
    // Where this fails as well, a loss of power may bring it back.
    await fileSystem.syncDirectory(folder).catch(() => {});
    throw error;
  }
  return path;
}

/** The requests that stand in a folder. One that cannot be read asks for nothing and is left for a person to look at. */
export function listWipeRequests(fileSystem: FileSystem, folder: string): WipeRequest[] {
  return fileSystem.list(folder)
    .filter((entry) => entry.kind === "file" && REQUEST_NAME.test(entry.name))
    .flatMap((entry) => readWipeRequest(fileSystem, `${folder}/${entry.name}`));
}

function readWipeRequest(fileSystem: FileSystem, path: string): WipeRequest[] {
  const value = readJsonFile(fileSystem, path);
  if (typeof value !== "object" || value === null) return [];
  const signal = "signal" in value ? value.signal : undefined;
  return signal === undefined || typeof signal === "string" ? [{ path, signal }] : [];
}
