import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { decodeRecord, encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import type { Span, TracesData } from "../../src/otlp/model.ts";
import { decodeTracesRequest, encodeTracesRequest } from "../../src/otlp/requests.ts";
import { readTracesRecord, tracesFromRecords, tracesToRecords } from "../../src/otlp/traces.ts";
import { ANY_VALUES, attributes, json, sampleBody, throughText } from "./samples.ts";

const OPTIONS = { defaultStack: "default", recordMaxBytes: 1024 * 1024 };

function spansOf(data: TracesData): readonly Span[] {
  return data.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** A request with the given services, each with `count` spans in each of two scopes. */
function requestOf(services: readonly string[], count: number): TracesData {
  let id = 0;
  const spans = () =>
    Array.from({ length: count }, () => ({
      traceId: "ab".repeat(16),
      spanId: (++id).toString(16).padStart(16, "0"),
      name: `span „${id}“`,
    }));
  const resourceSpans = services.map((name) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: name } }] },
    scopeSpans: [{ scope: { name: "x" }, spans: spans() }, { scope: { name: "y" }, spans: spans() }],
    schemaUrl: "https://opentelemetry.io/schemas/1.25.0",
  }));
  return decodeTracesRequest(json({ resourceSpans }), "json");
}

test("tracesToRecords writes the OTLP/JSON document that came in", () => {
  const body = sampleBody("traces", "json");
  const [group, ...others] = tracesToRecords(decodeTracesRequest(body, "json"), OPTIONS);
  assert.equal(others.length, 0);
  assert.deepEqual(group?.key, { stack: "default", server: "shop", signal: "traces" });
  assert.equal(group?.itemCount, 3);
  assert.deepEqual(throughText([group]), [JSON.parse(new TextDecoder().decode(body))]);
});

test("tracesToRecords writes one record a server", () => {
  const groups = tracesToRecords(requestOf(["a", "b", "a"], 2), OPTIONS);
  assert.deepEqual(
    groups.map(({ key, records, itemCount }) => [key.server, records.length, itemCount]),
    [["a", 1, 8], ["b", 1, 4]],
  );
  assert.deepEqual(tracesToRecords(requestOf(["a"], 0), OPTIONS), []);
});

test("tracesToRecords splits below recordMaxBytes, in order, with resource and scope in every part", () => {
  const request = requestOf(["a", "a"], 50);
  for (const recordMaxBytes of [600, 1000, 5000, 20_000]) {
    const [group] = tracesToRecords(request, { ...OPTIONS, recordMaxBytes });
    const records = group?.records ?? [];
    assert.ok(records.length > 1);
    const bytes = records.map((record) => new TextEncoder().encode(encodeRecord(record)).length);
    assert.ok(Math.max(...bytes) <= recordMaxBytes, `${Math.max(...bytes)} bytes of ${recordMaxBytes}`);
    assert.ok(Math.min(...bytes.slice(0, -1)) > recordMaxBytes / 2, "parts are filled");
    assert.deepEqual(spansOf(tracesFromRecords(records)), spansOf(request));
    for (const { resourceSpans } of records.map(readTracesRecord)) {
      for (const { resource, schemaUrl, scopeSpans } of resourceSpans) {
        assert.equal(resource?.attributes.length, 1);
        assert.equal(schemaUrl, "https://opentelemetry.io/schemas/1.25.0");
        assert.ok(scopeSpans.every(({ scope }) => scope?.name === "x" || scope?.name === "y"));
      }
    }
  }
});

