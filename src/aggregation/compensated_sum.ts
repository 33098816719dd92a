/**
 * Sums of many numbers without the error that grows with their number.
 *
 * @see Arnold Neumaier: Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen. ZAMM 54, 1974.
 * https://doi.org/10.1002/zamm.19740540106
 * @module
 */

// What is greater is summed apart, scaled down: 2^64 numbers up to this do not overflow, nor do as many that are scaled.
const GREAT = 2 ** 900;
const SCALE = 2 ** -200;

/** See the module. A sum of finite numbers, as if it were taken with twice the digits and then rounded. */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;
  #great: CompensatedSum | undefined;

  /** Adds a finite number. */
  add(value: number): void {
    if (value > GREAT || value < -GREAT) {
      this.#great ??= new CompensatedSum();
      this.#great.add(value * SCALE);
      return;
    }
    const sum = this.#sum + value;
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
  }

  /** The sum; infinite only if no number is as great. */
  total(): number {
    return this.mean(1);
  }

  /** The sum divided by how many numbers were added. */
  mean(count: number): number {
    const sum = this.#sum + this.#lost;
    const great = this.#great?.total() ?? 0;
    return great === 0 ? sum / count : (great + sum * SCALE) / count / SCALE;
  }
}
