/**
 * The engine on a disk that fails, in processes that are killed, on a machine that loses power: at every step of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crashPointsOf, drawRun, runCampaign, runOnce } from "./campaign.ts";
import { describeCounts, describeFailure } from "./report.ts";
import { SUITE } from "./suite.ts";

test("openStore keeps every promise through faults, ends of processes and losses of power", async () => {
  const { counts, failed } = await runCampaign(SUITE);
  assert.ok(failed === undefined, failed && await describeFailure(failed, SUITE));
  assert.ok(crashPointsOf(counts) >= SUITE.crashPoints);
  // A simulation in which something never happens proves nothing about it.
  const missing = EVENTS.filter((event) => !counts.entries().some(([what, times]) => event.test(what) && times > 0));
  assert.deepEqual(SUITE.crashPoints < 10_000 ? [] : missing, [], describeCounts(counts));
});

test("simulate does the same for the same seed", async () => {
  const run = { seed: SUITE.seed, ...drawRun(SUITE) };
  const hashes = [await runOnce(run, {}), await runOnce(run, {})].map(({ hash }) => hash);
  assert.equal(hashes[0], hashes[1]);
});

const EVENTS: readonly RegExp[] = [
  /^crash points, kill$/,
  /^crash points, power$/,
  /^crashes of the run, kill$/,
  /^crashes of the run, power$/,
  /^ENOSPC on write after some bytes$/,
  /^operations on a full disk$/,
  /^EIO on write after some bytes$/,
  /^EIO on sync$/,
  /^EIO on syncDirectory$/,
  /^EMFILE on open$/,
  /^EROFS on /,
  /^500 ms sync$/,
  /^slow write$/,
  /^second openers refused$/,
  /^folders taken over$/,
  /^wipes finished$/,
  /^wipes refused$/,
  /^segments compressed$/,
  /^segments pruned$/,
  /^side files that were asked$/,
  /^side files that were of use$/,
  /^records dropped$/,
  /^torn lines cut off$/,
];
