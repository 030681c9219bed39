/** Claim codes: only what is whole is taken for one, and its hash equals that of `fec.service.sales.codes`. */
import { expect, test } from "vitest";

const { hashOf, parseCode } = await import("../src/claim");

const GOOD = { code: "a".repeat(26), program: "2", chain: "31337" };
const link = (changes: Record<string, string> = {}) => `#${new URLSearchParams({ ...GOOD, ...changes })}`;

test("a whole link is read", () => {
  expect(parseCode(link())).toEqual({ code: GOOD.code, programId: 2, chainId: 31337 });
});

test.each([["code", "a".repeat(25)], ["code", "1".repeat(26)], ["code", ""], ["program", "0"], ["chain", "x"]])("%s %j is no code", (name, value) => {
  expect(parseCode(link({ [name]: value }))).toBeNull();
});

test.each([
  ["abcdefghijklmnopqrstuvwxy4", "0xd2aa079284edc34b3a2efb55e9836df1c8afe4bee81fc45628e1aa5c3d9087ce"],
  ["a".repeat(26), "0xf490de2920c8a35fabeb13208852aa28c76f9be9b03a4dd2b3c075f7a26923b4"],
])("%s has its hash", (code, hash) => {
  expect(hashOf(code)).toBe(hash);
});
