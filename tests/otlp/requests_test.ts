import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTracesRequest,
  encodeLogsRequest,
  encodeMetricsRequest,
  encodeTracesRequest,
} from "../../src/otlp/requests.ts";
import type { AnyValue } from "../../src/otlp/model.ts";
import { ANY_VALUES, attributes, json, logRecordsOf, logsOf, sampleBody } from "./samples.ts";

const SIGNALS = [
  { signal: "logs", decode: decodeLogsRequest, encode: encodeLogsRequest },
  { signal: "traces", decode: decodeTracesRequest, encode: encodeTracesRequest },
  { signal: "metrics", decode: decodeMetricsRequest, encode: encodeMetricsRequest },
] as const;

test("decoding a request gives the same for protobuf and JSON, with every field used", () => {
  for (const { signal, decode } of SIGNALS) {
    const fromProtobuf = decode(sampleBody(signal, "protobuf"), "protobuf");
    assert.deepEqual(fromProtobuf, decode(sampleBody(signal, "json"), "json"), signal);
  }
});

test("encoding a request in protobuf gives the bytes of OpenTelemetry's own encoder", () => {
  for (const { signal, decode, encode } of SIGNALS) {
    const body = sampleBody(signal, "protobuf");
    // The three pairs belong together, which the compiler cannot see.
    const written = (encode as (data: unknown, encoding: string) => Uint8Array)(decode(body, "protobuf"), "protobuf");
    assert.equal(Buffer.from(written).toString("hex"), Buffer.from(body).toString("hex"), signal);
  }
});

test("encoding a request in JSON gives the document it was read from", () => {
  for (const { signal, decode, encode } of SIGNALS) {
    const document = sampleBody(signal, "json");
    const written = (encode as (data: unknown, encoding: string) => Uint8Array)(decode(document, "json"), "json");
    // "name": "" and the like are left out when written, so both sides are read as plain JSON only where none stands.
    assert.deepEqual(decode(written, "json"), decode(document, "json"), signal);
    assert.ok(!new TextDecoder().decode(written).includes('"intValue":5'), "integers are text");
  }
});

test("every kind of value survives both encodings", () => {
  for (const [kind, value] of Object.entries(ANY_VALUES)) {
    const data = logsOf({});
    const [log] = logRecordsOf(data);
    const sent = { resourceLogs: [{ ...data.resourceLogs[0], scopeLogs: [scopeLogsWith(value)] }] };
    for (const encoding of ["protobuf", "json"] as const) {
      const read = decodeLogsRequest(encodeLogsRequest(sent as typeof data, encoding), encoding);
      assert.deepEqual(logRecordsOf(read)[0], { ...log, body: value, attributes: attributes({ a: value }) }, kind);
    }
  }

  function scopeLogsWith(value: AnyValue): object {
    const [log] = logRecordsOf(logsOf({}));
    return {
      scope: undefined,
      logRecords: [{ ...log, body: value, attributes: attributes({ a: value }) }],
      schemaUrl: "",
    };
  }
});

test("decodeLogsRequest reads JSON as leniently as the standard asks", () => {
  const cases: [name: string, given: object, field: string, expected: unknown][] = [
    [
      "ids in upper case",
      { traceId: "5B8EFFF798038103D269B633813FC60C" },
      "traceId",
      "5b8efff798038103d269b633813fc60c",
    ],
    ["64-bit integers as numbers", { timeUnixNano: 5 }, "timeUnixNano", 5n],
    ["64-bit integers as text", { timeUnixNano: "18446744073709551615" }, "timeUnixNano", 2n ** 64n - 1n],
    ["32-bit integers as text", { flags: "257" }, "flags", 257],
    ["whole doubles as integers", { body: { doubleValue: 3 } }, "body", { doubleValue: 3 }],
    ["doubles as text", { body: { doubleValue: "-1.5e3" } }, "body", { doubleValue: -1500 }],
    ["base64 of the URL alphabet without padding", { body: { bytesValue: "-_8" } }, "body", {
      bytesValue: new Uint8Array([251, 255]),
    }],
    ["null as not set", { body: null, severityText: null, attributes: null }, "body", {}],
    ["a null value as not set", { body: { stringValue: null } }, "body", {}],
    ["unknown fields", { surprise: { a: [1] }, severityText: "x" }, "severityText", "x"],
    ["unknown kinds of value", { body: { futureValue: 1 } }, "body", {}],
    ["attributes without a value", { attributes: [{ key: "a" }, {}] }, "attributes", [
      { key: "a", value: {} },
      { key: "", value: {} },
    ]],
    ["lists without values", { body: { arrayValue: {} } }, "body", { arrayValue: { values: [] } }],
  ];
  for (const [name, given, field, expected] of cases) {
    const [log] = logRecordsOf(logsOf(given));
    assert.deepEqual(log?.[field as keyof typeof log], expected, name);
  }
});

