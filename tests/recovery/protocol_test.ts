/**
 * Every prefix of every protocol: the process is killed before each step, and the disk is looked at, opened and written to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PROTOCOLS } from "./protocol_cases.ts";
import { checkReader, checkReopening } from "./protocol_checks.ts";
import { killProtocol, traceProtocol } from "./protocol_steps.ts";

for (const protocol of PROTOCOLS) {
  const { name, steps } = protocol;

  test(`${name}: the steps are those that ARCHITECTURE.md states`, async () => {
    const moments = await traceProtocol(protocol);
    assert.deepEqual(moments.flatMap(({ next }) => next ?? []), steps);
  });

  for (const [count, step] of [...steps, undefined].entries()) {
    const place = step === undefined ? "at its end" : `before "${step}" (${count + 1} of ${steps.length})`;
    test(`${name}, killed ${place}: readers, the next opener and its appends`, async () => {
      const { killed, left } = await killProtocol(protocol, count);
      await checkReader(killed.disk, { protocol, moment: killed, ending: "killed" });
      await checkReopening(left.disk, { protocol, moment: left, ending: "killed", seed: count });
    });
  }
}
