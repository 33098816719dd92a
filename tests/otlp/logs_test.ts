import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeRecord, encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { logsFromRecords, logsToRecords } from "../../src/otlp/logs.ts";
import { decodeLogsRequest, encodeLogsRequest } from "../../src/otlp/requests.ts";
import type { AnyValue, KeyValue, LogRecord, LogsData } from "../../src/otlp/model.ts";
import { ANY_VALUES, attributes, json, logRecordsOf, logsOf, RECEIVED, sampleBody, throughText } from "./samples.ts";

const TIME = "2026-05-05T12:00:00.001234567Z";
const TIMES = { timeUnixNano: "1777982400001234567", observedTimeUnixNano: "1777982400001234567" };

/** The line that a log record becomes, by OTLP/JSON. */
function lineOf(log: object): string {
  const [record] = throughText(logsToRecords(logsOf(log), RECEIVED));
  return encodeRecord(record as TelemetryRecord);
}

function roundTrip(data: LogsData): LogsData {
  return logsFromRecords(throughText(logsToRecords(data, RECEIVED)));
}

function logWith(fields: Partial<LogRecord>): LogsData {
  const [log] = logRecordsOf(logsOf({ ...TIMES, severityNumber: 9, severityText: "INFO", body: { stringValue: "m" } }));
  const [resourceLogs] = logsOf({}).resourceLogs;
  const scopeLogs = [{ scope: undefined, schemaUrl: "", logRecords: [{ ...log as LogRecord, ...fields }] }];
  return { resourceLogs: [{ resource: undefined, schemaUrl: "", ...resourceLogs, scopeLogs }] };
}

test("logsToRecords writes a line that says each thing once", () => {
  const severity = { severityNumber: 9, severityText: "INFO" };
  const body = { stringValue: "m" };
  const cases: [name: string, log: object, line: string][] = [
    ["plain", { ...TIMES, ...severity, body }, `{"ts":"${TIME}","level":"INFO","msg":"m"}`],
    [
      "attributes and ids",
      {
        ...TIMES,
        ...severity,
        body,
        attributes: [{ key: "user.id", value: { intValue: "7" } }, { key: "ok", value: { boolValue: true } }],
        traceId: "5B8EFFF798038103D269B633813FC60C",
        spanId: "eee19b7ec3c1b174",
        flags: 1,
      },
      `{"ts":"${TIME}","level":"INFO","msg":"m","user.id":7,"ok":true,"trace_id":"5b8efff798038103d269b633813fc60c",` +
      `"span_id":"eee19b7ec3c1b174","otlp":{"flags":1}}`,
    ],
    [
      "a body that is no text",
      {
        ...TIMES,
        ...severity,
        body: { arrayValue: { values: [{ intValue: "9007199254740993" }, { stringValue: "a" }] } },
      },
      `{"ts":"${TIME}","level":"INFO","msg":"[9007199254740993,\\"a\\"]",` +
      `"otlp":{"body":{"arrayValue":{"values":[{"intValue":"9007199254740993"},{"stringValue":"a"}]}}}}`,
    ],
    [
      "types that JSON confuses stay readable",
      {
        ...TIMES,
        ...severity,
        body,
        attributes: [{ key: "d", value: { doubleValue: 5 } }, { key: "e", value: { doubleValue: 5.5 } }],
      },
      `{"ts":"${TIME}","level":"INFO","msg":"m","d":5,"e":5.5,"otlp":{"typed":[{"key":"d","value":{"doubleValue":5}}]}}`,
    ],
    [
      "keys of the record's own",
      {
        ...TIMES,
        ...severity,
        body,
        attributes: [{ key: "msg", value: { stringValue: "x" } }, { key: "0", value: { intValue: 1 } }],
      },
      `{"ts":"${TIME}","level":"INFO","msg":"m",` +
      `"otlp":{"typed":[{"key":"msg","value":{"stringValue":"x"}},{"key":"0","value":{"intValue":"1"}}]}}`,
    ],
    [
      "only the observed time",
      { observedTimeUnixNano: TIMES.observedTimeUnixNano, ...severity, body },
      `{"ts":"${TIME}","level":"INFO","msg":"m","otlp":{"timeUnixNano":"0"}}`,
    ],
    [
      "nothing at all",
      {},
      '{"ts":"2026-05-05T12:01:40Z","level":"INFO","msg":"","otlp":{"timeUnixNano":"0","observedTimeUnixNano":"0",' +
      '"severityNumber":0,"severityText":"","body":{}}}',
    ],
  ];
  for (const [name, log, line] of cases) assert.equal(lineOf(log), line, name);
});

