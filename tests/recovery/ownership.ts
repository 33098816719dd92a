/**
 * Who owned a journal when, from two sources that do not depend on the lock: what its contenders noted as they went
 * (./programs/contender.ts), and what stands in its segments.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { openStore } from "../../mod.ts";
import { crashRecord } from "./crash_records.ts";
import { LOGS, until } from "./stores.ts";

/** One owner's time. */
export interface Ownership {
  readonly name: string;
  readonly beginMs: number;
  /** When the one before it was told to die; `undefined` for the first one. */
  readonly freeMs: number | undefined;
  /** How many records it knew to be on file. */
  readonly flushed: number;
}

/** What contenders and their test note, in one file, each line at its end at the moment of writing. */
export class Evidence {
  readonly path: string;

  /** Starts with none. */
  constructor(path: string) {
    this.path = path;
    writeFileSync(path, "");
  }

  /** Notes that a contender is told to die: if it was the owner, the next one may be there from now on. */
  noteEnd(name: string): void {
    appendFileSync(this.path, `end ${name} ${Date.now()}\n`);
  }

  /** Resolves with the owner that is there once `count` have been, and it has flushed. */
  async owner(count: number): Promise<string> {
    await until(() => this.#flushers().length >= count);
    return this.#flushers()[count - 1] ?? "";
  }

  /** Every owner so far. Fails where one began before the end of another, or went on after the next one's begin. */
  ownerships(): readonly Ownership[] {
    const owners: { -readonly [Key in keyof Ownership]: Ownership[Key] }[] = [];
    const endsMs = new Map<string, number>();
    for (const line of this.#lines()) {
      const [what, name = "", figure] = line.split(" ");
      const owner = owners.at(-1);
      if (what === "end") {
        endsMs.set(name, Number(figure));
      } else if (what === "begin") {
        const freeMs = endsMs.get(owner?.name ?? "");
        assert.ok(owner === undefined || freeMs !== undefined, `two owners: "${line}" while ${owner?.name} lives`);
        owners.push({ name, beginMs: Number(figure), freeMs, flushed: 0 });
      } else {
        assert.ok(owner?.name === name, `two owners: "${line}" after the begin of ${owner?.name}`);
        owner.flushed = Number(figure);
      }
    }
    return owners;
  }

  #flushers(): readonly string[] {
    return [
      ...new Set(this.#lines().filter((line) => line.startsWith("flushed")).map((line) => line.split(" ")[1] ?? "")),
    ];
  }

  #lines(): readonly string[] {
    return readFileSync(this.path, "utf8").split("\n").slice(0, -1);
  }
}

/**
 * Reads the journal as the next process would, and asserts that one owner's records follow the other's, in the order of
 * their ownerships: all that an owner had flushed, whole, none of it twice, and no other's record in between.
 */
export async function assertOwners(root: string, ownerships: readonly Ownership[]): Promise<void> {
  await using store = await openStore(root, { retention: { maxSegments: false } });
  store.journal(LOGS);
  const counts = new Map<string, number>();
  for await (const { record } of store.read(LOGS)) {
    const owner = String(record["owner"]);
    const count = counts.get(owner) ?? 0;
    assert.equal([...counts.keys(), owner][counts.has(owner) ? counts.size - 1 : counts.size], owner, "interleaved");
    assert.deepEqual(record, { owner, ...crashRecord(count) });
    counts.set(owner, count + 1);
  }
  // One that was killed at once may have left nothing.
  assert.deepEqual([...counts.keys()], ownerships.map(({ name }) => name).filter((name) => counts.has(name)));
  for (const { name, flushed } of ownerships) {
    assert.ok((counts.get(name) ?? 0) >= flushed, `${name}: ${counts.get(name)} records, ${flushed} were flushed`);
  }
  assert.equal(store.stats().damagedPlaces, 0);
}
