/** The claim code behind the # of a receipt's link, and what its owner signs. */
import { bytesToHex, keccak256, type Address, type Hex } from "viem";
import { settings } from "./chain";
import { CHECKOUT_NAME, DOMAIN_VERSION, TYPES } from "./generated/signing";

export interface ClaimCode {
  code: string;
  programId: number;
  chainId: number;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const BITS_OF_LETTER = 5;
const BYTES = 16;

/** The code that a link carries, or null if it carries none that is whole. */
export function parseCode(fragment: string): ClaimCode | null {
  const carried = new URLSearchParams(fragment.replace(/^#/, ""));
  const whole = (name: string) => (/^\d{1,15}$/.test(carried.get(name) ?? "") ? Number(carried.get(name)) : 0);
  const code = (carried.get("code") ?? "").toLowerCase();
  const [programId, chainId] = [whole("program"), whole("chain")];
  return /^[a-z2-7]{26}$/.test(code) && programId && chainId ? { code, programId, chainId } : null;
}

/** keccak256 of the code's 16 bytes (RFC 4648, base 32). */
export function hashOf(code: string): Hex {
  let bits = 0n;
  for (const letter of code) bits = (bits << BigInt(BITS_OF_LETTER)) | BigInt(LETTERS.indexOf(letter));
  bits >>= BigInt(code.length * BITS_OF_LETTER - BYTES * 8);
  const bytes = Uint8Array.from({ length: BYTES }, (_, at) => Number((bits >> BigInt(8 * (BYTES - 1 - at))) & 255n));
  return keccak256(bytesToHex(bytes));
}

/** What an account signs to own the sale of a code: the page trusts no document that it is given. */
export function bindingOf(code: ClaimCode, owner: Address) {
  const { chainId, contracts } = settings();
  return {
    types: { EIP712Domain: TYPES.EIP712Domain, SaleBinding: TYPES.SaleBinding },
    primaryType: "SaleBinding" as const,
    domain: { name: CHECKOUT_NAME, version: DOMAIN_VERSION, chainId, verifyingContract: contracts.Checkout },
    message: { codeHash: hashOf(code.code), programId: String(code.programId), owner },
  };
}
