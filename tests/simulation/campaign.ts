/**
 * Runs one seed after another until enough crashes were tried, or a promise was broken.
 *
 * @module
 */
import { seededRandom } from "../recovery/stores.ts";
import { Counts } from "./counts.ts";
import type { Mutation } from "./crash_check.ts";
import { drawOperations, mixSeeds, type Operation } from "./operations.ts";
import { drawScenario, type Scenario, type Theme } from "./scenario.ts";
import { simulate, type SimulationOutcome } from "./simulation.ts";

/** Which runs are made. */
export interface CampaignOptions {
  readonly seed: number;
  /** Operations of a run. */
  readonly steps: number;
  /** Seeds are run until that many crashes were tried. */
  readonly crashPoints: number;
  /** Seeds are run until that many were, whatever else. */
  readonly seeds?: number;
  /** Only the seeds that draw one of these themes are run. */
  readonly themes?: readonly Theme[];
  /** The part of the steps at which a crash is tried. */
  readonly crashRate?: number;
  readonly mutation?: Mutation;
  /** Called after each run. */
  readonly onRun?: (progress: { readonly seed: number; readonly hash: string; readonly counts: Counts }) => void;
}

/** A run that broke a promise. */
export interface FailedRun {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly operations: readonly Operation[];
  readonly outcome: SimulationOutcome;
}

/** What came of a campaign. */
export interface CampaignOutcome {
  readonly counts: Counts;
  /** Checksum of all runs. */
  readonly hash: string;
  readonly failed: FailedRun | undefined;
}

/** Crashes are tried at each step where nothing else is said. */
export const CRASH_RATE = 1;

/** See the module. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignOutcome> {
  const counts = new Counts();
  let hash = 0;
  for (let run = 0; run < (options.seeds ?? Infinity) && crashPointsOf(counts) < options.crashPoints; run++) {
    const seed = options.seed + run;
    const { scenario, operations } = drawRun({ seed, steps: options.steps });
    if (options.themes?.includes(scenario.theme) === false) continue;
    const outcome = await runOnce({ seed, scenario, operations }, options);
    counts.include(outcome.counts);
    counts.add("runs");
    hash = mixSeeds(hash, Number.parseInt(outcome.hash, 16));
    if (outcome.failure !== undefined) {
      return { counts, hash: toHex(hash), failed: { seed, scenario, operations, outcome } };
    }
    options.onRun?.({ seed, hash: outcome.hash, counts });
  }
  return { counts, hash: toHex(hash), failed: undefined };
}

/** What a seed stands for. */
export function drawRun(
  { seed, steps }: { readonly seed: number; readonly steps: number },
): { readonly scenario: Scenario; readonly operations: readonly Operation[] } {
  const scenario = drawScenario(seededRandom(mixSeeds(seed, 0, 5)));
  return { scenario, operations: drawOperations({ seed, count: steps, scenario }) };
}

/** One run of a campaign. */
export function runOnce(
  run: Pick<FailedRun, "seed" | "scenario" | "operations">,
  { crashRate = CRASH_RATE, mutation = (fileSystem) => fileSystem }: Pick<CampaignOptions, "crashRate" | "mutation">,
): Promise<SimulationOutcome> {
  return simulate({ ...run, crashRate, mutation });
}

/** How many crashes were tried. */
export function crashPointsOf(counts: Counts): number {
  return counts.of("crash points, kill") + counts.of("crash points, power");
}

function toHex(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
