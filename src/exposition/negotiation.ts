/**
 * Which format a scraper gets.
 *
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 * @module
 */

import type { ExpositionFormat } from "./text_format.ts";

/** A format, and the Content-Type that names it. */
export interface NegotiatedFormat {
  readonly format: ExpositionFormat;
  readonly contentType: string;
}

const PROMETHEUS: NegotiatedFormat = {
  format: "prometheus",
  contentType: "text/plain; version=0.0.4; charset=utf-8",
};
const OPENMETRICS: NegotiatedFormat = {
  format: "openmetrics",
  contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Picks the format that an `Accept` header likes best; Prometheus text where it names none of ours, or is absent. */
export function negotiateFormat(accept: string | null): NegotiatedFormat {
  let best = { quality: 0, offer: PROMETHEUS };
  for (const range of (accept ?? "").split(",").map(parseMediaRange)) {
    const offer = offerFor(range);
    if (offer !== undefined && range.quality > best.quality) best = { quality: range.quality, offer };
  }
  return best.offer;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseMediaRange(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim().toLowerCase());
  const parameters = new Map(rest.map((part) => {
    const [name = "", value = ""] = part.split("=", 2);
    return [name.trim(), value.trim().replace(/^"(.*)"$/, "$1")];
  }));
  const quality = Number(parameters.get("q") ?? "1");
  return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

function offerFor({ type, parameters }: MediaRange): NegotiatedFormat | undefined {
  const version = parameters.get("version");
  const escaping = parameters.get("escaping");
  if (type === "application/openmetrics-text" && (version ?? "1.0.0") === "1.0.0") {
    return escaping === undefined ? OPENMETRICS : withEscaping(escaping);
  }
  if (type === "text/plain" && (version ?? "0.0.4") === "0.0.4") return PROMETHEUS;
  return type === "*/*" || type === "text/*" ? PROMETHEUS : undefined;
}

/** Whoever asks for a way of escaping names is told which one was used. Ours need none, which suits these two. */
function withEscaping(escaping: string): NegotiatedFormat {
  const scheme = escaping === "allow-utf-8" ? "allow-utf-8" : "underscores";
  return { ...OPENMETRICS, contentType: `${OPENMETRICS.contentType}; escaping=${scheme}` };
}
