/**
 * Metrics ready for exposition, whatever they were collected with.
 *
 * @module
 */

/** The labels of one sample, in the order they are written. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a family and its value. */
export interface MetricSample {
  readonly labels: Labels;
  readonly value: number | bigint;
}

/** All series of one name. */
export interface MetricFamily {
  /** Of letters, digits, `_` and `:`. Ends with the unit, where there is one; a counter's has no `_total`. */
  readonly name: string;
  /** A counter only grows, until the program that counts starts again; a gauge goes up and down. */
  readonly type: "counter" | "gauge";
  /** For a person to read, in one sentence. */
  readonly help: string;
  /** The last word of the name, such as `bytes`. */
  readonly unit?: string;
  /** Each with other labels. May be empty. */
  readonly samples: readonly MetricSample[];
}
