import assert from "node:assert/strict";
import { test } from "node:test";
import { CompensatedSum } from "../../src/aggregation/compensated_sum.ts";
import { seededRandom } from "../recovery/stores.ts";

const MAX = Number.MAX_VALUE;

function sumOf(numbers: Iterable<number>): CompensatedSum {
  const sum = new CompensatedSum();
  for (const number of numbers) sum.add(number);
  return sum;
}

const CASES: readonly [numbers: readonly number[], total: number, mean: number][] = [
  [[], 0, NaN],
  [[1, 2, 3], 6, 2],
  [Array.from({ length: 10 }, () => 0.1), 1, 0.1],
  [[1e16, 1, -1e16], 1, 1 / 3],
  [[1, 1e100, 1, -1e100], 2, 0.5],
  [[MAX, MAX, -MAX], MAX, MAX / 3],
  [[MAX, -MAX, 1e-300], 1e-300, 1e-300 / 3],
  [[MAX, 1, -MAX], 1, 1 / 3],
  [[1e300, 5, -1e300, -5], 0, 0],
  [[MAX, MAX], Infinity, MAX],
  [[-MAX, -MAX, -MAX], -Infinity, -MAX],
  [[5e-324, 5e-324], 1e-323, 5e-324],
];

for (const [numbers, total, mean] of CASES) {
  test(`CompensatedSum: ${numbers.join(" + ") || "nothing"}`, () => {
    assert.equal(sumOf(numbers).total(), total);
    assert.equal(sumOf(numbers).mean(numbers.length), mean);
  });
}

test("CompensatedSum: a million times a tenth is right to the last digit, where adding is not", () => {
  const numbers = Array.from({ length: 1_000_000 }, () => 0.1);
  assert.equal(sumOf(numbers).total(), 100_000);
  assert.notEqual(numbers.reduce((sum, number) => sum + number, 0), 100_000);
});

test("CompensatedSum: the sum of numbers in any order is that of whole numbers, which is exact", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    // Multiples of 2^-20 with 70 bits between the least and the greatest.
    const units = Array.from(
      { length: 1000 },
      () => BigInt(Math.floor((random() - 0.5) * 2 ** 50)) << BigInt(Math.floor(random() * 20)),
    );
    const exact = Number(units.reduce((sum, unit) => sum + unit, 0n)) / 2 ** 20;
    assert.equal(sumOf(units.map((unit) => Number(unit) / 2 ** 20)).total(), exact, `seed ${seed}`);
  }
});
