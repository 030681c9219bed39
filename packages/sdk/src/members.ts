/** Members of a brand, whose nodes and coins are kept in a vault that their own key opens. */
import { encode } from "./abi";
import { addressOf, isHex, keccak, type Address, type Hex } from "./hex";

/** Who a member is: what `fec custody member` wrote for them. The brand knows only the hash of key and salt. */
export interface Member {
  brand: Address;
  key: Address;
  /** Random 32 bytes. */
  salt: Hex;
}

/** The member that a file is about, or null if it is about none. */
export function parseMember(text: string): Member | null {
  try {
    const { brand, key, salt } = JSON.parse(text) as { brand: string; key: string; salt: string };
    if (!isHex(salt, 32)) return null;
    return { brand: addressOf(brand), key: addressOf(key), salt: salt.toLowerCase() as Hex };
  } catch {
    return null;
  }
}

/** keccak256(abi.encode(key, salt)): what the brand knows of a member. */
export function memberId({ key, salt }: Member): Hex {
  return keccak(encode([{ type: "address" }, { type: "bytes32" }], [key, salt]));
}
