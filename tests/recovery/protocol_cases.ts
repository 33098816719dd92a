/**
 * The protocols of ARCHITECTURE.md, step by step, each with what leads to it.
 *
 * @module
 */
import {
  appendDurably,
  COMPRESSED,
  leaveLeftovers,
  leavePair,
  leaveRawSegment,
  RAW,
  storeOf,
} from "./protocol_arrangements.ts";
import type { Protocol } from "./protocol_steps.ts";
import { WIPES } from "./protocol_wipes.ts";
import { LOGS, pass } from "./stores.ts";

/** What an open does in a folder that is there, before it looks at what lies in it. */
const LOCK_STEPS = [
  "makeDirectory .",
  "lock .lock",
  "create .holder.json.tmp",
  "write .holder.json.tmp",
  "rename .holder.json.tmp → .holder.json",
] as const;

/** What the first sync of names in a process syncs: an earlier one may have made the folders and ended before it did. */
const FIRST_NAMES_STEPS = [
  "syncDirectory ..",
  "syncDirectory ../..",
  "syncDirectory ../../..",
  "syncDirectory .",
] as const;

/** Compressing a segment of one block. */
function compressSteps(namesSteps: readonly string[]): readonly string[] {
  return [
    "create logs-<stamp>.jsonl.gz.tmp",
    "write logs-<stamp>.jsonl.gz.tmp",
    "write logs-<stamp>.jsonl.gz.tmp",
    "write logs-<stamp>.jsonl.gz.tmp",
    "sync logs-<stamp>.jsonl.gz.tmp",
    "setModifiedTime logs-<stamp>.jsonl.gz.tmp",
    "create logs-<stamp>.idx",
    "write logs-<stamp>.idx",
    ...namesSteps,
    "rename logs-<stamp>.jsonl.gz.tmp → logs-<stamp>.jsonl.gz",
    "syncDirectory .",
    "remove logs-<stamp>.jsonl",
  ];
}

const SEAL: Protocol = {
  name: "seal",
  options: RAW,
  steps: [
    "rename logs.jsonl → logs-<stamp>.jsonl",
    "create logs.jsonl",
    "write logs.jsonl",
    "sync logs-<stamp>.jsonl",
    "syncDirectory .",
  ],
  async arrange(run) {
    run.store = await run.open();
    await appendDurably(run, run.store);
  },
  async act(run) {
    const store = storeOf(run);
    run.append(store, 1);
    await run.flush(store);
    await pass(run, 2000);
  },
};

const COMPRESS: Protocol = {
  name: "compress",
  options: COMPRESSED,
  steps: [...compressSteps(FIRST_NAMES_STEPS), "write logs.jsonl", "sync logs.jsonl", "syncDirectory ."],
  async arrange(run) {
    await leaveRawSegment(run);
    run.store = await run.open();
  },
  async act(run) {
    const store = storeOf(run);
    store.journal(LOGS);
    await pass(run, 500);
    run.append(store, 1);
    await run.sync(store);
  },
};

const SEAL_AND_COMPRESS: Protocol = {
  name: "seal, compress and sync",
  options: COMPRESSED,
  steps: [
    "rename logs.jsonl → logs-<stamp>.jsonl",
    "create logs.jsonl",
    ...compressSteps(["syncDirectory ."]),
    "syncDirectory .",
  ],
  async arrange(run) {
    run.store = await run.open({ retention: { maxAgeMs: 3000, maxSegments: false } });
    run.append(run.store, 2);
    await run.sync(run.store);
    await pass(run, 2000);
    run.append(run.store, 1);
    await run.flush(run.store);
    await pass(run, 2000);
  },
  async act(run) {
    const store = storeOf(run);
    await run.settle(store.prune());
    await pass(run, 500);
    await run.sync(store);
  },
};

const PRUNE: Protocol = {
  name: "prune",
  options: { ...COMPRESSED, retention: { maxSegments: 1 } },
  steps: [
    "remove logs-<stamp>.idx",
    "remove logs-<stamp>.jsonl.gz",
    "remove logs-<stamp>.jsonl",
    "remove logs-<stamp 2>.idx",
    "remove logs-<stamp 2>.jsonl.gz",
  ],
  takes: 8,
  async arrange(run) {
    const store = await run.open({ retention: { maxSegments: false } });
    run.append(store, 14);
    await run.sync(store);
    await pass(run, 1000);
    await run.close(store);
    leavePair(run.otherProcess());
    run.store = await run.open();
    run.store.journal({ ...LOGS, signal: "metrics" });
  },
  act: (run) => run.settle(storeOf(run).prune()),
};

const OPEN_NEW: Protocol = {
  name: "open of a new folder",
  options: COMPRESSED,
  steps: [
    ...LOCK_STEPS,
    // Without the note, a segment whose name survives a loss of power alone would make the folder another program's.
    "syncDirectory .",
    "create logs.jsonl",
    "write logs.jsonl",
    "sync logs.jsonl",
    ...FIRST_NAMES_STEPS,
  ],
  async arrange(run) {
    run.store = await run.open();
  },
  async act(run) {
    run.append(storeOf(run), 1);
    await run.sync(storeOf(run));
  },
};

const OPEN_AFTER_CRASH: Protocol = {
  name: "open after a crash",
  options: COMPRESSED,
  steps: [
    ...LOCK_STEPS,
    "remove logs-<stamp>.jsonl.gz.tmp",
    "remove logs-<stamp>.idx",
    "remove .wipe-<id>.json.tmp",
    "syncDirectory .",
    "remove metrics.jsonl",
    "syncDirectory .",
    "remove .wipe-<id 2>.json",
    "truncate logs.jsonl",
    "sync logs.jsonl",
    ...compressSteps(FIRST_NAMES_STEPS),
    "write logs.jsonl",
    "sync logs.jsonl",
    "syncDirectory .",
  ],
  wipe: { signals: ["metrics"], records: 10 },
  async arrange(run) {
    await leaveRawSegment(run);
    leaveLeftovers(run.otherProcess());
    run.store = await run.open();
  },
  async act(run) {
    const store = storeOf(run);
    store.journal(LOGS);
    await pass(run, 500);
    run.append(store, 1);
    await run.sync(store);
  },
};

const CLOSE: Protocol = {
  name: "close while a segment is being compressed",
  options: COMPRESSED,
  steps: [
    "remove logs-<stamp>.jsonl.gz.tmp",
    "write logs.jsonl",
    "sync logs.jsonl",
    "sync logs-<stamp>.jsonl",
    "syncDirectory .",
  ],
  async arrange(run) {
    run.store = await run.open();
    run.append(run.store, 2);
    await run.sync(run.store);
    run.append(run.store, 4);
    // Without a turn of the event loop, so that the compression has only begun.
    await run.store.flush();
    run.progressOf("logs").flushed = 6;
    run.append(run.store, 1);
  },
  async act(run) {
    const { appended } = run.progressOf("logs");
    await run.close(storeOf(run));
    Object.assign(run.progressOf("logs"), { flushed: appended, synced: appended });
  },
};

/** All of them. */
export const PROTOCOLS: readonly Protocol[] = [
  SEAL,
  COMPRESS,
  SEAL_AND_COMPRESS,
  PRUNE,
  ...WIPES,
  OPEN_NEW,
  OPEN_AFTER_CRASH,
  CLOSE,
];
