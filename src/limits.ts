/**
 * Every bound of the engine and the service: its value, its unit and its reason. What a caller may change is an option
 * in `options.ts`, whose default stands here.
 *
 * @module
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const HOUR_MS = 3_600_000;

// Names

/** Bytes of a stack or server name once encoded. Leaves room for suffixes below the 255 bytes a file system allows. */
export const NAME_MAX_BYTES = 200;

// Append

/** Characters that are buffered before they are written: one write then takes about 60 µs, a thousand records' worth. */
export const BATCH_MAX_CHARS = 256 * KIB;

/** Bytes one character of a JavaScript string can become in UTF-8. */
export const BYTES_PER_CHAR_MAX = 3;

/** Default for the time that an appended record stays in memory: short enough for a person who follows a log. */
export const FLUSH_INTERVAL_MS = 100;

/** Default for the longest record. A longer one is dropped: it would make every reader hold it whole. */
export const RECORD_MAX_BYTES = MIB;

/** A synchronous write that takes longer than this makes the journal queue what follows and write it asynchronously. */
export const SLOW_WRITE_MS = 5;

/** With half of the queue full, a disk that was this slow at most is written to synchronously rather than losing records. */
export const STALLED_WRITE_MS = 250;

/** For this many times the duration of a slow write, no other one may stop the program. */
export const SLOW_WRITE_PAUSE_FACTOR = 10;

/** Past these queued bytes in one turn of the event loop, which cannot write them meanwhile, the append writes them. */
export const TURN_MAX_BYTES = MIB;

/** Queued batches are joined up to this length, so that one turn of the event loop writes what came in the one before. */
export const QUEUE_WRITE_MAX_BYTES = 2 * MIB;

/** Default for the bytes that may wait for the disk in a store. Past it records are dropped and counted. */
export const QUEUE_MAX_BYTES = 16 * MIB;

/** Time between two tries after the file system refused a write. */
export const WRITE_RETRY_MS = 1000;

/** A filling segment is synced in the background each time this many bytes were written, so that no sync is long. */
export const SYNC_EVERY_BYTES = 8 * MIB;

/** Journals that are flushed, synced or wiped side by side by one call: enough for the disk, few open files. */
export const PARALLEL_SYNCS_MAX = 32;

/** Time until a sealed segment is synced in the background. One that is compressed by then never is: its `.gz` was. */
export const SEALED_SYNC_DELAY_MS = 1000;

// Segments

/** Default size at which a segment is sealed (lumberjack's and gridctl's). */
export const SEGMENT_MAX_BYTES = 100 * MIB;

/** Largest size a caller may set: offsets in the block table have 32 bits, with room for one batch. */
export const SEGMENT_MAX_BYTES_LIMIT = GIB;

/** Raw bytes of one block of self-indexed gzip: 1 % larger files than a single block, and 0.3 ms to inflate one. */
export const BLOCK_TARGET_BYTES = 128 * KIB;

/** Bytes that a reader asks for at once. */
export const READ_CHUNK_BYTES = 256 * KIB;

/**
 * The longest line that is read: a reader holds a line whole. gridctl's have up to 5 MiB. A longer one is no record of
 * Varve's; it is passed over, as damage, without being held.
 */
export const LINE_MAX_BYTES = 16 * MIB;

/**
 * Bytes that are held of a `.gz` without a block table while it is read from its end: more than a line, and few passes for a
 * file of lumberjack's 100 MiB.
 */
export const BACKWARDS_WINDOW_BYTES = 32 * MIB;

/** Damaged places of one segment that a verification names; the others it counts. */
export const VERIFIED_PLACES_MAX = 1000;

/** zlib's level for a sealed segment: with it, blocks cost no more than they gain, against GNU `gzip -6`. */
export const COMPRESSION_LEVEL = 7;

/** With more segments than this waiting, compression uses its fastest level. */
export const COMPRESSION_BACKLOG_MAX = 2;

/** That level. */
export const COMPRESSION_LEVEL_FAST = 1;

/** A journal that has written this much will have a segment to compress. */
export const COMPRESSION_PREPARE_BYTES = MIB;

/** Sealed segments that a query holds open, so that retention cannot take them from under it. */
export const READER_OPEN_FILES_MAX = 64;

/** Time until a thread is started for the first segment that waits for compression, if there is none yet. */
export const COMPRESSION_START_DELAY_MS = 250;

/** A compressing thread gets this long to end its work before it is stopped: a sync of a whole segment may be under way. */
export const COMPRESSION_CANCEL_TIMEOUT_MS = 2000;

/**
 * Rows of a side file for each distinct token of a block. With as many, and the rows below, three of a thousand blocks
 * without a token are read for it.
 */
