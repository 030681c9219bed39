/** What the pages read from the chain: in few requests, as of one block, from logs and views alone. */
import { adnAbi, checkoutAbi, custodianAbi, fecAbi, relayAbi } from "@fec/sdk/generated/abi";
import type { PaidOrder, Program, Quote, Terms } from "@fec/sdk/generated/structs";
import type { Node } from "@fec/sdk/nodes";
import { Reader } from "@fec/sdk/reader";
import type { Abi, Address, ContractEventName, GetContractEventsReturnType, Hex } from "viem";
import { chain, settings } from "./chain";
import { unopenedOf } from "./unopened";

export type { PaidOrder, Program, Quote, Terms };

export const fecContract = () => ({ address: settings().contracts.FEC, abi: fecAbi }) as const;
export const adnContract = () => ({ address: settings().contracts.ADN, abi: adnAbi }) as const;
export const relayContract = () => ({ address: settings().contracts.Relay, abi: relayAbi }) as const;
export const checkoutContract = () => ({ address: settings().contracts.Checkout, abi: checkoutAbi }) as const;

export const custodianContract = () => ({ address: settings().contracts.Custodian, abi: custodianAbi }) as const;

/** The SDK's reader, over the pages' own connection to the chain. */
export function reader(): Reader {
  const { contracts, firstBlock } = settings();
  return new Reader((method, params) => chain().request({ method, params } as never), contracts, firstBlock);
}

/** Events since the contracts were deployed. */
export async function logsOf<const A extends Abi, N extends ContractEventName<A>>(
  contract: { address: Address; abi: A },
  eventName: N,
  args: Record<string, unknown>,
  to: bigint,
): Promise<GetContractEventsReturnType<A, N, true>> {
  const found = await reader().logs(contract as never, eventName, args, to);
  return found.map((log) => ({ ...log, blockNumber: BigInt(log.blockNumber), logIndex: Number(log.logIndex) })) as never;
}

export const ownedIds = (owner: Address, block: bigint): Promise<bigint[]> => reader().ownedIds(owner, block);

export const nodesOf = (ids: readonly bigint[], block: bigint): Promise<Node[]> => reader().nodesOf(ids, block);

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

export const programOf = (programId: number): Promise<Program> => reader().programOf(programId);

export const termsOf = (programId: number): Promise<Terms> => reader().termsOf(programId);

/** Where the nodes and coins of a brand's member are kept. */
export function vaultOf(brand: Address, memberId: Hex): Promise<Address> {
  return chain().readContract({ ...custodianContract(), functionName: "vaultOf", args: [brand, memberId] });
}

export const orderOf = (orderKey: Hex): Promise<PaidOrder> => reader().orderOf(orderKey);
