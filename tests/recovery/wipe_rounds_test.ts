/**
 * Wipes under a live writer in another process: nothing appended after one is lost, nothing that was there before it
 * returns, whoever is killed, and when.
 *
 * `VARVE_ROUNDS` sets how many wipes there are (6), `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore, type Store } from "../../mod.ts";
import { runVarve } from "../cli/varve_process.ts";
import { requireTool } from "../tools.ts";
import { startProgram, type StoreProgram } from "./program.ts";
import { inRoot, LOGS, namesIn, numbered, numbersIn, range, seededRandom, until } from "./stores.ts";

const ROUNDS = Number(process.env["VARVE_ROUNDS"] ?? 6);
/** Wipes of one writer, before it ends in one way or the other. */
const ROUNDS_PER_LIFE = Math.min(20, Math.ceil(ROUNDS / 2));
/** One in so many wipes is the command line's, which takes longer to start than to wipe. */
const ROUNDS_PER_COMMAND = 5;
const WRITER_OPTIONS = { segment: { maxBytes: 16_384 }, retention: { maxSegments: false } };
/** What the writer may have appended since its last note. */
const UNNOTED_MAX_RECORDS = 40;
const PAUSE_MAX_MS = 100;
const DYING_RECORDS = 100;
const CHANGES_MAX = 100;

const FOLDER = join(LOGS.stack, LOGS.server);
const SELECTIONS = [{ stack: LOGS.stack }, { stack: LOGS.stack, server: LOGS.server }, LOGS];
const skip = requireTool("deno").skip || requireTool("bun").skip;

test(`${ROUNDS} wipes under a live writer: nothing after one is lost, nothing before it returns`, {
  skip,
  timeout: 20_000 + ROUNDS * 5000,
}, async () => {
  const seed = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const totals = { wipes: 0, wiped: 0, kept: 0 };
  for (let life = 0; totals.wipes < ROUNDS; life++) {
    await inRoot(async (root) => {
      const [writer, wiper] = life % 2 === 0 ? ["deno", "bun"] as const : ["bun", "deno"] as const;
      const rounds = new WipeRounds(root, { writer, wiper, random, totals });
      await rounds.run(Math.min(ROUNDS_PER_LIFE, ROUNDS - totals.wipes), life % 4 % 3 === 0 ? "kill" : "close");
    });
  }
  console.log(`${totals.wipes} wipes: ${totals.wiped} records gone, ${totals.kept} read that came after`);
});

interface WipeRoundsOptions {
  readonly writer: "bun" | "deno";
  readonly wiper: "bun" | "deno";
  readonly random: () => number;
  readonly totals: { wipes: number; wiped: number; kept: number };
}

/** One writer's life: wipes under it, its end, and what the next process finds. */
class WipeRounds {
  readonly #root: string;
  readonly #notePath: string;
  readonly #options: WipeRoundsOptions;
  /** The oldest record that is left. */
  #first = 0;

  constructor(root: string, options: WipeRoundsOptions) {
    this.#root = root;
    this.#notePath = join(root, "note");
    this.#options = options;
  }

