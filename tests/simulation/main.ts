/**
 * Simulates: `deno task simulate --seed 1 --steps 60`, or `bun tests/simulation/main.ts …`.
 *
 * | flag | |
 * |---|---|
 * | `--seed N` | the first seed; 1 |
 * | `--seeds N` | how many seeds at most, one after the other |
 * | `--steps N` | operations of a run; 60 |
 * | `--crash-points N` | seeds are run until that many crashes were tried; 10,000 |
 * | `--rate R` | the part of the steps at which a crash is tried; 1 |
 * | `--only IDS` | of the one seed, only these operations, as a failure names them |
 *
 * The same seed does the same on one runtime, which the checksum shows. Exits with 1 when a promise was broken.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { crashPointsOf, drawRun, runCampaign, runOnce } from "./campaign.ts";
import type { Counts } from "./counts.ts";
import { describeCounts, describeFailure } from "./report.ts";

const PROGRESS_INTERVAL_MS = 5000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string" },
    steps: { type: "string", default: "60" },
    "crash-points": { type: "string", default: "10000" },
    rate: { type: "string", default: "1" },
    only: { type: "string" },
  },
});

const seed = number("seed");
const steps = number("steps");
const crashRate = number("rate");
process.exitCode = await (values.only === undefined ? simulateMany() : simulateOnly(values.only));

async function simulateMany(): Promise<number> {
  const startMs = performance.now();
  let lastMs = startMs;
  const { counts, hash, failed } = await runCampaign({
    seed,
    steps,
    crashRate,
    crashPoints: number("crash-points"),
    ...(values.seeds === undefined ? {} : { seeds: number("seeds") }),
    onRun: (progress) => {
      if (performance.now() - lastMs < PROGRESS_INTERVAL_MS) return;
      lastMs = performance.now();
      console.log(`seed ${progress.seed}: ${speed(progress.counts, startMs)}`);
    },
  });
  console.log(describeCounts(counts));
  console.log(`${speed(counts, startMs)}; checksum ${hash}`);
  if (failed === undefined) return 0;
  console.error(
    `Seed ${failed.seed} breaks a promise: ${failed.outcome.failure}\nLooking for the shortest way there …`,
  );
  console.error(await describeFailure(failed, { steps, crashRate }));
  return 1;
}

async function simulateOnly(only: string): Promise<number> {
  const ids = new Set(only.split(",").map(Number));
  const { scenario, operations } = drawRun({ seed, steps });
  const run = { seed, scenario, operations: operations.filter(({ id }) => ids.has(id)) };
  const outcome = await runOnce(run, { crashRate });
  console.log(outcome.lastLines.join("\n"));
  console.log(outcome.failure ?? `every promise held; checksum ${outcome.hash}`);
  return outcome.failure === undefined ? 0 : 1;
}

function speed(counts: Counts, startMs: number): string {
  const seconds = (performance.now() - startMs) / 1000;
  const points = crashPointsOf(counts);
  return `${points} crash points in ${seconds.toFixed(1)} s, ${Math.round(points / seconds)} a second`;
}

function number(name: Exclude<keyof typeof values, "only">): number {
  const value = Number(values[name]);
  if (!(value >= 0)) throw new RangeError(`Cannot simulate: --${name} must be a number, received "${values[name]}"`);
  return value;
}
