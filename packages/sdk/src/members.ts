/** Members of a brand, whose nodes and coins are kept in a vault that their own signers open. */
import { addressOf, isHex, type Address, type Hex } from "./hex";
import { memberIdOf } from "./vaults";

/** Who a member is: what `fec custody member` wrote for them. The brand knows only the hash of signer and salt. */
export interface Member {
  brand: Address;
  /** An account's address. */
  signer: Address;
  /** Random 32 bytes. */
  salt: Hex;
}

/** The member that a file is about, or null if it is about none whose signer is an account. */
export function parseMember(text: string): Member | null {
  try {
    const { brand, signer, salt } = JSON.parse(text) as { brand: string; signer: string; salt: string };
    if (!isHex(salt, 32)) return null;
    return { brand: addressOf(brand), signer: addressOf(signer), salt: salt.toLowerCase() as Hex };
  } catch {
    return null;
  }
}

/** keccak256(abi.encode(keccak256(signer), salt)): what the brand knows of a member. */
export function memberId({ signer, salt }: Member): Hex {
  return memberIdOf(signer, salt);
}
