/**
 * What the suite simulates. `VARVE_SEED` and `VARVE_CRASH_POINTS` change where it begins and how far it goes.
 *
 * @module
 */
import process from "node:process";

/** See {@linkcode CampaignOptions}. From this seed on, few are needed to notice the rarest of the mutations. */
export const SUITE = {
  seed: numberFrom("VARVE_SEED", 13),
  steps: 60,
  crashPoints: numberFrom("VARVE_CRASH_POINTS", 12_000),
} as const;

/** The seeds of the suite that the mutations are looked for in: fewer than it runs. */
export const SUITE_SEEDS = 36;

function numberFrom(name: string, otherwise: number): number {
  const text = process.env[name];
  const value = Number(text ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot simulate: ${name} must be a whole number, received "${text}"`);
}
