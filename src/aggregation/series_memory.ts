/**
 * Knows the series of a line again by the bytes of its labels, so that labels are decoded once and not for each line.
 *
 * @module
 */

import { AGGREGATE_LABELS_MAX_BYTES, AGGREGATE_REMEMBERED_LABELS_MAX } from "../limits.ts";
import { decodeRecord } from "../model/record.ts";
import type { FilterValue } from "../model/filter.ts";
import type { Series, SeriesTable } from "./aggregate_series.ts";
import { LINE_FEED } from "../segment/file_bytes.ts";
import type { LineScanner } from "./line_scanner.ts";

/** Labels as they stood in a line, a line feed behind each, and their series. */
interface RememberedSeries {
  readonly key: Uint8Array;
  readonly series: Series;
}

const decoder = new TextDecoder();

/** See the module. */
export class SeriesMemory {
  readonly #table: SeriesTable;
  /** By the scanner's index. */
  readonly #fields: readonly number[];
  /** By a hash of the key; what comes later takes the place. */
  readonly #remembered: (RememberedSeries | undefined)[] = new Array(AGGREGATE_REMEMBERED_LABELS_MAX).fill(undefined);

  /** The one series there is without fields. */
  #unlabelled: Series | undefined;

  /** @param fields Where the scanner has the fields of `by`. */
  constructor(table: SeriesTable, fields: readonly number[]) {
    this.#table = table;
    this.#fields = fields;
  }

  /** The series of the line that was scanned last, in these bytes. */
  find(bytes: Uint8Array, scanner: LineScanner): Series {
    if (this.#fields.length === 0) return this.#unlabelled ??= this.#table.find([]);
    const slot = this.#hash(bytes, scanner) % AGGREGATE_REMEMBERED_LABELS_MAX;
    const remembered = this.#remembered[slot];
    if (remembered !== undefined && this.#isKey(remembered.key, { bytes, scanner })) return remembered.series;
    const texts = this.#fields.map((field) => bytes.subarray(scanner.starts[field], scanner.ends[field]));
    const series = this.#table.find(texts.map(labelOf));
    const length = texts.reduce((sum, text) => sum + text.length + 1, 0);
    if (length <= AGGREGATE_LABELS_MAX_BYTES) this.#remembered[slot] = { key: keyOf(texts, length), series };
    return series;
  }

  #hash(bytes: Uint8Array, { starts, ends }: LineScanner): number {
    let hash = 0;
    for (const field of this.#fields) {
      const end = ends[field] ?? 0;
      for (let at = starts[field] ?? 0; at < end; at++) hash = Math.imul(hash, 31) + (bytes[at] ?? 0) | 0;
      hash = Math.imul(hash, 31) + LINE_FEED | 0;
    }
    // The lowest bits alone would tell too little of the first characters.
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #isKey(
    key: Uint8Array,
    { bytes, scanner: { starts, ends } }: { readonly bytes: Uint8Array; readonly scanner: LineScanner },
  ): boolean {
    let index = 0;
    for (const field of this.#fields) {
      const end = ends[field] ?? 0;
      for (let at = starts[field] ?? 0; at < end; at++) {
        if (bytes[at] !== key[index++]) return false;
      }
      // No label holds one, so that a key is not the start of a longer one.
      if (key[index++] !== LINE_FEED) return false;
    }
    return true;
  }
}

/** The value of a label's JSON; `null` where there is none. */
function labelOf(text: Uint8Array): FilterValue {
  if (text.length === 0) return null;
  // Decoded as any record is, so that integers are as exact.
  const { label } = decodeRecord(`{"label":${decoder.decode(text)}}`);
  // A zero that is added loses its sign.
  return typeof label === "number" ? label + 0 : label as FilterValue;
}

function keyOf(texts: readonly Uint8Array[], length: number): Uint8Array {
  const key = new Uint8Array(length).fill(LINE_FEED);
  let offset = 0;
  for (const text of texts) {
    key.set(text, offset);
    offset += text.length + 1;
  }
  return key;
}
