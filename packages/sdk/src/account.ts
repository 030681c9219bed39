/** Accounts with a key of their own (secp256k1). Signing is deterministic (RFC 6979) and needs no randomness. */
import { secp256k1 } from "@noble/curves/secp256k1";
import { FecError } from "./failure";
import { addressOf, bytesOf, concat, hexOf, isHex, keccak, numberHex, sizeOf, sliceOf, utf8Of, type Address, type Hex } from "./hex";
import { hashTypedData, type TypedData } from "./typed-data";

/** Random bytes of the engine: `crypto.getRandomValues`, `wx.getRandomValues`. */
export type Random = (length: number) => Uint8Array | Promise<Uint8Array>;

const KEY_LENGTH = 32;
/** Zeros from an engine without randomness, as simulators give, are no key. */
const LEAST_DISTINCT_BYTES = 8;

export interface Account {
  readonly address: Address;
  /** Signature (r, s, v) of a hash, as contracts take it. */
  sign(hash: Hex): Hex;
  signTypedData(data: TypedData): Hex;
  /** Signature of a text (EIP-191, personal_sign). */
  signText(text: string): Hex;
}

/** The account of a private key. Throws RangeError if it is none. */
export function accountOf(privateKey: Hex): Account {
  if (!isHex(privateKey, KEY_LENGTH) || !secp256k1.utils.isValidPrivateKey(bytesOf(privateKey)))
    throw new RangeError("This is not a private key.");
  const key = bytesOf(privateKey);
  const sign = (hash: Hex): Hex => {
    const { r, s, recovery } = secp256k1.sign(bytesOf(hash), key, { lowS: true });
    return concat([numberHex(r, 32), numberHex(s, 32), numberHex(27 + recovery, 1)]);
  };
  return {
    address: addressOfKey(secp256k1.getPublicKey(key, false)),
    sign,
    signTypedData: (data) => sign(hashTypedData(data)),
    signText: (text) => sign(hashText(text)),
  };
}

/** A new private key. Throws FecError where the engine's bytes are none. */
export async function newKey(random: Random): Promise<Hex> {
  for (;;) {
    const bytes = await random(KEY_LENGTH);
    if (bytes.length !== KEY_LENGTH || new Set(bytes).size < LEAST_DISTINCT_BYTES) throw new FecError("key.noRandom");
    if (secp256k1.utils.isValidPrivateKey(bytes)) return hexOf(bytes);
  }
}

/** The hash that a wallet signs of a text (EIP-191). */
export function hashText(text: string): Hex {
  const body = utf8Of(text);
  return keccak(concat([hexOf(utf8Of(`\x19Ethereum Signed Message:\n${body.length}`)), hexOf(body)]));
}

/** Whose key signed a hash; null if nobody's did. Takes v as 0, 1, 27, 28, and 64 bytes (EIP-2098). */
export function recover(hash: Hex, signature: Hex): Address | null {
  const parts = partsOf(signature);
  if (!parts) return null;
  try {
    const found = new secp256k1.Signature(parts.r, parts.s).addRecoveryBit(parts.parity);
    // Contracts take one of the two forms that each signature has.
    return found.hasHighS() ? null : addressOfKey(found.recoverPublicKey(bytesOf(hash)).toRawBytes(false));
  } catch {
    return null;
  }
}

const PARITY: Record<number, number> = { 0: 0, 1: 1, 27: 0, 28: 1 };

function partsOf(signature: Hex): { r: bigint; s: bigint; parity: number } | null {
  const length = sizeOf(signature);
  const second = length < 64 ? 0n : BigInt(sliceOf(signature, 32, 64));
  const r = length < 64 ? 0n : BigInt(sliceOf(signature, 0, 32));
  if (length === 64) return { r, s: BigInt.asUintN(255, second), parity: Number(second >> 255n) };
  const parity = length === 65 ? PARITY[Number(sliceOf(signature, 64))] : undefined;
  return parity === undefined ? null : { r, s: second, parity };
}

/** Address of a public key of 65 bytes. */
const addressOfKey = (point: Uint8Array): Address => addressOf(sliceOf(keccak(point.subarray(1)), 12));
