/**
 * Records on their way to the journals of the services that sent them.
 *
 * @module
 */

import type { JournalKey } from "../model/journal_key.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { TimeNs } from "../model/time.ts";
import type { Resource } from "./model.ts";

/** The server of telemetry whose resource names no service. */
const UNNAMED_SERVER = "misc";

/** What a request does not say itself. */
export interface ReceiveOptions {
  /** The stack of resources without `service.namespace`. */
  readonly defaultStack: string;
  /** The time of what carries none. */
  readonly receivedTime: TimeNs;
}

/** What one request brought for one journal. */
export interface RecordGroup {
  readonly key: JournalKey;
  /** In the order of the request. */
  readonly records: readonly TelemetryRecord[];
  /** Log records, spans or data points in `records`, as OTLP counts rejected ones. */
  readonly itemCount: number;
}

/** Collects what belongs to one journal each. */
export class JournalItems<T> {
  readonly #signal: string;
  readonly #defaultStack: string;
  readonly #items = new Map<string, { key: JournalKey; items: T[] }>();

  /** For journals of `signal`; telemetry whose resource names no stack goes to `defaultStack`. */
  constructor(signal: string, defaultStack: string) {
    this.#signal = signal;
    this.#defaultStack = defaultStack;
  }

  /** The items of the journal for a resource, to add to: `service.namespace` is the stack, `service.name` the server. */
  itemsOf(resource: Resource | undefined): T[] {
    const stack = textAttribute(resource, "service.namespace") ?? this.#defaultStack;
    const server = textAttribute(resource, "service.name") ?? UNNAMED_SERVER;
    const id = JSON.stringify([stack, server]);
    const known = this.#items.get(id);
    if (known !== undefined) return known.items;
    const items: T[] = [];
    this.#items.set(id, { key: { stack, server, signal: this.#signal }, items });
    return items;
  }

  /** Every journal with at least one item, in the order of the first ones. */
  journals(): readonly { readonly key: JournalKey; readonly items: readonly T[] }[] {
    return [...this.#items.values()].filter(({ items }) => items.length > 0);
  }
}

function textAttribute(resource: Resource | undefined, name: string): string | undefined {
  const value = resource?.attributes.find(({ key }) => key === name)?.value ?? {};
  return "stringValue" in value && value.stringValue !== "" ? value.stringValue : undefined;
}