test("tracesToRecords leaves a span that is too long in a record of its own", () => {
  const request = requestOf(["a"], 3);
  const long = { ...spansOf(request)[1] as Span, name: "n".repeat(2000) };
  const [resourceSpans] = request.resourceSpans;
  const [scopeSpans] = resourceSpans?.scopeSpans ?? [];
  const [first, , third] = scopeSpans?.spans ?? [];
  const spans = [first as Span, long, third as Span];
  const data = {
    resourceSpans: [{
      ...resourceSpans as TracesData["resourceSpans"][number],
      scopeSpans: [{ scope: undefined, schemaUrl: "", spans }],
    }],
  };
  const [group] = tracesToRecords(data, { ...OPTIONS, recordMaxBytes: 1000 });
  assert.deepEqual(group?.records.map((record) => spansOf(readTracesRecord(record)).length), [1, 1, 1]);
});

test("tracesFromRecords gives back a request with every field, in the same bytes", () => {
  const body = sampleBody("traces", "protobuf");
  const records = throughText(tracesToRecords(decodeTracesRequest(body, "protobuf"), OPTIONS));
  assert.deepEqual(encodeTracesRequest(tracesFromRecords(records), "protobuf"), Uint8Array.from(body));
});

test("tracesFromRecords gives back every kind of value", () => {
  const request = requestOf(["a"], 1);
  const [resourceSpans] = request.resourceSpans as [TracesData["resourceSpans"][number]];
  const [span] = spansOf(request) as [Span];
  const spans = [{ ...span, attributes: attributes(ANY_VALUES) }];
  const data = { resourceSpans: [{ ...resourceSpans, scopeSpans: [{ scope: undefined, schemaUrl: "", spans }] }] };
  assert.deepEqual(tracesFromRecords(throughText(tracesToRecords(data, OPTIONS))), data);
});

test("readTracesRecord reads gridctl's base64 ids and names of enumerations", () => {
  const file = new URL("../testdata/gridctl/demo/github/traces.jsonl", import.meta.url);
  const records = readFileSync(file, "utf8").trim().split("\n").map(decodeRecord);
  const spans = spansOf(tracesFromRecords(records));
  assert.deepEqual(
    spans.map(({ traceId, spanId, parentSpanId, kind, status }) => [traceId, spanId, parentSpanId, kind, status]),
    [
      ["01000000000000000000000000000001", "0b0000000000000b", "0a0000000000000a", 1, { message: "", code: 0 }],
      ["01000000000000000000000000000001", "0a0000000000000a", "", 1, { message: "", code: 0 }],
      ["02000000000000000000000000000002", "1500000000000015", "", 1, { message: 'boom <x> & "q"', code: 2 }],
    ],
  );
  assert.equal(spans[0]?.startTimeUnixNano, 1777982401001000000n);
  assert.equal(spans[0]?.flags, 257);
});

test("readTracesRecord tells the encoding of an id by its form", () => {
  const cases: [id: string, hex: string][] = [
    ["5B8EFFF798038103D269B633813FC60C", "5b8efff798038103d269b633813fc60c"],
    ["W47/95gDgQPSabYzgT/GDA==", "5b8efff798038103d269b633813fc60c"],
    ["AAAAAAAAAAAAAAAAAAAAAA==", "00".repeat(16)],
    ["", ""],
  ];
  for (const [traceId, hex] of cases) {
    const record = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId }] }] }] };
    assert.equal(spansOf(readTracesRecord(record))[0]?.traceId, hex, traceId);
  }
});

test("readTracesRecord refuses what is no TracesData and names the place", () => {
  const span = (fields: object): TelemetryRecord => ({ resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] });
  const cases: [record: TelemetryRecord, message: RegExp][] = [
    [{ resourceSpans: 5 }, /resourceSpans: expected an array, received 5/],
    [span({ traceId: "?" }), /spans\[0\]\.traceId: expected an id in hex, received "\?"/],
    [span({ kind: "SPAN_KIND_WRONG" }), /spans\[0\]\.kind: expected a number, received "SPAN_KIND_WRONG"/],
    [span({ startTimeUnixNano: "soon" }), /spans\[0\]\.startTimeUnixNano: expected an integer, received "soon"/],
  ];
  for (const [record, message] of cases) {
    assert.throws(() => readTracesRecord(record), { name: "SyntaxError", message });
  }
});
