/** What the pages read from the chain: in few requests, as of one block, from logs and views alone. */
import type { Abi, Address, ContractEventName, ContractFunctionReturnType, GetContractEventsReturnType, Hex } from "viem";
import { chain, settings } from "./chain";
import { adnAbi, checkoutAbi, fecAbi, relayAbi } from "./generated/abi";
import { makeNode, type Node } from "./nodes";
import { unopenedOf } from "./unopened";

export type Terms = ContractFunctionReturnType<typeof checkoutAbi, "view", "termsOf">[0];
export type Program = ContractFunctionReturnType<typeof adnAbi, "view", "programOf">;
export type Quote = ContractFunctionReturnType<typeof checkoutAbi, "view", "quote">;
export type PaidOrder = ContractFunctionReturnType<typeof checkoutAbi, "view", "orderOf">;

export const fecContract = () => ({ address: settings().contracts.FEC, abi: fecAbi }) as const;
export const adnContract = () => ({ address: settings().contracts.ADN, abi: adnAbi }) as const;
export const relayContract = () => ({ address: settings().contracts.Relay, abi: relayAbi }) as const;
export const checkoutContract = () => ({ address: settings().contracts.Checkout, abi: checkoutAbi }) as const;

/** Events since the contracts were deployed. Public endpoints limit an answer, so a range that is refused is halved. */
export async function logsOf<const A extends Abi, N extends ContractEventName<A>>(
  contract: { address: Address; abi: A },
  eventName: N,
  args: Record<string, unknown>,
  to: bigint,
  from: bigint = settings().firstBlock,
): Promise<GetContractEventsReturnType<A, N, true>> {
  try {
    const asked = { ...contract, eventName, args, fromBlock: from, toBlock: to, strict: true };
    return (await chain().getContractEvents(asked as never)) as never;
  } catch (error) {
    if (isUnreachable(error) || from >= to) throw error;
    const middle = (from + to) / 2n;
    const [before, after] = await Promise.all([
      logsOf(contract, eventName, args, middle, from),
      logsOf(contract, eventName, args, to, middle + 1n),
    ]);
    return [...before, ...after] as never;
  }
}

const isUnreachable = (error: unknown) => ["HttpRequestError", "TimeoutError"].includes((error as Error).name);

/** Ids of all nodes of an account as of a block, in the order it got them. */
export async function ownedIds(owner: Address, block: bigint): Promise<bigint[]> {
  const adn = adnContract();
  const moves = (await Promise.all([logsOf(adn, "Transfer", { to: owner }, block), logsOf(adn, "Transfer", { from: owner }, block)]))
    .flat()
    .sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  const held = new Set<bigint>();
  for (const { args } of moves) {
    held.delete(args.tokenId);
    if (args.to === owner) held.add(args.tokenId);
  }
  return [...held];
}

/** Several nodes as of a block. */
export async function nodesOf(ids: readonly bigint[], block: bigint): Promise<Node[]> {
  const adn = adnContract();
  const states = await Promise.all(
    ids.map((id) => chain().readContract({ ...adn, functionName: "nodeOf", args: [id], blockNumber: block })),
  );
  return states.map((state, index) => makeNode(ids[index] ?? 0n, state.principal, state.claimed));
}

export interface Holdings {
  balance: bigint;
  /** Those that were settled and that nobody has opened come last, each with what opens it. */
  nodes: Node[];
  /** Settled nodes of programs that this site does not know: anybody can settle dust for anybody. */
  others: number;
  block: bigint;
}

export async function holdingsOf(owner: Address, block: bigint): Promise<Holdings> {
  const [balance, ids, settled] = await Promise.all([
    chain().readContract({ ...fecContract(), functionName: "balanceOf", args: [owner], blockNumber: block }),
    ownedIds(owner, block),
    unopenedOf(owner, block),
  ]);
  const held = new Set(ids);
  const unopened = settled.nodes.filter((node) => !held.has(node.tokenId));
  return { balance, nodes: [...(await nodesOf(ids, block)), ...unopened], others: settled.others, block };
}

export async function programsAt(block: bigint): Promise<Program[]> {
  const adn = adnContract();
  const count = await chain().readContract({ ...adn, functionName: "programCount", blockNumber: block });
  const ids = Array.from({ length: Number(count) }, (_, index) => BigInt(index + 1));
  return Promise.all(
    ids.map((id) => chain().readContract({ ...adn, functionName: "programOf", args: [id], blockNumber: block })),
  );
}

export function programOf(programId: number): Promise<Program> {
  return chain().readContract({ ...adnContract(), functionName: "programOf", args: [BigInt(programId)] });
}

export async function termsOf(programId: number): Promise<Terms> {
  return (await chain().readContract({ ...checkoutContract(), functionName: "termsOf", args: [BigInt(programId)] }))[0];
}

export function orderOf(orderKey: Hex): Promise<PaidOrder> {
  return chain().readContract({ ...checkoutContract(), functionName: "orderOf", args: [orderKey] });
}
