import { test } from "node:test";
import assert from "node:assert/strict";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ANY_VALUE_DEPTH_MAX } from "../../src/limits.ts";
import { HISTOGRAM_DATA_POINT, LOGS_DATA } from "../../src/otlp/messages.ts";
import { readProtobuf } from "../../src/otlp/protobuf_reader.ts";
import { sampleBody } from "./samples.ts";

/** A LogsData with one log record whose fields are given on the wire. */
function bodyWithLog(...fields: readonly number[]): Uint8Array {
  return nest(nest(nest(new Uint8Array(fields), 2), 2), 1);
}

/** A message as field `number` of another one. */
function nest(message: Uint8Array, number: number): Uint8Array {
  return new BinaryWriter().tag(number, 2).bytes(message).finish();
}

function readLog(...fields: readonly number[]): unknown {
  return readProtobuf(LOGS_DATA, bodyWithLog(...fields)).resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
}

test("readProtobuf passes over unknown fields of every wire type", () => {
  const unknown = [
    [0xf8, 0x07, 0x96, 0x01], // 127: varint
    [0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8], // 127: 64 bits
    [0xfa, 0x07, 0x02, 0x61, 0x62], // 127: two bytes
    [0xfb, 0x07, 0x08, 0x01, 0xfc, 0x07], // 127: group with a field
    [0xfd, 0x07, 1, 2, 3, 4], // 127: 32 bits
    [0x42 - 0x20, 0x00], // 4, reserved since it was removed: empty text
  ];
  for (const field of unknown) {
    assert.deepEqual(readLog(...field, 0x10, 0x09, ...field), readLog(0x10, 0x09), String(field));
  }
});

test("readProtobuf takes the last of a repeated scalar and merges a repeated message", () => {
  assert.deepEqual(readLog(0x10, 0x01, 0x10, 0x09), readLog(0x10, 0x09));
  const resource = (field: readonly number[]) => nest(new Uint8Array(field), 1);
  const twice = new Uint8Array([...resource([0x10, 0x03]), ...resource([0x0a, 0x03, 0x0a, 0x01, 0x61])]);
  assert.deepEqual(readProtobuf(LOGS_DATA, nest(twice, 1)).resourceLogs[0]?.resource, {
    attributes: [{ key: "a", value: {} }],
    droppedAttributesCount: 3,
    entityRefs: [],
  });
});

test("readProtobuf reads packed and unpacked lists of numbers", () => {
  const packed = new BinaryWriter().tag(6, 2).fork().fixed64(1n).fixed64(2n ** 64n - 1n).join().finish();
  const unpacked = new BinaryWriter().tag(6, 1).fixed64(1n).tag(6, 1).fixed64(2n ** 64n - 1n).finish();
  for (const body of [packed, unpacked]) {
    assert.deepEqual(readProtobuf(HISTOGRAM_DATA_POINT, body).bucketCounts, [1n, 2n ** 64n - 1n]);
  }
});

test("readProtobuf refuses malformed bodies and names field and offset", () => {
  const cases: [name: string, body: Uint8Array, message: RegExp][] = [
    ["cut within a varint", bodyWithLog(0x10, 0x80), /LogRecord\.severityNumber before offset 8: /],
    ["cut within 64 bits", bodyWithLog(0x09, 1, 2, 3), /LogRecord\.timeUnixNano before offset \d+: /],
    [
      "length beyond the body",
      bodyWithLog(0x1a, 0x05, 0x61),
      /LogRecord\.severityText .*5 bytes passes the end of the body/,
    ],
    [
      "length beyond the message",
      new Uint8Array([0x0a, 0x02, 0x1a, 0x02, 0x61, 0x62]),
      /passes the end of its message at offset 4/,
    ],
    [
      "wrong wire type",
      bodyWithLog(0x1d, 1, 2, 3, 4),
      /LogRecord\.severityText before offset 7: unexpected wire type 5/,
    ],
    ["wire type of groups", bodyWithLog(0x17, 0x00), /LogRecord\.severityNumber .*unexpected wire type 7/],
    ["unknown wire type", bodyWithLog(0xff, 0x07, 0x00), /wire type 7/],
    ["field number 0", bodyWithLog(0x02, 0x00), /field number 0/],
    ["end of a group that never began", bodyWithLog(0xfc, 0x07), /wire type 4/],
    ["endless varint", bodyWithLog(0x10, ...new Array(11).fill(0xff)), /invalid varint/],
  ];
  for (const [name, body, message] of cases) {
    assert.throws(() => readProtobuf(LOGS_DATA, body), { name: "SyntaxError", message }, name);
  }
});

test("readProtobuf bounds how deep values nest", () => {
  const nested = (depth: number) => {
    let value: Uint8Array = new Uint8Array();
    // Each list is an AnyValue's field 5 with field 1 in it.
    for (let level = 0; level < depth; level++) value = nest(nest(value, 1), 5);
    return nest(nest(nest(nest(value, 5), 2), 2), 1);
  };
  assert.doesNotThrow(() => readProtobuf(LOGS_DATA, nested(ANY_VALUE_DEPTH_MAX)));
  const tooDeep = { name: "SyntaxError", message: /LogRecord\.body .*values nest deeper than 100/ };
  assert.throws(() => readProtobuf(LOGS_DATA, nested(ANY_VALUE_DEPTH_MAX + 1)), tooDeep);
  assert.throws(() => readProtobuf(LOGS_DATA, nested(5_000)), tooDeep);
});

test("readProtobuf refuses a body that is small on the wire but huge in memory", () => {
  const body = new Uint8Array(2 * 4_000_001);
  for (let offset = 0; offset < body.length; offset += 2) body[offset] = 0x0a;
  assert.throws(() => readProtobuf(LOGS_DATA, body), {
    name: "SyntaxError",
    message: /more than 4000000 list elements/,
  });
});

test("readProtobuf reads a view into a larger buffer", () => {
  const body = sampleBody("logs", "protobuf");
  const larger = new Uint8Array(body.length + 100).fill(0xff);
  larger.set(body, 50);
  assert.deepEqual(
    readProtobuf(LOGS_DATA, larger.subarray(50, 50 + body.length)),
    readProtobuf(LOGS_DATA, body),
  );
});
