/**
 * A log-structured telemetry store for Deno and Bun on plain NDJSON files.
 *
 * @module
 */

export {
  type DamagedPlace,
  FilterSyntaxError,
  type LockHolder,
  SegmentCorruptError,
  StoreClosedError,
  StoreLockedError,
  StoreWriteError,
  WipeTimeoutError,
} from "./src/errors.ts";
export type { InventoryRecord } from "./src/inventory/inventory.ts";
export type { CompressionStats } from "./src/journal/compressor.ts";
export type { Journal } from "./src/journal/journal.ts";
export type { DropReason, RecordAccount } from "./src/model/account.ts";
export type {
  AggregateFunction,
  AggregatePoint,
  AggregateQuery,
  AggregateResult,
  AggregateSeries,
} from "./src/model/aggregate.ts";
export type { Cursor } from "./src/model/cursor.ts";
export type { ComparisonOperator, Filter, FilterValue } from "./src/model/filter.ts";
export type { JournalKey } from "./src/model/journal_key.ts";
export type { TelemetryRecord } from "./src/model/record.ts";
export type { Durability } from "./src/model/signal.ts";
export type { TimeInput } from "./src/model/time.ts";
export type { RetentionOptions, SegmentOptions, SignalRetentionOptions, StoreOptions } from "./src/options.ts";
export type { Clock, StopTimer } from "./src/platform/clock.ts";
export type {
  DirectoryEntry,
  FileHandle,
  FileInfo,
  FileKind,
  FileLock,
  FileSystem,
  OpenMode,
} from "./src/platform/file_system.ts";
export type {
  JournalSelection,
  ReadQuery,
  RecordOrder,
  RecordReader,
  RecordSelection,
  RecordStream,
  StoredRecord,
} from "./src/model/query.ts";
export { parseFilter } from "./src/filter/syntax.ts";
export type {
  LeftoverFile,
  VerificationOptions,
  VerificationProgress,
  VerificationSelection,
  Verified,
  VerifiedSegment,
} from "./src/query/verification.ts";
export { listTraces, type TraceList } from "./src/signals/trace_list.ts";
export type { TraceOrder, TraceQuery } from "./src/signals/trace_selection.ts";
export type { TraceSummary } from "./src/signals/trace_summary.ts";
export { type JsonSpan, readTrace, type ReadTraceOptions, type Trace, type TraceSpan } from "./src/signals/traces.ts";
export type { StoreStats } from "./src/journal/stats.ts";
export { type InventorySelection, openStore, type Store, type WipeSelection } from "./src/store.ts";
