/**
 * Reads OTLP messages from protobuf.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 * @module
 */

import { BinaryReader, type WireType } from "@bufbuild/protobuf/wire";
import { Buffer } from "node:buffer";
import { ANY_VALUE_DEPTH_MAX, OTLP_ELEMENTS_MAX } from "../limits.ts";
import { KeyCache } from "./key_cache.ts";
import {
  EMPTY_LIST,
  EMPTY_VALUE,
  type Field,
  type FieldKind,
  type Message,
  type MessageType,
  wireTypeOf,
} from "./message.ts";
import type { AnyValue, KeyValue } from "./model.ts";

/** A body being read. */
interface Source {
  readonly wire: BinaryReader;
  /** The body again: decodes short text twice as fast as `TextDecoder`, which the wire reader uses. */
  readonly bytes: Buffer;
  readonly keys: KeyCache;
  /** The field begun last, for messages. */
  path: string;
  elementCount: number;
}

/**
 * Reads one message. Unknown fields are skipped; text that is no UTF-8 gets replacement characters. Byte values are
 * views of `body`, not copies.
 *
 * @throws {SyntaxError} If `body` is no such message; names the field and the offset.
 */
export function readProtobuf<T>(type: MessageType<T>, body: Uint8Array): T {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const keys = new KeyCache(body, (start, end) => bytes.toString("utf8", start, end));
  const source: Source = { wire: new BinaryReader(body), bytes, keys, path: type.name, elementCount: 0 };
  try {
    const message = { ...type.template };
    readMessage(source, type, { message: message as Message, end: body.length });
    return message;
  } catch (error) {
    // The wire reader reports bad data with Error and RangeError. A TypeError is a defect of this code.
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    const offset = Math.min(source.wire.pos, body.length);
    throw new SyntaxError(`Cannot read OTLP protobuf: ${source.path} before offset ${offset}: ${error.message}`, {
      cause: error,
    });
  }
}

function readMessage(
  source: Source,
  type: MessageType<unknown>,
  target: { readonly message: Message; readonly end: number },
): void {
  const { wire } = source;
  const { message, end } = target;
  while (wire.pos < end) {
    const tag = wire.uint32();
    const field = type.byNumber[tag >>> 3];
    if (field === undefined) {
      skipField(source, tag);
      continue;
    }
    source.path = field.path;
    if (field.repeated) {
      readElements(source, field, { message, tag });
    } else if (tag === field.tag) {
      readField(source, field, message);
    } else {
      throw new RangeError(`unexpected wire type ${tag & 7}`);
    }
  }
  checkEnd(source, end);
}

function readField(source: Source, field: Field, message: Message): void {
  const { name, rivals } = field;
  if (field.message === undefined) {
    message[name] = readValue(source, field.kind);
  } else {
    // Protobuf merges a message that occurs twice.
    const inner = (message[name] ?? { ...field.message.template as Message }) as Message;
    readMessage(source, field.message, { message: inner, end: readEnd(source) });
    message[name] = inner;
  }
  for (const rival of rivals) message[rival] = undefined;
}

function readElements(source: Source, field: Field, at: { readonly message: Message; readonly tag: number }): void {
  const { message, tag } = at;
  const given: unknown = message[field.name];
  const list = given === EMPTY_LIST ? [] : given as unknown[];
  message[field.name] = list;
  if (field.message !== undefined && tag === field.tag) {
    countElement(source);
    const element = { ...field.message.template as Message };
    readMessage(source, field.message, { message: element, end: readEnd(source) });
    list.push(element);
  } else if ((tag & 7) === wireTypeOf(field.kind)) {
    countElement(source);
    list.push(readValue(source, field.kind));
  } else if (tag === field.tag) {
    readPacked(source, field.kind, list);
  } else {
    throw new RangeError(`unexpected wire type ${tag & 7}`);
  }
}

function readPacked(source: Source, kind: FieldKind, list: unknown[]): void {
  const end = readEnd(source);
  while (source.wire.pos < end) {
    countElement(source);
    list.push(readValue(source, kind));
  }
  checkEnd(source, end);
}

