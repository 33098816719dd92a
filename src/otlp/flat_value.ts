/**
 * OTLP's values as plain JSON, for people and tools to read, and back. Plain JSON knows fewer types than OTLP, so the
 * way back infers: text is a string, a whole number an integer, any other number a double, null the empty value.
 *
 * @module
 */

import { ANY_VALUE_DEPTH_MAX } from "../limits.ts";
import { encodeRecord } from "../model/record.ts";
import { EMPTY_VALUE } from "./message.ts";
import type { AnyValue, KeyValue } from "./model.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** From here on, JSON writes whole numbers with an exponent, which no reader takes for an integer. */
const EXPONENT_FROM = 1e21;

/** A value as plain JSON: bytes become base64, NaN and the infinities their names, repeated keys count once. */
export function flatten(value: AnyValue): unknown {
  if ("stringValue" in value) return value.stringValue;
  if ("intValue" in value) return flattenInteger(value.intValue);
  if ("doubleValue" in value) return flattenDouble(value.doubleValue);
  if ("boolValue" in value) return value.boolValue;
  if ("arrayValue" in value) return value.arrayValue.values.map(flatten);
  if ("kvlistValue" in value) return flattenList(value.kvlistValue.values);
  if ("bytesValue" in value) return value.bytesValue.toBase64();
  return null;
}

/** Whether {@linkcode infer} gives the very value back after its plain form went through the text of a record. */
export function isInferable(value: AnyValue): boolean {
  if ("doubleValue" in value) return isInferableDouble(value.doubleValue);
  if ("arrayValue" in value) return value.arrayValue.values.every(isInferable);
  if ("kvlistValue" in value) return isInferableList(value.kvlistValue.values);
  return !("bytesValue" in value);
}

/** Whether the double's plain form is taken for a double: fractions and very large numbers are. */
export function isInferableDouble(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) >= EXPONENT_FROM);
}

/**
 * The value that plain JSON most likely stands for. An integer that no int64 holds becomes text. What nests deeper than
 * OTLP's readers accept becomes the empty value.
 */
export function infer(json: unknown, depth = 0): AnyValue {
  switch (typeof json) {
    case "string":
      return { stringValue: json };
    case "boolean":
      return { boolValue: json };
    case "number":
      return Number.isSafeInteger(json) ? { intValue: BigInt(json) } : { doubleValue: json };
    case "bigint":
      return json >= INT64_MIN && json <= INT64_MAX ? { intValue: json } : { stringValue: String(json) };
    case "object":
      return json === null || depth >= ANY_VALUE_DEPTH_MAX ? EMPTY_VALUE : inferNested(json, depth + 1);
    default:
      return EMPTY_VALUE;
  }
}

/** A 64-bit integer as JSON's number: exact as `number`, or as `bigint`. */
export function flattenInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Plain JSON as text. Text stays as it is. */
export function flatText(json: unknown): string {
  if (typeof json === "string") return json;
  // Records are the JSON that may hold integers beyond 2^53.
  return encodeRecord({ json }).slice('{"json":'.length, -1);
}

/** Sets an own field, also one called `__proto__`, which assignment would take for the object's prototype. */
export function setField(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") {
    target[key] = value;
    return;
  }
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function flattenDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function flattenList(entries: readonly KeyValue[]): Record<string, unknown> {
  const object = {};
  for (const { key, value } of entries) setField(object, key, flatten(value));
  return object;
}

function isInferableList(entries: readonly KeyValue[]): boolean {
  return new Set(entries.map(({ key }) => key)).size === entries.length &&
    entries.every(({ value }) => isInferable(value));
}

function inferNested(json: object, depth: number): AnyValue {
  if (Array.isArray(json)) return { arrayValue: { values: json.map((element) => infer(element, depth)) } };
  const values = Object.entries(json).map(([key, value]) => ({ key, value: infer(value, depth) }));
  return { kvlistValue: { values } };
}
