/**
 * The rooms of the tree and what each may know, as data. ARCHITECTURE.md explains them; a change here is a change of
 * the architecture.
 *
 * @module
 */

const BASE = ["errors", "limits", "model"] as const;
const ENGINE = [
  ...BASE,
  ...["options", "platform", "segment", "journal", "inventory", "filter", "aggregation", "query"],
] as const;
const BEFORE_SERVICE = [...ENGINE, "signals", "instruments", "aggregate", "exposition", "otlp", "store"] as const;

/**
 * Room → rooms that it may import besides itself. A room is a directory of `src`, a file directly in `src` without its
 * extension, or `mod` and `testing` for the modules of that name at the root.
 */
export const ROOM_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  limits: [],
  model: ["errors", "limits"],
  options: [...BASE, "platform"],
  platform: BASE,
  segment: [...BASE, "platform"],
  journal: [...BASE, "platform", "segment"],
  inventory: [...BASE, "platform", "segment", "journal"],
  filter: [...BASE, "segment"],
  aggregation: [...BASE, "segment", "filter"],
  query: [...BASE, "platform", "segment", "journal", "filter", "aggregation"],
  signals: [...BASE, "otlp"],
  instruments: BASE,
  aggregate: BASE,
  exposition: BASE,
  otlp: BASE,
  store: BEFORE_SERVICE,
  http: BEFORE_SERVICE,
  cli: [...BEFORE_SERVICE, "http"],
  mod: BEFORE_SERVICE,
  testing: ["platform"],
};

/** Packages that only some rooms may import, so that embedding Varve does not load them. */
export const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  "@bufbuild/protobuf": ["otlp"],
  hono: ["http"],
  re2js: ["filter"],
};

/** The room that names a runtime, the file system, timers and the clock for all others. */
export const PLATFORM_ROOM = "platform";

/** The room that prints. */
export const CONSOLE_ROOM = "cli";

/** `node:` modules that touch the machine; the others (`node:zlib`, `node:path`, …) compute. */
export const MACHINE_MODULES: ReadonlySet<string> = new Set([
  "child_process",
  "cluster",
  "dgram",
  "dns",
  "fs",
  "http",
  "http2",
  "https",
  "net",
  "os",
  "perf_hooks",
  "process",
  "readline",
  "sqlite",
  "timers",
  "tls",
  "worker_threads",
]);

/** Globals that name a runtime, a timer or a clock. */
export const MACHINE_GLOBALS: ReadonlySet<string> = new Set([
  "Bun",
  "Deno",
  "performance",
  "process",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

/** Members of other globals that read the clock or start a timer. */
export const MACHINE_MEMBERS: ReadonlySet<string> = new Set(["AbortSignal.timeout", "Date.now", "Temporal.Now"]);

/** Words that say nothing about what a file holds. */
export const EMPTY_WORDS: ReadonlySet<string> = new Set([
  "helper",
  "helpers",
  "index",
  "manager",
  "managers",
  "misc",
  "util",
  "utils",
]);

/** Directories of `tests` for behaviour that no single source file owns. All others mirror `src`. */
export const TEST_DIRECTORIES: ReadonlySet<string> = new Set([
  "clients",
  "conformance",
  "documentation",
  "end_to_end",
  "recovery",
  "simulation",
  "structure",
]);

/** Tests directly in `tests` that watch the project rather than one source file. */
export const PROJECT_TESTS: ReadonlySet<string> = new Set([
  "bench_test.ts",
  "documentation_test.ts",
  "outside_program_test.ts",
  "structure_test.ts",
  "tools_test.ts",
]);

/** One file that may break one rule, and why. An entry that excuses nothing any more is itself a finding. */
export interface Exemption {
  readonly path: string;
  readonly rule: string;
  readonly reason: string;
}

/** Every exemption in force. */
export const EXEMPTIONS: readonly Exemption[] = [];
