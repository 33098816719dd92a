/**
 * Random aggregations over random roots give the figures of `zcat | jq` and its `group_by`.
 *
 * `VARVE_QUERIES` is twenty times how many are tried; `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openStore, type Store } from "../../mod.ts";
import { inRoot, seededRandom } from "../recovery/stores.ts";
import {
  askFigures,
  checkFigures,
  type JqFigures,
  randomAggregate,
  type ReferenceAggregate,
} from "../query/reference_aggregates.ts";
import { inspect } from "../query/reference_answer.ts";
import { referenceSkip } from "../query/reference_jq.ts";
import { writeRoot } from "../query/reference_root.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
/** Of queries for records, more are tried in the same time. */
const QUERIES_PER_AGGREGATE = 20;
const AGGREGATES = Math.ceil(Number(process.env["VARVE_QUERIES"] ?? 2000) / QUERIES_PER_AGGREGATE);
const AGGREGATES_PER_ROOT = 100;

for (let index = 0; index * AGGREGATES_PER_ROOT < AGGREGATES; index++) {
  const seed = SEED + index;
  const count = Math.min(AGGREGATES_PER_ROOT, AGGREGATES - index * AGGREGATES_PER_ROOT);
  test(`aggregate() gives what zcat | jq gives: ${count} aggregations, root ${index}`, { skip: referenceSkip }, () => {
    return inRoot((root) => checkRoot(root, { seed, count }));
  });
}

async function checkRoot(root: string, { seed, count }: { readonly seed: number; readonly count: number }) {
  const random = seededRandom(seed);
  const written = await writeRoot(root, { random, isPlain: true });
  const all = Array.from({ length: count }, () => randomAggregate(written, random));
  await using store = await openStore(root);
  const counts = { compared: 0, records: 0, points: 0, empty: 0 };
  for (const signal of ["logs", "timeseries", "traces"]) {
    const aggregates = all.filter(({ known }) => known.signal === signal);
    const figures = await askFigures(written, { signal, aggregates });
    for (const [index, aggregate] of aggregates.entries()) {
      const expected = figures[index];
      assert.ok(expected !== undefined);
      const compared = await compare(store, { aggregate, expected }).catch((error) => {
        const again = `VARVE_SEED=${seed} VARVE_QUERIES=${count * QUERIES_PER_AGGREGATE} tries this again`;
        throw new Error(`${again}, ${describe(aggregate)}: ${error.message}`, { cause: error });
      });
      counts.compared += compared;
      counts.records += expected.records;
      counts.points += expected.points.length;
      if (expected.records === 0) counts.empty++;
    }
  }
  console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
  if (count < AGGREGATES_PER_ROOT) return;
  assert.ok(
    counts.compared > count * 10 && counts.empty < count * 0.6,
    `too little was tried: ${JSON.stringify(counts)}`,
  );
}

async function compare(
  store: Store,
  { aggregate, expected }: { readonly aggregate: ReferenceAggregate; readonly expected: JqFigures },
): Promise<number> {
  return checkFigures(await store.aggregate(aggregate.query), aggregate, expected);
}

function describe({ query: { filter, ...others } }: ReferenceAggregate): string {
  return `${JSON.stringify(others)} where ${inspect(filter)}`;
}
