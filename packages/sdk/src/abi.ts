/** Solidity's ABI, as much of it as the contracts use. Numbers up to 48 bits are numbers, larger ones BigInts. */
import { addressOf, bytesOf, concat, hexOf, keccak, numberHex, sizeOf, sliceOf, textOf, utf8Of, type Hex } from "./hex";

export interface Parameter {
  readonly type: string;
  readonly name?: string;
  readonly components?: readonly Parameter[];
  readonly indexed?: boolean;
}

export interface Entry {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Parameter[];
  readonly outputs?: readonly Parameter[];
}

const WORD = 32;
const WORD_BITS = 256;
/** Solidity's numbers up to this width are exact as JavaScript's. */
const NUMBER_BITS = 48;
const PANIC: Entry = { type: "error", name: "Panic", inputs: [{ type: "uint256", name: "code" }] };
const ERROR: Entry = { type: "error", name: "Error", inputs: [{ type: "string", name: "reason" }] };

/** The element's type and the length of an array, null for a dynamic one; null if it is no array. */
function arrayOf({ type, ...rest }: Parameter): { each: Parameter; length: number | null } | null {
  const found = /^(.*)\[(\d*)\]$/.exec(type);
  return found && { each: { ...rest, type: found[1] as string }, length: found[2] ? Number(found[2]) : null };
}

function isDynamic(parameter: Parameter): boolean {
  const array = arrayOf(parameter);
  if (array) return array.length === null || isDynamic(array.each);
  if (parameter.type === "tuple") return (parameter.components ?? []).some(isDynamic);
  return parameter.type === "bytes" || parameter.type === "string";
}

/** Bytes that a value takes where it stands: what is dynamic stands elsewhere. */
function headSize(parameter: Parameter): number {
  if (isDynamic(parameter)) return WORD;
  const array = arrayOf(parameter);
  if (array) return (array.length as number) * headSize(array.each);
  return parameter.type === "tuple" ? (parameter.components ?? []).reduce((sum, each) => sum + headSize(each), 0) : WORD;
}

/** Values as calls, structs and errors have them. Throws RangeError for a value that its type cannot hold. */
export function encode(parameters: readonly Parameter[], values: readonly unknown[]): Hex {
  if (parameters.length !== values.length) throw new RangeError(`${parameters.length} values are needed, not ${values.length}.`);
  let end = parameters.reduce((sum, each) => sum + headSize(each), 0);
  const heads: Hex[] = [];
  const tails: Hex[] = [];
  parameters.forEach((parameter, at) => {
    const encoded = encodeOne(parameter, values[at]);
    if (!isDynamic(parameter)) return heads.push(encoded);
    tails.push(encoded);
    const head = numberHex(end, WORD);
    end += sizeOf(encoded);
    return heads.push(head);
  });
  return concat([...heads, ...tails]);
}

function encodeOne(parameter: Parameter, value: unknown): Hex {
  const array = arrayOf(parameter);
  if (array) {
    const values = value as readonly unknown[];
    if (array.length !== null && array.length !== values.length) throw new RangeError(`${parameter.type} has ${values.length} values.`);
    const encoded = encode(Array<Parameter>(values.length).fill(array.each), values);
    return array.length === null ? concat([numberHex(values.length, WORD), encoded]) : encoded;
  }
  const { type, components = [] } = parameter;
  if (type === "tuple") {
    const fields = Array.isArray(value) ? value : components.map(({ name = "" }) => (value as Record<string, unknown>)[name]);
    return encode(components, fields);
  }
  if (type === "bytes" || type === "string") {
    const data = type === "string" ? hexOf(utf8Of(value as string)) : hexOf(bytesOf(value as Hex));
    return concat([numberHex(sizeOf(data), WORD), padEnd(data)]);
  }
  return wordOf(type, value);
}

const padEnd = (data: Hex): Hex => data.padEnd(2 + 2 * WORD * Math.ceil(sizeOf(data) / WORD), "0") as Hex;

/** A value of a plain type as 32 bytes. Throws RangeError if it does not fit. */
export function wordOf(type: string, value: unknown): Hex {
  if (type === "bool") return numberHex(value ? 1 : 0, WORD);
  if (type === "address") return numberHex(BigInt(addressOf(value as string)), WORD);
  const fixed = /^bytes(\d+)$/.exec(type);
  if (fixed) {
    const data = hexOf(bytesOf(value as string));
    if (sizeOf(data) !== Number(fixed[1])) throw new RangeError(`${data} is not of type ${type}.`);
    return padEnd(data);
  }
  const whole = /^uint(\d+)$/.exec(type);
  if (!whole) throw new RangeError(`Nothing here has the type ${type}.`);
  const number = BigInt(value as bigint);
  if (number < 0n || number >> BigInt(whole[1] as string)) throw new RangeError(`${number} is not of type ${type}.`);
  return numberHex(number, WORD);
}

/** What `encode` made; structs as objects by their names. Throws RangeError if the data ends before that. */
export function decode(parameters: readonly Parameter[], data: Hex): unknown[] {
  return decodeAt(parameters, bytesOf(data), 0);
}

