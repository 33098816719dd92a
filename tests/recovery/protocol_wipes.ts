/**
 * Wipes, step by step: by the process that holds the folder, asked of it, and answered by it.
 *
 * @module
 */
import { COMPRESSED, fillTwoSignals, storeOf } from "./protocol_arrangements.ts";
import type { Protocol } from "./protocol_steps.ts";
import { LOGS, pass } from "./stores.ts";

/** Putting a wipe on record. */
const REQUEST_STEPS = [
  "create .wipe-<id>.json.tmp",
  "write .wipe-<id>.json.tmp",
  "sync .wipe-<id>.json.tmp",
  "rename .wipe-<id>.json.tmp → .wipe-<id>.json",
  "syncDirectory .",
] as const;
const REQUESTED = REQUEST_STEPS[3];
const REQUEST_DURABLE = REQUEST_STEPS[4];

const WIPE_SIGNAL: Protocol = {
  name: "wipe of one signal",
  options: COMPRESSED,
  steps: [
    ...REQUEST_STEPS,
    "remove logs-<stamp>.idx",
    "remove logs-<stamp 2>.idx",
    "remove logs-<stamp>.jsonl.gz",
    "remove logs-<stamp 2>.jsonl.gz",
    "remove logs.jsonl",
    "syncDirectory .",
    "remove .wipe-<id>.json",
    "syncDirectory .",
  ],
  wipe: { signals: ["logs"], records: 10, requested: REQUESTED, durable: REQUEST_DURABLE },
  arrange: fillTwoSignals,
  act: (run) => run.settle(storeOf(run).wipe(LOGS)),
};

const WIPE_ALL: Protocol = {
  name: "wipe of every signal",
  options: COMPRESSED,
  steps: [
    ...REQUEST_STEPS,
    "remove logs-<stamp>.idx",
    "remove logs-<stamp 2>.idx",
    "remove logs-<stamp>.jsonl.gz",
    "remove logs-<stamp 2>.jsonl.gz",
    "remove logs.jsonl",
    "remove metrics.jsonl",
    "syncDirectory .",
    "remove .wipe-<id>.json",
    "syncDirectory .",
  ],
  wipe: { signals: ["logs", "metrics"], records: 10, requested: REQUESTED, durable: REQUEST_DURABLE },
  arrange: fillTwoSignals,
  act: (run) => run.settle(storeOf(run).wipe({ stack: LOGS.stack })),
};

const WIPE_ASKED: Protocol = {
  name: "wipe asked of the holder",
  options: COMPRESSED,
  steps: REQUEST_STEPS,
  polls: ["makeDirectory .", "lock .lock"],
  wipe: { signals: ["logs"], records: 10, requested: REQUESTED, durable: REQUEST_DURABLE },
  async arrange(run) {
    const holder = await run.openIn(run.otherProcess());
    await fillTwoSignals(run, holder);
    run.store = await run.open();
  },
  act: (run) => run.settle(storeOf(run).wipe(LOGS)).finally(() => pass(run, 500)),
};

const WIPE_ANSWERED: Protocol = {
  name: "wipe answered by the holder, who goes on",
  options: COMPRESSED,
  steps: [
    "syncDirectory .",
    "remove logs-<stamp>.idx",
    "remove logs-<stamp 2>.idx",
    "remove logs-<stamp>.jsonl.gz",
    "remove logs-<stamp 2>.jsonl.gz",
    "remove logs.jsonl",
    "syncDirectory .",
    "remove .wipe-<id>.json",
    "syncDirectory .",
    "create logs.jsonl",
    "write logs.jsonl",
    "sync logs.jsonl",
    "syncDirectory .",
  ],
  wipe: { signals: ["logs"], records: 10 },
  async arrange(run) {
    run.store = await run.open();
    await fillTwoSignals(run, run.store);
  },
  async act(run) {
    const asker = await run.openIn(run.otherProcess());
    await run.settle(asker.wipe(LOGS));
    await pass(run, 10);
    run.append(storeOf(run), 1);
    await run.sync(storeOf(run));
  },
};

/** All of them. */
export const WIPES: readonly Protocol[] = [WIPE_SIGNAL, WIPE_ALL, WIPE_ASKED, WIPE_ANSWERED];
