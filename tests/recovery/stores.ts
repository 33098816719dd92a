/**
 * Roots, real and in memory, and what tests of a whole store ask of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openStore, type ReadQuery, type Store, type StoreOptions } from "../../mod.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";

/** The journal that most tests write to. */
export const LOGS = { stack: "shop", server: "github", signal: "logs" } as const;

/** When clocks of tests start: 2026-05-05T12:00:00Z. */
export const START_MS = Date.UTC(2026, 4, 5, 12);

/** Where stores in memory lie. */
export const MEMORY_ROOT = "/data/telemetry";

/** A machine in memory: its clock, its disk, and one process on it. */
export interface MemoryMachine {
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly fileSystem: MemoryFileSystem;
  /** Opens a store under {@linkcode MEMORY_ROOT} on it. */
  open(options?: StoreOptions): Promise<Store>;
}

/** A new machine in memory. */
export function memoryMachine(): MemoryMachine {
  const clock = new ManualClock(START_MS);
  const disk = new MemoryDisk(clock);
  const fileSystem = new MemoryFileSystem(disk);
  fileSystem.makeDirectory(dirname(MEMORY_ROOT));
  fileSystem.syncDirectorySync("/");
  return { clock, disk, fileSystem, open: (options) => openStore(MEMORY_ROOT, { fileSystem, clock, ...options }) };
}

/** Runs `use` with an empty directory of the real file system, and removes it. */
export async function inRoot(use: (root: string) => void | Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "varve-store-"));
  try {
    await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A record with a number, as tests count them. */
export function numbered(n: number): { readonly ts: string; readonly n: number } {
  return { ts: new Date(START_MS + n).toISOString(), n };
}

/** The numbers of all records that a query finds, in order. */
export async function numbersIn(store: Store, query: ReadQuery = LOGS): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { record } of store.read(query)) numbers.push(Number(record["n"]));
  return numbers;
}

/** From `start` up to and without `end`. */
export function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

/** Writes files under `root`, with the directories they need. */
export function putFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** The names in a directory, sorted; with `pattern`, those it matches. */
export function namesIn(directory: string, pattern = /(?:)/): string[] {
  return readdirSync(directory).filter((name) => pattern.test(name)).sort();
}

/** Waits, at most `timeoutMs`, until `isTrue` says so. */
export async function until(isTrue: () => boolean, { timeoutMs = 20_000 } = {}): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    assert.ok(Date.now() < endMs, `waited ${timeoutMs} ms for ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Lets time pass on a machine in memory, with a turn of the event loop every 250 ms of it. */
export async function pass({ clock }: MemoryMachine, durationMs: number): Promise<void> {
  for (let restMs = durationMs; restMs > 0; restMs -= 250) await clock.advanceAsync(Math.min(restMs, 250));
}

/** Closes a store in memory, whose compressions end only while time passes. */
export async function closeIn(machine: MemoryMachine, store: Store): Promise<void> {
  const closed = store.close();
  await pass(machine, 1000);
  await closed;
}

/** Numbers from 0 up to and without 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Asserts that every record a store was handed is accounted for: accepted = written + queued + dropped. */
export function assertAccounts(store: Store): void {
  for (const [signal, { accepted, written, queued, dropped }] of Object.entries(store.stats().records)) {
    const droppedTotal = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const parts = { signal, accepted, sum: written + queued + droppedTotal };
    assert.deepEqual(parts, { ...parts, sum: accepted }, JSON.stringify({ written, queued, dropped }));
  }
}
