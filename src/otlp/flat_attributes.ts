/**
 * Attributes as fields of a plain object, and back.
 *
 * Next to the plain fields goes a list, `typed`, of those attributes that the fields cannot say: because the plain form
 * of the value would be taken for another type, the key is repeated, or it is a field of the record's own.
 *
 * @module
 */

import { flatten, infer, isInferable, setField } from "./flat_value.ts";
import { keyValueToJson } from "./json_writer.ts";
import type { KeyValue } from "./model.ts";

/** Tells the keys that are no attributes of an object. */
export type ReservedKeys = (key: string) => boolean;

/** For objects that hold nothing but attributes. */
function noReservedKeys(): boolean {
  return false;
}

/**
 * Sets each attribute as a field of `target`, unless its key is reserved; of a repeated key the last one stands. Returns
 * the attributes that the fields cannot say, as JSON, in their order; `undefined` if there is none.
 */
export function flattenAttributes(
  attributes: readonly KeyValue[],
  target: Record<string, unknown>,
  isReserved: ReservedKeys = noReservedKeys,
): readonly Record<string, unknown>[] | undefined {
  let unsaid: Set<string> | undefined;
  for (const { key, value } of attributes) {
    const isTaken = isReserved(key);
    // The first test alone is quick but also finds what every object inherits.
    const isRepeated = !isTaken && target[key] !== undefined && Object.hasOwn(target, key);
    if (isTaken || isRepeated || !isInferable(value)) unsaid = (unsaid ?? new Set()).add(key);
    if (!isTaken) setField(target, key, flatten(value));
  }
  return unsaid && attributes.filter(({ key }) => unsaid.has(key)).map(keyValueToJson);
}

/**
 * The attributes of an object: its fields, in their order, each with the type that `typed` or else inference gives it;
 * then what `typed` holds besides.
 */
export function inferAttributes(
  fields: Readonly<Record<string, unknown>>,
  typed: readonly KeyValue[],
  isReserved: ReservedKeys = noReservedKeys,
): KeyValue[] {
  const unsaid = Map.groupBy(typed, ({ key }) => key);
  const attributes: KeyValue[][] = [];
  for (const key of Object.keys(fields)) {
    if (isReserved(key)) continue;
    attributes.push(unsaid.get(key) ?? [{ key, value: infer(fields[key]) }]);
    unsaid.delete(key);
  }
  return [...attributes, ...unsaid.values()].flat();
}
