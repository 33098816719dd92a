/**
 * Appends to two journals on a disk that has become slow, and ends in the way its arguments say while a write of each is
 * under way.
 *
 * Arguments: way out, what the program itself listens for, disk, path of the note, root. The note tells how many records
 * each journal was given: a 64-bit integer, little-endian. Without a root it does the same without Varve.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { openStore } from "../../../mod.ts";
import type { FileHandle, OpenMode } from "../../../src/platform/file_system.ts";
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";
import { crashRecord } from "../crash_records.ts";
import { RefusingFileSystem } from "../refusing_file_system.ts";
import { LOGS } from "../stores.ts";

/** A disk whose asynchronous writes stand still, as the program sees it, in the middle. */
class StandingFileSystem extends RefusingFileSystem {
  /** How many writes stand still. */
  standing = 0;

  override open(path: string, mode: OpenMode): FileHandle {
    const handle = super.open(path, mode);
    let [writes, isClosed] = [0, false];
    const closeAfterWrites = (): void => {
      if (isClosed && writes === 0) handle.close();
    };
    return {
      ...handle,
      write: async (bytes, offset) => {
        writes++;
        await this.#write(handle, { bytes, offset }).finally(() => writes--);
        closeAfterWrites();
      },
      close: () => {
        isClosed = true;
        closeAfterWrites();
      },
    };
  }

  async #write(handle: FileHandle, write: { readonly bytes: Uint8Array; readonly offset: number }): Promise<void> {
    const { bytes, offset } = write;
    const landed = Math.floor(bytes.length * (LANDED_PARTS[disk] ?? 1));
    if (landed > 0) await handle.write(bytes.subarray(0, landed), offset);
    if (disk in LANDED_PARTS) await this.#stand();
    if (landed < bytes.length) await handle.write(bytes.subarray(landed), offset + landed);
  }

  async #stand(): Promise<void> {
    this.standing++;
    // The program ends before, unless it caught what should have ended it.
    await new Promise((resolve) => setTimeout(resolve, STANDSTILL_MS).unref());
    this.standing--;
  }
}

interface DenoProcess {
  exit(status: number): never;
  addSignalListener(signal: string, listener: () => void): void;
}

/** How much of an asynchronous write is on file before it stands still. On a `real` disk none does. */
const LANDED_PARTS: Readonly<Record<string, number>> = { held: 0, torn: 0.5, landed: 1 };
const STANDSTILL_MS = 200;
/** Ten times as long the journals queue what they are given. */
const SLOW_WRITE_MS = 50;
const FIRST_RECORDS = 20;
const BURST_RECORDS = 1500;
const MORE_RECORDS = 300;
const RECORDS_MAX = 30_000;

const [way = "", listener = "", disk = "", notePath = "", root = ""] = process.argv.slice(2);
const { Deno: deno } = globalThis as { Deno?: DenoProcess };
const note = openSync(notePath, "w");
const fileSystem = new StandingFileSystem(nodeFileSystem);
const store = root === "" ? undefined : await openStore(root, {
  fileSystem,
  flushIntervalMs: 3_600_000,
  segment: { maxBytes: 300_000, compression: "none" },
  retention: { maxSegments: false },
});
const journals = ["logs", "events"].map((signal) => store?.journal({ ...LOGS, signal }));
let appended = 0;
let isOver = false;

const WAYS: Readonly<Record<string, () => void>> = {
  return() {},
  exitCode: () => void (process.exitCode = 5),
  exit: () => process.exit(3),
  denoExit: () => deno?.exit(3),
  exitWhileClosing() {
    void store?.close();
    process.exit(3);
  },
  throw() {
    throw new Error("thrown by the program");
  },
  throwLater: () =>
    void setTimeout(() => {
      throw new Error("thrown by the program");
    }, 0),
  reject: () => void Promise.reject(new Error("thrown by the program")),
};

const LISTENERS: Readonly<Record<string, () => void>> = {
  exit: () => void process.on(way, () => shutDown(0)),
  exitLater: () => void process.on(way, () => shutDown(50)),
  once: () => void process.once(way, () => shutDown(50)),
  denoListener: () => void deno?.addSignalListener(way, () => shutDown(50)),
  close: () => void process.on(way, () => void close()),
  goOn: () => void process.on(way, () => goOn()),
  catchAndExit: () => void process.on("uncaughtException", () => shutDown(0)),
  catch: () => void process.on("uncaughtException", () => goOn()),
  catchRejection: () => void process.on("unhandledRejection", () => goOn()),
};

await makeSlow();
LISTENERS[listener]?.();
append(BURST_RECORDS);
await writesUnderWay();
if (way in WAYS) WAYS[way]?.();
else await waitForSignal();

/** After a slow write journals write asynchronously. */
async function makeSlow(): Promise<void> {
  fileSystem.beforeWrite = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_WRITE_MS);
  append(FIRST_RECORDS);
  await store?.flush();
  fileSystem.beforeWrite = () => {};
}

/** Resolves once writes stand still, or, on a `real` disk, once they are with the system, which on Deno takes a microtask. */
async function writesUnderWay(): Promise<void> {
  await Promise.resolve();
  while (store !== undefined && disk in LANDED_PARTS && fileSystem.standing < journals.length) await turn();
}

async function waitForSignal(): Promise<void> {
  process.stdout.write("ready\n");
  while (!isOver) {
    // Where writes do not stand still, one of many is under way when the signal comes.
    if (disk === "real" && appended < RECORDS_MAX) append(MORE_RECORDS);
    await turn();
  }
}

/** A graceful end, which is worth a few records itself. */
function shutDown(delayMs: number): void {
  append(MORE_RECORDS);
  if (delayMs === 0) process.exit(7);
  setTimeout(() => process.exit(7), delayMs);
}

async function close(): Promise<void> {
  goOn();
  // A write that stands still keeps no process alive here; a real one does.
  setInterval(() => {}, STANDSTILL_MS);
  await store?.close();
  process.exit(7);
}

function goOn(): void {
  append(MORE_RECORDS);
  isOver = true;
}

function append(count: number): void {
  for (const end = appended + count; appended < end; appended++) {
    for (const journal of journals) journal?.append(crashRecord(appended));
  }
  writeSync(note, new BigUint64Array([BigInt(appended)]), 0, 8, 0);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
