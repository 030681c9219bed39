/** Links: only what is whole is taken for an invoice. */
import { describe, expect, test } from "vitest";

const { parseLink } = await import("../src/invoice");

const GOOD = {
  chain: "31337",
  checkout: "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
  program: "2",
  order: "A-1",
  amount: "12.5",
  reference: "USD 0.13 ☕",
  expiry: "1767571200",
  signature: "0x1234",
  id: "abc",
};

const link = (changes: Record<string, string> = {}) => `#${new URLSearchParams({ ...GOOD, ...changes })}`;

test("a whole link is read", () => {
  const invoice = parseLink(link());
  expect(invoice).toMatchObject({ chainId: 31337, programId: 2, orderId: "A-1", amount: 125n * 10n ** 17n, reference: "USD 0.13 ☕" });
});

describe.each([
  ["amount", "0"],
  ["amount", "1e18"],
  ["amount", "-1"],
  ["chain", ""],
  ["program", "two"],
  ["expiry", "1.5"],
  ["checkout", "0x12"],
  ["checkout", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0513"],
  ["signature", "none"],
  ["order", ""],
  ["order", "x".repeat(33)],
  ["reference", "☕".repeat(11)],
])("%s = %s", (name, value) => {
  test("is no invoice", () => expect(parseLink(link({ [name]: value }))).toBeNull());
});