test("decodeLogsRequest keeps unquoted integers beyond 2^53 exact", () => {
  const body = new TextEncoder().encode(
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano": 1777982400001234567, "body":{"intValue":-9007199254740993}}]}]}]}',
  );
  const [log] = logRecordsOf(decodeLogsRequest(body, "json"));
  assert.equal(log?.timeUnixNano, 1777982400001234567n);
  assert.deepEqual(log?.body, { intValue: -9007199254740993n });
});

test("decodeLogsRequest refuses malformed JSON and names the place", () => {
  const place = "resourceLogs[0].scopeLogs[0].logRecords[0]";
  const cases: [name: string, given: unknown, message: RegExp | string][] = [
    [
      "a name for an enumeration",
      { severityNumber: "SEVERITY_NUMBER_INFO" },
      `${place}.severityNumber: expected a number, received "SEVERITY`,
    ],
    ["an id that is no hex", { traceId: "W47/95gDgQPSabYzgT/GDA==" }, `${place}.traceId: expected an id in hex`],
    ["an id of half a byte", { spanId: "abc" }, `${place}.spanId: expected an id in hex, received "abc"`],
    [
      "an integer out of range",
      { timeUnixNano: "18446744073709551616" },
      `${place}.timeUnixNano: expected 0 to 18446744073709551615`,
    ],
    ["a negative time", { timeUnixNano: -1 }, `${place}.timeUnixNano: expected 0 to`],
    ["a fraction as integer", { body: { intValue: 1.5 } }, `${place}.body: expected an integer, received 1.5`],
    [
      "an integer that a double rounded",
      { body: { intValue: 1e19 } },
      `${place}.body: expected -9223372036854775808 to`,
    ],
    ["text as double", { body: { doubleValue: "five" } }, `${place}.body: expected a number, received "five"`],
    ["a double out of range", { body: { doubleValue: "1e999" } }, `${place}.body: expected a number`],
    [
      "a number as text",
      { attributes: [{ key: "a", value: { stringValue: 5 } }] },
      `${place}.attributes[0].value: expected a string, received 5`,
    ],
    ["text as boolean", { body: { boolValue: "true" } }, `${place}.body: expected true or false`],
    ["bad base64", { body: { bytesValue: "a" } }, `${place}.body: expected base64`],
    ["two values in one", { body: { intValue: 1, stringValue: "1" } }, `${place}.body: expected a single value`],
    ["an object as list", { attributes: { a: 1 } }, `${place}.attributes: expected an array, received an object`],
    ["a list as object", { body: [1] }, `${place}.body: expected an object, received an array`],
    ["a number as key", { attributes: [{ key: 1 }] }, `${place}.attributes[0]: expected a string as key, received 1`],
    ["a number as log record", 5, `${place}: expected an object, received 5`],
  ];
  for (const [name, given, message] of cases) {
    const error = thrownBy(() => logsOf(given as object));
    assert.ok(error instanceof SyntaxError, name);
    assert.ok(error.message.startsWith(`Cannot read OTLP/JSON: ${message}`), `${name}: ${error.message}`);
  }
});

test("decodeMetricsRequest refuses a second value beside the first", () => {
  const metric = { name: "a", gauge: { dataPoints: [] }, sum: { dataPoints: [] } };
  const body = json({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
  assert.throws(() => decodeMetricsRequest(body, "json"), {
    name: "SyntaxError",
    message: /metrics\[0\]\.sum: expected no second/,
  });
});

test("decodeLogsRequest refuses what is no JSON object", () => {
  for (const text of ["", "{", "[]", "null", "5", '{"resourceLogs":[}', "\u0000", "[".repeat(100_000)]) {
    assert.throws(() => decodeLogsRequest(new TextEncoder().encode(text), "json"), SyntaxError, text.slice(0, 20));
  }
});

test("decodeLogsRequest reads text that is no UTF-8 with replacement characters, in both encodings", () => {
  const document = [
    ...new TextEncoder().encode('{"resourceLogs":[{"schemaUrl":"'),
    0xff,
    ...new TextEncoder().encode('"}]}'),
  ];
  const message = [0x0a, 0x03, 0x1a, 0x01, 0xff];
  assert.equal(decodeLogsRequest(new Uint8Array(document), "json").resourceLogs[0]?.schemaUrl, "\ufffd");
  assert.equal(decodeLogsRequest(new Uint8Array(message), "protobuf").resourceLogs[0]?.schemaUrl, "\ufffd");
});

test("an empty request is no error", () => {
  assert.deepEqual(decodeLogsRequest(new Uint8Array(), "protobuf"), { resourceLogs: [] });
  assert.deepEqual(decodeLogsRequest(json({}), "json"), { resourceLogs: [] });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
