import { test } from "node:test";
import assert from "node:assert/strict";
import { encodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { metricsFromRecords, metricsToRecords } from "../../src/otlp/metrics.ts";
import type { MetricsData } from "../../src/otlp/model.ts";
import { decodeMetricsRequest, encodeMetricsRequest } from "../../src/otlp/requests.ts";
import { ANY_VALUES, attributes, json, RECEIVED, sampleBody, throughText } from "./samples.ts";

const TIME = "2026-05-05T12:00:00Z";
const timeUnixNano = "1777982400000000000";
const startTimeUnixNano = "1777982340000000000";

function metricsOf(...metrics: readonly object[]): MetricsData {
  return decodeMetricsRequest(json({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }), "json");
}

function roundTrip(data: MetricsData): MetricsData {
  const groups = metricsToRecords(data, RECEIVED);
  return metricsFromRecords(throughText(groups, "timeseries"), { metadata: throughText(groups, "metadata") });
}

const HISTOGRAM_POINT = {
  timeUnixNano,
  startTimeUnixNano,
  count: "3",
  bucketCounts: ["1", "2"],
  explicitBounds: [0.5],
};
const LINES: [name: string, metric: object, line: string][] = [
  [
    "gauge",
    {
      name: "g",
      unit: "By",
      gauge: {
        dataPoints: [{
          timeUnixNano,
          asInt: "9007199254740993",
          attributes: [{ key: "a", value: { stringValue: "x" } }],
        }],
      },
    },
    `{"ts":"${TIME}","name":"g","value":9007199254740993,"labels":{"a":"x"},"unit":"By","type":"gauge"}`,
  ],
  [
    "counter",
    {
      name: "c",
      sum: {
        isMonotonic: true,
        aggregationTemporality: 2,
        dataPoints: [{ timeUnixNano, startTimeUnixNano, asDouble: 5 }],
      },
    },
    `{"ts":"${TIME}","name":"c","value":5,"type":"counter","temporality":"cumulative","start":"2026-05-05T11:59:00Z","otlp":{"asDouble":5}}`,
  ],
  [
    "sum",
    { name: "s", sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano, asInt: "-5" }] } },
    `{"ts":"${TIME}","name":"s","value":-5,"type":"sum","temporality":"delta"}`,
  ],
  [
    "no value",
    { name: "n", gauge: { dataPoints: [{ timeUnixNano, flags: 1 }] } },
    `{"ts":"${TIME}","name":"n","value":null,"type":"gauge","flags":1}`,
  ],
  [
    "NaN",
    { name: "n", gauge: { dataPoints: [{ asDouble: "NaN" }] } },
    '{"ts":"2026-05-05T12:01:40Z","name":"n","value":null,"type":"gauge","otlp":{"timeUnixNano":"0","asDouble":"NaN"}}',
  ],
  [
    "histogram with a sum",
    {
      name: "h",
      histogram: { aggregationTemporality: 1, dataPoints: [{ ...HISTOGRAM_POINT, sum: 1.5, min: 0, max: 1 }] },
    },
    `{"ts":"${TIME}","name":"h","value":1.5,"type":"histogram","temporality":"delta","start":"2026-05-05T11:59:00Z",` +
    '"count":3,"sum":1.5,"bucket_counts":[1,2],"bounds":[0.5],"min":0,"max":1}',
  ],
  [
    "histogram without a sum",
    { name: "h", histogram: { dataPoints: [HISTOGRAM_POINT] } },
    `{"ts":"${TIME}","name":"h","value":3,"type":"histogram","start":"2026-05-05T11:59:00Z",` +
    '"count":3,"bucket_counts":[1,2],"bounds":[0.5],"otlp":{"aggregationTemporality":0}}',
  ],
  [
    "exponential histogram",
    {
      name: "e",
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [{ timeUnixNano, count: "1", scale: 3, positive: { offset: 2, bucketCounts: ["1"] } }],
      },
    },
    `{"ts":"${TIME}","name":"e","value":1,"type":"exponential_histogram","temporality":"cumulative",` +
    '"count":1,"scale":3,"positive":{"offset":2,"bucket_counts":[1]}}',
  ],
  [
    "summary",
    {
      name: "q",
      summary: { dataPoints: [{ timeUnixNano, count: "2", sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
    },
    `{"ts":"${TIME}","name":"q","value":3,"type":"summary","count":2,"sum":3,"quantiles":[{"quantile":0.5,"value":1}]}`,
  ],
];

test("metricsToRecords writes a line for each point", () => {
  for (const [name, metric, line] of LINES) {
    const [record] = throughText(metricsToRecords(metricsOf(metric), RECEIVED), "timeseries");
    assert.equal(encodeRecord(record as TelemetryRecord), line, name);
  }
});

test("metricsToRecords groups points and metadata by journal and counts points", () => {
  const groups = metricsToRecords(decodeMetricsRequest(sampleBody("metrics", "json"), "json"), RECEIVED);
  assert.deepEqual(
    groups.map(({ key, records, itemCount }) => [key.server, key.signal, records.length, itemCount]),
    [
      ["shop", "timeseries", 20, 20],
      ["till", "timeseries", 1, 1],
      ["shop", "metadata", 8, 0],
      ["till", "metadata", 1, 0],
    ],
  );
});

test("metricsToRecords writes metadata once for each name", () => {
  const metrics = metricsOf(
    { name: "a", unit: "s", description: "How long", gauge: { dataPoints: [{ asInt: "1" }, { asInt: "2" }] } },
    { name: "a", description: "Something else", summary: {} },
    { name: "b", sum: { isMonotonic: true } },
    { name: "c" },
  );
  assert.deepEqual(throughText(metricsToRecords(metrics, RECEIVED), "metadata"), [
    { ts: "2026-05-05T12:01:40Z", name: "a", type: "gauge", unit: "s", help: "How long" },
    { ts: "2026-05-05T12:01:40Z", name: "b", type: "counter" },
  ]);
});

test("metricsFromRecords gives back a request with every field, in the same bytes", () => {
  const body = sampleBody("metrics", "protobuf");
  assert.deepEqual(
    encodeMetricsRequest(roundTrip(decodeMetricsRequest(body, "protobuf")), "protobuf"),
    Uint8Array.from(body),
  );
});

test("metricsFromRecords gives back every double and integer, in points and in histograms", () => {
  const doubles = [0, "-0", 5, 0.1, 2 ** 60, 3e20, 1e21, 1e300, 5e-324, "NaN", "Infinity", "-Infinity"];
  const integers = ["0", "5", "-5", "9007199254740993", "9223372036854775807", "-9223372036854775808"];
  const points = [...doubles.map((asDouble) => ({ asDouble })), ...integers.map((asInt) => ({ asInt })), {}];
  const histograms = doubles.map((sum) => ({ sum, min: sum, explicitBounds: [sum], count: "1" }));
  const data = metricsOf(
    { name: "g", gauge: { dataPoints: points.map((point) => ({ ...point, timeUnixNano, exemplars: [point] })) } },
    { name: "h", histogram: { dataPoints: histograms.map((point) => ({ ...point, timeUnixNano })) } },
    {
      name: "s",
      summary: { dataPoints: doubles.map((sum) => ({ sum, quantileValues: [{ quantile: sum, value: sum }] })) },
    },
  );
  assert.deepEqual(roundTrip(data), data);
});

test("metricsFromRecords gives back every kind of label", () => {
  const keys = ["ts", "name", "value", "otlp", "__proto__", "constructor", "toString", "le"];
  for (const [kind, value] of Object.entries(ANY_VALUES)) {
    const data = metricsOf({ name: "g", gauge: { dataPoints: [{ asInt: "1" }] } });
    const point = data.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.gauge?.dataPoints[0];
    assert.ok(point);
    Object.assign(point, { attributes: [...keys.map((key) => ({ key, value })), ...attributes({ kind: value })] });
    assert.deepEqual(roundTrip(data), data, kind);
  }
});

test("metricsFromRecords infers what a program's own records mean", () => {
  const records = [
    { ts: TIME, name: "a", value: 5, labels: { host: "h", port: 80 }, type: "counter", start: "2026-05-05T11:59:00Z" },
    { ts: TIME, name: "a", value: 0.5, type: "counter" },
    { ts: TIME, name: "b", value: "NaN" },
    { ts: TIME, name: "b", value: null, type: "unheard of" },
  ];
  const written = metricsFromRecords(records, { metadata: [{ name: "a", help: "old" }, { name: "a", help: "new" }] });
  const labels = [{ key: "host", value: { stringValue: "h" } }, { key: "port", value: { intValue: "80" } }];
  assert.deepEqual(
    written,
    metricsOf(
      {
        name: "a",
        description: "new",
        sum: {
          isMonotonic: true,
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano, startTimeUnixNano, asInt: "5", attributes: labels }, {
            timeUnixNano,
            asDouble: 0.5,
          }],
        },
      },
      { name: "b", gauge: { dataPoints: [{ timeUnixNano, asDouble: "NaN" }] } },
      { name: "b", gauge: { dataPoints: [{ timeUnixNano }] } },
    ),
  );
});

test("metricsFromRecords refuses what no point can hold and names it", () => {
  const cases: [record: TelemetryRecord, message: RegExp][] = [
    [{ ts: TIME, name: "a", value: "five" }, /asDouble: expected a number, received "five"/],
    [{ ts: TIME, name: "a", type: "histogram", count: -1 }, /count: expected 0 to 18446744073709551615, received -1/],
    [{ ts: TIME, name: "a", value: 1, otlp: { resource: "x" } }, /Resource: expected an object, received x/],
  ];
  for (const [record, message] of cases) {
    assert.throws(() => metricsFromRecords([record]), { name: "SyntaxError", message });
  }
});
