/**
 * Reads stores back and compares them with the model: records one by one, and the inventory with the names on the disk.
 *
 * @module
 */
import type { InventoryRecord, JournalKey, Store, StoredRecord } from "../../mod.ts";
import type { Filter } from "../../src/model/filter.ts";
import type { FileSystem } from "../../src/platform/file_system.ts";
import { MEMORY_ROOT } from "../recovery/stores.ts";
import type { JournalModel } from "./model.ts";
import { numberOf } from "./records.ts";
import { JOURNAL_KEYS } from "./scenario.ts";
import { Violation } from "./verdict.ts";

/** Where a journal's segments lie. */
export function folderOf({ stack, server }: JournalKey): string {
  return `${MEMORY_ROOT}/${stack}/${server}`;
}

/** Whether somebody asked for a wipe in a journal's folder, and nobody has answered. */
export function isWipeRequested(fileSystem: FileSystem, key: JournalKey): boolean {
  return fileSystem.list(folderOf(key)).some(({ name }) => /^\.wipe-.*\.json$/.test(name));
}

/** Whether a segment of a journal is there raw and compressed. Which of them is whole may show later. */
export function hasTwoForms(fileSystem: FileSystem, { stack, server, signal }: JournalKey): boolean {
  const names = new Set(fileSystem.list(folderOf({ stack, server, signal })).map(({ name }) => name));
  return [...names].some((name) => name.startsWith(`${signal}-`) && name.endsWith(".jsonl") && names.has(`${name}.gz`));
}

/** The numbers of a journal's records, in the order that they are read; with a filter, of those that meet it. */
export async function readNumbers(store: Store, journal: JournalModel, filter?: Filter): Promise<number[]> {
  const numbers: number[] = [];
  for await (const stored of store.read({ ...journal.key, filter })) numbers.push(checkedNumber(stored, journal));
  return numbers;
}

/** The number of a record that is, to the last character, what was appended. */
export function checkedNumber({ record }: StoredRecord, journal: JournalModel): number {
  const number = numberOf(record, journal);
  if (number === undefined) throw new Violation(`a record was changed: ${JSON.stringify(record).slice(0, 200)}`);
  return number;
}

/** Compares an inventory with the base names on the disk, unless these change while it is taken. */
export async function checkInventory(store: Store, fileSystem: FileSystem): Promise<void> {
  const before = segmentCounts(fileSystem);
  const inventory = await store.inventory();
  const after = segmentCounts(fileSystem);
  for (const [index, key] of JOURNAL_KEYS.entries()) {
    const record = inventory.find((candidate) => isOf(candidate, key));
    const counted = record?.fileCount ?? 0;
    if (before[index] !== after[index] || counted === after[index]) continue;
    throw new Violation(`the inventory counts ${counted} segments of ${key.signal}, there are ${after[index]}`);
  }
}

function isOf(record: InventoryRecord, key: JournalKey): boolean {
  return record.stack === key.stack && record.server === key.server && record.signal === key.signal;
}

/** How many segments of each journal there are: what has one name but for its ending is one. */
function segmentCounts(fileSystem: FileSystem): readonly number[] {
  return JOURNAL_KEYS.map((key) => {
    const bases = new Set<string>();
    for (const { name } of fileSystem.list(folderOf(key))) {
      const [, base] = /^([a-z]+(?:-[0-9T.-]+)?)\.jsonl(?:\.gz)?$/.exec(name) ?? [];
      if (base !== undefined && base.split("-")[0] === key.signal) bases.add(base);
    }
    return bases.size;
  });
}
