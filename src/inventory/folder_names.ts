/**
 * Stack and server names as folder names.
 *
 * @module
 */

import { NAME_MAX_BYTES } from "../limits.ts";
import type { FileSystem } from "../platform/file_system.ts";

/**
 * The folder name of a stack or server: UTF-8, with everything but `[A-Za-z0-9._-]` percent-encoded, and a leading dot
 * as well, so that no name leaves its folder and every plain name is its own.
 *
 * @param name The name.
 * @param part What it is called, for the message.
 * @throws {RangeError} If it is empty, is no valid Unicode, or takes more than 200 bytes once encoded.
 */
export function encodeName(name: string, part: "stack" | "server"): string {
  if (name === "") throw new RangeError(`Cannot use a ${part} without a name: received ""`);
  if (!name.isWellFormed()) throw new RangeError(`Cannot use ${part} ${JSON.stringify(name)}: it is no valid Unicode`);
  const encoded = encodeURIComponent(name)
    .replace(/[!'()*~]/g, percentEncode)
    .replace(/^\./, "%2E");
  if (encoded.length <= NAME_MAX_BYTES) return encoded;
  const shown = `${name.slice(0, 40)}…`;
  throw new RangeError(
    `Cannot use ${part} "${shown}": it takes ${encoded.length} bytes, at most ${NAME_MAX_BYTES} fit`,
  );
}

/** The name that a folder stands for: decoded when it is an encoded one, else the folder's own. */
export function decodeName(folder: string): string {
  try {
    const name = decodeURIComponent(folder);
    return encodeName(name, "server") === folder ? name : folder;
  } catch {
    return folder;
  }
}

/**
 * The path of a stack's or server's folder below `parent`. A folder of the literal name, as gridctl makes them, is taken
 * where there is one, else the encoded one, which may not be there.
 *
 * @throws {RangeError} See {@linkcode encodeName}.
 */
export function resolveFolder(
  fileSystem: FileSystem,
  folder: { readonly parent: string; readonly name: string; readonly part: "stack" | "server" },
): string {
  const { parent, name, part } = folder;
  const encoded = encodeName(name, part);
  // A folder whose name reads as an encoded one belongs to the name that it encodes.
  const isPlainPath = encoded !== name && decodeName(name) === name && !/[/\\\0]/.test(name) && !/^\.\.?$/.test(name);
  if (isPlainPath && fileSystem.list(parent).some((entry) => entry.kind === "directory" && entry.name === name)) {
    return `${parent}/${name}`;
  }
  return `${parent}/${encoded}`;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** The path of the directory that holds what stands at `path`. */
export function parentOf(path: string): string {
  // Of what stands directly in the file system's root, that is the parent.
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
