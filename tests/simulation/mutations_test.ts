/**
 * Every engine with one step left out, or in the wrong place, is found out by the same seeds that the engine itself passes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCampaign } from "./campaign.ts";
import { MUTATIONS } from "./mutations.ts";
import { SUITE, SUITE_SEEDS } from "./suite.ts";

for (const { name, themes, mutation } of MUTATIONS) {
  test(`simulate notices that ${name}`, async () => {
    const { failed, counts } = await runCampaign({ ...SUITE, seeds: SUITE_SEEDS, themes, mutation });
    assert.ok(failed !== undefined, `noticed by none of ${counts.of("runs")} runs from seed ${SUITE.seed} on`);
  });
}
