/**
 * Every prefix of every protocol again, ended by a loss of power: what was synced is there, whatever else is lost.
 *
 * @module
 */
import { test } from "node:test";
import { PROTOCOLS } from "./protocol_cases.ts";
import { checkReader, checkReopening, type Remains } from "./protocol_checks.ts";
import type { Moment } from "./protocol_run.ts";
import { type Protocol, traceProtocol } from "./protocol_steps.ts";
import { range, seededRandom } from "./stores.ts";

/** Losses of power that are tried from each moment. */
const SEEDS = range(1, 21);

for (const protocol of PROTOCOLS) {
  const { name, steps } = protocol;
  let tracing: Promise<readonly Moment[]> | undefined;
  for (const [count, step] of [...steps, undefined].entries()) {
    const place = step === undefined ? "at its end" : `before "${step}" (${count + 1} of ${steps.length})`;
    test(`${name}, power lost ${place}: what was synced is there, and what the next opener syncs`, async () => {
      const moment = (await (tracing ??= traceProtocol(protocol)))[count];
      if (moment === undefined) throw new Error(`Cannot lose power after ${count} steps: the protocol has fewer`);
      for (const seed of SEEDS) await losePower(protocol, { moment, seed });
    });
  }
}

async function losePower(
  protocol: Protocol,
  { moment, seed }: { readonly moment: Moment; readonly seed: number },
): Promise<void> {
  const disk = moment.disk.clone();
  disk.crash(seededRandom(seed));
  const remains: Remains = { protocol, moment, ending: "power lost" };
  try {
    await checkReader(disk, remains);
    await checkReopening(disk, { ...remains, seed });
  } catch (error) {
    throw new Error(`The loss of power with seed ${seed} shows it: ${error}`, { cause: error });
  }
}