function readValue(source: Source, kind: FieldKind): unknown {
  const { wire } = source;
  switch (kind) {
    case "keyValue":
      return readKeyValue(source, 0);
    case "anyValue":
      return readAnyValue(source, 0);
    case "string":
      return readText(source);
    case "id":
      return wire.bytes().toHex();
    case "fixed64":
      return wire.fixed64();
    case "enum":
    case "int32":
      return wire.int32();
    case "uint32":
      return wire.uint32();
    case "fixed32":
      return wire.fixed32();
    case "double":
      return wire.double();
    case "sfixed64":
      return wire.sfixed64();
    case "int64":
      return wire.int64();
    case "uint64":
      return wire.uint64();
    case "sint32":
      return wire.sint32();
    case "bool":
      return wire.bool();
    case "message":
      throw new TypeError("Cannot read a message without its type");
  }
}

// KeyValue and AnyValue are most of what arrives, and AnyValue's form differs from every other message, so the two are
// read by their own code. The tags are field number << 3 | wire type.

function readKeyValue(source: Source, depth: number): KeyValue {
  const { wire } = source;
  const end = readEnd(source);
  let key = "";
  let value: AnyValue = EMPTY_VALUE;
  while (wire.pos < end) {
    const tag = wire.uint32();
    if (tag === 0x0a) key = readKey(source);
    else if (tag === 0x12) value = readAnyValue(source, depth);
    else skipField(source, tag);
  }
  checkEnd(source, end);
  return { key, value };
}

function readAnyValue(source: Source, depth: number): AnyValue {
  const { wire } = source;
  const end = readEnd(source);
  let value: AnyValue = EMPTY_VALUE;
  while (wire.pos < end) {
    const tag = wire.uint32();
    switch (tag) {
      case 0x0a:
        value = { stringValue: readText(source) };
        break;
      case 0x10:
        value = { boolValue: wire.bool() };
        break;
      case 0x18:
        value = { intValue: wire.int64() as bigint };
        break;
      case 0x21:
        value = { doubleValue: wire.double() };
        break;
      case 0x2a:
        value = { arrayValue: { values: readNested(source, depth, readAnyValue) } };
        break;
      case 0x32:
        value = { kvlistValue: { values: readNested(source, depth, readKeyValue) } };
        break;
      case 0x3a:
        value = { bytesValue: wire.bytes() };
        break;
      default:
        skipField(source, tag);
    }
  }
  checkEnd(source, end);
  return value;
}

/** Reads an `ArrayValue` or a `KeyValueList`: messages whose one field is a list. */
function readNested<T>(source: Source, depth: number, readElement: (source: Source, depth: number) => T): T[] {
  if (depth >= ANY_VALUE_DEPTH_MAX) throw new RangeError(`values nest deeper than ${ANY_VALUE_DEPTH_MAX}`);
  const { wire } = source;
  const end = readEnd(source);
  const values: T[] = [];
  while (wire.pos < end) {
    const tag = wire.uint32();
    if (tag === 0x0a) {
      countElement(source);
      values.push(readElement(source, depth + 1));
    } else {
      skipField(source, tag);
    }
  }
  checkEnd(source, end);
  return values;
}

function readText(source: Source): string {
  const end = readEnd(source);
  const start = source.wire.pos;
  source.wire.pos = end;
  return source.bytes.toString("utf8", start, end);
}

function readKey(source: Source): string {
  const end = readEnd(source);
  const start = source.wire.pos;
  source.wire.pos = end;
  return source.keys.text(start, end);
}

function skipField(source: Source, tag: number): void {
  if (tag >>> 3 === 0) throw new RangeError("field number 0");
  // The four wire types are the enumeration's numbers; any other one makes skip throw.
  source.wire.skip(tag & 7 as WireType, tag >>> 3);
}

function readEnd(source: Source): number {
  const length = source.wire.uint32();
  const end = source.wire.pos + length;
  if (end > source.wire.len) throw new RangeError(`a length of ${length} bytes passes the end of the body`);
  return end;
}

/** A field that ends elsewhere than the message around it shows that one of their lengths is wrong. */
function checkEnd(source: Source, end: number): void {
  if (source.wire.pos !== end) throw new RangeError(`a field passes the end of its message at offset ${end}`);
}

function countElement(source: Source): void {
  source.elementCount++;
  if (source.elementCount > OTLP_ELEMENTS_MAX) throw new RangeError(`more than ${OTLP_ELEMENTS_MAX} list elements`);
}