export const SIDE_FILE_TOKEN_BITS = 12;

/** Rows that a token marks in a side file. One more would spare a few blocks, and each is a read for every look-up. */
export const SIDE_FILE_TOKEN_ROWS = 7;

/** A side file is at most this part of its raw segment, whatever the records: a third of what the compressed one takes … */
export const SIDE_FILE_RAW_SHARE = 1 / 16;

/** … and this many bytes, so that the shortest segment has one … */
export const SIDE_FILE_BASE_BYTES = 256;

/** … and never longer than this, because the compressing thread holds it: enough for half a GiB. */
export const SIDE_FILE_MAX_BYTES = 32 * MIB;

/** Blocks of a segment whose tokens are counted to know how long the side file has to be: 1 % of the work. */
export const SIDE_FILE_SAMPLE_BLOCKS = 8;

/** Time between two looks whether the compressions of a folder are done. */
export const COMPRESSION_POLL_MS = 20;

// Queries

/** Texts that a probe looks for at once. With more, looking for each takes longer than parsing the line. */
export const PROBE_ALTERNATIVES_MAX = 16;

/** A query works for this long before it lets timers and requests through: block after block would else stop a service. */
export const QUERY_SLICE_MS = 8;

/**
 * Characters of a filter's text: what HTTP servers take as an address. Searching a record for all that fits takes a second
 * for each MiB, at worst.
 */
export const FILTER_MAX_CHARS = 8 * KIB;

/** Parentheses and negations around one condition of a filter's text: read by recursion, which they must not exhaust. */
export const FILTER_DEPTH_MAX = 100;

/** Depth of a filter that a program made; what text can say stays below it. A filter within itself passes it. */
export const FILTER_TREE_DEPTH_MAX = 256;

/** Names between the dots of a field: they are cut in two at each dot, and the halves again. */
export const FIELD_NAMES_MAX = 32;

/**
 * Steps of all regular expressions of a filter, as RE2 compiles them. Where the table of their states grows too large, each
 * takes 10 ns a character: 5 s for a MiB at worst, and 10 ms as a rule.
 */
export const PATTERN_STEPS_MAX = 500;

/** Steps, as estimated from the text, past which a regular expression is not even compiled: a million take 2 s and 300 MB. */
export const PATTERN_ESTIMATE_MAX = 20_000;

/** Tokens that side files are asked for, for one filter: each costs seven reads of a KiB in every segment. */
export const FILTER_TOKENS_MAX = 64;

/** Tokens of one text of a filter that are asked for, the longest ones: the others hardly rule out more. */
export const VALUE_TOKENS_MAX = 8;

/** Spans of one trace that are told from its others and given, and as many of its logs: they are held in memory. */
export const TRACE_MAX_SPANS = 10_000;

/**
 * How late a span is stored, and how far the clocks of two servers are apart, at most, for the trace it belongs to to be whole
 * in a list. Exporters wait for five seconds, and try again for up to a minute.
 */
export const TRACE_SLACK_MS = 60_000;

/** Of a trace that lasts beyond the range that is listed, spans are looked for this long after it. */
export const TRACE_LOOKAHEAD_MS = HOUR_MS;

/** Traces that are put together at the same time while traces are listed: 80 MB. With more, the latest are taken as whole. */
export const OPEN_TRACES_MAX = 100_000;

/** Ids of spans that are held for these, to know each span once: 50 MB. */
export const OPEN_TRACE_SPANS_MAX = 250_000;

/** Steps of an aggregation, points of each of its series: as many as Prometheus gives. */
export const AGGREGATE_STEPS_MAX = 11_000;

/** Series of an aggregation: more than anybody looks at. The records of further ones are counted together. */
export const AGGREGATE_SERIES_MAX = 1000;

/** Points of all series of an aggregation: 40 MB. A thousand series have room for a day in quarters of an hour. */
export const AGGREGATE_POINTS_MAX = 100_000;

/** Points where quantiles are asked for, which take more memory each: at least one series has room for all steps. */
export const AGGREGATE_QUANTILE_POINTS_MAX = 12_000;

/** Fields that an aggregation tells series apart by: each is looked for in every record. */
export const AGGREGATE_BY_MAX = 16;

/** Characters of a label: a series is held in memory with all of its labels. */
export const AGGREGATE_LABEL_MAX_CHARS = 1024;

/** Bytes of a record's labels, as they stand in its line, that are remembered together with its series. */
export const AGGREGATE_LABELS_MAX_BYTES = 1024;

/** Such labels that are remembered: some for each series. */
export const AGGREGATE_REMEMBERED_LABELS_MAX = 4096;

/** Values of which quantiles are exact: as many as take no more memory than the bins they would need. */
export const SKETCH_EXACT_MAX = 64;

