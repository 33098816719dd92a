/**
 * `kill -9` of a writer under load, again and again: what a flush acknowledged is there once, in order and whole, and the
 * next start needs no help.
 *
 * `VARVE_KILLS` sets how often (10), `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Cursor, type JournalKey, openStore, type Store } from "../../mod.ts";
import { crashRecord } from "./crash_records.ts";
import { startProgram } from "./program.ts";
import { inRoot, seededRandom, until } from "./stores.ts";

const KILLS = Number(process.env["VARVE_KILLS"] ?? 10);
const KILLS_PER_ROOT = 10;
const FLUSH_DISTANCE_MS = 200;

/** One journal and how much of it was read back. */
interface JournalProgress {
  readonly key: JournalKey;
  next: number;
  cursor: Cursor | undefined;
}

test(`${KILLS} times kill -9 under load: every flushed record is there once, in order, whole`, {
  timeout: 10_000 + KILLS * 5000,
}, async () => {
  const seed = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  let nearFlush = 0;
  for (let kills = 0; kills < KILLS; kills += KILLS_PER_ROOT) {
    await inRoot(async (root) => {
      const journals: JournalProgress[] = ["github/logs", "github/audit", "weather/logs"].map((place) => {
        const [server = "", signal = ""] = place.split("/");
        return { key: { stack: "shop", server, signal }, next: 0, cursor: undefined };
      });
      for (let kill = kills; kill < Math.min(KILLS, kills + KILLS_PER_ROOT); kill++) {
        const { acknowledged, sinceFlushMs } = await killWriter(root, { journals, random });
        if (sinceFlushMs <= FLUSH_DISTANCE_MS) nearFlush++;
        await checkJournals(root, { journals, acknowledged, kill });
      }
      await checkFromStart(root, journals);
    });
  }
  console.log(`${nearFlush} of ${KILLS} kills within ${FLUSH_DISTANCE_MS} ms of a flush`);
  assert.ok(nearFlush >= 0.8 * KILLS);
});

/** Starts a writer, kills it at a random moment after its first flush, and tells what it had acknowledged. */
async function killWriter(
  root: string,
  run: { readonly journals: readonly JournalProgress[]; readonly random: () => number },
): Promise<{ readonly acknowledged: readonly number[]; readonly sinceFlushMs: number }> {
  const notesPath = join(root, "notes.txt");
  const starts = run.journals.map(({ key, next }) => JSON.stringify({ key, start: next }));
  rmSync(notesPath, { force: true });
  const seed = Math.floor(run.random() * 2 ** 31);
  const program = startProgram("writer.ts", [root, notesPath, String(seed), ...starts]);
  await until(() => existsSync(notesPath) && readTargets(notesPath).length > 0);
  await new Promise((resolve) => setTimeout(resolve, run.random() * 250));
  const killedMs = Date.now();
  await program.kill();
  const targets = readTargets(notesPath);
  const acknowledged = run.journals.map(({ next }, index) =>
    Math.max(next, ...targets.map((target) => target[index] ?? 0))
  );
  const sinceFlushMs = killedMs - statSync(notesPath).mtimeMs;
  return { acknowledged, sinceFlushMs };
}

/** Every whole line of the notes: for each journal the number up to which all is on file. */
function readTargets(path: string): number[][] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Opens the root as the next process would, and reads what each journal holds behind what was read before. */
async function checkJournals(
  root: string,
  run: {
    readonly journals: readonly JournalProgress[];
    readonly acknowledged: readonly number[];
    readonly kill: number;
  },
): Promise<void> {
  await using store = await openStore(root, { retention: { maxSegments: false } });
  for (const [index, journal] of run.journals.entries()) {
    store.journal(journal.key);
    for await (const { record, cursor } of store.read({ ...journal.key, after: journal.cursor })) {
      assert.deepEqual(record, crashRecord(journal.next), `kill ${run.kill}, ${JSON.stringify(journal.key)}`);
      journal.next++;
      journal.cursor = cursor;
    }
    const flushed = run.acknowledged[index] ?? 0;
    assert.ok(
      journal.next >= flushed,
      `kill ${run.kill}, ${JSON.stringify(journal.key)}: ${journal.next} records, ${flushed} were acknowledged`,
    );
  }
  assert.equal(store.stats().damagedPlaces, 0);
}

/** Reads everything again from its start, once all is compressed, and looks at the files as other programs see them. */
async function checkFromStart(root: string, journals: readonly JournalProgress[]): Promise<void> {
  await using store = await openStore(root, { retention: { maxSegments: false } });
  for (const { key } of journals) store.journal(key);
  await until(() => store.stats().compression.backlog === 0);
  assert.equal(store.stats().compression.failed, 0);
  for (const { key, next } of journals) {
    assert.equal(await countInOrder(store, key), next);
    const folder = join(root, key.stack, key.server);
    const names = readdirSync(folder).filter((name) =>
      (name.startsWith(`${key.signal}-`) && !name.endsWith(".idx")) || name === `${key.signal}.jsonl`
    );
    assert.deepEqual(names.filter((name) => !/\.gz$/.test(name)), [`${key.signal}.jsonl`]);
    const lines = names.sort(activeLast).flatMap((name) => linesOf(join(folder, name)));
    assert.deepEqual(lines.map((line) => JSON.parse(line).n), Array.from({ length: next }, (_, n) => n));
  }
  assert.equal(store.stats().damagedPlaces, 0);
}

async function countInOrder(store: Store, key: JournalKey): Promise<number> {
  let count = 0;
  for await (const { record } of store.read(key)) assert.equal(record["n"], count++);
  return count;
}

function activeLast(a: string, b: string): number {
  const [activeA, activeB] = [a, b].map((name) => !name.includes("-"));
  return activeA === activeB ? (a < b ? -1 : 1) : activeA ? 1 : -1;
}

function linesOf(path: string): string[] {
  const bytes = readFileSync(path);
  const lines = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
  assert.equal(lines.pop(), "", `${path} ends in a line feed`);
  return lines;
}
