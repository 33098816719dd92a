/**
 * What a simulation does, one after another. Each operation carries all that it needs, so that a sequence without some of
 * its operations is a sequence, too.
 *
 * @module
 */
import type { MemoryAsyncOperation, MemoryOperation } from "../../src/platform/memory_process.ts";
import { seededRandom } from "../recovery/stores.ts";
import { JOURNAL_KEYS, pick, type Scenario, type Theme } from "./scenario.ts";

/** A record of this padding cannot be encoded. */
export const UNENCODABLE = -1;

/** How the file system fails. */
export interface Fault {
  readonly operations: readonly MemoryOperation[];
  readonly code: "ENOSPC" | "EIO" | "EMFILE" | "EROFS";
  /** How many operations fail; Infinity until the next `heal`. */
  readonly times: number;
  /** How many bytes of a write land at most before it fails. */
  readonly landedMaxBytes: number;
}

/** What is done. */
export type Action =
  | { readonly kind: "append" | "appendAll"; readonly journal: number; readonly paddings: readonly number[] }
  /** Of one journal, or of all. */
  | { readonly kind: "flush" | "sync"; readonly journal: number | undefined }
  | { readonly kind: "pass"; readonly durationMs: number }
  | { readonly kind: "setClock"; readonly jumpMs: number }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "heal" }
  /** The next such operation takes that long. */
  | { readonly kind: "hold"; readonly operation: MemoryAsyncOperation; readonly durationMs: number }
  /** The next synchronous write takes that long. */
  | { readonly kind: "stall"; readonly durationMs: number }
  | { readonly kind: "prune" }
  | {
    readonly kind: "wipe";
    readonly by: By;
    readonly journal: number;
    readonly breadth: "signal" | "server" | "stack";
  }
  | { readonly kind: "reopen" }
  /** The process ends, or the machine loses power, at one of the next steps. */
  | { readonly kind: "crash"; readonly loss: Loss; readonly afterSteps: number }
  | { readonly kind: "read"; readonly by: By; readonly journal: number; readonly depth: "all" | "tail" | "first" }
  /** Goes on with what a read of the first records left. */
  | { readonly kind: "readOn" }
  | { readonly kind: "inventory"; readonly by: By }
  /** Another process tries to write to a journal, and ends. */
  | {
    readonly kind: "contend";
    readonly journal: number;
    readonly paddings: readonly number[];
    readonly end: "close" | "kill";
  };

/** Who does it: the process that writes, or another one. */
export type By = "owner" | "peer";

/** What is lost in a crash: what the process had in memory, or also what the disk was not told to keep. */
export type Loss = "kill" | "power";

/** One operation of a sequence. */
export type Operation = Action & {
  /** Its place in the whole sequence; what is random about it comes from this and the run's seed. */
  readonly id: number;
  /** Whether the event loop turns before the next one. */
  readonly isAlone: boolean;
};

/** How often actions come, relative to each other. */
type Weights = Readonly<Record<Action["kind"], number>>;

const COMMON: Weights = {
  append: 30,
  appendAll: 8,
  flush: 10,
  sync: 12,
  pass: 16,
  setClock: 1,
  fault: 4,
  heal: 4,
  hold: 2,
  stall: 1,
  prune: 1,
  wipe: 2,
  reopen: 2,
  crash: 2,
  read: 4,
  readOn: 2,
  inventory: 2,
  contend: 2,
};

const WEIGHTS: Readonly<Record<Theme, Weights>> = {
  mixed: COMMON,
  appending: { ...COMMON, append: 50, appendAll: 14, wipe: 0, contend: 0, fault: 1 },
  retention: { ...COMMON, append: 50, appendAll: 14, setClock: 3, prune: 3, wipe: 1 },
  fullDisk: { ...COMMON, append: 50, appendAll: 14, fault: 1, wipe: 4 },
  wipes: { ...COMMON, wipe: 10, crash: 4, contend: 3 },
  faults: { ...COMMON, fault: 14, heal: 10, stall: 4, hold: 6 },
  processes: { ...COMMON, contend: 10, reopen: 5, crash: 6, wipe: 4, read: 8 },
};

const PASSAGES_MS = [1, 5, 20, 100, 100, 250, 250, 500, 1000, 1000, 1500, 5000, 12_000, 61_000, 130_000];
const JUMPS_MS = [-3_600_000, -1000, 10_000, 86_400_000, 10 * 365 * 86_400_000];

