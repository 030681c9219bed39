/** Passkeys as signers: what WebAuthn gives, as the contracts take it; the twin of `fec/protocol/passkeys.py`. */
import { p256 } from "@noble/curves/nist";
import { sha256 } from "@noble/hashes/sha2";
import { encode } from "./abi";
import { FecError } from "./failure";
import { base64Of, bytesOf, concat, hexOf, numberHex, sizeOf, sliceOf, utf8Of, type Address, type Hex } from "./hex";

/** What an authenticator answers when it is asked to sign. */
export interface Assertion {
  authenticatorData: Hex;
  clientDataJSON: Hex;
  /** DER, as WebAuthn gives it. */
  signature: Hex;
}

/** A public key on P-256. */
export interface PublicKey {
  x: bigint;
  y: bigint;
}

const TYPE = '"type":"webauthn.get"';
const CHALLENGE = '"challenge":"';
/** Of authenticator data: hash of the relying party (32 bytes), flags, counter (4 bytes). */
const LEAST_AUTHENTICATOR_DATA = 37;
const FLAGS = 32;
const [USER_PRESENT, USER_VERIFIED] = [1, 4];
const [SEQUENCE, INTEGER] = [0x30, 0x02];
const LONG_FORM = 0x80;
const ORDER = p256.CURVE.n;
const VALUES = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"].map((type) => ({ type }));

/** The signer that a passkey is: verifier ‖ x ‖ y (ERC-7913). Throws RangeError for a point that is no key. */
export function passkeySigner(verifier: Address, { x, y }: PublicKey): Hex {
  p256.ProjectivePoint.fromAffine({ x, y }).assertValidity();
  return concat([verifier.toLowerCase() as Address, numberHex(x, 32), numberHex(y, 32)]);
}

/** What a browser is to be asked to sign: the challenge is the EIP-712 hash. */
export const challengeOf = (hash: Hex): Uint8Array => bytesOf(hash);

/** An assertion as the contracts take it: abi.encode of six values, s low, places searched. Throws FecError if it is none. */
export function webauthnSignature(assertion: Assertion): Hex {
  const { r, s } = numbersOf(assertion.signature);
  const { authenticatorData, clientDataJSON } = assertion;
  const places = [CHALLENGE, TYPE].map((part) => placeOf(clientDataJSON, part));
  return encode(VALUES, [numberHex(r, 32), numberHex(s, 32), ...places, authenticatorData, clientDataJSON]);
}

/**
 * Throws FecError, with the sentence for the shopper, for an assertion that the contracts would not take for this hash, or
 * that is of another relying party. Whether its key signed it is not looked at. The counter is none that counts.
 */
export function checkAssertion(assertion: Assertion, hash: Hex, relyingParty?: string): void {
  const { authenticatorData, clientDataJSON } = assertion;
  if (sizeOf(authenticatorData) < LEAST_AUTHENTICATOR_DATA) throw new FecError("passkey.unreadable");
  if (relyingParty !== undefined && sliceOf(authenticatorData, 0, 32).toLowerCase() !== hexOf(sha256(utf8Of(relyingParty)))) throw new FecError("passkey.otherSite");
  const flags = Number(sliceOf(authenticatorData, FLAGS, FLAGS + 1));
  if (!(flags & USER_PRESENT) || !(flags & USER_VERIFIED)) throw new FecError("passkey.unverified");
  placeOf(clientDataJSON, TYPE);
  if (!letters(clientDataJSON).includes(`${CHALLENGE}${base64Of(hash)}"`)) throw new FecError("passkey.otherVault");
}

/**
 * The public key of the passkey that gave two assertions: browsers tell it only when a passkey is made. Throws FecError if no
 * one key gave both; a single assertion leaves several to choose from.
 */
export function recoveredKey(one: Assertion, other: Assertion): PublicKey {
  const of = keysOf(other).map(({ x, y }) => `${x} ${y}`);
  const both = keysOf(one).filter(({ x, y }) => of.includes(`${x} ${y}`));
  if (both.length !== 1) throw new FecError("passkey.twoKeys");
  return both[0] as PublicKey;
}

function keysOf({ authenticatorData, clientDataJSON, signature }: Assertion): PublicKey[] {
  const { r, s } = numbersOf(signature);
  const digest = sha256(bytesOf(concat([authenticatorData, hexOf(sha256(bytesOf(clientDataJSON)))])));
  // The two last ones are for r that is above the order of the curve, which one in 2^128 is.
  return [0, 1, 2, 3].flatMap((bit) => {
    try {
      const { x, y } = new p256.Signature(r, s).addRecoveryBit(bit).recoverPublicKey(digest).toAffine();
      return [{ x, y }];
    } catch {
      return [];
    }
  });
}

/** Where something begins in client data, in bytes; its length and order vary. */
function placeOf(clientData: Hex, part: string): number {
  const place = letters(clientData).indexOf(part);
  if (place < 0) throw new FecError("passkey.unreadable");
  return place;
}

/** A letter for each byte, whatever it stands for. */
const letters = (data: Hex): string => Array.from(bytesOf(data), (byte) => String.fromCharCode(byte)).join("");

/** r and s of a signature in DER, in which either may have less than 32 bytes, or a zero before them; the lower s. */
export function numbersOf(der: Hex): { r: bigint; s: bigint } {
  const bytes = bytesOf(der);
  if (bytes.length < 2 || bytes[0] !== SEQUENCE || (bytes[1] as number) >= LONG_FORM || bytes[1] !== bytes.length - 2) throw new FecError("passkey.unreadable");
  const [r, afterR] = numberAt(bytes, 2);
  const [s, end] = numberAt(bytes, afterR);
  if (end !== bytes.length || r <= 0n || r >= ORDER || s <= 0n || s >= ORDER) throw new FecError("passkey.unreadable");
  return { r, s: s > ORDER / 2n ? ORDER - s : s };
}

function numberAt(bytes: Uint8Array, at: number): [number: bigint, end: number] {
  const [tag, length = 0, first = LONG_FORM] = bytes.subarray(at);
  const end = at + 2 + length;
  if (tag !== INTEGER || !length || end > bytes.length || first >= LONG_FORM) throw new FecError("passkey.unreadable");
  return [BigInt(hexOf(bytes.subarray(at + 2, end))), end];
}