test("logsToRecords writes resource and scope with flat attributes", () => {
  const [record] = throughText(logsToRecords(decodeLogsRequest(sampleBody("logs", "json"), "json"), RECEIVED));
  assert.deepEqual(record?.otlp, {
    resource: {
      droppedAttributesCount: 3,
      entityRefs: [{
        schemaUrl: "https://example.com/e",
        type: "service",
        idKeys: ["service.name"],
        descriptionKeys: ["host.cpus", "host.load"],
      }],
      attributes: { "service.name": "shop", "service.namespace": "prod", "host.cpus": 8, "host.load": 2 },
      typed: [{ key: "host.load", value: { doubleValue: 2 } }],
      schemaUrl: "https://opentelemetry.io/schemas/1.25.0",
    },
    scope: {
      name: "checkout",
      version: "1.2.3",
      droppedAttributesCount: 1,
      attributes: { "scope.flag": true },
      schemaUrl: "https://opentelemetry.io/schemas/1.26.0",
    },
    flags: 1,
  });
});

test("logsToRecords names journals by service, with defaults for what is empty or no text", () => {
  const attribute = (key: string, value: AnyValue) => ({ key, value });
  const name = attribute("service.name", { stringValue: "shop" });
  const namespace = attribute("service.namespace", { stringValue: "prod" });
  const cases: [attributes: KeyValue[] | undefined, stack: string, server: string][] = [
    [[name, namespace], "prod", "shop"],
    [[name], "default", "shop"],
    [[namespace], "prod", "misc"],
    [undefined, "default", "misc"],
    [[attribute("service.name", { stringValue: "" }), attribute("service.namespace", {})], "default", "misc"],
    [[attribute("service.name", { intValue: 5n })], "default", "misc"],
  ];
  for (const [attributes, stack, server] of cases) {
    const { resourceLogs: [logs] } = logWith({});
    const resource = attributes && { attributes, droppedAttributesCount: 0, entityRefs: [] };
    const [group] = logsToRecords(
      { resourceLogs: [{ ...logs as LogsData["resourceLogs"][number], resource }] },
      RECEIVED,
    );
    assert.deepEqual(group?.key, { stack, server, signal: "logs" });
  }
});

test("logsToRecords gives each journal one group and leaves out those without records", () => {
  const of = (name: string, count: number) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: name } }] },
    scopeLogs: [{ logRecords: new Array(count).fill({ body: { stringValue: name } }) }],
  });
  const body = json({ resourceLogs: [of("a", 2), of("b", 0), of("c", 1), of("a", 1)] });
  const groups = logsToRecords(decodeLogsRequest(body, "json"), RECEIVED);
  assert.deepEqual(
    groups.map(({ key, records, itemCount }) => [key.server, records.length, itemCount]),
    [["a", 3, 3], ["c", 1, 1]],
  );
});

test("logsFromRecords gives back a request with every field, in the same bytes", () => {
  const body = sampleBody("logs", "protobuf");
  assert.deepEqual(
    encodeLogsRequest(roundTrip(decodeLogsRequest(body, "protobuf")), "protobuf"),
    Uint8Array.from(body),
  );
});

test("logsFromRecords gives back every kind of value, as attribute and as body", () => {
  for (const [kind, value] of Object.entries(ANY_VALUES)) {
    const data = logWith({ body: value, attributes: attributes({ before: { intValue: 1n }, "an attribute": value }) });
    assert.deepEqual(roundTrip(data), data, kind);
  }
});

test("logsFromRecords gives back attributes whatever their keys", () => {
  const value: AnyValue = { stringValue: "mine" };
  const keys = [
    "ts",
    "level",
    "msg",
    "otlp",
    "trace_id",
    "span_id",
    "__proto__",
    "constructor",
    "toString",
    "",
    "0",
    "a b",
  ];
  for (const key of keys) {
    const data = logWith({ attributes: [{ key, value }], traceId: "ab".repeat(16) });
    assert.deepEqual(roundTrip(data), data, key);
  }
  const all = logWith({ attributes: keys.map((key) => ({ key, value })) });
  const [returned] = logRecordsOf(roundTrip(all));
  const byKey = (a: KeyValue, b: KeyValue) => a.key < b.key ? -1 : 1;
  assert.deepEqual(returned?.attributes.toSorted(byKey), logRecordsOf(all)[0]?.attributes.toSorted(byKey));
  const repeated = logWith({ attributes: [{ key: "a", value }, { key: "a", value: { intValue: 1n } }] });
  assert.deepEqual(roundTrip(repeated), repeated);
});

