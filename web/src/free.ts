/** Claiming without gas, by the service of this site. */
import { claimFreely as claim, freelyClaimable as claimable } from "@fec/sdk/free";
import type { Node } from "@fec/sdk/nodes";
import type { Address } from "viem";
import { look, settings } from "./chain";
import { service } from "./service";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Nodes that the service claims from, as many as it takes at once; none without a service. */
export function freelyClaimable(nodes: readonly Node[]): Node[] {
  return settings().service === null ? [] : claimable(nodes, settings().names);
}

/** Has nodes claimed from for their owner, and waits until that is on the chain. Throws what made it fail. */
export async function claimFreely(owner: Address, nodes: readonly Node[]): Promise<void> {
  await claim(service(), sleep, owner, nodes);
  await look();
}
