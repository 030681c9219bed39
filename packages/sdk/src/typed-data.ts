/** EIP-712: what people sign, and its hash. Structs of plain fields and of arrays of these, as the contracts have. */
import { wordOf, type Parameter } from "./abi";
import { DOMAIN_VERSION, TYPES } from "./generated/signing";
import { concat, keccak, utf8Of, type Address, type Hex } from "./hex";

export interface Field {
  readonly name: string;
  readonly type: string;
}

export interface Domain {
  name: string;
  version: string;
  chainId: number;
  verifyingContract: Address;
}

/** What wallets take in eth_signTypedData_v4; numbers are BigInts here. */
export interface TypedData {
  types: Record<string, readonly Field[]>;
  primaryType: string;
  domain: Domain;
  message: Record<string, unknown>;
}

export type Kind = Exclude<keyof typeof TYPES, "EIP712Domain">;

/** A message of a kind that contracts or service know. */
export function typedData(kind: Kind, name: string, chainId: number, contract: Address, message: Record<string, unknown>): TypedData {
  return {
    types: { EIP712Domain: TYPES.EIP712Domain, [kind]: TYPES[kind] },
    primaryType: kind,
    domain: { name, version: DOMAIN_VERSION, chainId, verifyingContract: contract },
    message,
  };
}

/** The EIP-712 hash. Throws RangeError for a value that its type cannot hold. */
export function hashTypedData({ types, primaryType, domain, message }: TypedData): Hex {
  const hash = (kind: string, values: object) => hashStruct(kind, types[kind] ?? [], values as Record<string, unknown>);
  return keccak(concat(["0x1901", hash("EIP712Domain", domain), hash(primaryType, message)]));
}

function hashStruct(kind: string, fields: readonly Field[], values: Record<string, unknown>): Hex {
  const spelled = `${kind}(${fields.map(({ name, type }) => `${type} ${name}`).join(",")})`;
  return keccak(concat([keccak(utf8Of(spelled)), ...fields.map(({ name, type }) => fieldOf(type, values[name]))]));
}

function fieldOf(type: Parameter["type"], value: unknown): Hex {
  if (type === "string") return keccak(utf8Of(value as string));
  if (type === "bytes") return keccak(value as Hex);
  if (type.endsWith("[]")) return keccak(concat((value as readonly unknown[]).map((each) => fieldOf(type.slice(0, -2), each))));
  return wordOf(type, value);
}

/** The document as JSON: numbers as decimals. */
export function serialized(data: TypedData): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
