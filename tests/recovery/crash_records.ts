/**
 * The records that a killed process wrote: each tells from its number alone whether it is whole.
 *
 * @module
 */

/** Record `n`, some with characters of several bytes, some longer than a page of the file system. */
export function crashRecord(n: number): { readonly ts: string; readonly n: number; readonly pad: string } {
  const length = n % 97 === 0 ? 6000 : n * 7919 % 120;
  return { ts: new Date(1_777_982_400_000 + n).toISOString(), n, pad: "aé☃😀".repeat(length / 4) };
}
