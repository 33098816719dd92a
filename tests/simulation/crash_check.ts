/**
 * One crash: what the disk held at one moment, opened by a new process and compared with what had been promised by then.
 *
 * @module
 */
import { openStore, type Store } from "../../mod.ts";
import type { FileSystem } from "../../src/platform/file_system.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import type { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { checkSideFiles } from "../recovery/protocol_side_files.ts";
import { MEMORY_ROOT, seededRandom } from "../recovery/stores.ts";
import type { Counts } from "./counts.ts";
import { FLUSHED, GONE, type JournalModel, type JournalSnapshot, LOOSE, SYNCED } from "./model.ts";
import type { Loss } from "./operations.ts";
import { checkedNumber, checkInventory, folderOf, readNumbers } from "./reading.ts";
import { recordOf, textOf } from "./records.ts";
import { NO_RETENTION, type Scenario } from "./scenario.ts";
import { findViolation, Violation } from "./verdict.ts";

const OTHER_FOLDERS_SHARE = 0.15;

/** Puts something between a store and its file system: the mutation of the engine that is tried. */
export type Mutation = (fileSystem: MemoryFileSystem) => FileSystem;

/** The moment of a crash. */
export interface CrashPoint {
  /** A disk of its own, which the check uses up. */
  readonly disk: MemoryDisk;
  readonly loss: Loss;
  readonly seed: number;
  readonly nowMs: number;
  readonly snapshots: readonly JournalSnapshot[];
  /** The folder in which something was about to happen: the others are looked at now and then. All are, where it is left out. */
  readonly folder?: string;
  /** Whether a line may be torn although nothing but a process ended: a write that failed half-way was not mended yet. */
  readonly mayBeTorn: boolean;
  /** Whether power was lost before, which may have damaged what nobody had synced. */
  readonly mayBeDamaged: boolean;
  /** Whether a sync failed: of what it forgot, no later process knows. */
  readonly hasSyncFailed: boolean;
}

/** What a crash is checked with. */
export interface CrashCheckOptions {
  readonly scenario: Scenario;
  readonly mutation: Mutation;
  /** Told of what was looked at. */
  readonly counts: Counts;
}

/**
 * Opens what a crash left, and checks all that was promised: what is there and what is not, its order, the inventory, and
 * that it takes records again.
 *
 * @returns For each journal the numbers that are there.
 * @throws {Violation} If a promise was broken.
 */
export async function checkCrash(crash: CrashPoint, options: CrashCheckOptions): Promise<number[][]> {
  const random = seededRandom(crash.seed);
  const point = { ...crash, snapshots: crash.snapshots.filter((snapshot) => isLookedAt(snapshot, { crash, random })) };
  const clock = new ManualClock(point.nowMs);
  point.disk.capacityBytes = Infinity;
  if (point.loss === "power") point.disk.crash(random);
  const opened = await openAfterCrash(point.disk, { clock, options, compression: random() < 0.1 ? "gzip" : "none" });
  try {
    if (random() < 0.1) await checkReaderBeforeOpen(opened.store, point);
    const visible = await checkMended(opened.store, point);
    if (random() < 0.2) await checkInventory(opened.store, opened.fileSystem);
    if (random() < 0.2) await checkTokens(opened, { point, visible, random, counts: options.counts });
    await checkAppends(opened, { point, options, visible, random, clock });
    return visible;
  } finally {
    opened.fileSystem.kill();
    await closeQuietly(opened.store, clock);
  }
}

function isLookedAt(
  { journal: { key } }: JournalSnapshot,
  { crash, random }: { readonly crash: CrashPoint; readonly random: () => number },
): boolean {
  return crash.folder === undefined || crash.folder.startsWith(folderOf(key)) || random() < OTHER_FOLDERS_SHARE;
}

interface Opened {
  readonly store: Store;
  readonly fileSystem: MemoryFileSystem;
}

async function openAfterCrash(
  disk: MemoryDisk,
  { clock, options, compression }: {
    readonly clock: ManualClock;
    readonly options: CrashCheckOptions;
    readonly compression: "gzip" | "none";
  },
): Promise<Opened> {
  const fileSystem = new MemoryFileSystem(disk);
  const store = await openStore(MEMORY_ROOT, {
    fileSystem: options.mutation(fileSystem),
    clock,
    segment: { maxBytes: options.scenario.segmentMaxBytes, compression },
    retention: NO_RETENTION,
  });
  return { store, fileSystem };
}

/** Somebody looks at the files before any process has opened them for writing. */
async function checkReaderBeforeOpen(store: Store, { snapshots, loss, mayBeDamaged }: CrashPoint): Promise<void> {
  const level = loss === "power" ? SYNCED : FLUSHED;
  for (const snapshot of snapshots) {
    const numbers = await readNumbers(store, snapshot.journal);
    const expected = mayBeDamaged ? withoutLastLine(numbers, snapshot) : snapshot;
    report(findViolation({ numbers, level, isMended: false }, expected), `${snapshot.journal.key.signal}, unopened`);
  }
}

