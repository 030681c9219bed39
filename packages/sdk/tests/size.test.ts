/** What signs a payment is small enough for any page, and smaller than with larger libraries. */
import { expect, test } from "vitest";
import { sizeOfSigning } from "../size.mjs";

const MOST_BYTES = 50_000;

test("payment signing has at most 50,000 bytes, minified", async () => {
  expect(await sizeOfSigning()).toBeLessThanOrEqual(MOST_BYTES);
});
