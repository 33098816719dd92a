/**
 * Reads OTLP messages from parsed JSON.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @see https://protobuf.dev/programming-guides/json/
 * @module
 */

import { ANY_VALUE_DEPTH_MAX } from "../limits.ts";
import {
  EMPTY_LIST,
  EMPTY_VALUE,
  type Field,
  type FieldKind,
  jsonObject,
  type Message,
  type MessageType,
} from "./message.ts";
import type { AnyValue, KeyValue } from "./model.ts";

/** What differs between writers of JSON. */
export interface JsonDialect {
  /** Returns the id as lower-case hex, or `undefined` if `text` is none. */
  readId(text: string): string | undefined;
  /** Returns the number of an enumeration's value that was given by name, or `undefined` if there is no such name. */
  readEnumName(name: string): number | undefined;
}

/** OTLP/JSON as the standard has it: ids in hex, of any case; enumerations as numbers only. */
export const OTLP_JSON: JsonDialect = {
  readId: (text) => /^(?:[0-9a-f]{2})*$/i.test(text) ? text.toLowerCase() : undefined,
  readEnumName: () => undefined,
};

const INTEGER_BOUNDS: { readonly [K in FieldKind]?: readonly [least: bigint, greatest: bigint] } = {
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

/**
 * Reads one message. Integers are exact: numbers, `bigint` and decimal text are accepted. Unknown fields and nulls are
 * passed over.
 *
 * @throws {SyntaxError} If a value is not of its field's type; names the field's path and the value.
 */
export function readJson<T>(type: MessageType<T>, value: unknown, dialect: JsonDialect = OTLP_JSON): T {
  const reader = new JsonReader(dialect);
  return reader.message(type, value) as T;
}

/** Reads a list of attributes, under the terms of {@linkcode readJson}. */
export function readJsonAttributes(value: unknown): readonly KeyValue[] {
  return new JsonReader(OTLP_JSON).list(value, "keyValue") as readonly KeyValue[];
}

class JsonReader {
  readonly #dialect: JsonDialect;
  /** Where the reader is. Nothing is taken off when it throws, so that the message can name the place. */
  readonly #path: string[] = [];

  constructor(dialect: JsonDialect) {
    this.#dialect = dialect;
  }

  message(type: MessageType<unknown>, value: unknown): Message {
    const object = this.#object(value);
    const message = { ...type.template as Message };
    for (const field of type.fields) {
      const given = object[field.name];
      if (given === undefined || given === null) continue;
      this.#path.push(`.${field.name}`);
      if (field.rivals.some((rival) => message[rival] !== undefined)) this.#fail("no second value beside it", given);
      message[field.name] = this.#field(field, given);
      this.#path.pop();
    }
    return message;
  }

  list(value: unknown, kind: FieldKind, type?: MessageType<unknown>): readonly unknown[] {
    if (!Array.isArray(value)) return this.#fail("an array", value);
    if (value.length === 0) return EMPTY_LIST;
    return this.#elements(value, (element) => type ? this.message(type, element) : this.#value(kind, element));
  }

  #field(field: Field, value: unknown): unknown {
    if (field.repeated) return this.list(value, field.kind, field.message);
    return field.message ? this.message(field.message, value) : this.#value(field.kind, value);
  }

  #elements<T>(values: readonly unknown[], read: (element: unknown) => T): T[] {
    return values.map((element, index) => {
      this.#path.push(`[${index}]`);
      const result = read(element);
      this.#path.pop();
      return result;
    });
  }

  #value(kind: FieldKind, value: unknown): unknown {
    switch (kind) {
      case "keyValue":
        return this.#keyValue(value, 0);
      case "anyValue":
        return this.#anyValue(value, 0);
      case "string":
        return typeof value === "string" ? value : this.#fail("a string", value);
      case "bool":
        return typeof value === "boolean" ? value : this.#fail("true or false", value);
      case "id":
        return this.#id(value);
      case "double":
        return this.#double(value);
      case "enum":
        return this.#enum(value);
      case "int32":
      case "sint32":
      case "uint32":
      case "fixed32":
        return Number(this.#integer(kind, value));
      default:
        return this.#integer(kind, value);
    }
  }

  #keyValue(value: unknown, depth: number): KeyValue {
    const { key, value: inner } = this.#object(value);
    if (key !== undefined && key !== null && typeof key !== "string") this.#fail("a string as key", key);
    this.#path.push(".value");
    const result = { key: key ?? "", value: inner === undefined ? EMPTY_VALUE : this.#anyValue(inner, depth) };
    this.#path.pop();
    return result;
  }

  #anyValue(value: unknown, depth: number): AnyValue {
    if (value === null) return EMPTY_VALUE;
    let result: AnyValue = EMPTY_VALUE;
    for (const [name, given] of Object.entries(this.#object(value))) {
      const read = given === null ? undefined : this.#anyValueMember(name, given, depth);
      if (read === undefined) continue;
      if (result !== EMPTY_VALUE) this.#fail("a single value", value);
      result = read;
    }
    return result;
  }

  #anyValueMember(name: string, value: unknown, depth: number): AnyValue | undefined {
    switch (name) {
      case "stringValue":
        return { stringValue: typeof value === "string" ? value : this.#fail("a string", value) };
      case "boolValue":
        return { boolValue: typeof value === "boolean" ? value : this.#fail("true or false", value) };
      case "intValue":
        return { intValue: this.#integer("int64", value) };
      case "doubleValue":
        return { doubleValue: this.#double(value) };
      case "arrayValue":
        return { arrayValue: { values: this.#nested(value, depth, (element) => this.#anyValue(element, depth + 1)) } };
      case "kvlistValue":
        return { kvlistValue: { values: this.#nested(value, depth, (element) => this.#keyValue(element, depth + 1)) } };
      case "bytesValue":
        return { bytesValue: this.#bytes(value) };
      default:
        return undefined;
    }
  }

  #nested<T>(value: unknown, depth: number, read: (element: unknown) => T): T[] {
    if (depth >= ANY_VALUE_DEPTH_MAX) this.#fail(`values nested at most ${ANY_VALUE_DEPTH_MAX} deep`, value);
    const { values } = this.#object(value);
    if (values === undefined || values === null) return [];
    return Array.isArray(values) ? this.#elements(values, read) : this.#fail("an array of values", values);
  }

  #object(value: unknown): Message {
    return jsonObject(value) ?? this.#fail("an object", value);
  }

  #integer(kind: FieldKind, value: unknown): bigint {
    const isWhole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value)) ||
      (typeof value === "string" && /^-?\d{1,20}$/.test(value));
    if (!isWhole) return this.#fail("an integer", value);
    const integer = BigInt(value);
    const [least, greatest] = INTEGER_BOUNDS[kind] ?? [integer, integer];
    return integer >= least && integer <= greatest ? integer : this.#fail(`${least} to ${greatest}`, value);
  }

  #enum(value: unknown): number {
    if (typeof value !== "string") return Number(this.#integer("enum", value));
    return this.#dialect.readEnumName(value) ?? this.#fail("a number", value);
  }

  #double(value: unknown): number {
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
    const isNumber = typeof value === "string" && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value);
    return isNumber && Number.isFinite(Number(value)) ? Number(value) : this.#fail("a number", value);
  }

  #id(value: unknown): string {
    const id = typeof value === "string" ? this.#dialect.readId(value) : undefined;
    return id ?? this.#fail("an id in hex", value);
  }

  #bytes(value: unknown): Uint8Array {
    if (typeof value !== "string") return this.#fail("base64", value);
    try {
      return Uint8Array.fromBase64(value.replaceAll("-", "+").replaceAll("_", "/"));
    } catch {
      return this.#fail("base64", value);
    }
  }

  #fail(expected: string, received: unknown): never {
    const path = this.#path.join("").replace(/^\./, "");
    const place = path === "" ? "" : `${path}: `;
    throw new SyntaxError(`Cannot read OTLP/JSON: ${place}expected ${expected}, received ${describe(received)}`);
  }
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
