/**
 * What is printed about simulations.
 *
 * @module
 */
import type { CampaignOptions, FailedRun } from "./campaign.ts";
import type { Counts } from "./counts.ts";
import { currentRuntime } from "../tools.ts";
import { minimise } from "./minimise.ts";
import { describeOperation } from "./simulation.ts";

/** The order in which promises settle differs between the runtimes now and then: a seed is run again where it failed. */
const COMMAND = currentRuntime === "bun" ? "bun tests/simulation/main.ts" : "deno task simulate";

/** Everything that a person needs for a failure: what was broken, how to run it again, and the shortest way there. */
export async function describeFailure(
  failed: FailedRun,
  options: Pick<CampaignOptions, "steps" | "mutation" | "crashRate">,
): Promise<string> {
  const { operations, outcome } = await minimise(failed, options);
  const only = operations.map(({ id }) => id).join(",");
  return [
    `Seed ${failed.seed} breaks a promise: ${failed.outcome.failure}`,
    `Again: ${COMMAND} --seed ${failed.seed} --steps ${options.steps} --seeds 1`,
    `Shortest: ${COMMAND} --seed ${failed.seed} --steps ${options.steps} --only ${only} --rate 1`,
    `which breaks: ${outcome.failure}`,
    `options: ${JSON.stringify(failed.scenario.options)}`,
    "operations:",
    ...operations.map((operation) => `  ${describeOperation(operation)}`),
    "the last steps of that run (process, operation, path):",
    ...outcome.lastLines,
  ].join("\n");
}

/** The counts of what happened, a line each. */
export function describeCounts(counts: Counts): string {
  return counts.entries().map(([what, times]) => `${String(times).padStart(10)}  ${what}`).join("\n");
}