/** A loss of power may leave a last line whole but for its line feed: until the journal is opened, it is no record. */
function withoutLastLine(numbers: readonly number[], snapshot: JournalSnapshot): JournalSnapshot {
  const newest = Math.max(-1, ...numbers);
  const last = snapshot.states.findIndex((state, number) => number > newest && (state & GONE) === 0);
  return { ...snapshot, states: snapshot.states.map((state, number) => number === last ? state | LOOSE : state) };
}

/** Whatever a crash left of side files, no record is hidden by one, and a query for its text finds it. */
async function checkTokens(
  { store, fileSystem }: Opened,
  { point, visible, random, counts }: Omit<AppendCheck, "options" | "clock"> & { readonly counts: Counts },
): Promise<void> {
  for (const folder of new Set(point.snapshots.map(({ journal: { key } }) => folderOf(key)))) {
    const { segments, ruledOut } = await checkSideFiles(fileSystem, folder);
    counts.add("side files that were asked", segments);
    counts.add("side files that were of use", ruledOut);
  }
  for (const [index, { journal }] of point.snapshots.entries()) {
    const numbers = visible[index] ?? [];
    const wanted = numbers[Math.floor(random() * numbers.length)];
    if (wanted === undefined) continue;
    const value = textOf(wanted, journal.paddingOf(wanted));
    const found = await readNumbers(store, journal, { kind: "equals", field: "text", value });
    if (found.includes(wanted)) continue;
    throw new Violation(`${journal.key.signal}: record ${wanted} is not found by its text, but ${found}`);
  }
}

async function checkMended(store: Store, point: CrashPoint): Promise<number[][]> {
  const level = point.loss === "power" ? SYNCED : FLUSHED;
  for (const { journal } of point.snapshots) store.journal(journal.key);
  const visible: number[][] = [];
  for (const snapshot of point.snapshots) {
    const numbers = await readNumbers(store, snapshot.journal);
    report(findViolation({ numbers, level, isMended: true }, snapshot), snapshot.journal.key.signal);
    visible.push(numbers);
  }
  const { damagedPlaces, tornLines } = store.stats();
  if (point.loss === "power" || point.mayBeDamaged) return visible;
  if (damagedPlaces > 0) throw new Violation(`${damagedPlaces} places are damaged, though no power was lost`);
  if (tornLines > 0 && !point.mayBeTorn) {
    throw new Violation(`${tornLines} lines are torn, though no write was cut short`);
  }
  return visible;
}

/** The opened store takes records and syncs them: they outlive the next loss of power, with all that was there. */
async function checkAppends(opened: Opened, check: AppendCheck): Promise<void> {
  const { point, random, clock } = check;
  const chosen = Math.floor(random() * point.snapshots.length);
  const journal = point.snapshots[chosen]?.journal;
  if (journal === undefined) return;
  const writer = opened.store.journal(journal.key);
  writer.append(recordOf(journal.key, journal.length, 0));
  await writer.sync();
  if (random() < 0.1) await clock.advanceAsync(1500);
  const [newest] = await opened.store.tail(journal.key, { count: 1 });
  if (newest === undefined || checkedNumber(newest, journal) !== journal.length) {
    throw new Violation(`${journal.key.signal}: a record that was appended and synced after the crash is not the last`);
  }
  // A sync covers all that was found, and after a loss of power that is on the disk already.
  const isAllDurable = !point.hasSyncFailed || point.loss === "power";
  const expected = [...isAllDurable ? check.visible[chosen] ?? [] : [], journal.length];
  if (random() < 0.15) await checkSecondCrash(journal, { ...check, expected });
}

interface AppendCheck {
  readonly point: CrashPoint;
  readonly options: CrashCheckOptions;
  readonly visible: readonly (readonly number[])[];
  readonly random: () => number;
  readonly clock: ManualClock;
}

async function checkSecondCrash(
  journal: JournalModel,
  { point, options, random, clock, expected }: AppendCheck & { readonly expected: readonly number[] },
): Promise<void> {
  point.disk.crash(random);
  const { store, fileSystem } = await openAfterCrash(point.disk, { clock, options, compression: "none" });
  try {
    store.journal(journal.key);
    const numbers = new Set(await readNumbers(store, journal));
    const lost = expected.find((number) => !numbers.has(number));
    if (lost === undefined) return;
    throw new Violation(
      `${journal.key.signal}: record ${lost} was read and synced after the crash, and lost in the next one`,
    );
  } finally {
    fileSystem.kill();
    await closeQuietly(store, clock);
  }
}

function report(violation: string | undefined, where: string): void {
  if (violation !== undefined) throw new Violation(`${where}: ${violation}`);
}

async function closeQuietly(store: Store, clock: ManualClock): Promise<void> {
  const closed = store.close().catch(() => {});
  if (store.stats().compression.backlog > 0) await clock.advanceAsync(10);
  await closed;
}
