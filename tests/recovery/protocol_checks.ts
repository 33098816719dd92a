/**
 * What must hold of a disk on which a protocol was cut short: for a reader, for the next opener, and for those after it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openStore, type Store } from "../../mod.ts";
import { readHolder } from "../../src/inventory/lock_holder.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import type { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { FOLDER, listNames } from "./protocol_files.ts";
import type { Moment, Progress } from "./protocol_run.ts";
import { checkSideFiles } from "./protocol_side_files.ts";
import type { Protocol } from "./protocol_steps.ts";
import { LOGS, MEMORY_ROOT, numbered, numbersIn, range, seededRandom, START_MS } from "./stores.ts";

/** How a protocol ended: the process was killed, or power was lost, and with it what was not on disk. */
export type Ending = "killed" | "power lost";

/** What was promised of a disk, and which protocol left it. */
export interface Remains {
  readonly protocol: Protocol;
  readonly moment: Moment;
  readonly ending: Ending;
}

/** Which records of a signal must be there, and which may be. */
interface Claim {
  /** The first number that is not allowed to be missing; those before may have been taken away. */
  readonly from: number;
  /** Every record up to and without this one is there. */
  readonly to: number;
  /** Whether those before `from` are all gone, may be in part, or are all there. */
  readonly taken: "all" | "oldest first" | "any" | "all or none";
  readonly appended: number;
}

/** Reads everything as a process would that holds nothing, and asserts that it sees what was promised. */
export async function checkReader(disk: MemoryDisk, remains: Remains): Promise<void> {
  const store = await openBeside(disk);
  for (const [signal, progress] of remains.moment.progress) {
    const numbers = await checkSignal(store, { signal, disk });
    assertClaim(numbers, claimOf(remains, { signal, progress, isOpened: false }));
  }
  if (remains.ending === "killed") assert.equal(store.stats().damagedPlaces, 0, "damaged places");
  await store.close();
}

/** Opens the root for writing and asserts that nothing is missing or left over, and that it goes on from there. */
export async function checkReopening(disk: MemoryDisk, remains: Remains & { readonly seed: number }): Promise<void> {
  const { moment: { progress }, protocol: { options } } = remains;
  const clock = new ManualClock(START_MS + 86_400_000);
  const fileSystem = new MemoryFileSystem(disk);
  const store = await openStore(MEMORY_ROOT, { ...options, fileSystem, clock });
  const journal = store.journal(LOGS);
  await settle(clock, () => store.stats().compression.backlog === 0);
  let before: readonly number[] = [];
  for (const [signal, counts] of progress) {
    const numbers = await checkSignal(store, { signal, disk });
    assertClaim(numbers, claimOf(remains, { signal, progress: counts, isOpened: true }));
    if (signal === LOGS.signal) before = numbers;
  }
  assertTidy(listNames(fileSystem), options.segment?.compression !== "none");
  const { segments, ruledOut, orphans } = await checkSideFiles(fileSystem, FOLDER);
  assert.equal(orphans, 0, "side files without a segment");
  // They are not synced, and retention takes a segment's side file first.
  const areAllThere = remains.ending === "killed" && remains.protocol.takes === undefined;
  if (areAllThere) assert.equal(ruledOut, segments, "segments with a side file that is of use");
  assert.equal(readHolder(fileSystem, FOLDER)?.isForeign, false, "the folder counts as another program's");
  const appended = range(1000, 1002);
  for (const n of appended) journal.append(numbered(n));
  await journal.sync();
  assert.deepEqual(await numbersIn(store), [...before, ...appended]);
  await checkAfterPowerLoss(disk.clone(), { ...remains, appended });
  if (remains.protocol.takes !== undefined) await checkPruned(store, { clock, count: remains.protocol.takes });
  let isClosed = false;
  void store.close().then(() => isClosed = true);
  await settle(clock, () => isClosed);
  assert.equal(clock.pendingTimers, 0, "timers after close");
}

/** What retention had begun to delete is gone once it has run again. */
async function checkPruned(
  store: Store,
  { clock, count }: { readonly clock: ManualClock; readonly count: number },
): Promise<void> {
  let isPruned = false;
  void store.prune().then(() => isPruned = true);
  await settle(clock, () => isPruned);
  assert.deepEqual((await numbersIn(store)).filter((n) => n < count), [], "pruned");
}

