/** The chain as it is read: views and logs, in plain JSON-RPC. Amounts in wei, times in seconds. */
import { decodeLog, decodeResult, encodeCall, encode, entryOf, topicOf, type Entry, type Log } from "./abi";
import { causesOf, Unreachable } from "./errors";
import { adnAbi, checkoutAbi, custodianAbi, fecAbi } from "./generated/abi";
import type { Node as NodeState, PaidOrder, Program, Quote, Settlement, Terms } from "./generated/structs";
import { ADDRESS_ZERO, addressOf, type Address, type Hex } from "./hex";
import type { Asker } from "./invoice";
import { makeNode, type Node } from "./nodes";
import type { Ask } from "./rpc";
import { leavesOf, proves, tokenIdAt, type ProvenLeaf } from "./settlements";

export interface Contracts {
  FEC: Address;
  ADN: Address;
  Checkout: Address;
  /** Of vaults. */
  Custodian?: Address;
  MemberVault?: Address;
}

export interface Block {
  number: bigint;
  hash: Hex;
  timestamp: number;
}

export interface Unopened {
  leaves: ProvenLeaf[];
  /** Settled nodes of programs without an issuer: anybody can settle dust for anybody there. */
  others: number;
}

type Tag = bigint | "latest" | "pending";
interface Contract {
  address: Address;
  abi: readonly Entry[];
}

const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;
const tagOf = (block: Tag): string => (typeof block === "bigint" ? quantity(block) : block);

/** Whether an error means that nobody answered; other libraries' errors are told by their names. */
const SILENT = ["Unreachable", "HttpRequestError", "TimeoutError"];
export const isUnreachable = (error: unknown): boolean =>
  error instanceof Unreachable || [...causesOf(error)].some(({ name }) => SILENT.includes(name as string));

export class Reader implements Asker {
  readonly fec: Contract;
  readonly adn: Contract;
  readonly checkout: Contract;
  readonly custodian: Contract;

  /** Takes how the chain is asked, the contracts, and the block that has the first of them. */
  constructor(
    private readonly ask: Ask,
    readonly contracts: Contracts,
    private readonly firstBlock = 0n,
  ) {
    this.fec = { address: contracts.FEC, abi: fecAbi };
    this.adn = { address: contracts.ADN, abi: adnAbi };
    this.checkout = { address: contracts.Checkout, abi: checkoutAbi };
    this.custodian = { address: contracts.Custodian ?? ADDRESS_ZERO, abi: custodianAbi };
  }

  async block(tag: Tag = "latest"): Promise<Block> {
    const found = (await this.ask("eth_getBlockByNumber", [tagOf(tag), false])) as { number: Hex; hash: Hex; timestamp: Hex };
    return { number: BigInt(found.number), hash: found.hash, timestamp: Number(found.timestamp) };
  }

  async chainId(): Promise<number> {
    return Number(await this.ask("eth_chainId", []));
  }

  async codeAt(address: Address): Promise<Hex> {
    return (await this.ask("eth_getCode", [address, "latest"])) as Hex;
  }

  async tryCall(to: Address, data: Hex): Promise<Hex | null> {
    return (this.ask("eth_call", [{ to, data }, "latest"]) as Promise<Hex>).catch((error: unknown) => {
      if (isUnreachable(error)) throw error;
      return null;
    });
  }

  /** What a view gives. Throws what the contract refuses. */
  async view<T>({ address, abi }: Contract, name: string, args: readonly unknown[], block: Tag = "latest"): Promise<T> {
    const call = { to: address, data: encodeCall(abi, name, args) };
    return decodeResult(abi, name, args.length, (await this.ask("eth_call", [call, tagOf(block)])) as Hex) as T;
  }

  /** Events up to a block, by indexed values. Endpoints limit an answer, so a range that is refused is halved. */
  async logs<T>({ address, abi }: Contract, name: string, values: Record<string, unknown>, to: bigint, from = this.firstBlock): Promise<(Log & { args: T })[]> {
    const entry = entryOf(abi, "event", name);
    const indexed = (entry.inputs ?? []).filter((input) => input.indexed);
    const topics = [topicOf(entry), ...indexed.map((input) => (values[input.name ?? ""] === undefined ? null : encode([input], [values[input.name ?? ""]])))];
    const filter = { address, topics, fromBlock: quantity(from), toBlock: quantity(to) };
    try {
      const found = (await this.ask("eth_getLogs", [filter])) as Log[];
      return found.map((log) => ({ ...log, args: decodeLog(entry, log) as T }));
    } catch (error) {
      if (isUnreachable(error) || from >= to) throw error;
      const middle = (from + to) / 2n;
      const halves = [this.logs<T>({ address, abi }, name, values, middle, from), this.logs<T>({ address, abi }, name, values, to, middle + 1n)];
      return (await Promise.all(halves)).flat();
    }
  }

