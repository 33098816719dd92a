import assert from "node:assert/strict";
import { test } from "node:test";
import { NumberReader } from "../../src/aggregation/number_reader.ts";
import { seededRandom } from "../recovery/stores.ts";

const encoder = new TextEncoder();

function read(text: string): number {
  const bytes = encoder.encode(`"n":${text},`);
  const reader = new NumberReader();
  assert.equal(reader.read(bytes, 4), bytes.length - 1, text);
  return reader.value;
}

const NUMBERS = [
  ...[
    "0",
    "7",
    "-7",
    "0.1",
    "-0.1",
    "123.456",
    "0.000001",
    "1e3",
    "-1.5E-3",
    "1e308",
    "1e-320",
    "5e-324",
    "1e999",
    "-1e999",
  ],
  ...[
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "90071992547409.93",
    "-0.9007199254740993",
  ],
  ...[
    "0.30000000000000004",
    "2.2250738585072011e-308",
    "179769313486231570000000000000000000000",
    "18446744073709551615",
  ],
  ...["0.0000000000000000000001", "0.00000000000000000000001", "0.000000000000000000000012345", "123456789012345.6789"],
  ...["0.00000000000000000000000000001", "1.00000000000000000000000000001", "100000000000000000000000"],
];

for (const text of NUMBERS) {
  test(`NumberReader: ${text}`, () => assert.equal(read(text), Number(text)));
}

for (const text of ["-0", "-0.0", "-0e5"]) {
  test(`NumberReader: ${text} has no sign`, () => assert.ok(Object.is(read(text), 0)));
}

for (const text of ['"1.5"', '""', "true", "null"]) {
  test(`NumberReader: ${text} is no number`, () => assert.ok(Number.isNaN(read(text))));
}

for (
  const text of ["", "-", "+1", "01", "-01", "00", "1.", "-.5", ".5", "1.e5", "1e", "1e+", "0x1", "1_0", "x", "{}"]
) {
  test(`NumberReader: "${text}" is no JSON`, () => {
    const bytes = encoder.encode(`${text},\n`);
    // What starts with a number ends before its end.
    assert.notEqual(new NumberReader().read(bytes, 0), bytes.length - 2);
  });
}

test("NumberReader: is the nearest number, as Number has it, for 200,000 texts", () => {
  for (let seed = 1; seed <= 200_000; seed++) {
    const random = seededRandom(seed);
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
    const fraction = random() < 0.7 ? `.${digits(1 + Math.floor(random() * 12))}` : "";
    const exponent = random() < 0.1 ? `e${Math.floor(random() * 40 - 20)}` : "";
    const text = `${random() < 0.3 ? "-" : ""}${BigInt(digits(1 + Math.floor(random() * 12)))}${fraction}${exponent}`;
    assert.equal(read(text), Number(text) + 0, `seed ${seed}: ${text}`);
  }
});

test("NumberReader: is what JSON.stringify wrote, for 100,000 numbers of all digits", () => {
  const random = seededRandom(5);
  for (let count = 0; count < 100_000; count++) {
    const number = (random() - 0.5) * 10 ** Math.floor(random() * 30 - 15);
    assert.equal(read(JSON.stringify(number)), number);
  }
});