  async run(count: number, end: "close" | "kill"): Promise<void> {
    const { random, writer: writerRuntime, wiper: wiperRuntime } = this.#options;
    const seed = String(Math.floor(random() * 2 ** 31));
    const args = [this.#root, this.#notePath, seed, JSON.stringify(WRITER_OPTIONS)];
    const writer = startProgram("rotating_writer.ts", args, writerRuntime);
    const wiper = startProgram("wiper.ts", [this.#root], wiperRuntime);
    try {
      assert.equal(await wiper.nextLine(), "ready");
      await until(() => (statSync(this.#notePath, { throwIfNoEntry: false })?.size ?? 0) > 0);
      await using reader = await openStore(this.#root);
      for (const _ of range(0, count)) await this.#wipe(wiper, reader);
      const appended = end === "close" ? JSON.parse(await writer.ask("end")).appended : undefined;
      await writer.kill();
      await this.#assertAfterRestart(appended);
    } finally {
      await Promise.all([writer.kill(), wiper.kill()]);
    }
  }

  async #wipe(wiper: StoreProgram, reader: Store): Promise<void> {
    const { random, totals } = this.#options;
    const first = this.#first;
    await new Promise((resolve) => setTimeout(resolve, random() * PAUSE_MAX_MS));
    const before = this.#noted();
    if (totals.wipes++ % ROUNDS_PER_COMMAND === 0) await this.#wipeByCommand();
    else {
      const selection = SELECTIONS[Math.floor(random() * SELECTIONS.length)];
      assert.equal(await wiper.ask(JSON.stringify(selection)), "wiped");
    }
    const after = this.#noted() + UNNOTED_MAX_RECORDS;
    await until(() => this.#noted() > after);
    const target = this.#noted();
    const found = await numbersIn(reader);
    this.#first = found[0] ?? Infinity;
    assert.ok(this.#first >= before, `record ${this.#first} was on file before the wipe, as was ${before}`);
    assert.ok(this.#first <= after, `record ${this.#first} is the first, ${after} came after the wipe`);
    this.#assertGapless(found, target);
    totals.wiped += this.#first - first;
    totals.kept += found.length;
  }

  async #wipeByCommand(): Promise<void> {
    const { status, output, errorOutput } = await runVarve(["wipe", LOGS.stack, "-y", "--root", this.#root]);
    assert.equal(status, 0, errorOutput);
    assert.match(output, /^Removed shop\/github logs: /);
  }

  /** What the next process finds, and finds again once all is compressed. */
  async #assertAfterRestart(appended: number | undefined): Promise<void> {
    await using store = await openStore(this.#root, { retention: { maxSegments: false } });
    store.journal(LOGS);
    const found = await numbersIn(store);
    this.#assertGapless(found, appended ?? this.#noted());
    if (appended !== undefined) assert.equal(found.length, appended - this.#first);
    await until(() => store.stats().compression.backlog === 0);
    assert.deepEqual(await numbersIn(store), found);
    const { damagedPlaces, compression: { failed } } = store.stats();
    assert.deepEqual({ damagedPlaces, failed }, { damagedPlaces: 0, failed: 0 });
    assert.deepEqual(namesIn(join(this.#root, FOLDER), /wipe|tmp/), []);
  }

  /** Every record from the first one left, at least up to and without `target`. */
  #assertGapless(found: readonly number[], target: number): void {
    const gap = found.findIndex((n, index) => n !== this.#first + index);
    assert.equal(gap, -1, `record ${this.#first + gap} is missing, ${found[gap]} is in its place`);
    assert.ok(this.#first + found.length >= target, `${target} records were flushed, ${found.at(-1)} is the last`);
  }

  /** How many records the writer knows to be on file. */
  #noted(): number {
    return Number(readFileSync(this.#notePath).readBigUInt64LE());
  }
}

test("a process that is killed at any step of its own wipe: all is gone at the next open, or none", async () => {
  const outcomes = new Set<string>();
  await killAtEachStep(async ({ root, holder, survived }) => {
    const isWiped = await holder.ask("wipe").then((line) => line === "wiped", () => false);
    await holder.ended;
    const left = await leftAfterOpen(root);
    assert.deepEqual(left, left.length === 0 && survived > 0 ? [] : range(0, DYING_RECORDS), `killed at ${survived}`);
    outcomes.add(left.length === 0 ? "gone" : "whole");
    return isWiped;
  });
  assert.deepEqual(outcomes, new Set(["whole", "gone"]));
});

test("a holder that is killed at any step of another's wipe: that one finishes it", async () => {
  await killAtEachStep(async ({ root, holder, survived }) => {
    await using store = await openStore(root);
    await store.wipe({ stack: LOGS.stack });
    assert.deepEqual(await numbersIn(store), [], `killed at ${survived}`);
    const lastHolder = JSON.parse(readFileSync(join(root, FOLDER, ".holder.json"), "utf8")).pid;
    await holder.kill();
    assert.deepEqual(await leftAfterOpen(root), []);
    return lastHolder === holder.process.pid;
  });
});

interface DyingHolder {
  readonly root: string;
  readonly holder: StoreProgram;
  /** The number of changes of its folder that it survives. */
  readonly survived: number;
}

/** Tries holders that survive 0, 1, 2, … changes, two at a time, until one survives all of `isSurvivor`. */
async function killAtEachStep(isSurvivor: (dying: DyingHolder) => Promise<boolean>): Promise<void> {
  const kills = await Promise.all([0, 1].map(async (half) => {
    for (let survived = half; survived < CHANGES_MAX; survived += 2) {
      let isOver = false;
      await inRoot(async (root) => {
        const holder = startProgram("dying_holder.ts", [root, String(DYING_RECORDS), String(survived)]);
        try {
          assert.equal(await holder.nextLine(), "filled");
          isOver = await isSurvivor({ root, holder, survived });
        } finally {
          await holder.kill();
        }
      });
      if (isOver) return survived;
    }
    assert.fail(`no holder survived ${CHANGES_MAX} changes`);
  }));
  console.log(`killed before each of ${Math.max(...kills)} changes`);
  assert.ok(Math.min(...kills) > 0);
}

/** What the next process finds; and that what it appends is all that is there later on, besides. */
async function leftAfterOpen(root: string): Promise<number[]> {
  const store = await openStore(root);
  const journal = store.journal(LOGS);
  const left = await numbersIn(store);
  assert.deepEqual(namesIn(join(root, FOLDER), /wipe/), []);
  journal.append(numbered(1000));
  await store.close();
  await using next = await openStore(root);
  next.journal(LOGS);
  assert.deepEqual(await numbersIn(next), [...left, 1000]);
  return left;
}
