/**
 * What an aggregation keeps of one series in one step.
 *
 * @module
 */

import type { AggregateFunction } from "../model/aggregate.ts";
import { CompensatedSum } from "./compensated_sum.ts";
import type { QuantileSketch } from "./quantile_sketch.ts";
import type { SplitTime } from "./split_time.ts";

/** See the module. */
export class AggregateCell {
  readonly #sum = new CompensatedSum();
  readonly #sketch: QuantileSketch | undefined;
  #count = 0;
  #min = Infinity;
  #max = -Infinity;
  #last = 0;
  #lastMs = -Infinity;
  #lastNs = 0;

  /** @param sketch Takes the values too, where quantiles are asked for. */
  constructor(sketch: QuantileSketch | undefined) {
    this.#sketch = sketch;
  }

  /** Adds a finite value. */
  add(value: number, { ms, ns }: SplitTime): void {
    this.#count++;
    this.#sum.add(value);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (ms > this.#lastMs || (ms === this.#lastMs && ns >= this.#lastNs)) {
      this.#last = value;
      this.#lastMs = ms;
      this.#lastNs = ns;
    }
    this.#sketch?.add(value);
  }

  /** The figures asked for; at least one value was added. */
  figures(functions: readonly AggregateFunction[], seconds: number): Record<string, number | null> {
    return Object.fromEntries(functions.map((name) => [name, this.#figure(name, seconds)]));
  }

  #figure(name: AggregateFunction, seconds: number): number | null {
    switch (name) {
      case "count":
        return this.#count;
      case "rate":
        return seconds > 0 ? this.#count / seconds : null;
      case "sum":
        return this.#sum.total();
      case "min":
        return this.#min;
      case "max":
        return this.#max;
      case "avg":
        return this.#sum.mean(this.#count);
      case "last":
        return this.#last;
      default:
        return this.#sketch?.valueAt(rankOf(name.slice(1), this.#count)) ?? null;
    }
  }
}

/** ⌊percent / 100 · (count - 1)⌋, without the error that a binary fraction would bring in. */
function rankOf(percent: string, count: number): number {
  const [whole = "", places = ""] = percent.split(".");
  return Number(BigInt(whole + places) * BigInt(count - 1) / (100n * 10n ** BigInt(places.length)));
}
