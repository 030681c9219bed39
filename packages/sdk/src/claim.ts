/** The claim code behind the # of a receipt's link, and what its owner signs. */
import { CHECKOUT_NAME } from "./generated/signing";
import { hexOf, keccak, type Address, type Hex } from "./hex";
import { fragmentOf, wholeOf } from "./links";
import { typedData, type TypedData } from "./typed-data";

export interface ClaimCode {
  code: string;
  programId: number;
  chainId: number;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const BITS_OF_LETTER = 5;
const BYTES = 16;

/** The code that a link or what stands behind its # carries, or null if it carries none that is whole. */
export function parseCode(link: string): ClaimCode | null {
  const carried = fragmentOf(link);
  const code = (carried.get("code") ?? "").toLowerCase();
  const [programId, chainId] = [wholeOf(carried.get("program")), wholeOf(carried.get("chain"))];
  return /^[a-z2-7]{26}$/.test(code) && programId && chainId ? { code, programId, chainId } : null;
}

/** keccak256 of the code's 16 bytes (RFC 4648, base 32). */
export function hashOf(code: string): Hex {
  let bits = 0n;
  for (const letter of code) bits = (bits << BigInt(BITS_OF_LETTER)) | BigInt(LETTERS.indexOf(letter));
  bits >>= BigInt(code.length * BITS_OF_LETTER - BYTES * 8);
  return keccak(hexOf(Uint8Array.from({ length: BYTES }, (_, at) => Number((bits >> BigInt(8 * (BYTES - 1 - at))) & 255n))));
}

/** What an account signs to own the sale of a code: no document that somebody gives is trusted. */
export function bindingOf(code: ClaimCode, owner: Address, checkout: Address): TypedData {
  const message = { codeHash: hashOf(code.code), programId: BigInt(code.programId), owner };
  return typedData("SaleBinding", CHECKOUT_NAME, code.chainId, checkout, message);
}
