/**
 * Random filters: conditions that are joined, negated and put into parentheses, as a tree and as text.
 *
 * @module
 */
import type { Filter } from "../../src/model/filter.ts";
import { pick, type Random } from "./json_forms.ts";
import { type FilterSource, randomCondition, type ReferenceFilter } from "./reference_conditions.ts";

/** A filter, and how tightly the parts of its text hold together. */
interface Part extends ReferenceFilter {
  readonly binding: (typeof BINDINGS)[number];
}

/** What is put together from parts. */
interface Joint {
  readonly kind: "all" | "any";
  readonly binding: "and" | "or";
  readonly texts: readonly [string, ...string[]];
}

/** From the loosest to the tightest. */
const BINDINGS = ["or", "and", "not", "condition"] as const;

const AND: Joint = { kind: "all", binding: "and", texts: [" ", " and ", "  AND\t"] };
const OR: Joint = { kind: "any", binding: "or", texts: [" or ", " OR "] };

/** A random filter of one to a dozen conditions. */
export function randomFilter(source: FilterSource): ReferenceFilter {
  const { filter, text } = randomPart(source, 0);
  return { filter, text: text === undefined ? undefined : spaced(text, source.random) };
}

function randomPart(source: FilterSource, depth: number): Part {
  const { random } = source;
  const kind = random();
  if (depth >= 3 || kind < 0.5) return { ...randomCondition(source), binding: "condition" };
  if (kind < 0.6) return negation(randomPart(source, depth + 1), random);
  if (kind < 0.61) {
    const filter: Filter = { kind: kind < 0.605 ? "all" : "any", filters: [] };
    return { filter, text: undefined, binding: "condition" };
  }
  const parts = Array.from({ length: 2 + Math.floor(random() * 2) }, () => randomPart(source, depth + 1));
  return joined(parts, { joint: kind < 0.79 ? AND : OR, random });
}

function joined(
  parts: readonly Part[],
  { joint, random }: { readonly joint: Joint; readonly random: Random },
): Part {
  const { kind, binding } = joint;
  const texts = parts.map((part) => within(part, { binding, random }));
  const isText = texts.every((text) => text !== undefined);
  const text = isText
    ? texts.reduce((all, each) => {
      // Behind a space alone, an operator for patterns could belong to the text before it.
      const between = kind === "all" && /^!?~/.test(each) ? " and " : pick(joint.texts, random);
      return `${all}${between}${each}`;
    })
    : undefined;
  return { filter: { kind, filters: parts.map(({ filter }) => filter) }, text, binding };
}

function negation(part: Part, random: Random): Part {
  const inner = within(part, { binding: "not", random });
  const text = inner === undefined ? undefined : `${pick(["not ", "!", "! ", "NOT "], random)}${inner}`;
  return { filter: { kind: "not", filter: part.filter }, text, binding: "not" };
}

/** A part's text within one that binds so tightly: in parentheses where it has to be, and now and then where not. */
function within(
  part: Part,
  { binding, random }: { readonly binding: Part["binding"]; readonly random: Random },
): string | undefined {
  if (part.text === undefined) return undefined;
  const isLooser = BINDINGS.indexOf(part.binding) < BINDINGS.indexOf(binding);
  return isLooser || random() < 0.1 ? `(${spaced(part.text, random)})` : part.text;
}

function spaced(text: string, random: Random): string {
  return random() < 0.1 ? `${pick([" ", "\t"], random)}${text}${pick(["", "  "], random)}` : text;
}
