/**
 * What a store has done, as metric families.
 *
 * @module
 */

import type { MetricFamily, MetricSample } from "../model/metric_family.ts";
import type { StoreStats } from "../journal/stats.ts";

/** The figures of a store, each under its own name. */
export function storeFamilies(stats: StoreStats): readonly MetricFamily[] {
  return [...recordFamilies(stats), ...segmentFamilies(stats), ...compressionFamilies(stats), ...stateFamilies(stats)];
}

function recordFamilies({ records }: StoreStats): readonly MetricFamily[] {
  const accounts = Object.entries(records);
  const bySignal = (field: "accepted" | "written" | "queued") =>
    accounts.map(([signal, account]): MetricSample => ({ labels: { signal }, value: account[field] }));
  const dropped = accounts.flatMap(([signal, account]) =>
    Object.entries(account.dropped).map(([reason, value]): MetricSample => ({ labels: { signal, reason }, value }))
  );
  return [
    counter("varve_records_accepted", "Records handed to the store.", bySignal("accepted")),
    counter("varve_records_written", "Records that the operating system has taken.", bySignal("written")),
    counter("varve_records_dropped", "Records discarded, by reason.", dropped),
    gauge("varve_records_queued", "Records in memory.", bySignal("queued")),
  ];
}

function segmentFamilies(stats: StoreStats): readonly MetricFamily[] {
  return [
    {
      ...counter(
        "varve_written_bytes",
        "Bytes of records that the operating system has taken.",
        one(stats.writtenBytes),
      ),
      unit: "bytes",
    },
    counter("varve_rotations", "Segments sealed.", one(stats.rotations)),
    counter("varve_pruned_segments", "Segments deleted by retention.", one(stats.prunedSegments)),
    counter("varve_torn_lines", "Torn last lines that a crash had left and that were cut off.", one(stats.tornLines)),
    { ...counter("varve_torn_bytes", "Bytes of torn lines.", one(stats.tornBytes)), unit: "bytes" },
    counter("varve_damaged_places", "Damaged lines and blocks that reads went past.", one(stats.damagedPlaces)),
  ];
}

function compressionFamilies({ compression }: StoreStats): readonly MetricFamily[] {
  const { finished, failed, backlog, rawBytes, compressedBytes } = compression;
  const outcomes = [
    { labels: { outcome: "finished" }, value: finished },
    { labels: { outcome: "failed" }, value: failed },
  ];
  return [
    counter("varve_compressions", "Sealed segments compressed, or tried to.", outcomes),
    gauge("varve_compression_backlog", "Sealed segments that wait for compression or are under it.", one(backlog)),
    { ...counter("varve_compression_raw_bytes", "Bytes before compression.", one(rawBytes)), unit: "bytes" },
    {
      ...counter("varve_compression_compressed_bytes", "Bytes after compression.", one(compressedBytes)),
      unit: "bytes",
    },
  ];
}

function stateFamilies(stats: StoreStats): readonly MetricFamily[] {
  return [
    gauge("varve_open_journals", "Journals whose active file is open.", one(stats.openJournals)),
    gauge("varve_held_folders", "Server folders whose lock the store has.", one(stats.heldFolders)),
    gauge("varve_failing_journals", "Journals whose records the file system refuses now.", one(stats.failures.length)),
    { ...gauge("varve_queued_bytes", "Bytes that wait for the disk.", one(stats.queuedBytes)), unit: "bytes" },
  ];
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: "gauge", help, samples };
}

function one(value: number): readonly MetricSample[] {
  return [{ labels: {}, value }];
}
