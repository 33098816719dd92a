/**
 * Metric families as text that Prometheus reads: its own format 0.0.4, and OpenMetrics 1.0.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 * @module
 */

import type { Labels, MetricFamily } from "../model/metric_family.ts";

/** The formats of an exposition. */
export type ExpositionFormat = "prometheus" | "openmetrics";

/** Writes an exposition. Families have distinct names. */
export function renderFamilies(families: Iterable<MetricFamily>, format: ExpositionFormat): string {
  const rules = FORMATS[format];
  let text = "";
  for (const family of families) {
    text += rules.header(family);
    const sampleName = sampleNameOf(family);
    for (const { labels, value } of family.samples) {
      text += `${sampleName}${renderLabels(labels)} ${renderValue(value)}\n`;
    }
  }
  return text + rules.end;
}

interface FormatRules {
  readonly header: (family: MetricFamily) => string;
  readonly end: string;
}

const FORMATS: Readonly<Record<ExpositionFormat, FormatRules>> = {
  prometheus: { header: prometheusHeader, end: "" },
  openmetrics: { header: openMetricsHeader, end: "# EOF\n" },
};

/** In this format a counter is called by its samples' name, and units are not known. */
function prometheusHeader(family: MetricFamily): string {
  const name = sampleNameOf(family);
  return `# HELP ${name} ${escapeLine(family.help)}\n# TYPE ${name} ${family.type}\n`;
}

function openMetricsHeader({ name, type, unit, help }: MetricFamily): string {
  const unitLine = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeQuoted(help)}\n`;
}

function sampleNameOf({ name, type }: MetricFamily): string {
  return type === "counter" ? `${name}_total` : name;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeQuoted(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function renderValue(value: number | bigint): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeLine(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeQuoted(text: string): string {
  return escapeLine(text).replaceAll('"', '\\"');
}
