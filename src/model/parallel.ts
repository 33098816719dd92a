/**
 * Work that runs side by side, but not all at once.
 *
 * @module
 */

/**
 * Calls `work` for each item, `atOnce` of them at a time, and resolves when all have ended. One that fails stops none of
 * the others; the first failure is thrown at the end.
 */
export async function forEachParallel<Item>(
  items: Iterable<Item>,
  { atOnce, work }: { readonly atOnce: number; readonly work: (item: Item) => Promise<void> },
): Promise<void> {
  const failures: unknown[] = [];
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      try {
        await work(next.value);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failures.length > 0) throw failures[0];
}
