/**
 * How a message is described once, for reading and writing it in protobuf and in JSON.
 *
 * @module
 */

/** How one value of a field is encoded. `id` is bytes in protobuf, hex text in JSON and in the model. */
export type FieldKind =
  | "string"
  | "id"
  | "bool"
  | "enum"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "int64"
  | "uint64"
  | "fixed64"
  | "sfixed64"
  | "double"
  | "anyValue"
  | "keyValue"
  | "message";

/** A message as the encoders handle it: a plain object whose fields they know from its type alone. */
export type Message = Record<string, unknown>;

/** One field of a message. */
export interface Field {
  /** Its name in the model and in OTLP/JSON. */
  readonly name: string;
  /** Its name after that of its message, for error messages. */
  readonly path: string;
  /** Its number in protobuf. */
  readonly number: number;
  /** What stands before it on the wire: the number and the wire type. */
  readonly tag: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** The value when the sender leaves it out. Writers leave it out too. */
  readonly default: unknown;
  /** The other fields that setting this one unsets. */
  readonly rivals: readonly string[];
  /** The type of a `message` field. */
  readonly message: MessageType<unknown> | undefined;
}

/** The description of a message whose model is `T`. */
export interface MessageType<T> {
  readonly name: string;
  /** In the order of the field numbers. */
  readonly fields: readonly Field[];
  /** By field number; holes are unknown fields. */
  readonly byNumber: readonly (Field | undefined)[];
  /** A message with every field at its default. Repeated fields share one frozen empty array. */
  readonly template: T;
}

/** What a message's table says of one field, besides its name. */
export type FieldSpec = Omit<Field, "name" | "path" | "tag">;

/** A repeated field that is empty. */
export const EMPTY_LIST: readonly never[] = Object.freeze([]);

/** OTLP's empty value. */
export const EMPTY_VALUE: Readonly<Record<string, never>> = Object.freeze({});

/** The wire type of length-delimited fields, among them packed lists of numbers. */
export const LENGTH_DELIMITED = 2;

const WIRE_TYPES: Readonly<Record<FieldKind, number>> = {
  bool: 0,
  enum: 0,
  int32: 0,
  uint32: 0,
  sint32: 0,
  int64: 0,
  uint64: 0,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
  string: LENGTH_DELIMITED,
  id: LENGTH_DELIMITED,
  anyValue: LENGTH_DELIMITED,
  keyValue: LENGTH_DELIMITED,
  message: LENGTH_DELIMITED,
  fixed32: 5,
};

/** Describes a message: one entry for each field of its model, no more and no less. */
export function defineMessage<T extends object>(
  name: string,
  specs: { readonly [K in keyof T]-?: FieldSpec },
): MessageType<T> {
  const fields = Object.entries<FieldSpec>(specs).map(([fieldName, spec]): Field => {
    const wireType = spec.repeated ? LENGTH_DELIMITED : WIRE_TYPES[spec.kind];
    return { ...spec, name: fieldName, path: `${name}.${fieldName}`, tag: spec.number << 3 | wireType };
  });
  const byNumber: (Field | undefined)[] = [];
  for (const field of fields) byNumber[field.number] = field;
  const template = Object.fromEntries(fields.map((field) => [field.name, field.default])) as T;
  return { name, fields: fields.sort((a, b) => a.number - b.number), byNumber: Array.from(byNumber), template };
}

/** A field with a default that is not told from "not set". */
export function scalar(number: number, kind: Exclude<FieldKind, "message" | "keyValue">): FieldSpec {
  return { number, kind, repeated: false, default: defaultOf(kind), rivals: EMPTY_LIST, message: undefined };
}

/** A field that is `undefined` when not set; setting it unsets its `rivals`, the others of a oneof. */
export function optional(
  number: number,
  kind: FieldKind | MessageType<unknown>,
  ...rivals: readonly string[]
): FieldSpec {
  return { number, ...kindOf(kind), repeated: false, default: undefined, rivals };
}

/** A list. */
export function repeated(number: number, kind: FieldKind | MessageType<unknown>): FieldSpec {
  return { number, ...kindOf(kind), repeated: true, default: EMPTY_LIST, rivals: EMPTY_LIST };
}

/** The wire type of a single value of this kind. */
export function wireTypeOf(kind: FieldKind): number {
  return WIRE_TYPES[kind];
}

function kindOf(kind: FieldKind | MessageType<unknown>): Pick<FieldSpec, "kind" | "message"> {
  return typeof kind === "string" ? { kind, message: undefined } : { kind: "message", message: kind };
}

function defaultOf(kind: FieldKind): unknown {
  switch (kind) {
    case "string":
    case "id":
      return "";
    case "bool":
      return false;
    case "int64":
    case "uint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    case "anyValue":
      return EMPTY_VALUE;
    default:
      return 0;
  }
}

/** A value if it is a JSON object. */
export function jsonObject(value: unknown): Message | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Message : undefined;
}