test("a key called __proto__ changes no object", () => {
  const attribute = {
    key: "__proto__",
    value: { kvlistValue: { values: attributes({ polluted: { boolValue: true } }) } },
  };
  const [record] = throughText(logsToRecords(logWith({ attributes: [attribute] }), RECEIVED));
  assert.equal(Object.getPrototypeOf(record), Object.prototype);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("logsFromRecords gives back every severity", () => {
  for (let severityNumber = -1; severityNumber <= 30; severityNumber++) {
    for (const severityText of ["", "INFO", "info", "WARN", "warning", "FATAL+3", "Notice"]) {
      const data = logWith({ severityNumber, severityText });
      assert.deepEqual(roundTrip(data), data, `${severityNumber} "${severityText}"`);
    }
  }
});

test("logsFromRecords brings records of equal resource and scope together, in order", () => {
  const from = (server: string, scope: string, msg: string) => ({
    ts: TIME,
    msg,
    otlp: { resource: { attributes: { "service.name": server } }, scope: { name: scope } },
  });
  const data = logsFromRecords([from("a", "x", "1"), from("b", "x", "2"), from("a", "y", "3"), from("a", "x", "4")]);
  const shape = data.resourceLogs.map(({ scopeLogs }) =>
    scopeLogs.map(({ scope, logRecords }) => [scope?.name, ...logRecords.map(({ body }) => Object.values(body)[0])])
  );
  assert.deepEqual(shape, [[["x", "1", "4"], ["y", "3"]], [["x", "2"]]]);
});

test("logsFromRecords infers what a program's own record means", () => {
  const line =
    '{"ts":"2026-05-05T08:00:00.001234567-04:00","level":"ERROR+2","msg":"boom","trace_id":"5B8EFFF798038103D269B633813FC60C",' +
    '"count":3,"ratio":0.5,"big":18446744073709551615,"none":null,"list":[1,"a"],"group":{"k":"v","__proto__":1}}';
  assert.deepEqual(logRecordsOf(logsFromRecords([decodeRecord(line)])), [{
    ...logRecordsOf(logsOf({}))[0],
    timeUnixNano: 1777982400001234567n,
    observedTimeUnixNano: 1777982400001234567n,
    severityNumber: 19,
    severityText: "ERROR+2",
    body: { stringValue: "boom" },
    traceId: "5b8efff798038103d269b633813fc60c",
    attributes: attributes({
      count: { intValue: 3n },
      ratio: { doubleValue: 0.5 },
      big: { stringValue: "18446744073709551615" },
      none: {},
      list: { arrayValue: { values: [{ intValue: 1n }, { stringValue: "a" }] } },
      group: {
        kvlistValue: {
          values: [{ key: "k", value: { stringValue: "v" } }, { key: "__proto__", value: { intValue: 1n } }],
        },
      },
    }),
  }]);
});

test("logsFromRecords keeps as attribute what is not of its field's type", () => {
  const cases: [field: string, value: unknown, attribute: AnyValue][] = [
    ["ts", "yesterday", { stringValue: "yesterday" }],
    ["ts", "1960-01-01T00:00:00Z", { stringValue: "1960-01-01T00:00:00Z" }],
    ["level", 30, { intValue: 30n }],
    ["trace_id", "request 7", { stringValue: "request 7" }],
    ["span_id", 7, { intValue: 7n }],
    ["otlp", "my own", { stringValue: "my own" }],
    ["otlp", { flags: "many" }, { kvlistValue: { values: attributes({ flags: { stringValue: "many" } }) } }],
    ["otlp", { scope: 5 }, { kvlistValue: { values: attributes({ scope: { intValue: 5n } }) } }],
  ];
  for (const [field, value, attribute] of cases) {
    const [log] = logRecordsOf(logsFromRecords([{ msg: "m", [field]: value }]));
    assert.deepEqual(log?.attributes, [{ key: field, value: attribute }], `${field}: ${encodeRecord({ value })}`);
    assert.deepEqual(log?.body, { stringValue: "m" });
  }
});

test("logsFromRecords bounds how deep values nest", () => {
  let nested: unknown = "end";
  for (let depth = 0; depth < 20_000; depth++) nested = [nested];
  const body = encodeLogsRequest(logsFromRecords([{ msg: "m", nested }]), "protobuf");
  assert.equal(logRecordsOf(decodeLogsRequest(body, "protobuf")).length, 1);
});

test("a record takes few bytes beyond its attributes and its resource", () => {
  // As OpenTelemetry's SDK for JavaScript sends it, within a span.
  const log = {
    ...TIMES,
    severityNumber: 9,
    severityText: "INFO",
    body: { stringValue: "m" },
    traceId: "ab".repeat(16),
  };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
  const scopeLogs = [{ scope: { name: "app", version: "1.0" }, logRecords: [{ ...log, flags: 1 }] }];
  const [record] = throughText(
    logsToRecords(decodeLogsRequest(json({ resourceLogs: [{ resource, scopeLogs }] }), "json"), RECEIVED),
  );
  assert.equal(
    JSON.stringify(record?.otlp),
    '{"resource":{"attributes":{"service.name":"shop"}},"scope":{"name":"app","version":"1.0"},"flags":1}',
  );
});