/** Bins of a quantile's positive values, and as many of its negative ones: 17 powers of ten at 1 %. */
export const SKETCH_BINS_MAX = 2048;

/** Bins that each may have in any case: values up to 3.6 times as great as the least. */
export const SKETCH_BINS_MIN = 64;

/** Bins of an aggregation's quantiles beyond those: 64 MiB. */
export const SKETCH_BINS_TOTAL_MAX = 8 * MIB;

/**
 * Characters of the text that stands for a place in all journals of a query, so that it fits into an address of 8 KiB beside
 * the query itself: some 50 journals.
 */
export const PAGE_PLACE_MAX_CHARS = 6 * KIB;

// Retention

/** Default age of a segment at which it is pruned. */
export const RETENTION_MAX_AGE_MS = 7 * 24 * HOUR_MS;

/** Default count of sealed segments that a journal keeps. */
export const RETENTION_MAX_SEGMENTS = 5;

/** Time between two looks at the age of segments. Quiet journals outlive their limit by no more than this. */
export const RETENTION_INTERVAL_MS = 60_000;

/** A segment is at most this part of `maxTotalBytes`: one is filled, one is compressed, and the result lies beside it. */
export const SEGMENT_BUDGET_SHARE = 1 / 4;

/** The disk is asked for its free bytes this often, where the store leaves some free. */
export const FREE_BYTES_CHECK_INTERVAL_MS = 1000;

/** A disk gets this long to give back what was deleted, before more is deleted for it. */
export const FREE_BYTES_DELAY_MS = 30_000;

/** Time between two visits of `serve` to every folder under its root. */
export const PRUNE_INTERVAL_MS = HOUR_MS;

// Folders

/** A folder is looked at this often for wipe requests and for a replaced lock. */
export const FOLDER_LOOK_INTERVAL_MS = 250;

/** A wipe waits this long for the process that holds the folder. */
export const WIPE_TIMEOUT_MS = 10_000;

/** Time between two looks whether a wipe was carried out. */
export const WIPE_POLL_MS = 20;

/** A folder nobody wrote to for this long gives its lock and its files back. */
export const FOLDER_IDLE_MS = 60_000;

/** Folders a store holds at once: each costs a lock handle, of the usual 1024 open files that a process may have. */
export const OPEN_FOLDERS_MAX = 128;

/** Active segments a store has open at once, for the same reason. */
export const OPEN_SEGMENTS_MAX = 256;

// Service

/** Bytes of a request body, as sent and once inflated: OTLP's recommendation. */
export const BODY_MAX_BYTES = 64 * MIB;

/** Records of a request that are appended before the disk is asked to keep up, so that none waits for room in vain. */
export const APPEND_CHUNK_RECORDS = 1000;

/** Metric names whose metadata is remembered for each server, so that exports do not repeat it. */
export const METADATA_NAMES_MAX = 10_000;

/** Servers for which metadata is remembered. */
export const METADATA_SERVERS_MAX = 1000;

/** Metadata is written again after this long, so that retention does not lose that of a service which never restarts. */
export const METADATA_RENEWAL_MS = 24 * HOUR_MS;

/** Records or traces in an answer where the query does not say. */
export const ANSWER_DEFAULT_RECORDS = 100;

/** Records or traces in one answer at most: it is held in memory. */
export const ANSWER_MAX_RECORDS = 10_000;

/** Characters of records in one answer; a longer one ends early, and its place leads on. */
export const ANSWER_MAX_CHARS = 16 * MIB;

/** What a sender is told to wait while the disk does not take records. */
export const RETRY_AFTER_SECONDS = 5;

/** Requests under way get this long when the service stops. */
export const SHUTDOWN_GRACE_MS = 10_000;

/** Time between two looks for new records by `varve tail -f`. */
export const FOLLOW_INTERVAL_MS = 250;

// Command line

/** Time between two looks of a progress line: often enough to move, and too seldom to cost anything. */
export const PROGRESS_INTERVAL_MS = 100;

/** Characters of output that are written at once: what a pipe holds. */
export const OUTPUT_BATCH_CHARS = 64 * KIB;

/** Output waits this long at most for more of it: a search shows what it found while it goes on. */
export const OUTPUT_DELAY_MS = 50;

// OTLP

/** Depth to which OTLP attribute values nest; deeper ones are refused before they exhaust the stack. */
export const ANY_VALUE_DEPTH_MAX = 100;

/**
 * List elements of one OTLP body. Empty ones take two bytes on the wire and some hundred in memory; at this number a body
 * of 64 MiB still has room for sixteen bytes an element.
 */
export const OTLP_ELEMENTS_MAX = 4_000_000;
