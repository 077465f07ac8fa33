import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode } from "../../src/core/msgpack";

/** What JSON has, with keys that may be anything. */
const value = fc.jsonValue({ depthSize: "medium", maxDepth: 6 }).map((one) => JSON.parse(JSON.stringify(one)));

test("what is encoded is decoded as it was", () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(decode(encode(one))).toEqual(one);
    }),
  );
  for (const size of [31, 32, 255, 256, 65_535, 65_536]) {
    expect(decode(encode("é".repeat(size / 2)))).toBe("é".repeat(size / 2));
    expect(decode(encode(Array(size).fill(1)))).toHaveLength(size);
  }
});

test.each([
  [
    "a whole number of each size",
    "96cc80cd0100ce00010000cf001fffffffffffffd080d1ff00",
    [128, 256, 65_536, 2 ** 53 - 1, -128, -256],
  ],
  ["negative ones of four and eight bytes", "92d2ffff0000d3ffe0000000000001", [-65_536, -(2 ** 53) + 1]],
  ["a float of four bytes", "ca3fc00000", 1.5],
  ["a text and a map with their lengths beside them", "de0001d90161da000162", { a: "b" }],
  ["a text, an array and a map of 32 bits", "df00000001db0000000161dd0000000102", { a: [2] }],
])("%s is decoded", (_, hex, expected) => {
  expect(decode(bytes(hex))).toEqual(expected);
});

test.each([
  ["an extension type", "d40001"],
  ["a text that ends early", "a3616"],
  ["an array that ends early", "9201"],
])("%s is refused", (_, hex) => {
  expect(() => decode(bytes(hex))).toThrow(RangeError);
});

test("a field that is undefined is left out", () => {
  expect(decode(encode({ a: 1, b: undefined }))).toEqual({ a: 1 });
});

const bytes = (hex: string) => new Uint8Array((hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