function decodeAt(parameters: readonly Parameter[], data: Uint8Array, start: number): unknown[] {
  let at = start;
  return parameters.map((parameter) => {
    const place = at;
    at += headSize(parameter);
    return decodeOne(parameter, data, isDynamic(parameter) ? start + lengthAt(data, place) : place);
  });
}

function decodeOne(parameter: Parameter, data: Uint8Array, at: number): unknown {
  const array = arrayOf(parameter);
  if (array) {
    const length = array.length ?? lengthAt(data, at);
    // Each element has at least a word: what claims to be longer than all there is would take all memory.
    if (length * WORD > data.length) throw new RangeError("The data is cut off.");
    return decodeAt(Array<Parameter>(length).fill(array.each), data, array.length === null ? at + WORD : at);
  }
  const { type, components = [] } = parameter;
  if (type === "tuple") {
    const values = decodeAt(components, data, at);
    return Object.fromEntries(components.map(({ name = "" }, index) => [name, values[index]]));
  }
  if (type === "bytes" || type === "string") {
    const found = take(data, at + WORD, lengthAt(data, at));
    return type === "string" ? textOf(found) : hexOf(found);
  }
  const word = hexOf(take(data, at, WORD));
  if (type === "bool") return BigInt(word) !== 0n;
  if (type === "address") return addressOf(sliceOf(word, WORD - 20));
  const fixed = /^bytes(\d+)$/.exec(type);
  if (fixed) return sliceOf(word, 0, Number(fixed[1]));
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1] ?? WORD_BITS);
  return bits <= NUMBER_BITS ? Number(BigInt(word)) : BigInt(word);
}

function take(data: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > data.length) throw new RangeError("The data is cut off.");
  return data.subarray(at, at + length);
}

function lengthAt(data: Uint8Array, at: number): number {
  const found = BigInt(hexOf(take(data, at, WORD)));
  if (found > BigInt(data.length)) throw new RangeError("The data is cut off.");
  return Number(found);
}

const spelled = (parameter: Parameter): string =>
  parameter.type.startsWith("tuple")
    ? `(${(parameter.components ?? []).map(spelled).join(",")})${parameter.type.slice(5)}`
    : parameter.type;

/** A function's, event's or error's signature, such as `claim(uint256)`. */
export const signatureOf = ({ name = "", inputs = [] }: Entry): string => `${name}(${inputs.map(spelled).join(",")})`;

export const selectorOf = (entry: Entry): Hex => sliceOf(topicOf(entry), 0, 4);

export const topicOf = (entry: Entry): Hex => keccak(utf8Of(signatureOf(entry)));

/** The entry of a name; of a name with several, the one with so many inputs. Throws RangeError if there is none. */
export function entryOf(abi: readonly Entry[], type: string, name: string, count?: number): Entry {
  const found = abi.find((each) => each.type === type && each.name === name && (count === undefined || each.inputs?.length === count));
  if (!found) throw new RangeError(`The contract has no ${type} ${name}.`);
  return found;
}

/** What a transaction or call carries. */
export function encodeCall(abi: readonly Entry[], name: string, args: readonly unknown[]): Hex {
  const entry = entryOf(abi, "function", name, args.length);
  return concat([selectorOf(entry), encode(entry.inputs ?? [], args)]);
}

/** What a call gave back: its one value, or a list of them. */
export function decodeResult(abi: readonly Entry[], name: string, count: number, data: Hex): unknown {
  const outputs = entryOf(abi, "function", name, count).outputs ?? [];
  const values = decode(outputs, data);
  return outputs.length === 1 ? values[0] : values;
}

export interface Log {
  address: string;
  topics: Hex[];
  data: Hex;
  blockNumber: Hex;
  logIndex: Hex;
  transactionHash: Hex;
}

/** What an event says, by its names. Throws RangeError if the log is of another. */
export function decodeLog(entry: Entry, log: Pick<Log, "topics" | "data">): Record<string, unknown> {
  const inputs = entry.inputs ?? [];
  const indexed = inputs.filter((input) => input.indexed);
  if (log.topics[0] !== topicOf(entry) || log.topics.length !== indexed.length + 1) throw new RangeError(`This is no log of ${entry.name}.`);
  const topics = indexed.map((input, at) => [input.name ?? "", decode([input], log.topics[at + 1] as Hex)[0]]);
  const others = inputs.filter((input) => !input.indexed);
  const values = decode(others, log.data);
  return Object.fromEntries([...topics, ...others.map((input, at) => [input.name ?? "", values[at]])]) as Record<string, unknown>;
}

/** A contract's refusal: the error's name and its values. */
export interface Refusal {
  name: string;
  values: Record<string, unknown>;
}

/** The error that data of a revert is, or null if it is none of these. */
export function decodeError(abi: readonly Entry[], data: Hex): Refusal | null {
  const entry = [...abi, PANIC, ERROR].find((each) => each.type === "error" && selectorOf(each) === sliceOf(data, 0, 4).toLowerCase());
  if (!entry) return null;
  try {
    const values = decode(entry.inputs ?? [], sliceOf(data, 4));
    return { name: entry.name ?? "", values: Object.fromEntries((entry.inputs ?? []).map(({ name = "" }, at) => [name, values[at]])) };
  } catch {
    return null;
  }
}
