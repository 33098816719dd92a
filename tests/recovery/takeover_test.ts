/**
 * Processes of both runtimes that compete for a server folder: one writer at all times, whatever becomes of it, and the
 * next one at once.
 *
 * `VARVE_ROUNDS` sets how often the holder is killed (6), `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore, StoreLockedError } from "../../mod.ts";
import { requireTool } from "../tools.ts";
import { assertOwners, Evidence, type Ownership } from "./ownership.ts";
import { programCommand, startCommand, type StoreProgram } from "./program.ts";
import { inRoot, LOGS, range, seededRandom, until } from "./stores.ts";

type Runtime = "bun" | "deno";

const ROUNDS = Number(process.env["VARVE_ROUNDS"] ?? 6);
const ROUNDS_PER_ROOT = 25;
const CONTENDERS: readonly Runtime[] = ["deno", "bun", "deno", "bun"];
const LIFE_MAX_MS = 150;
const TAKEOVER_MAX_MS = 1000;
/** For a machine that has other work, which its load does not show yet. */
const TAKEOVER_MARGIN_MS = 500;

const otherRuntime: Readonly<Record<Runtime, Runtime>> = { bun: "deno", deno: "bun" };
const skip = requireTool("deno").skip || requireTool("bun").skip;

test(`the holder is killed ${ROUNDS} times: one writer at all times, the next one within a second`, {
  skip,
  timeout: 20_000 + ROUNDS * 5000,
}, async () => {
  const seed = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const takeovers: Takeover[] = [];
  for (let rounds = 0; rounds < ROUNDS; rounds += ROUNDS_PER_ROOT) {
    await inRoot(async (root) => {
      const count = Math.min(ROUNDS_PER_ROOT, ROUNDS - rounds);
      const ownerships = await race(root, { rounds: count, random });
      await assertOwners(root, ownerships);
      // Those at the end were to die before they began.
      takeovers.push(...takeoversOf(ownerships).slice(0, count));
    });
  }
  assert.equal(takeovers.length, ROUNDS);
  assertQuick(takeovers);
});

for (const runtime of ["deno", "bun"] as const) {
  test(`a stopped ${runtime} holder keeps the folder, and goes on without a loss`, { skip }, async () => {
    await inRoot(async (root) => {
      await using contest = new Contest(root);
      const holder = contest.start(`${runtime}-0`);
      await contest.evidence.owner(1);
      holder.signal("SIGSTOP");
      const waiting = contest.start(`${otherRuntime[runtime]}-1`);
      assert.equal(await waiting.nextLine(), "waiting");
      await assertRefusedFor(400, { root, pid: holder.process.pid, runtime });
      const [{ flushed = 0 } = {}] = contest.evidence.ownerships();
      holder.signal("SIGCONT");
      await until(() => (contest.evidence.ownerships()[0]?.flushed ?? 0) > flushed);
      await contest.kill(`${runtime}-0`);
      await contest.evidence.owner(2);
      await contest.kill(`${otherRuntime[runtime]}-1`);
      const ownerships = contest.evidence.ownerships();
      await assertOwners(root, ownerships);
      assertQuick(takeoversOf(ownerships));
    });
  });
}

const namespace = [[], ["--user", "--map-root-user"]]
  .map((options) => ["unshare", ...options, "--pid", "--fork", "--kill-child"])
  .find(([command = "", ...options]) => spawnSync(command, [...options, "true"]).status === 0);
const noNamespace = namespace === undefined && "needs a pid namespace, which unshare does not give here";

test("processes with the same id exclude each other, and the next one takes over from a killed one", {
  skip: skip || noNamespace,
}, async () => {
  await inRoot(async (root) => {
    // The first process of a namespace has the id 1 there.
    await using contest = new Contest(root, namespace);
    const names = ["deno-0", "bun-1", "bun-2", "deno-3"];
    for (const [index, name] of names.entries()) {
      const contender = contest.start(name);
      assert.equal(await contender.nextLine(), "waiting");
      if (index > 0) await contest.kill(names[index - 1] ?? "");
      await contest.evidence.owner(index + 1);
      await assertRefusedFor(0, { root, pid: 1, runtime: runtimeOf(name) });
    }
    const ownerships = contest.evidence.ownerships();
    await contest.kill(names.at(-1) ?? "");
    await assertOwners(root, contest.evidence.ownerships());
    assertQuick(takeoversOf(ownerships));
  });
});

