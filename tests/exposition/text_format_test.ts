import assert from "node:assert/strict";
import { test } from "node:test";
import { renderFamilies } from "../../src/exposition/text_format.ts";
import type { MetricFamily } from "../../src/model/metric_family.ts";

const FAMILIES: readonly MetricFamily[] = [
  {
    name: "varve_written_bytes",
    type: "counter",
    unit: "bytes",
    help: 'Bytes "written" to C:\\\nand kept.',
    samples: [
      { labels: {}, value: 2n ** 63n },
      { labels: { path: 'C:\\a "b"\nc' }, value: 1.5 },
    ],
  },
  {
    name: "load",
    type: "gauge",
    help: "Load.",
    samples: [Infinity, -Infinity, NaN].map((value, index) => ({ labels: { a: String(index), b: "ü" }, value })),
  },
  { name: "empty", type: "gauge", help: "Nothing yet.", samples: [] },
];

test("renderFamilies: Prometheus text names a counter by its samples, escapes, and ends with a line feed", () => {
  assert.equal(
    renderFamilies(FAMILIES, "prometheus"),
    `# HELP varve_written_bytes_total Bytes "written" to C:\\\\\\nand kept.
# TYPE varve_written_bytes_total counter
varve_written_bytes_total 9223372036854775808
varve_written_bytes_total{path="C:\\\\a \\"b\\"\\nc"} 1.5
# HELP load Load.
# TYPE load gauge
load{a="0",b="ü"} +Inf
load{a="1",b="ü"} -Inf
load{a="2",b="ü"} NaN
# HELP empty Nothing yet.
# TYPE empty gauge
`,
  );
});

test("renderFamilies: OpenMetrics has TYPE, UNIT, HELP, the suffix on samples only, and EOF", () => {
  assert.equal(
    renderFamilies(FAMILIES, "openmetrics"),
    `# TYPE varve_written_bytes counter
# UNIT varve_written_bytes bytes
# HELP varve_written_bytes Bytes \\"written\\" to C:\\\\\\nand kept.
varve_written_bytes_total 9223372036854775808
varve_written_bytes_total{path="C:\\\\a \\"b\\"\\nc"} 1.5
# TYPE load gauge
# HELP load Load.
load{a="0",b="ü"} +Inf
load{a="1",b="ü"} -Inf
load{a="2",b="ü"} NaN
# TYPE empty gauge
# HELP empty Nothing yet.
# EOF
`,
  );
});
