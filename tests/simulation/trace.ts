/**
 * What a run did, in order: the last lines of it for a person, and a checksum of all for comparing two runs.
 *
 * @module
 */

const LINES_MAX = 4000;
/** A wipe request has a name that nobody could draw again. */
const REQUEST_ID = /\.wipe-[0-9a-f-]+/;

/** See the module. */
export class Trace {
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;

  /** The checksum of every line, in hex. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** Notes a line. */
  add(line: string): void {
    const plain = line.includes(".wipe-") ? line.replace(REQUEST_ID, ".wipe-…") : line;
    let hash = this.#hash;
    for (let at = 0; at < plain.length; at++) hash = Math.imul(hash ^ plain.charCodeAt(at), 0x01000193);
    this.#hash = hash;
    if (this.#lines.length === LINES_MAX) this.#lines.splice(0, LINES_MAX / 2);
    this.#lines.push(plain);
  }

  /** The last lines. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }
}
