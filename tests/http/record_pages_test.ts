/**
 * Pages of records, forwards and backwards: every record is given once, whatever their times, while journals grow, rotate,
 * compress and appear. `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Store, StoreOptions, TelemetryRecord } from "../../mod.ts";
import { PAGE_PLACE_MAX_CHARS } from "../../src/limits.ts";
import { range, seededRandom, START_MS, until } from "../recovery/stores.ts";
import { type TestService, withService } from "./test_service.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
const ROTATING: StoreOptions = { segment: { maxBytes: 1500 }, retention: { maxSegments: false, maxAgeMs: false } };
const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"];

interface Page {
  readonly records: readonly { readonly stack: string; readonly server: string; readonly record: TelemetryRecord }[];
  readonly next: string | null;
  readonly previous: string | null;
}

/** The journals of a store, and what each was given. */
class Journals {
  readonly #store: Store;
  readonly #random: () => number;
  /** By "stack/server": the numbers of its records in the order they were appended, with their levels. */
  readonly appended = new Map<string, { readonly n: number; readonly level: string }[]>();
  #count = 0;

  constructor(store: Store, random: () => number) {
    this.#store = store;
    this.#random = random;
  }

  /** Appends records to some of the servers, whose clocks differ by up to a minute, with equal, early and missing times. */
  append(servers: readonly string[], count: number): void {
    for (let index = 0; index < count; index++) {
      const place = servers[Math.floor(this.#random() * servers.length)] ?? "";
      const [stack = "", server = ""] = place.split("/");
      const n = this.#count++;
      const level = LEVELS[Math.floor(this.#random() * LEVELS.length)] ?? "";
      const skewMs = server.charCodeAt(0) % 7 * 10_000;
      // Several share a second, and some are late.
      const lateMs = this.#random() < 0.1 ? Math.floor(this.#random() * 100_000) : 0;
      const ms = START_MS + Math.floor(n / 5) * 1000 + skewMs - lateMs;
      const ts = this.#random() < 0.05 ? undefined : new Date(ms).toISOString();
      this.#store.journal({ stack, server, signal: "logs" }).append({ ts, level, n, filler: "x".repeat(n % 90) });
      const journal = this.appended.get(place) ?? [];
      journal.push({ n, level });
      this.appended.set(place, journal);
    }
  }

  /** What a walk over all pages has to find of each journal. */
  expected(levels: readonly string[], of = this.appended): Record<string, number[]> {
    const found = [...of].map(([place, records]) => [place, numbersOf(records, levels)] as const);
    return Object.fromEntries(found.filter(([, numbers]) => numbers.length > 0).sort());
  }

  /** A copy of what was appended so far. */
  snapshot(): Map<string, { readonly n: number; readonly level: string }[]> {
    return new Map([...this.appended].map(([place, records]) => [place, [...records]]));
  }
}

function numbersOf(
  records: readonly { readonly n: number; readonly level: string }[],
  levels: readonly string[],
): number[] {
  return records.filter(({ level }) => levels.includes(level)).map(({ n }) => n);
}

/** The pages that were read so far, from the oldest record to the newest. */
class Walk {
  readonly #json: TestService["json"];
  readonly #parameters: string;
  #pages: Page["records"][] = [];
  #olderCount = 0;
  next: string | null = null;
  previous: string | null = null;

  constructor(json: TestService["json"], parameters: string) {
    this.#json = json;
    this.#parameters = parameters;
  }

  async start(limit: number): Promise<void> {
    const page = await this.#page("", limit);
    this.#pages = [page.records];
    this.next = page.next;
    this.previous = page.previous;
  }

  /** Reads the page behind the newest one. */
  async forwards(limit: number): Promise<number> {
    const page = await this.#page(this.next === null ? "" : `&after=${this.next}`, limit);
    if (this.next === null) this.previous = page.previous;
    this.#pages.push(page.records);
    assert.ok(this.#pages.length < 1000, "the pages do not end");
    this.next = page.next;
    return page.records.length;
  }

  /** Reads the page before the oldest one; there has to be one. */
  async backwards(limit: number): Promise<void> {
    const page = await this.#page(`&before=${this.previous}`, limit);
    assert.ok(page.records.length > 0, "a page that was promised is empty");
    assert.ok(page.previous === null || page.records.length === limit, "a page is short, and not the last");
    this.#pages.unshift(page.records);
    this.#olderCount++;
    this.previous = page.previous;
  }

  /** The numbers of each journal, in the order of the pages: of all, or of those up to the first that was read. */
  found({ upTo = "last" }: { readonly upTo?: "first" | "last" } = {}): Record<string, number[]> {
    const found: Record<string, number[]> = {};
    const pages = upTo === "last" ? this.#pages : this.#pages.slice(0, this.#olderCount + 1);
    for (const { stack, server, record } of pages.flat()) {
      (found[`${stack}/${server}`] ??= []).push(Number(record["n"]));
    }
    return Object.fromEntries(Object.entries(found).sort());
  }

  async #page(place: string, limit: number): Promise<Page> {
    const page = await this.#json<Page>(`/api/logs?${this.#parameters}${place}&limit=${limit}`);
    assert.ok(page.records.length <= limit);
    return page;
  }
}

/** Reads on in both directions, in turns, while records come in; then to both ends. */
async function walk(
  service: TestService,
  options: { readonly seed: number; readonly servers: readonly string[]; readonly levels: readonly string[] },
): Promise<void> {
  const { seed, servers, levels } = options;
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const journals = new Journals(service.store, random);
  // The last server has nothing yet when the first page is read, or is not even there.
  const [, ...early] = servers;
  if (random() < 0.5) service.store.journal({ stack: "s", server: servers[0]?.slice(2) ?? "", signal: "logs" });
  if (early.length > 0) journals.append(early, below(120));
  const parameters = levels.length === LEVELS.length ? "" : `q=${encodeURIComponent(`level=${levels.join(",")}`)}`;
  const pages = new Walk(service.json, parameters);
  await pages.start(1 + below(20));
  const wasEmpty = pages.next === null;
  const atStart = journals.snapshot();
  for (let step = 0; step < 12; step++) {
    if (random() < 0.4) journals.append(servers, below(40));
    if (random() < 0.1) await compressed(service.store);
    if (random() < 0.5) await pages.forwards(1 + below(20));
    else if (pages.previous !== null) await pages.backwards(1 + below(20));
  }
  while (pages.previous !== null) await pages.backwards(1 + below(20));
  // An empty page is the end: nobody appends any more. Without a place to go on from, each is the newest page.
  while (await pages.forwards(1 + below(20)) > 0 && pages.next !== null);
  assert.deepEqual(pages.found(), journals.expected(levels), `seed ${seed}`);
  // What came in since leads on from the first page, and never back.
  if (!wasEmpty) assert.deepEqual(pages.found({ upTo: "first" }), journals.expected(levels, atStart), `seed ${seed}`);
}

/** Waits until every sealed segment is compressed. */
async function compressed(store: Store): Promise<void> {
  await store.flush();
  await until(() => store.stats().compression.backlog === 0);
}

test("GET /api/logs: a walk over pages in both directions gives every record once, each journal in its order", async () => {
  for (let round = 0; round < 12; round++) {
    const seed = SEED + round;
    const random = seededRandom(seed);
    const servers = ["s/d", "s/a", "s/b", "t/a"].slice(0, 1 + Math.floor(random() * 4));
    const levels = LEVELS.slice(Math.floor(random() * LEVELS.length));
    await withService((service) => walk(service, { seed, servers, levels }), { store: ROTATING });
  }
});

test("GET /api/logs: pages keep their place while the active segment is sealed and compressed between them", async () => {
  await withService(async ({ store, json, root }) => {
    const journal = store.journal({ stack: "s", server: "a", signal: "logs" });
    const append = (from: number, to: number) => journal.appendAll(range(from, to).map((n) => ({ ts, n })));
    const ts = "2026-05-05T12:00:00Z";
    append(0, 50);
    const newest = await json<Page>("/api/logs?limit=10");
    append(50, 400);
    await journal.flush();
    await until(() => store.stats().compression.backlog === 0);
    assert.ok(readdirSync(join(root, "s", "a")).some((name) => name.endsWith(".gz")), "nothing was compressed");
    const numbers = ({ records }: Page) => records.map(({ record }) => record["n"]);
    assert.deepEqual(numbers(newest), range(40, 50));
    const older = await json<Page>(`/api/logs?limit=10&before=${newest.previous}`);
    assert.deepEqual(numbers(older), range(30, 40));
    assert.deepEqual(numbers(await json(`/api/logs?limit=1000&before=${older.previous}`)), range(0, 30));
    assert.deepEqual(numbers(await json(`/api/logs?limit=1000&after=${newest.next}`)), range(50, 400));
    // What leads on from an older page leads back to where it was asked for.
    assert.deepEqual(numbers(await json(`/api/logs?limit=15&after=${older.next}`)), range(40, 55));
    const further = await json<Page>(`/api/logs?limit=5&after=${newest.next}`);
    assert.deepEqual(numbers(await json(`/api/logs?limit=5&before=${further.previous}`)), range(45, 50));
  }, { store: ROTATING });
});

test("GET /api/logs: a journal that appears is behind every page that was read before", async () => {
  await withService(async ({ store, json }) => {
    const append = (server: string, count: number) => {
      const records = range(0, count).map((n) => ({ ts: "2026-05-05T12:00:00Z", server, n }));
      store.journal({ stack: "s", server, signal: "logs" }).appendAll(records);
    };
    append("b", 20);
    const newest = await json<Page>("/api/logs?limit=5");
    append("a", 3);
    const servers = ({ records }: Page) =>
      Object.entries(Object.groupBy(records, ({ server }) => server))
        .map(([server, of]) => [server, of?.length]);
    const older = await json<Page>(`/api/logs?limit=5&before=${newest.previous}`);
    assert.deepEqual(servers(older), [["b", 5]]);
    const behind = await json<Page>(`/api/logs?after=${older.next}`);
    assert.deepEqual(servers(behind), [["a", 3], ["b", 5]]);
    assert.deepEqual(servers(await json(`/api/logs?after=${newest.next}`)), [["a", 3]]);
    assert.deepEqual(servers(await json(`/api/logs?after=${behind.next}`)), []);
    assert.deepEqual(servers(await json(`/api/logs?before=${behind.previous}`)), [["b", 15]]);
  });
});

test("GET /api/logs: previous is null where nothing is older, also with a page just full", async () => {
  await withService(async ({ store, json }) => {
    const journal = store.journal({ stack: "s", server: "a", signal: "logs" });
    journal.appendAll(range(0, 20).map((n) => ({ ts: "2026-05-05T12:00:00Z", n, level: LEVELS[n % 4] })));
    const previous = async (query: string) => (await json<Page>(`/api/logs?${query}`)).previous;
    assert.equal(await previous("limit=20"), null);
    assert.equal(await previous("limit=5&level=WARN"), null);
    assert.equal(typeof await previous("limit=19"), "string");
    assert.equal(typeof await previous("limit=4&level=WARN"), "string");
  });
});

test("GET /api/logs: polling behind a filter that nothing meets goes on where it stopped", async () => {
  await withService(async ({ store, json }) => {
    const journal = store.journal({ stack: "s", server: "a", signal: "logs" });
    const append = (count: number) =>
      journal.appendAll(range(0, count).map((n) => ({ ts: "2026-05-05T12:00:00Z", n })));
    append(100);
    const first = await json<Page>("/api/logs?q=msg=never");
    append(100);
    const second = await json<Page>(`/api/logs?q=msg=never&after=${first.next}`);
    assert.deepEqual([first.records, second.records], [[], []]);
    assert.notEqual(second.next, first.next);
    append(1);
    // The filter is left out to see where the place lies.
    assert.equal((await json<Page>(`/api/logs?after=${second.next}`)).records.length, 1);
  });
});

test("GET /api/logs: a place in more journals than fit into an address is none", async () => {
  await withService(async ({ store, json }) => {
    for (const n of range(0, 100)) store.journal({ stack: "s", server: `server-${n}`, signal: "logs" }).append({ n });
    await store.flush();
    const servers = (count: number) => range(0, count).map((n) => `server=server-${n}`).join("&");
    const all = await json<Page>("/api/logs?limit=10");
    assert.deepEqual([all.records.length, all.next, all.previous], [10, null, null]);
    const some = await json<Page>(`/api/logs?limit=10&${servers(40)}`);
    assert.ok(some.next !== null && some.next.length <= PAGE_PLACE_MAX_CHARS);
    assert.equal((await json<Page>(`/api/logs?limit=100&${servers(40)}&before=${some.previous}`)).records.length, 30);
  });
});
