/**
 * Writes OTLP messages as objects for JSON: 64-bit integers as decimal text, ids in hex, enumerations as numbers.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @module
 */

import type { FieldKind, Message, MessageType } from "./message.ts";
import type { AnyValue, KeyValue } from "./model.ts";

/** How an integer of 64 bits is written. */
type IntegerWriter = (value: bigint) => string | number | bigint;

/**
 * Turns one message into an object for JSON. Fields at their default are left out.
 *
 * @param writeInteger How the message's own 64-bit fields are written; OTLP/JSON wants decimal text, which is the default.
 */
export function writeJson<T extends object>(
  type: MessageType<T>,
  message: T,
  writeInteger: IntegerWriter = String,
): Record<string, unknown> {
  return writeFields(type, message as Message, writeInteger);
}

/** The JSON of one attribute. */
export function keyValueToJson({ key, value }: KeyValue): Record<string, unknown> {
  return { key, value: anyValueToJson(value) };
}

/** The JSON of one value. */
export function anyValueToJson(value: AnyValue): Record<string, unknown> {
  if ("stringValue" in value || "boolValue" in value) return value;
  if ("intValue" in value) return { intValue: String(value.intValue) };
  if ("doubleValue" in value) return { doubleValue: doubleToJson(value.doubleValue) };
  if ("arrayValue" in value) return { arrayValue: { values: value.arrayValue.values.map(anyValueToJson) } };
  if ("kvlistValue" in value) return { kvlistValue: { values: value.kvlistValue.values.map(keyValueToJson) } };
  if ("bytesValue" in value) return { bytesValue: value.bytesValue.toBase64() };
  return {};
}

/** A number, or the text that protobuf's JSON has for what JSON's numbers cannot hold; minus zero is such text too. */
function doubleToJson(value: number): number | string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}

function writeFields(type: MessageType<unknown>, message: Message, writeInteger: IntegerWriter): Message {
  const object: Message = {};
  for (const { name, kind, repeated, default: unset, message: inner } of type.fields) {
    const value = message[name];
    const write = (value: unknown) =>
      inner ? writeFields(inner, value as Message, writeInteger) : writeValue(kind, value, writeInteger);
    if (repeated) {
      const list = value as readonly unknown[];
      if (list.length > 0) object[name] = list.map(write);
    } else if (!Object.is(value, unset)) {
      object[name] = write(value);
    }
  }
  return object;
}

function writeValue(kind: FieldKind, value: unknown, writeInteger: IntegerWriter): unknown {
  if (kind === "keyValue") return keyValueToJson(value as KeyValue);
  if (kind === "anyValue") return anyValueToJson(value as AnyValue);
  if (kind === "double") return doubleToJson(value as number);
  return typeof value === "bigint" ? writeInteger(value) : value;
}
