/**
 * Records of the signal `metadata`: what a metric is, once for each name and not with each of its points.
 *
 * @module
 */

import { encodeRecord, type TelemetryRecord } from "../model/record.ts";
import { formatRfc3339, type TimeNs } from "../model/time.ts";
import type { Metric } from "./model.ts";
import { type MetricContent, typeOf } from "./metric_points.ts";

/** The record of one metric: `ts, name, type, unit?, help?`. */
export function metadataRecord(
  { metric, content, time }: { readonly metric: Metric; readonly content: MetricContent; readonly time: TimeNs },
): TelemetryRecord {
  return {
    ts: formatRfc3339(time),
    name: metric.name,
    type: typeOf(content),
    ...(metric.unit !== "" && { unit: metric.unit }),
    ...(metric.description !== "" && { help: metric.description }),
  };
}

/**
 * Remembers what one journal of metadata says, so that exports, which repeat it every few seconds, do not fill it.
 * Past its bound it forgets the name not seen for longest; a forgotten name is written once more.
 */
export class MetadataMemory {
  readonly #nameCountMax: number;
  /** What the journal says of each name, those seen last at the end. */
  readonly #known = new Map<unknown, string>();

  /** Remembers up to `nameCountMax` names. */
  constructor(nameCountMax: number) {
    this.#nameCountMax = nameCountMax;
  }

  /** The records that say something the journal does not say yet. Call `remember` with them once it has them. */
  changed(records: readonly TelemetryRecord[]): readonly TelemetryRecord[] {
    const { known = [], changed = [] } = Object.groupBy(
      records,
      (record) => this.#isKnown(record) ? "known" : "changed",
    );
    this.remember(known);
    return changed;
  }

  /** Takes note of records that the journal has, in its order: of those just appended, or of its tail after a start. */
  remember(records: Iterable<TelemetryRecord>): void {
    for (const record of records) {
      this.#known.delete(record.name);
      this.#known.set(record.name, contentOf(record));
      if (this.#known.size > this.#nameCountMax) this.#forgetOldest();
    }
  }

  #isKnown(record: TelemetryRecord): boolean {
    return this.#known.get(record.name) === contentOf(record);
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest);
  }
}

/** What two records of a name have to agree in to say the same. */
function contentOf({ type, unit, help }: TelemetryRecord): string {
  return encodeRecord({ type, unit, help });
}
