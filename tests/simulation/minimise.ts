/**
 * Makes a failing sequence short: leaves out operations for as long as it still fails (Zeller's ddmin).
 *
 * @module
 */
import { type CampaignOptions, type FailedRun, runOnce } from "./campaign.ts";
import type { Operation } from "./operations.ts";
import type { SimulationOutcome } from "./simulation.ts";

/** A short run that fails. */
export interface MinimalRun {
  readonly operations: readonly Operation[];
  readonly outcome: SimulationOutcome;
}

/** Finds a sequence from which no operation can be left out. Crashes are tried at every step. */
export async function minimise(
  failed: FailedRun,
  options: Pick<CampaignOptions, "mutation" | "crashRate">,
): Promise<MinimalRun> {
  const end = failed.outcome.failedAt === undefined
    ? failed.operations.length
    : failed.operations.findIndex(({ id }) => id === failed.outcome.failedAt) + 1;
  let best: MinimalRun = { operations: failed.operations.slice(0, end), outcome: failed.outcome };
  const rates = [options.crashRate, 1];
  const attempt = async (operations: readonly Operation[]): Promise<boolean> => {
    for (const crashRate of rates) {
      const outcome = await runOnce({ ...failed, operations }, {
        ...options,
        ...(crashRate === undefined ? {} : { crashRate }),
      });
      if (outcome.failure === undefined) continue;
      best = { operations, outcome };
      return true;
    }
    return false;
  };
  for (let parts = 2; best.operations.length > 1;) {
    const isShorter = await leaveOutOne(best.operations, { parts, attempt });
    if (isShorter) parts = Math.max(2, parts - 1);
    else if (parts >= best.operations.length) break;
    else parts = Math.min(best.operations.length, parts * 2);
  }
  return best;
}

/** Tries the sequence without each of its parts, and takes the first that fails. */
async function leaveOutOne(
  operations: readonly Operation[],
  { parts, attempt }: {
    readonly parts: number;
    readonly attempt: (operations: readonly Operation[]) => Promise<boolean>;
  },
): Promise<boolean> {
  const length = Math.ceil(operations.length / parts);
  // From the end: what comes last has the least to do with the failure before it.
  for (let start = length * (Math.ceil(operations.length / length) - 1); start >= 0; start -= length) {
    const rest = [...operations.slice(0, start), ...operations.slice(start + length)];
    if (rest.length < operations.length && await attempt(rest)) return true;
  }
  return false;
}
