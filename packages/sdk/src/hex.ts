/** Bytes, text and numbers as hex. No engine's own coder is used: mini-programs have none. */
import { keccak_256 } from "@noble/hashes/sha3";

export type Hex = `0x${string}`;
export type Address = `0x${string}`;

export const ADDRESS_ZERO: Address = "0x0000000000000000000000000000000000000000";

/** Whether a text is 0x and hex digits, of so many bytes if that is given. */
export function isHex(text: string, length?: number): text is Hex {
  return /^0x([0-9a-fA-F]{2})*$/.test(text) && (length === undefined || text.length === 2 + 2 * length);
}

/** Bytes of hex. Throws RangeError if it is none. */
export function bytesOf(hex: string): Uint8Array {
  if (!isHex(hex)) throw new RangeError("This is not hex.");
  return Uint8Array.from({ length: hex.length / 2 - 1 }, (_, at) => parseInt(hex.slice(2 + 2 * at, 4 + 2 * at), 16));
}

export function hexOf(bytes: Uint8Array): Hex {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return `0x${digits}`;
}

/** Parts one after the other. */
export function concat(parts: readonly Hex[]): Hex {
  return `0x${parts.map((part) => part.slice(2)).join("")}`;
}

/** A number from 0 as so many bytes. Throws RangeError if it does not fit. */
export function numberHex(value: bigint | number, length: number): Hex {
  const digits = BigInt(value).toString(16);
  if (digits.startsWith("-") || digits.length > 2 * length) throw new RangeError(`${value} does not fit ${length} bytes.`);
  return `0x${digits.padStart(2 * length, "0")}`;
}

export const sizeOf = (hex: Hex): number => hex.length / 2 - 1;

/** Bytes from a place to another, from 0. */
export const sliceOf = (hex: Hex, from: number, to?: number): Hex => `0x${hex.slice(2 + 2 * from, to === undefined ? undefined : 2 + 2 * to)}`;

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Bytes in the base 64 of addresses, without padding (RFC 4648). */
export function base64Of(hex: Hex): string {
  let text = "";
  for (let at = 2; at < hex.length; at += 6) {
    const digits = hex.slice(at, at + 6);
    const bits = parseInt(digits.padEnd(6, "0"), 16);
    for (let place = 0; place <= digits.length / 2; place++) text += BASE64[(bits >> (18 - 6 * place)) & 63] as string;
  }
  return text;
}

/** keccak256 of hex or bytes. */
export function keccak(data: Hex | Uint8Array): Hex {
  return hexOf(keccak_256(typeof data === "string" ? bytesOf(data) : data));
}

/** UTF-8 of a text; half a surrogate pair becomes U+FFFD. */
export function utf8Of(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    let point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(bytes);
}

/** Text of UTF-8. Throws URIError if it is none. */
export function textOf(bytes: Uint8Array): string {
  return decodeURIComponent(hexOf(bytes).slice(2).replace(/../g, "%$&"));
}

/** An address with its checksum (EIP-55). Throws RangeError if it is none, or its checksum is wrong. */
export function addressOf(text: string): Address {
  const found = /^0x[0-9a-fA-F]{40}$/.test(text) ? checksummed(text) : null;
  const digits = text.slice(2);
  if (!found || !(found === text || digits === digits.toLowerCase() || digits === digits.toUpperCase()))
    throw new RangeError(`${text} is not an address, or its checksum is wrong.`);
  return found;
}

export function isAddress(text: string): text is Address {
  try {
    return Boolean(addressOf(text));
  } catch {
    return false;
  }
}

function checksummed(text: string): Address {
  const digits = text.slice(2).toLowerCase();
  const hash = keccak(utf8Of(digits)).slice(2);
  const cased = Array.from(digits, (digit, at) => (parseInt(hash[at] as string, 16) > 7 ? digit.toUpperCase() : digit));
  return `0x${cased.join("")}`;
}

/** Text as the 32 bytes that it has on the chain, as `fec.protocol.bytes32` packs it; null if it does not fit. */
export function bytes32Of(text: string): Hex | null {
  if (isHex(text, 32)) return text;
  const packed = hexOf(utf8Of(text));
  return sizeOf(packed) > 32 || text.includes("\0") ? null : (packed.padEnd(66, "0") as Hex);
}
