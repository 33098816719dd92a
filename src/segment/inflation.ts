/**
 * Inflates gzip as it comes in.
 *
 * @module
 */

import * as zlib from "node:zlib";

/** Compressed bytes that are inflated in one step; deflate makes at most a thousand times as many of them. */
const STEP_BYTES = 16 * 1024;

/**
 * Inflates one gzip member, or several, step by step: memory is bounded by what a step inflates to. Everything before
 * damage is given before the error is thrown.
 *
 * @throws {Error} If the bytes are damaged or end too early. What `chunks` throws comes through.
 */
export async function* inflateGzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = zlib.createGunzip();
  const inflated: Uint8Array[] = [];
  let failure: Error | undefined;
  let isEnded = false;
  let resume = () => {};
  gunzip.on("data", (bytes: Uint8Array) => inflated.push(bytes));
  gunzip.on("end", () => {
    isEnded = true;
    resume();
  });
  gunzip.on("error", (error: Error) => {
    failure = error;
    resume();
  });
  const step = async (begin: () => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    resume = resolve;
    begin();
    await promise;
  };
  try {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += STEP_BYTES) {
        await step(() => gunzip.write(chunk.subarray(start, start + STEP_BYTES), () => resume()));
        yield* inflated.splice(0);
        if (failure !== undefined) throw failure;
        // What follows the last member is not gzip, and no runtime answers when it is written.
        if (isEnded) return;
      }
    }
    await step(() => gunzip.end());
    yield* inflated.splice(0);
    if (failure !== undefined) throw failure;
  } finally {
    gunzip.destroy();
  }
}
