/**
 * P4: what does one call of `append` cost the program that makes it, beyond `JSON.stringify` of the record?
 *
 * - Measured: `hrtime.bigint` around each call of `append` and around each `JSON.stringify`; the middle call (p50) and
 *   the slow calls (p99) of one less those of the other, in µs. What reading the clock costs is in both, so it cancels.
 *   The calls that write a batch are about 1 in 320, and so beyond p99.
 * - Size: 1,000,000 calls (small: 2,000); 5 rounds.
 * - A worse number: look for a new allocation, a new closure or a lost inlining on the path of `append`.
 *
 * Command line: `deno run -A bench/main.ts P4`, `bun bench/main.ts P4`
 *
 * @module
 */

import { type Bench, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { AppendCost, CallCost } from "./programs/append_cost.ts";

const CALLS = { small: 2000, real: 1_000_000 } as const;
const NS_PER_US = 1000;

/** See the module. */
export const appendCost: Bench = {
  ids: ["P4"],
  run(run) {
    const calls = CALLS[run.size];
    const rounds = Array.from({ length: roundCount(run) }, (_, round) => {
      const cost: AppendCost = runProgram("append_cost.ts", [
        run.directory(),
        String(calls),
      ]);
      const beyondNs = cost.append.p50Ns - cost.stringify.p50Ns;
      run.report(
        `append cost round ${round + 1}: ${beyondNs} ns, of ${cost.empty.p50Ns} ns to read the clock`,
      );
      if (cost.accepted === calls) return cost;
      throw new Error(
        `Cannot measure append: of ${calls} records ${cost.accepted} were written`,
      );
    });
    return Promise.resolve([
      compare(rounds, {
        what: "one append beyond JSON.stringify, p50",
        key: "p50Ns",
        must: "0.5 µs",
        moonshot: "0.1 µs",
      }),
      compare(rounds, {
        what: "one append beyond JSON.stringify, p99",
        key: "p99Ns",
        must: "5 µs",
        moonshot: "2 µs",
      }),
    ]);
  },
};

function compare(
  rounds: readonly AppendCost[],
  line: {
    readonly what: string;
    readonly key: keyof CallCost;
    readonly must: string;
    readonly moonshot: string;
  },
): Comparison {
  const { what, key, must, moonshot } = line;
  const ours = rounds.map(({ append, stringify }) => (append[key] - stringify[key]) / NS_PER_US);
  const theirs = rounds.map(({ stringify, empty }) => (stringify[key] - empty[key]) / NS_PER_US);
  return {
    id: "P4",
    what,
    unit: "µs",
    ours: median(ours),
    peer: { name: "JSON.stringify", value: median(theirs) },
    ratios: ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
    must,
    moonshot,
    proof: `${rounds[0]?.accepted} records`,
  };
}
