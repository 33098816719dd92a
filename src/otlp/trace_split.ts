/**
 * Cuts spans into parts whose lines are short enough for a journal.
 *
 * @module
 */

import { BYTES_PER_CHAR_MAX } from "../limits.ts";
import { encodeRecord } from "../model/record.ts";
import { writeJson } from "./json_writer.ts";
import type { MessageType } from "./message.ts";
import { RESOURCE_SPANS, SCOPE_SPANS, SPAN, TRACES_DATA } from "./messages.ts";
import type { ResourceSpans, ScopeSpans, Span, TracesData } from "./model.ts";

/** A field's name, brackets and comma around a list of spans or scopes, or around the list of resources. */
const LIST_BYTES = '{"resourceSpans":[]},'.length;

/** A span and what stands around it. */
interface PlacedSpan {
  readonly resourceSpans: ResourceSpans;
  readonly scopeSpans: ScopeSpans;
  readonly span: Span;
}

/**
 * Returns `data` itself if its line has at most `recordMaxBytes`, else parts of it, in order, that do. A span that alone
 * is longer makes a part of its own. Every part repeats the resource and the scope of its spans.
 */
export function splitTraces(data: TracesData, recordMaxBytes: number): readonly TracesData[] {
  const text = encodeRecord(writeJson(TRACES_DATA, data));
  if (text.length * BYTES_PER_CHAR_MAX <= recordMaxBytes || countBytes(text) <= recordMaxBytes) return [data];
  const parts: PlacedSpan[][] = [];
  let part: PlacedSpan[] = [];
  let partBytes = 0;
  for (const placed of placedSpans(data)) {
    partBytes += addedBytes(placed, part.at(-1));
    if (part.length === 0 || partBytes > recordMaxBytes) {
      part = [];
      parts.push(part);
      partBytes = LIST_BYTES + addedBytes(placed, undefined);
    }
    part.push(placed);
  }
  return parts.map(assemble);
}

function placedSpans({ resourceSpans }: TracesData): readonly PlacedSpan[] {
  return resourceSpans.flatMap((resourceSpans) =>
    resourceSpans.scopeSpans.flatMap((scopeSpans) =>
      scopeSpans.spans.map((span) => ({ resourceSpans, scopeSpans, span }))
    )
  );
}

/** What a span adds to the line after `previous`: itself, and its scope and resource if they are others. */
function addedBytes({ resourceSpans, scopeSpans, span }: PlacedSpan, previous: PlacedSpan | undefined): number {
  let bytes = measure(SPAN, span) + 1;
  if (scopeSpans !== previous?.scopeSpans) bytes += LIST_BYTES + measure(SCOPE_SPANS, { ...scopeSpans, spans: [] });
  if (resourceSpans !== previous?.resourceSpans) {
    bytes += LIST_BYTES + measure(RESOURCE_SPANS, { ...resourceSpans, scopeSpans: [] });
  }
  return bytes;
}

function assemble(part: readonly PlacedSpan[]): TracesData {
  const byResource = Map.groupBy(part, ({ resourceSpans }) => resourceSpans);
  const resourceSpans = Array.from(byResource, ([resourceSpans, ofResource]) => {
    const byScope = Map.groupBy(ofResource, ({ scopeSpans }) => scopeSpans);
    const scopeSpans = Array.from(byScope, ([scopeSpans, ofScope]) => ({
      ...scopeSpans,
      spans: ofScope.map(({ span }) => span),
    }));
    return { ...resourceSpans, scopeSpans };
  });
  return { resourceSpans };
}

function measure<T extends object>(type: MessageType<T>, message: T): number {
  return countBytes(encodeRecord(writeJson(type, message)));
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
