/**
 * Inflates gzip and raw deflate as they come in.
 *
 * @module
 */

import * as zlib from "node:zlib";

/** Compressed bytes that are inflated in one step; deflate makes at most a thousand times as many of them. */
export const INFLATE_STEP_BYTES = 16 * 1024;

/**
 * Inflates one gzip member, or several, step by step: memory is bounded by what a step inflates to. Everything before
 * the step with the damage is given before the error is thrown.
 *
 * @throws {Error} If the bytes are damaged or end too early; its `code` begins with `Z_`. What `chunks` throws comes through.
 */
export function inflateGzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  return inflate(chunks, zlib.createGunzip());
}

/** Like {@linkcode inflateGzip}, for a deflate stream that ends in a flush or in its last block. */
export function inflateRaw(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  return inflate(chunks, zlib.createInflateRaw({ finishFlush: zlib.constants.Z_SYNC_FLUSH }));
}

async function* inflate(
  chunks: AsyncIterable<Uint8Array>,
  inflater: zlib.Gunzip | zlib.InflateRaw,
): AsyncGenerator<Uint8Array, void, void> {
  const inflated: Uint8Array[] = [];
  let failure: Error | undefined;
  let isEnded = false;
  let resume = () => {};
  inflater.on("data", (bytes: Uint8Array) => inflated.push(bytes));
  inflater.on("end", () => {
    isEnded = true;
    resume();
  });
  inflater.on("error", (error: Error) => {
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
      for (let start = 0; start < chunk.length; start += INFLATE_STEP_BYTES) {
        await step(() => inflater.write(chunk.subarray(start, start + INFLATE_STEP_BYTES), () => resume()));
        yield* inflated.splice(0);
        if (failure !== undefined) throw failure;
        // What follows the last member is not gzip, and no runtime answers when it is written.
        if (isEnded) return;
      }
    }
    await step(() => inflater.end());
    yield* inflated.splice(0);
    if (failure !== undefined) throw failure;
  } finally {
    inflater.destroy();
  }
}