/** Contenders for the journal of one root, by name: `<runtime>-<number>`. Those left are killed at the end. */
class Contest implements AsyncDisposable {
  readonly evidence: Evidence;
  readonly #root: string;
  readonly #prefix: readonly string[];
  readonly #contenders = new Map<string, StoreProgram>();

  /** `prefix` is the command, if any, that starts the contenders. */
  constructor(root: string, prefix: readonly string[] = []) {
    this.#root = root;
    this.#prefix = prefix;
    this.evidence = new Evidence(join(root, "evidence.txt"));
  }

  start(name: string): StoreProgram {
    const command = [...this.#prefix, ...programCommand("contender.ts", runtimeOf(name))];
    const program = startCommand([...command, this.#root, this.evidence.path, name]);
    this.#contenders.set(name, program);
    return program;
  }

  async kill(name: string): Promise<void> {
    this.evidence.noteEnd(name);
    await this.#contenders.get(name)?.kill();
    this.#contenders.delete(name);
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#contenders.keys()].map((name) => this.kill(name)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.killAll();
  }
}

/** Lets contenders race, kills each owner at a random moment, and starts another contender in its place. */
async function race(
  root: string,
  { rounds, random }: { readonly rounds: number; readonly random: () => number },
): Promise<readonly Ownership[]> {
  await using contest = new Contest(root);
  const waiting = new Map<string, Promise<string>>();
  const start = (name: string): void => {
    const said = contest.start(name).nextLine();
    // The last ones are killed, at the end, before they say anything.
    said.catch(() => {});
    waiting.set(name, said);
  };
  CONTENDERS.forEach((runtime, index) => start(`${runtime}-${index}`));
  for (const round of range(0, rounds)) {
    // The race is between all of them, and not won by the only one that has come so far.
    assert.deepEqual([...new Set(await Promise.all(waiting.values()))], ["waiting"]);
    const owner = await contest.evidence.owner(round + 1);
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MAX_MS));
    const killed = contest.kill(owner);
    waiting.delete(owner);
    start(`${runtimeOf(owner)}-${CONTENDERS.length + round}`);
    await killed;
  }
  await contest.evidence.owner(rounds + 1);
  await contest.killAll();
  return contest.evidence.ownerships();
}

/** The runtime that a contender's name begins with. */
function runtimeOf(name: string): Runtime {
  return name.startsWith("bun") ? "bun" : "deno";
}

/** Asserts, again and again, that a store of this process is refused, and is told who holds the folder. */
async function assertRefusedFor(
  durationMs: number,
  holder: { readonly root: string; readonly pid: number | undefined; readonly runtime: Runtime },
): Promise<void> {
  await using store = await openStore(holder.root);
  const endMs = Date.now() + durationMs;
  do {
    assert.throws(() => store.journal(LOGS), (error) => {
      assert.ok(error instanceof StoreLockedError);
      assert.equal(error.holder?.pid, holder.pid);
      assert.match(error.message, new RegExp(`locked by process ${holder.pid} \\(${holder.runtime} `));
      return true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
  } while (Date.now() < endMs);
}

interface Takeover {
  readonly durationMs: number;
  readonly between: string;
}

function takeoversOf(ownerships: readonly Ownership[]): readonly Takeover[] {
  return ownerships.slice(1).map(({ name, beginMs, freeMs = -Infinity }, index) => {
    const before = ownerships[index]?.name ?? "";
    return { durationMs: beginMs - freeMs, between: `${runtimeOf(before)} → ${runtimeOf(name)}` };
  });
}

/** The longest takeover must take less than a second of a machine that does nothing else. */
function assertQuick(takeovers: readonly Takeover[]): void {
  const durations = takeovers.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const [medianMs = Infinity, maxMs = Infinity] = [durations[Math.floor(durations.length / 2)], durations.at(-1)];
  const counts = Object.entries(Object.groupBy(takeovers, ({ between }) => between))
    .map(([between, all]) => `${all?.length} ${between}`);
  const load = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  console.log(
    `${durations.length} takeovers (${counts.join(", ")}): median ${medianMs} ms, longest ${maxMs} ms, ` +
      `${load.toFixed(1)} programs for each processor`,
  );
  assert.ok(medianMs < TAKEOVER_MAX_MS * load, `half of the takeovers took ${medianMs} ms and more`);
  assert.ok(maxMs < (TAKEOVER_MAX_MS + TAKEOVER_MARGIN_MS) * load, `a takeover took ${maxMs} ms`);
}
