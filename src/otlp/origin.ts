/**
 * Where telemetry comes from: a resource and a scope, as a record's `otlp` field holds them, and records grouped by them.
 *
 * @module
 */

import { encodeRecord } from "../model/record.ts";
import { flattenAttributes, inferAttributes } from "./flat_attributes.ts";
import { readJson, readJsonAttributes } from "./json_reader.ts";
import { writeJson } from "./json_writer.ts";
import { jsonObject, type Message, type MessageType } from "./message.ts";
import { RESOURCE, SCOPE } from "./messages.ts";
import type { InstrumentationScope, KeyValue, Resource } from "./model.ts";

/** A resource and a scope, each with the schema of its data. */
export interface Origin {
  readonly resource: Resource | undefined;
  readonly resourceSchemaUrl: string;
  readonly scope: InstrumentationScope | undefined;
  readonly scopeSchemaUrl: string;
}

/** The field `otlp` of a record, as far as it concerns the origin: `resource` and `scope`, each left out when empty. */
export type OtlpFields = Readonly<Record<string, unknown>>;

/** Items of one resource, by scope. */
export interface ResourceItems<T> {
  readonly resource: Resource | undefined;
  readonly schemaUrl: string;
  readonly scopes: readonly ScopeItems<T>[];
}

/** Items of one scope. */
export interface ScopeItems<T> {
  readonly scope: InstrumentationScope | undefined;
  readonly schemaUrl: string;
  readonly items: readonly T[];
}

/** Writes the origin of records, with attributes flat: `{ resource?: { attributes, … }, scope?: { name, … } }`. */
export function flattenOrigin(origin: Origin): OtlpFields {
  const resource = flattenHolder(RESOURCE, origin.resource, origin.resourceSchemaUrl);
  const scope = flattenHolder(SCOPE, origin.scope, origin.scopeSchemaUrl);
  return { ...(resource && { resource }), ...(scope && { scope }) };
}

/** The field `otlp` of a record; empty if there is none. */
export function otlpFieldsOf(record: Readonly<Record<string, unknown>>): OtlpFields {
  return jsonObject(record.otlp) ?? {};
}

/** Groups items by their origin. Equal origins become one, where the first of them stood; items keep their order. */
export class OriginGroups<T> {
  readonly #resources = new Map<
    string,
    { resource: Resource | undefined; schemaUrl: string; scopes: ScopeItems<T>[] }
  >();
  readonly #items = new Map<string, T[]>();

  /**
   * The items of the origin that `fields` tell, to add to.
   *
   * @throws {SyntaxError} If they are not what {@linkcode flattenOrigin} writes.
   */
  itemsOf({ resource, scope }: OtlpFields): T[] {
    const resourceKey = encodeRecord({ resource });
    const key = resourceKey + encodeRecord({ scope });
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    const items: T[] = [];
    const inferredScope = inferHolder(SCOPE, scope);
    const group = this.#resources.get(resourceKey) ?? { ...inferResource(resource), scopes: [] };
    group.scopes.push({ scope: inferredScope?.message, schemaUrl: inferredScope?.schemaUrl ?? "", items });
    this.#resources.set(resourceKey, group);
    this.#items.set(key, items);
    return items;
  }

  /** The groups, in the order of their first items. */
  groups(): readonly ResourceItems<T>[] {
    return [...this.#resources.values()];
  }
}

function inferResource(json: unknown): { resource: Resource | undefined; schemaUrl: string } {
  const inferred = inferHolder(RESOURCE, json);
  return { resource: inferred?.message, schemaUrl: inferred?.schemaUrl ?? "" };
}

type AttributeHolder = { readonly attributes: readonly KeyValue[] };

/** Resources and scopes are written alike: their other fields, then `attributes`, `typed` and `schemaUrl`. */
function flattenHolder<T extends AttributeHolder>(
  type: MessageType<T>,
  message: T | undefined,
  schemaUrl: string,
): OtlpFields | undefined {
  const attributes: Message = {};
  const typed = message && flattenAttributes(message.attributes, attributes);
  const fields = {
    ...(message && writeJson(type, { ...message, attributes: [] })),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(typed && { typed }),
    ...(schemaUrl !== "" && { schemaUrl }),
  };
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function inferHolder<T extends AttributeHolder>(
  type: MessageType<T>,
  json: unknown,
): { message: T; schemaUrl: string } | undefined {
  if (json === undefined) return undefined;
  const fields = jsonObject(json);
  if (fields === undefined) throw new SyntaxError(`Cannot read ${type.name}: expected an object, received ${json}`);
  const { attributes, typed = [], schemaUrl = "" } = fields;
  const message = readJson(type, { ...fields, attributes: undefined });
  const inferred = inferAttributes(jsonObject(attributes) ?? {}, readJsonAttributes(typed));
  return { message: { ...message, attributes: inferred }, schemaUrl: String(schemaUrl) };
}
