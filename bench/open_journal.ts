/**
 * P7: does a journal take longer to open the more it holds?
 *
 * - Measured: from `openStore` to the newest 100 records, with the journal opened and a first record appended and flushed
 *   in between, in ms. Each time in a new process and on a copy of the journal as it was made; the runtime's own start is
 *   not in it, the files are in the page cache. The peer is the smallest journal.
 * - Size: 10 MiB, 100 MiB and 1 GiB of records: six compressed segments, three that wait for compression, and an active one
 *   (small: 64 and 256 KiB); 5 rounds.
 * - A worse number: find what reads a whole segment, or something of each segment, before the first answer.
 *
 * Command line: `deno run -A bench/main.ts P7`, `bun bench/main.ts P7`
 *
 * @module
 */

import { type Bench, type BenchRun, type Comparison, median, roundCount } from "./comparison.ts";
import { runProgram } from "./program.ts";
import type { JournalOpening } from "./programs/open_journal.ts";
import { cloneJournal, makeJournal } from "./subjects/journal_parts.ts";

const MIB = 1024 * 1024;
const SIZES_BYTES = { small: [MIB / 16, MIB / 4], real: [10 * MIB, 100 * MIB, 1024 * MIB] } as const;
const TAIL_RECORDS = 100;

/** A journal that was made, and what opening it took, round by round. */
interface MeasuredJournal {
  readonly name: string;
  readonly directory: string;
  readonly records: number;
  readonly openMs: number[];
}

/** See the module. */
export const openJournal: Bench = {
  ids: ["P7"],
  async run(run) {
    const journals: MeasuredJournal[] = [];
    for (const sizeBytes of SIZES_BYTES[run.size]) {
      const directory = run.directory();
      const records = await makeJournal(directory, sizeBytes);
      journals.push({ name: `${sizeBytes / MIB} MiB`, directory, records, openMs: [] });
    }
    for (let round = 0; round < roundCount(run); round++) {
      for (const journal of journals) journal.openMs.push(measure(run, journal));
      const times = journals.map(({ name, openMs }) => `${name} ${openMs.at(-1)?.toFixed(1)} ms`);
      run.report(`open journal round ${round + 1}: ${times.join(", ")}`);
    }
    const [smallest, ...larger] = journals;
    return smallest === undefined ? [] : larger.map((journal) => compare(journal, smallest));
  },
};

function measure(run: BenchRun, { name, directory }: MeasuredJournal): number {
  const copy = run.directory();
  cloneJournal(directory, copy);
  const { openMs, records }: JournalOpening = runProgram("open_journal.ts", [copy]);
  if (records === TAIL_RECORDS) return openMs;
  throw new Error(`Cannot measure a journal of ${name}: its tail has ${records} records`);
}

function compare(journal: MeasuredJournal, smallest: MeasuredJournal): Comparison {
  return {
    id: "P7",
    what: `open, append, tail 100 of ${journal.name}`,
    unit: "ms",
    ours: median(journal.openMs),
    peer: { name: smallest.name, value: median(smallest.openMs) },
    ratios: journal.openMs.map((ms, round) => ms / (smallest.openMs[round] ?? Number.NaN)),
    must: "1.5×",
    moonshot: "30 ms",
    proof: `${journal.records} records`,
  };
}
