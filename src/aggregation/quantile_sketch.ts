/**
 * Quantiles of many values in bounded memory: DDSketch.
 *
 * Each value is counted in the bin of its magnitude; bins grow geometrically, so that every value of a bin is within 1 % of
 * what stands for it. Where there is no room for so many bins, the least magnitudes share one: no quantile is given from that.
 *
 * @see Charles Masson, Jee E. Rim, Homin K. Lee: DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees. PVLDB 12(12), 2019. https://doi.org/10.14778/3352063.3352135
 * @module
 */

import { SKETCH_BINS_MAX, SKETCH_BINS_MIN, SKETCH_EXACT_MAX } from "../limits.ts";

/** How far a quantile is from the true value at most, as a part of that. */
export const RELATIVE_ERROR = 0.01;

// γ of the paper: bin i holds the magnitudes above γ^(i-1) up to γ^i.
const BASE_LOG = Math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR));
/** From the upper end of a bin to what is within the error of both its ends. */
const MIDDLE_LOG = Math.log1p(-RELATIVE_ERROR);

/** Bins that several sketches may still take, beyond {@linkcode SKETCH_BINS_MIN} for either sign. */
export interface BinBudget {
  bins: number;
}

/** See the module. Values are finite. */
export class QuantileSketch {
  readonly #positive: BinStore;
  readonly #negative: BinStore;
  /** The values themselves, while they take less memory than bins. */
  #few: number[] | undefined = [];
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(budget: BinBudget) {
    this.#positive = new BinStore(budget);
    this.#negative = new BinStore(budget);
  }

  /** Counts a value. */
  add(value: number): void {
    this.#count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (this.#few === undefined) return this.#addToBin(value);
    this.#few.push(value);
    if (this.#few.length <= SKETCH_EXACT_MAX) return;
    for (const one of this.#few) this.#addToBin(one);
    this.#few = undefined;
  }

  /** How many values were counted. */
  get count(): number {
    return this.#count;
  }

  /**
   * The value at a rank, counted from 0, of the values in ascending order, within {@linkcode RELATIVE_ERROR}; exact for the
   * first and the last, and for {@linkcode SKETCH_EXACT_MAX} values in all. `undefined` where there is no such rank, or where
   * its value shares a bin with others of any lesser magnitude.
   */
  valueAt(rank: number): number | undefined {
    if (this.#few !== undefined) return this.#few.toSorted((a, b) => a - b)[rank];
    if (rank === 0) return this.#min;
    if (rank === this.#count - 1) return this.#max;
    const negatives = this.#negative.count;
    const positivesFrom = this.#count - this.#positive.count;
    if (rank >= negatives && rank < positivesFrom) return 0;
    const isNegative = rank < negatives;
    // The greatest of the negative values have the least magnitude.
    const bin = isNegative ? this.#negative.binAt(negatives - 1 - rank) : this.#positive.binAt(rank - positivesFrom);
    if (bin === undefined) return undefined;
    const magnitude = Math.exp(bin * BASE_LOG + MIDDLE_LOG);
    return Math.min(Math.max(isNegative ? -magnitude : magnitude, this.#min), this.#max);
  }

  #addToBin(value: number): void {
    if (value > 0) this.#positive.add(binOf(value));
    else if (value < 0) this.#negative.add(binOf(-value));
  }
}

function binOf(magnitude: number): number {
  return Math.ceil(Math.log(magnitude) / BASE_LOG);
}

/** Counts of neighbouring bins. */
class BinStore {
  readonly #budget: BinBudget;
  #counts = new Float64Array(0);
  /** The bin that is counted first; with {@linkcode #isShared} all below it are counted there too. */
  #low = 0;
  #isShared = false;
  count = 0;

  constructor(budget: BinBudget) {
    this.#budget = budget;
  }

  add(bin: number): void {
    this.count++;
    const isAbove = bin >= this.#low + this.#counts.length;
    const isBelow = bin < this.#low && !this.#isShared;
    if (isAbove || isBelow) this.#makeRoom(bin);
    const index = Math.max(bin - this.#low, 0);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** The bin of the value at a rank; `undefined` where that is shared. */
  binAt(rank: number): number | undefined {
    let passed = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      passed += this.#counts[index] ?? 0;
      if (passed > rank) return index === 0 && this.#isShared ? undefined : this.#low + index;
    }
    return undefined;
  }

  /** Moves the bins so that one more is among them, or below all of them if there is no room. */
  #makeRoom(bin: number): void {
    const counts = this.#counts;
    const first = counts.findIndex((count) => count > 0);
    const least = Math.min(bin, first < 0 ? bin : this.#low + first);
    const greatest = Math.max(bin, first < 0 ? bin : this.#low + counts.findLastIndex((count) => count > 0));
    const wanted = greatest - least + 1;
    const length = this.#lengthFor(wanted);
    // Where there is more room than wanted, half of it lies on either side.
    const low = length < wanted ? greatest - length + 1 : least - ((length - wanted) >> 1);
    if (least < low) this.#isShared = true;
    const moved = new Float64Array(length);
    for (let index = Math.max(first, 0); index < counts.length; index++) {
      const count = counts[index] ?? 0;
      const target = Math.max(this.#low + index - low, 0);
      // Behind the greatest bin there are only zeros, which may have no place.
      if (count > 0) moved[target] = (moved[target] ?? 0) + count;
    }
    this.#counts = moved;
    this.#low = low;
  }

  /** A length for so many bins, or as near to that as there is room. What it takes of the budget is gone. */
  #lengthFor(wanted: number): number {
    const length = Math.max(this.#counts.length, SKETCH_BINS_MIN);
    if (wanted <= length) return length;
    // At least double, so that values that spread slowly are not moved each time.
    const grown = Math.min(Math.max(wanted, 2 * length), SKETCH_BINS_MAX, length + this.#budget.bins);
    this.#budget.bins -= grown - length;
    return grown;
  }
}
