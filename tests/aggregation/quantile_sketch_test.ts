import assert from "node:assert/strict";
import { test } from "node:test";
import { SKETCH_BINS_MAX, SKETCH_BINS_MIN, SKETCH_EXACT_MAX } from "../../src/limits.ts";
import { QuantileSketch, RELATIVE_ERROR } from "../../src/aggregation/quantile_sketch.ts";
import { seededRandom } from "../recovery/stores.ts";

const FRACTIONS = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1];
/** The logarithm that tells a value's bin is itself rounded. */
const TOLERATED_ERROR = RELATIVE_ERROR + 1e-9;

type Random = () => number;

const DISTRIBUTIONS: Readonly<Record<string, (random: Random) => number>> = {
  "even": (random) => random() * 1000,
  "whole numbers": (random) => Math.floor(random() * 200),
  "exponential": (random) => -Math.log(1 - random()) * 12.5,
  "Pareto, with a heavy tail": (random) => 1 / (1 - random()) ** 2,
  "log-normal": (random) => Math.exp(3 * normal(random)),
  "both signs": (random) => 40 * normal(random),
  "all negative": (random) => -1 - random() * 1e6,
  "mostly zero": (random) => random() < 0.9 ? 0 : random() - 0.3,
  "two far peaks": (random) => random() < 0.5 ? 1e-6 * (1 + random()) : 1e9 * (1 + random()),
  "one value": () => 42.42,
  "the greatest numbers": (random) => Number.MAX_VALUE * (1 - random() / 50),
  "the least normal numbers": (random) => 2 ** -1022 * (1 + random() * 50),
};

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function sketchOf(values: Iterable<number>, budget = { bins: 1_000_000 }): QuantileSketch {
  const sketch = new QuantileSketch(budget);
  for (const value of values) sketch.add(value);
  return sketch;
}

function rankOf(fraction: number, count: number): number {
  return Math.floor(fraction * (count - 1));
}

function quantileOf(sketch: QuantileSketch, fraction: number): number | undefined {
  return sketch.valueAt(rankOf(fraction, sketch.count));
}

function exactQuantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[rankOf(fraction, sorted.length)] ?? NaN;
}

for (const [name, valueOf] of Object.entries(DISTRIBUTIONS)) {
  test(`QuantileSketch: within 1 % of the exact quantiles of a distribution: ${name}`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const values = Array.from({ length: 5000 }, () => valueOf(random));
      const sketch = sketchOf(values);
      for (const fraction of FRACTIONS) {
        const exact = exactQuantile(values, fraction);
        const found = quantileOf(sketch, fraction) ?? NaN;
        const error = Math.abs(found - exact) / Math.abs(exact || 1);
        assert.ok(error <= TOLERATED_ERROR, `seed ${seed}, p${fraction * 100}: ${found}, exact ${exact}`);
      }
      assert.equal(quantileOf(sketch, 0), exactQuantile(values, 0), `seed ${seed}`);
      assert.equal(quantileOf(sketch, 1), exactQuantile(values, 1), `seed ${seed}`);
    }
  });
}

test("QuantileSketch: exact for few values, and not far off with one more", () => {
  const random = seededRandom(7);
  const values = Array.from({ length: SKETCH_EXACT_MAX }, () => 100 * normal(random));
  const sketch = sketchOf(values);
  for (const fraction of FRACTIONS) assert.equal(quantileOf(sketch, fraction), exactQuantile(values, fraction));
  sketch.add(0);
  const exact = exactQuantile([...values, 0], 0.25);
  assert.notEqual(quantileOf(sketch, 0.25), exact, "it holds every value for ever");
  assert.ok(Math.abs((quantileOf(sketch, 0.25) ?? NaN) / exact - 1) <= TOLERATED_ERROR);
});

test("QuantileSketch: nothing has no quantile", () => {
  for (const rank of [-1, 0, 1]) assert.equal(sketchOf([]).valueAt(rank), undefined);
});

test("QuantileSketch: gives the same whatever the order of the values", () => {
  const random = seededRandom(11);
  const values = Array.from({ length: 3000 }, () => Math.exp(4 * normal(random)) * (random() < 0.2 ? -1 : 1));
  const orders = [values, values.toReversed(), values.toSorted((a, b) => a - b), values.toSorted((a, b) => b - a)];
  const [first, ...others] = orders.map((order) => FRACTIONS.map((fraction) => quantileOf(sketchOf(order), fraction)));
  for (const other of others) assert.deepEqual(other, first);
});

/** Magnitudes that need more bins than there are, in equal parts. */
const DECADES = Array.from({ length: 60 }, (_, index) => 10 ** (index - 30));

for (const sign of [1, -1]) {
  test(`QuantileSketch: gives no quantile from magnitudes that share a bin (sign ${sign})`, () => {
    const values = DECADES.flatMap((decade) =>
      Array.from({ length: 50 }, (_, index) => sign * decade * (1 + index / 50))
    );
    for (const order of [values, values.toReversed()]) {
      const sketch = sketchOf(order);
      let given = 0;
      for (let fraction = 0.005; fraction < 1; fraction += 0.005) {
        const found = quantileOf(sketch, fraction);
        if (found === undefined) continue;
        given++;
        const exact = exactQuantile(values, fraction);
        assert.ok(Math.abs(found / exact - 1) <= TOLERATED_ERROR, `p${fraction * 100}: ${found}, exact ${exact}`);
      }
      // 2048 bins are 17 of the 60 decades.
      assert.ok(given > 0.28 * 199 && given < 0.32 * 199, `${given} given`);
      const isGreatestGiven = quantileOf(sketch, sign > 0 ? 0.99 : 0.01) !== undefined;
      assert.ok(isGreatestGiven, "the greatest magnitudes have bins of their own");
    }
  });
}

test("QuantileSketch: takes no more bins than its budget has, and stays right with what it has", () => {
  const budget = { bins: 1000 };
  const random = seededRandom(3);
  const values = Array.from({ length: 2000 }, () => 10 ** (random() * 12 - 6));
  const sketches = Array.from({ length: 20 }, () => sketchOf(values, budget));
  assert.equal(budget.bins, 0);
  const exact = exactQuantile(values, 0.99);
  for (const sketch of sketches) {
    const found = quantileOf(sketch, 0.99);
    assert.ok(found === undefined || Math.abs(found / exact - 1) <= TOLERATED_ERROR);
    assert.equal(quantileOf(sketch, 1), exactQuantile(values, 1));
  }
  assert.equal(sketches.at(-1)?.valueAt(1000), undefined);
});

test("QuantileSketch: takes back nothing of its budget, and less than the most for either sign", () => {
  const budget = { bins: 1_000_000 };
  sketchOf([...DECADES, ...DECADES.map((decade) => -decade), ...DECADES], budget);
  assert.equal(1_000_000 - budget.bins, 2 * (SKETCH_BINS_MAX - SKETCH_BINS_MIN));
});
