/**
 * Small disks for programs of ./programs: a tmpfs of a few MiB that only the program sees, and, where none can be mounted,
 * a limit on the length of files, which refuses writes as a full disk does.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { toolAt } from "../tools.ts";
import { programCommand, startCommand, type StoreProgram } from "./program.ts";

/** What makes a disk small. */
export type DiskKind =
  /** A tmpfs of 3 MiB and 100 files: a write past it fails with `ENOSPC`. */
  | "tmpfs"
  /** `RLIMIT_FSIZE`: a write past it fails with `EFBIG`. It can be set to any length, and so to "full". */
  | "file_limit";

/** A small disk, as the program on it sees it. */
export interface SmallDisk {
  /** What a message says of a write that it refused: Bun names the code, Deno the meaning. */
  readonly refusal: RegExp;
  /** Leaves room for `leftBytes` at most: on the whole disk, or in each file. */
  fill(leftBytes: number): void;
  /** Gives the room back. */
  makeRoom(): void;
}

/** A disk that this machine can make small, or the reason why it cannot. */
export interface DiskChoice {
  readonly kind: DiskKind;
  readonly skip: string | false;
}

const TMPFS_MOUNT = 'mount -t tmpfs -o size=3m,nr_inodes=100 tmpfs "$0" && exec "$@"';
/** As root, and where user namespaces are allowed as anybody. */
const NAMESPACES: readonly (readonly string[])[] = [["unshare", "-m"], ["unshare", "-rm"]];
const CHUNK = new Uint8Array(64 * 1024).fill(0x2e);

/**
 * The kinds of small disk, each with the reason to skip it.
 *
 * @throws {Error} If there is none and `VARVE_REQUIRE_TOOLS=1` is set.
 */
export function diskChoices(directory: string): readonly DiskChoice[] {
  const reasons = {
    tmpfs: namespaceFor(directory) === undefined ? "needs the right to mount a tmpfs" : false,
    file_limit: hasCommands(["bash", "prlimit"]) ? false : "needs bash and prlimit",
  } as const;
  // A machine that can do neither must not pass as one that was tested.
  if (reasons.tmpfs && reasons.file_limit) toolAt("a tmpfs, or bash and prlimit", undefined);
  return [{ kind: "tmpfs", skip: reasons.tmpfs }, { kind: "file_limit", skip: reasons.file_limit }];
}

/** Starts a program of ./programs whose first argument is a directory on a small disk. */
export function startOnSmallDisk(
  name: string,
  args: readonly string[],
  place: { readonly kind: DiskKind; readonly directory: string },
): StoreProgram {
  const { kind, directory } = place;
  const command = [...programCommand(name), directory, ...args];
  if (kind === "file_limit") return startCommand(["bash", "-c", 'trap "" XFSZ; exec "$@"', "bash", ...command]);
  const namespace = namespaceFor(directory);
  if (namespace === undefined) throw new Error(`Cannot mount a tmpfs on "${directory}"`);
  return startCommand([...namespace, "sh", "-c", TMPFS_MOUNT, directory, ...command]);
}

/** The small disk that holds `directory`, for the program that was started on it. */
export function openSmallDisk(kind: DiskKind, directory: string): SmallDisk {
  return kind === "tmpfs" ? tmpfsDisk(directory) : limitedDisk();
}

/** Takes the room of a tmpfs with a file of somebody else. */
function tmpfsDisk(directory: string): SmallDisk {
  const ballast = join(directory, "ballast");
  return {
    refusal: /ENOSPC|No space left on device/,
    fill(leftBytes) {
      rmSync(ballast, { force: true });
      const { bavail, bsize } = statfsSync(directory);
      writeUntilFull(ballast, bavail * bsize - leftBytes);
    },
    makeRoom: () => rmSync(ballast, { force: true }),
  };
}

function writeUntilFull(path: string, bytes: number): void {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    try {
      writeFileSync(path, CHUNK.subarray(0, Math.min(left, CHUNK.length)), { flag: "a" });
    } catch (error) {
      // The file system keeps a little for itself.
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
      throw error;
    }
  }
}

/** Sets how long a file of this process may become. A part of a write lands, up to that length. */
function limitedDisk(): SmallDisk {
  return {
    refusal: /EFBIG|File too large/,
    fill: (leftBytes) => setFileLimit(String(leftBytes)),
    makeRoom: () => setFileLimit("unlimited"),
  };
}

function setFileLimit(limit: string): void {
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(process.pid), `--fsize=${limit}:unlimited`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Cannot limit the length of files to ${limit}: ${stderr}`);
}

/** How a program can be started so that it may mount a tmpfs that nobody else sees. */
function namespaceFor(directory: string): readonly string[] | undefined {
  return NAMESPACES.find(([path = "", ...args]) =>
    spawnSync(path, [...args, "sh", "-c", TMPFS_MOUNT, directory, "true"], { stdio: "ignore" }).status === 0
  );
}

function hasCommands(names: readonly string[]): boolean {
  return names.every((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}
