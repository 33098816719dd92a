/**
 * Has concurrent callers append records that each of them waits for until the disk has it, and prints, as JSON, how many
 * were acknowledged in which time. `durable_append.ts` starts it.
 *
 * Command line: `durable_append.ts <subject> <directory> <added ms of each sync> <ms to run>`
 *
 * @module
 */

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "../../mod.ts";
import type { FileSystem } from "../../src/platform/file_system.ts";
import { nodeFileSystem } from "../../src/platform/node_file_system.ts";
import { RecordSource } from "../records.ts";
import { FILE_MODE } from "../subjects/subject.ts";

/** What the program prints. */
export interface DurableAppends {
  /** Records that were measured. */
  readonly acknowledged: number;
  readonly elapsedMs: number;
  /** Records acknowledged altogether, with those that warmed the program up. */
  readonly total: number;
}

/** Takes a record, and resolves once it is on disk. */
type DurableAppend = () => Promise<void>;

/** One way to have records on disk. */
interface DurableSubject {
  readonly append: DurableAppend;
  close(): Promise<void> | void;
}

const CALLERS = 64;
const WARM_UP_SHARE = 0.2;

const [subject = "", directory = "", addedText = "", durationText = ""] = process.argv.slice(2);
const addedMs = Number(addedText);
const source = new RecordSource();
const { append, close } = await (subject === "varve" ? openVarve() : openNaive());
const warmUp = await callAll(WARM_UP_SHARE * Number(durationText));
const measured = await callAll(Number(durationText));
await close();
const report: DurableAppends = { ...measured, total: warmUp.acknowledged + measured.acknowledged };
console.log(JSON.stringify(report));

/** All callers at once, each waiting for its record before it appends the next one. */
async function callAll(durationMs: number): Promise<Omit<DurableAppends, "total">> {
  const startMs = performance.now();
  let acknowledged = 0;
  const call = async (): Promise<void> => {
    while (performance.now() - startMs < durationMs) {
      await append();
      acknowledged++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return { acknowledged, elapsedMs: performance.now() - startMs };
}

async function openVarve(): Promise<DurableSubject> {
  const store = await openStore(directory, addedMs === 0 ? {} : { fileSystem: slowFileSystem() });
  const journal = store.journal({ stack: "bench", server: "durable", signal: "logs" });
  return {
    append: () => {
      journal.append(source.record());
      return journal.sync();
    },
    close: () => store.close(),
  };
}

/** One `write` and one `fdatasync` a record, one caller after another. */
function openNaive(): DurableSubject {
  const descriptor = openSync(join(directory, "naive.jsonl"), "a", FILE_MODE);
  let last = Promise.resolve();
  const appendNext = (): void => {
    writeSync(descriptor, JSON.stringify(source.record()) + "\n");
    fdatasyncSync(descriptor);
    pause();
  };
  return { append: () => last = last.then(appendNext), close: () => closeSync(descriptor) };
}

/** The operating system's files on a disk whose syncs take longer. */
function slowFileSystem(): FileSystem {
  return {
    ...nodeFileSystem,
    open(path, mode) {
      const file = nodeFileSystem.open(path, mode);
      const sync = file.sync.bind(file);
      return Object.assign(file, { sync: () => sync().then(pause) });
    },
    syncDirectory: (path) => nodeFileSystem.syncDirectory(path).then(pause),
  };
}

/** On this thread, and to the microsecond, for both subjects: every caller waits anyway, and a timer would add up to 1 ms. */
function pause(): void {
  if (addedMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, addedMs);
}