/** Draws a sequence of `count` operations. */
export function drawOperations(
  { seed, count, scenario }: { readonly seed: number; readonly count: number; readonly scenario: Scenario },
): readonly Operation[] {
  const weights = Object.entries(WEIGHTS[scenario.theme]) as [Action["kind"], number][];
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Array.from({ length: count }, (_, id) => {
    const random = seededRandom(mixSeeds(seed, id, 1));
    let rest = random() * total;
    const [kind] = weights.find(([, weight]) => (rest -= weight) < 0) ?? ["append"];
    return { ...drawAction(kind, { random, scenario }), id, isAlone: random() < 0.7 };
  });
}

/** One seed of several numbers. */
export function mixSeeds(...numbers: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (number >>> 16), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function drawAction(
  kind: Action["kind"],
  { random, scenario }: { readonly random: () => number; readonly scenario: Scenario },
): Action {
  const journal = Math.floor(random() * JOURNAL_KEYS.length);
  const by = random() < 0.5 ? "owner" : "peer";
  const paddings = (max: number) =>
    Array.from({ length: 1 + Math.floor(random() ** 2 * max) }, () => drawPadding(random));
  switch (kind) {
    case "append":
      return { kind, journal, paddings: paddings(8) };
    case "appendAll":
      return { kind, journal, paddings: paddings(12) };
    case "flush":
    case "sync":
      return { kind, journal: random() < 0.3 ? undefined : journal };
    case "pass":
      return { kind, durationMs: pick(random, PASSAGES_MS) };
    case "setClock":
      return { kind, jumpMs: pick(random, JUMPS_MS) };
    case "fault":
      return { kind, fault: drawFault(random, scenario) };
    case "hold":
      return { kind, operation: pick(random, ["sync", "sync", "write", "syncDirectory", "read"]), durationMs: 500 };
    case "stall":
      return { kind, durationMs: pick(random, [8, 60, 400]) };
    case "wipe":
      return { kind, by, journal, breadth: pick(random, ["signal", "server", "stack"]) };
    case "crash":
      return { kind, loss: random() < 0.5 ? "kill" : "power", afterSteps: Math.floor(random() * 30) };
    case "read":
      return { kind, by, journal, depth: pick(random, ["all", "tail", "first"]) };
    case "inventory":
      return { kind, by };
    case "contend":
      return { kind, journal, paddings: paddings(6), end: random() < 0.5 ? "close" : "kill" };
    default:
      return { kind };
  }
}

/** Mostly short, sometimes longer than a segment or the longest record. */
function drawPadding(random: () => number): number {
  const size = random();
  if (size < 0.02) return UNENCODABLE;
  return Math.floor(size < 0.85 ? random() * 60 : size < 0.97 ? random() * 300 : random() * 1200);
}

function drawFault(random: () => number, { segmentMaxBytes }: Scenario): Fault {
  const times = random() < 0.6 ? 1 + Math.floor(random() * 3) : Infinity;
  const landedMaxBytes = pick(random, [0, 1, 40, segmentMaxBytes]);
  switch (Math.floor(random() * 8)) {
    case 0:
    case 1:
      return { operations: ["write", "create", "makeDirectory"], code: "ENOSPC", times, landedMaxBytes };
    case 2:
      return { operations: ["write"], code: "EIO", times, landedMaxBytes };
    case 3:
      return { operations: ["sync"], code: "EIO", times: 1 + Math.floor(random() * 2), landedMaxBytes };
    case 4:
      return { operations: ["syncDirectory"], code: "EIO", times: 1 + Math.floor(random() * 2), landedMaxBytes };
    case 5:
      return { operations: ["open", "list", "lock"], code: "EMFILE", times, landedMaxBytes };
    case 6:
      return {
        operations: ["write", "create", "truncate", "rename", "remove", "setModifiedTime", "makeDirectory"],
        code: "EROFS",
        times,
        landedMaxBytes: 0,
      };
    default:
      return {
        operations: [pick(random, ["read", "stat", "list", "truncate", "rename", "remove", "open", "setModifiedTime"])],
        code: "EIO",
        times: 1 + Math.floor(random() * 2),
        landedMaxBytes,
      };
  }
}