  balanceOf(owner: Address, block: Tag = "latest"): Promise<bigint> {
    return this.view(this.fec, "balanceOf", [owner], block);
  }

  programOf(programId: number): Promise<Program> {
    return this.view(this.adn, "programOf", [programId]);
  }

  async termsOf(programId: number): Promise<Terms> {
    return (await this.view<[Terms]>(this.checkout, "termsOf", [programId]))[0];
  }

  orderOf(orderKey: Hex): Promise<PaidOrder> {
    return this.view(this.checkout, "orderOf", [orderKey]);
  }

  /** What a payment would do in the block to come. */
  quote(programId: number, customer: Address, amount: bigint): Promise<Quote> {
    return this.view(this.checkout, "quote", [programId, customer, amount], "pending");
  }

  async nodesOf(ids: readonly bigint[], block: Tag): Promise<Node[]> {
    const states = await Promise.all(ids.map((id) => this.view<NodeState>(this.adn, "nodeOf", [id], block)));
    return states.map((state, at) => makeNode(ids[at] as bigint, state.principal, state.claimed));
  }

  /** Ids of all nodes of an account as of a block, in the order it got them; not the settled ones that nobody opened. */
  async ownedIds(owner: Address, block: bigint): Promise<bigint[]> {
    interface Moved {
      from: Address;
      to: Address;
      tokenId: bigint;
    }
    const moved = (values: Partial<Moved>) => this.logs<Moved>(this.adn, "Transfer", values, block);
    const moves = (await Promise.all([moved({ to: owner }), moved({ from: owner })])).flat();
    moves.sort((a, b) => Number(BigInt(a.blockNumber) - BigInt(b.blockNumber)) || Number(a.logIndex) - Number(b.logIndex));
    const held = new Set<bigint>();
    for (const { args } of moves) {
      held.delete(args.tokenId);
      if (args.to === addressOf(owner)) held.add(args.tokenId);
    }
    return [...held];
  }

  /** An account's settled nodes that nobody has opened, each with its proof, from the logs alone. */
  async unopenedOf(owner: Address, block: bigint): Promise<Unopened> {
    interface Settled {
      settlementId: bigint;
      programId: bigint;
      leaves: Hex;
    }
    const [settled, minted] = await Promise.all([
      this.logs<Settled>(this.adn, "NodesSettled", {}, block),
      this.logs<{ tokenId: bigint }>(this.adn, "Transfer", { from: ADDRESS_ZERO, to: owner }, block),
    ]);
    const opened = new Set(minted.map(({ args }) => args.tokenId));
    const mine = settled.flatMap(({ args }) => leavesOf(args.settlementId, args.leaves, owner).map((leaf) => ({ leaf, program: Number(args.programId) })));
    const left = mine.filter(({ leaf }) => !opened.has(tokenIdAt(leaf.settlementId, leaf.index, leaf.principal)));
    const programs = [...new Set(left.map(({ program }) => program))];
    const issuers = await Promise.all(programs.map(async (id) => (await this.programOf(id)).issuer));
    const open = new Set(programs.filter((_, at) => issuers[at] === ADDRESS_ZERO));
    return {
      leaves: left.filter(({ program }) => !open.has(program)).map(({ leaf }) => leaf),
      others: left.filter(({ program }) => open.has(program)).length,
    };
  }

  /** The root of a settlement's tree. Throws what ADN refuses if there is no such settlement. */
  async rootOf(settlementId: bigint): Promise<Hex> {
    return (await this.view<Settlement>(this.adn, "settlementOf", [settlementId])).root;
  }

  /** Whether a settlement on the chain has a leaf: what a service or a file says is checked so. */
  async isSettled(leaf: ProvenLeaf): Promise<boolean> {
    return proves(await this.rootOf(leaf.settlementId), leaf);
  }
}
