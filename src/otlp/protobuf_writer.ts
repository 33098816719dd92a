/**
 * Writes OTLP messages as protobuf.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 * @module
 */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Field, type FieldKind, LENGTH_DELIMITED, type Message, type MessageType, wireTypeOf } from "./message.ts";
import type { AnyValue, KeyValue } from "./model.ts";

/** Writes one message. Fields at their default are left out, as protobuf asks. */
export function writeProtobuf<T extends object>(type: MessageType<T>, message: T): Uint8Array<ArrayBuffer> {
  const wire = new BinaryWriter();
  writeFields(wire, type, message as Message);
  return wire.finish();
}

function writeFields(wire: BinaryWriter, type: MessageType<unknown>, message: Message): void {
  for (const field of type.fields) {
    const value = message[field.name];
    if (field.repeated) writeElements(wire, field, value as readonly unknown[]);
    // Minus zero is not the default, although it equals it.
    else if (!Object.is(value, field.default)) writeValue(wire.uint32(field.tag), field, value);
  }
}

function writeElements(wire: BinaryWriter, field: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  if (wireTypeOf(field.kind) === LENGTH_DELIMITED) {
    for (const value of values) writeValue(wire.uint32(field.tag), field, value);
    return;
  }
  wire.uint32(field.tag).fork();
  for (const value of values) writeScalar(wire, field.kind, value);
  wire.join();
}

function writeValue(wire: BinaryWriter, field: Field, value: unknown): void {
  if (field.message === undefined) return writeScalar(wire, field.kind, value);
  wire.fork();
  writeFields(wire, field.message, value as Message);
  wire.join();
}

/** The kind of a field says what its value is; the model's types have been checked against the tables. */
function writeScalar(wire: BinaryWriter, kind: FieldKind, value: unknown): void {
  switch (kind) {
    case "keyValue":
      return writeKeyValue(wire, value as KeyValue);
    case "anyValue":
      return writeAnyValue(wire, value as AnyValue);
    case "string":
      return void wire.string(value as string);
    case "id":
      return void wire.bytes(Uint8Array.fromHex(value as string));
    case "bool":
      return void wire.bool(value as boolean);
    case "enum":
    case "int32":
      return void wire.int32(value as number);
    case "uint32":
      return void wire.uint32(value as number);
    case "sint32":
      return void wire.sint32(value as number);
    case "fixed32":
      return void wire.fixed32(value as number);
    case "int64":
      return void wire.int64(value as bigint);
    case "uint64":
      return void wire.uint64(value as bigint);
    case "fixed64":
      return void wire.fixed64(value as bigint);
    case "sfixed64":
      return void wire.sfixed64(value as bigint);
    case "double":
      return void wire.double(value as number);
    case "message":
      throw new TypeError("Cannot write a message without its type");
  }
}

function writeKeyValue(wire: BinaryWriter, { key, value }: KeyValue): void {
  wire.fork();
  if (key !== "") wire.uint32(0x0a).string(key);
  writeAnyValue(wire.uint32(0x12), value);
  wire.join();
}

function writeAnyValue(wire: BinaryWriter, value: AnyValue): void {
  wire.fork();
  if ("stringValue" in value) wire.uint32(0x0a).string(value.stringValue);
  else if ("boolValue" in value) wire.uint32(0x10).bool(value.boolValue);
  else if ("intValue" in value) wire.uint32(0x18).int64(value.intValue);
  else if ("doubleValue" in value) wire.uint32(0x21).double(value.doubleValue);
  else if ("arrayValue" in value) writeNested(wire.uint32(0x2a), value.arrayValue.values, writeAnyValue);
  else if ("kvlistValue" in value) writeNested(wire.uint32(0x32), value.kvlistValue.values, writeKeyValue);
  else if ("bytesValue" in value) wire.uint32(0x3a).bytes(value.bytesValue);
  wire.join();
}

/** Writes an `ArrayValue` or a `KeyValueList`: messages whose one field is a list. */
function writeNested<T>(wire: BinaryWriter, values: readonly T[], write: (wire: BinaryWriter, value: T) => void): void {
  wire.fork();
  for (const value of values) write(wire.uint32(0x0a), value);
  wire.join();
}
