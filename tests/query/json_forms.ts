/**
 * JSON as any writer may write it: the same value in many forms.
 *
 * @module
 */

/** Numbers from 0 up to and without 1. */
export type Random = () => number;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** One of some values, of which there is at least one. */
export function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value;
}

/** A value as JSON in one of its forms: white space, escapes and forms of numbers are random. */
export function jsonForm(value: unknown, random: Random): string {
  if (typeof value === "string") return stringForm(value, random);
  if (typeof value === "number") return numberForm(value, random);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map((each) => spaced(jsonForm(each, random), random)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) =>
    `${spaced(stringForm(key, random), random)}:${spaced(jsonForm(field, random), random)}`
  );
  return `{${fields.join(",")}}`;
}

function spaced(text: string, random: Random): string {
  return random() < 0.8 ? text : `${pick(["", " ", "\t", "\r"], random)}${text}${pick(["", "  "], random)}`;
}

function stringForm(text: string, random: Random): string {
  const isWild = random() < 0.15;
  const form = (unit: string) => {
    const mustEscape = unit < " " || unit === '"' || unit === "\\" || /[\ud800-\udfff]/.test(unit);
    const short = SHORT_ESCAPES[unit];
    if (short !== undefined && random() < (mustEscape ? 0.9 : 0.3)) return short;
    const number = `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return mustEscape || (isWild && random() < 0.3)
      ? (random() < 0.5 ? number : number.toUpperCase().replace("U", "u"))
      : unit;
  };
  // Halves of a pair that belong together may stand as they are.
  return `"${
    Array.from(text, (character) => isWhole(character) && random() < 0.8 ? character : unitsOf(character, form)).join(
      "",
    )
  }"`;
}

function unitsOf(character: string, form: (unit: string) => string): string {
  return character.split("").map(form).join("");
}

function isWhole(character: string): boolean {
  return (character.codePointAt(0) ?? 0) > 0xffff;
}

function numberForm(value: number, random: Random): string {
  const plain = JSON.stringify(value);
  const forms = [plain, plain, plain, value.toExponential().replace("e+", pick(["e+", "E", "e"], random))];
  if (Number.isInteger(value) && !plain.includes("e")) {
    // Read as the same number, since what is past its digits is rounded away.
    const nines = BigInt(value) > 0n ? `${BigInt(value) - 1n}.${"9".repeat(18)}` : plain;
    forms.push(`${plain}.0`, `${plain}.000`, `${plain}.01`, nines);
  }
  if (!plain.includes("e") && plain.includes(".")) forms.push(`${plain}0`);
  const form = forms[Math.floor(random() * forms.length)] ?? plain;
  return Number(form) === value ? form : plain;
}
