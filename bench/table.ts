/**
 * The results as text.
 *
 * @module
 */

import { type Comparison, median, type SkippedComparison, type Unit } from "./comparison.ts";

const HEADINGS = [
  "",
  "what",
  "ours",
  "peer",
  "ratio",
  "must",
  "moonshot",
  "done",
];

/** A table with one line for each comparison, and after it what could not be measured. */
export function formatTable(
  lines: readonly (Comparison | SkippedComparison)[],
): string {
  const rows = [
    HEADINGS,
    ...lines.flatMap((line) => "skipped" in line ? [] : [cells(line)]),
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")
      .trimEnd()
  );
  const skipped = lines.filter((line) => "skipped" in line);
  return [
    ...table,
    ...skipped.map((line) => `${line.id}  ${line.what}: skipped: ${line.skipped}`),
  ].join("\n");
}

function cells(line: Comparison): readonly string[] {
  return [
    line.id,
    line.what,
    formatFigure(line.ours, line.unit),
    `${line.peer.name} ${formatFigure(line.peer.value, line.unit)}`,
    formatRatio(line.ratios),
    line.must ?? "",
    line.moonshot ?? "",
    line.proof,
  ];
}

function formatFigure(value: number, unit: Unit): string {
  switch (unit) {
    case "records/s":
      return `${(value / 1000).toFixed(0)}k/s`;
    case "queries/s":
      // A rate, so that a higher ratio is better here too; the time is what people wait.
      return `${(1000 / value).toFixed(1)} ms`;
    case "bytes":
      return `${(value / 1024 / 1024).toFixed(2)} MiB`;
    case "ms":
      return `${value.toFixed(1)} ms`;
    case "µs":
      return `${value.toFixed(2)} µs`;
  }
}

/** The median ratio and, of several rounds, the lowest and the highest: how noisy the machine was. */
function formatRatio(ratios: readonly number[]): string {
  const text = `${median(ratios).toFixed(2)}×`;
  return ratios.length < 2 ? text : `${text} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}
