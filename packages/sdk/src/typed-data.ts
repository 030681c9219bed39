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
  const types: Record<string, readonly Field[]> = { EIP712Domain: TYPES.EIP712Domain, [kind]: TYPES[kind] };
  for (const { type } of TYPES[kind]) {
    const struct = type.replace("[]", "");
    if (struct in TYPES) types[struct] = TYPES[struct as Kind];
  }
  return { types, primaryType: kind, domain: { name, version: DOMAIN_VERSION, chainId, verifyingContract: contract }, message };
}

/** The EIP-712 hash. Throws RangeError for a value that its type cannot hold. */
export function hashTypedData({ types, primaryType, domain, message }: TypedData): Hex {
  return keccak(concat(["0x1901", hashStruct(types, "EIP712Domain", domain as never), hashStruct(types, primaryType, message)]));
}

type Types = TypedData["types"];

function hashStruct(types: Types, kind: string, values: Record<string, unknown>): Hex {
  const fields = types[kind] ?? [];
  // The struct itself, then those that it refers to: of these there is one at most.
  const referred = fields.map(({ type }) => type.replace("[]", "")).filter((type) => type in types);
  const spelled = [kind, ...referred].map((each) => `${each}(${(types[each] ?? []).map(({ name, type }) => `${type} ${name}`).join(",")})`);
  return keccak(concat([keccak(utf8Of(spelled.join(""))), ...fields.map(({ name, type }) => fieldOf(types, type, values[name]))]));
}

function fieldOf(types: Types, type: Parameter["type"], value: unknown): Hex {
  if (type === "string") return keccak(utf8Of(value as string));
  if (type === "bytes") return keccak(value as Hex);
  if (type.endsWith("[]")) return keccak(concat((value as readonly unknown[]).map((each) => fieldOf(types, type.slice(0, -2), each))));
  return type in types ? hashStruct(types, type, value as Record<string, unknown>) : wordOf(type, value);
}

/** The document as JSON: numbers as decimals. */
export function serialized(data: TypedData): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
