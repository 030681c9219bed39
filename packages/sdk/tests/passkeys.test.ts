/** Passkeys: what is no assertion, or not the one that was asked for, is refused with a sentence before anything is sent. */
import { p256 } from "@noble/curves/nist";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../src/abi";
import { concat, hexOf, numberHex, sizeOf, utf8Of, type Address, type Hex } from "../src/hex";
import { checkAssertion, numbersOf, passkeySigner, recoveredKey, webauthnSignature, type Assertion } from "../src/passkeys";
import { acts, signerOf, withdrawAll } from "../src/vaults";
import VECTORS from "./vectors.json";

const ORDER = p256.CURVE.n;
const [alice, bob] = VECTORS.passkeys as [Passkey, Passkey];
type Passkey = (typeof VECTORS.passkeys)[number];
const of = (passkey: Passkey, at: number): Assertion & { challenge: Hex } => {
  const { challenge, authenticatorData, clientDataJSON, signature } = passkey.assertions[at] as Passkey["assertions"][number];
  return { authenticatorData, signature, challenge, clientDataJSON: hexOf(utf8Of(clientDataJSON)) } as Assertion & { challenge: Hex };
};
const good = of(alice, 0);

function integer(value: bigint): Hex {
  const digits = value.toString(16);
  const even: Hex = `0x${digits.length % 2 ? "0" : ""}${digits}`;
  const bytes = value === 0n || parseInt(even.slice(2, 4), 16) > 0x7f ? concat(["0x00", value ? even : "0x"]) : even;
  return concat([numberHex(0x02, 1), numberHex(sizeOf(bytes), 1), bytes]);
}

const der = (r: bigint, s: bigint): Hex => {
  const numbers = concat([integer(r), integer(s)]);
  return concat(["0x30", numberHex(sizeOf(numbers), 1), numbers]);
};

test.each([
  [1n, 1n],
  [0x7fn, 1n << 200n],
  [1n << 255n, ORDER - 1n],
  [(1n << 240n) - 1n, 1n << 128n],
])("r %d and s %d are read, with s low", (r, s) => {
  const { r: found, s: low } = numbersOf(der(r, s));
  expect([found, low]).toEqual([r, s > ORDER / 2n ? ORDER - s : s]);
});

const whole = der(1n << 200n, 1n << 190n);

test.each([
  ["nothing", "0x"],
  ["one byte", "0x30"],
  ["cut off", whole.slice(0, -2)],
  ["too long", `${whole}00`],
  ["no sequence", `0x31${whole.slice(4)}`],
  ["the long form", `0x3081${whole.slice(4)}`],
  ["no integer", `${whole.slice(0, 6)}03${whole.slice(8)}`],
  ["a negative number", "0x3006020180020101"],
  ["an empty number", "0x30050200020101"],
  ["a number beyond the end", "0x3006020901020101"],
  ["three numbers", "0x3009020101020101020101"],
  ["r of 0", der(0n, 1n)],
  ["s of 0", der(1n, 0n)],
  ["r of the order", der(ORDER, 1n)],
  ["s of the order", der(1n, ORDER)],
])("a signature with %s is refused", (_, signature) => {
  expect(() => numbersOf(signature as Hex)).toThrow(expect.objectContaining({ key: "passkey.unreadable" }));
});

test("places are searched: client data may have any order and length", () => {
  const text = '{"other ☕":"x","challenge":"AA","origin":"https://a","type":"webauthn.get"}';
  const encoded = webauthnSignature({ ...good, clientDataJSON: hexOf(utf8Of(text)) });
  const bytes = Buffer.from(text);
  const values = decode(["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"].map((type) => ({ type })), encoded);
  expect(values.slice(2, 4)).toEqual([BigInt(bytes.indexOf('"challenge":"')), BigInt(bytes.indexOf('"type":"'))]);
});

describe("an assertion", () => {
  const flagged = (flags: number): Hex => `${good.authenticatorData.slice(0, 66)}${flags.toString(16).padStart(2, "0")}${good.authenticatorData.slice(68)}` as Hex;
  test.each([
    ["without presence or verification", { authenticatorData: flagged(0) }, "passkey.unverified"],
    ["without verification", { authenticatorData: flagged(1) }, "passkey.unverified"],
    ["that is cut off", { authenticatorData: good.authenticatorData.slice(0, -2) as Hex }, "passkey.unreadable"],
    ["of the making of a passkey", { clientDataJSON: hexOf(utf8Of('{"type":"webauthn.create","challenge":"AA"}')) }, "passkey.unreadable"],
    ["of another challenge", { clientDataJSON: of(alice, 1).clientDataJSON }, "passkey.otherVault"],
  ])("%s is refused", (_, change, key) => {
    expect(() => checkAssertion({ ...good, ...change }, good.challenge, "localhost")).toThrow(expect.objectContaining({ key }));
  });

  test("of another site is refused", () => {
    expect(() => checkAssertion(good, good.challenge, "example.org")).toThrow(expect.objectContaining({ key: "passkey.otherSite" }));
  });

  test("with a cloned counter is as good as any: it is no nonce", () => {
    const counted = `${good.authenticatorData.slice(0, -8)}00000007` as Hex;
    expect(() => checkAssertion({ ...good, authenticatorData: counted }, good.challenge, "localhost")).not.toThrow();
  });
});

test.each([
  ["one assertion twice", good, good],
  ["two passkeys", good, of(bob, 1)],
])("no key is recovered of %s", (_, one, other) => {
  expect(() => recoveredKey(one, other)).toThrow(expect.objectContaining({ key: "passkey.twoKeys" }));
});

test("a point off the curve is no signer, nor is what is too short", () => {
  expect(() => passkeySigner(alice.verifier as Address, { x: BigInt(alice.x), y: BigInt(alice.y) + 1n })).toThrow();
  expect(() => signerOf("0x12")).toThrow(RangeError);
});

test("leaving with everything claims first; without nodes there is nothing to claim", () => {
  const to = alice.verifier as Address;
  expect(withdrawAll(to, [7n])).toEqual([acts.claim([7n]), acts.withdraw(to, [7n], (1n << 256n) - 1n)]);
  expect(withdrawAll(to, [])).toEqual([acts.withdraw(to, [], (1n << 256n) - 1n)]);
  expect(acts.claim([7n]).data).toBe(encode([{ type: "uint256[]" }], [[7n]]));
});
