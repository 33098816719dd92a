/**
 * Holds two journals, of one of which it keeps no reference, and does what it is told on standard input, a line at a
 * time: among it what frees a lock by accident. Answers each with a line: the result, or the name of the error.
 *
 * Argument: root.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, symlinkSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { openStore, type Store } from "../../../mod.ts";
import { errorCode, type OpenMode } from "../../../src/platform/file_system.ts";
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";
import { LOGS, numbered, numbersIn } from "../stores.ts";

const COLLECTIONS = 3;

if (isMainThread) await serve(process.argv[2] ?? "");
else parentPort?.postMessage(await useOtherStore(await openStore(workerData)));

async function serve(root: string): Promise<void> {
  const store = await openStore(root, { flushIntervalMs: 3_600_000 });
  const journal = store.journal(LOGS);
  await holdForgotten(root);
  const actions: Readonly<Record<string, (argument: string) => unknown>> = {
    append: (n) => journal.append(numbered(Number(n))),
    flush: () => journal.flush(),
    dropped: () => store.stats().records["logs"]?.dropped.locked,
    openLock: () => openLock(`${root}/${LOGS.stack}/${LOGS.server}/.lock`),
    read: () => readEverything(store),
    otherStore: async () => useOtherStore(await openStore(root)),
    otherPath: (alias) => useOtherPath(root, alias),
    otherCopy: async (path) => useOtherStore(await (await import(pathToFileURL(path).href)).openStore(root)),
    thread: () => useThread(root),
    copyRoot: (path) => cpSync(root, path, { recursive: true }),
    childProcess: () => spawnSync(process.execPath, ["--version"]).status,
    collectGarbage,
  };
  console.log("held");
  for await (const line of createInterface({ input: process.stdin })) {
    const [action = "", argument = ""] = line.split(" ");
    console.log(await resultOf(async () => await actions[action]?.(argument)));
  }
}

/** The lock must not depend on what the program keeps. */
async function holdForgotten(root: string): Promise<void> {
  (await openStore(root)).journal({ ...LOGS, server: "forgotten" });
}

async function openLock(path: string): Promise<string> {
  const modes: readonly OpenMode[] = ["read", "update", "replace"];
  return (await Promise.all(modes.map((mode) => resultOf(() => nodeFileSystem.open(path, mode).close())))).join();
}

async function readEverything(store: Store): Promise<number> {
  const [found, newest] = [await numbersIn(store), await store.tail(LOGS, { count: 100 })];
  await store.inventory();
  return found.length - newest.length;
}

/** Does with a second store all that a store can do, but for what would remove the first one's records. */
async function useOtherStore(other: Store): Promise<string> {
  const refused = await resultOf(() => void other.journal(LOGS));
  await readEverything(other);
  await other.prune();
  other.journal({ ...LOGS, server: "weather" }).append(numbered(0));
  await other.wipe({ ...LOGS, server: "weather" });
  await other.close();
  return refused;
}

async function useOtherPath(root: string, alias: string): Promise<string> {
  symlinkSync(root, alias);
  return useOtherStore(await openStore(alias));
}

async function useThread(root: string): Promise<unknown> {
  const thread = new Worker(new URL(import.meta.url), { workerData: root });
  const [answer] = await once(thread, "message");
  await thread.terminate();
  return answer;
}

function collectGarbage(): void {
  const { Bun: bun } = globalThis as { Bun?: { gc(isSynchronous: boolean): void } };
  if (bun === undefined) setFlagsFromString("--expose-gc");
  const collect = bun === undefined ? runInNewContext("gc") as () => void : () => bun.gc(true);
  for (let count = 0; count < COLLECTIONS; count++) collect();
}

async function resultOf(run: () => unknown): Promise<string> {
  try {
    return String(await run());
  } catch (error) {
    // By name, because a second copy of the module has a class of its own.
    const { name, message } = error as Error;
    return errorCode(error) ?? (name === "StoreLockedError" ? name : `${name}: ${message}`);
  }
}