/** What the next opener synced, and what was on disk before it came, must survive a loss of power. */
async function checkAfterPowerLoss(
  disk: MemoryDisk,
  remains: Remains & { readonly appended: readonly number[]; readonly seed: number },
): Promise<void> {
  disk.crash(seededRandom(remains.seed));
  const store = await openBeside(disk);
  assert.ok(remains.moment.progress.has(LOGS.signal));
  for (const [signal, progress] of remains.moment.progress) {
    const numbers = await numbersIn(store, { ...LOGS, signal });
    const old = numbers.filter((n) => !remains.appended.includes(n));
    assertClaim(old, claimOf({ ...remains, ending: "power lost" }, { signal, progress, isOpened: true }));
    const appended = signal === LOGS.signal ? remains.appended : [];
    assert.deepEqual(numbers.slice(old.length), appended, `synced by the next opener: ${signal}`);
  }
  await store.close();
}

/** The numbers of a signal, once its tail and its inventory were seen to say the same. */
async function checkSignal(
  store: Store,
  of: { readonly signal: string; readonly disk: MemoryDisk },
): Promise<readonly number[]> {
  const query = { ...LOGS, signal: of.signal };
  const numbers = await numbersIn(store, query);
  const tail = (await store.tail(query, { count: 3 })).map(({ record }) => record["n"]);
  assert.deepEqual(tail, numbers.slice(-3), `the newest of ${of.signal}`);
  const found = (await store.inventory()).find(({ signal }) => signal === of.signal);
  const segments = segmentsOf(listNames(new MemoryFileSystem(of.disk)), of.signal);
  assert.equal(found?.fileCount ?? 0, segments.size, `segments of ${of.signal}`);
  return numbers;
}

/** The segments of a signal among names, each counted once. */
export function segmentsOf(names: readonly string[], signal: string): ReadonlySet<string> {
  const form = new RegExp(`^(${signal}(?:-[0-9T.-]+)?)\\.jsonl(?:\\.gz)?$`);
  return new Set(names.flatMap((name) => form.exec(name)?.[1] ?? []));
}

function claimOf(
  { protocol, moment, ending }: Remains,
  of: { readonly signal: string; readonly progress: Readonly<Progress>; readonly isOpened: boolean },
): Claim {
  const { signal, progress: { appended, flushed, synced }, isOpened } = of;
  const to = ending === "killed" ? flushed : synced;
  const claim = { from: 0, to, appended };
  const { wipe, steps, takes = 0 } = protocol;
  const hasHappened = (step: string | undefined): boolean => step === undefined || moment.count > steps.indexOf(step);
  if (wipe?.signals.includes(signal) === true && hasHappened(wipe.requested)) {
    const isCertain = ending === "killed" || hasHappened(wipe.durable);
    const isOver = moment.count === steps.length || (isOpened && isCertain);
    const taken = isOver ? "all" : isOpened ? "all or none" : ending === "killed" ? "oldest first" : "any";
    return { ...claim, from: wipe.records, taken };
  }
  const from = signal === "logs" ? takes : 0;
  return { ...claim, from, taken: ending === "killed" ? "oldest first" : "any" };
}

/** Each at most once and in order, nothing missing that was promised, nothing back that is gone. */
function assertClaim(numbers: readonly number[], { from, to, taken, appended }: Claim): void {
  const about = `found ${JSON.stringify(numbers)}, promised ${from} up to and without ${to}`;
  assert.ok(numbers.every((n, index) => n < appended && n > (numbers[index - 1] ?? -1)), `not each once: ${about}`);
  const kept = numbers.filter((n) => n >= from);
  assert.deepEqual(kept.slice(0, Math.max(0, to - from)), range(from, to), `missing: ${about}`);
  const old = numbers.filter((n) => n < from);
  const isSuffix = old.every((n, index) => n === Math.min(from, appended) - old.length + index);
  if (taken === "all") assert.deepEqual(old, [], `back again: ${about}`);
  if (taken === "oldest first") assert.ok(isSuffix, `a gap: ${about}`);
  if (taken === "all or none" && old.length > 0) {
    assert.deepEqual(old, range(0, Math.min(from, to)), `a part: ${about}`);
  }
}

/** Nothing of a crash is left in the folder. */
function assertTidy(names: readonly string[], isCompressed: boolean): void {
  assert.deepEqual(names.filter((name) => /\.tmp$|^\.wipe-/.test(name)), [], "leftovers");
  const raw = names.filter((name) => /^logs-.*\.jsonl$/.test(name));
  assert.deepEqual(raw.filter((name) => isCompressed || names.includes(`${name}.gz`)), [], "raw segments");
}

/** Lets time pass, a turn of the event loop for each millisecond, until `isTrue` says so. */
async function settle(clock: ManualClock, isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn === 0 || !isTrue(); turn++) {
    assert.ok(turn < 1000, `waited ${turn} ms for ${isTrue}`);
    await clock.advanceAsync(1);
  }
}

function openBeside(disk: MemoryDisk): Promise<Store> {
  return openStore(MEMORY_ROOT, { fileSystem: new MemoryFileSystem(disk), clock: new ManualClock(START_MS) });
}
