/** All settlements by the chain's own logs: what was settled, and what of it nobody has opened. Amounts in wei. */
import { sum } from "@fec/sdk/nodes";
import { countOf, totalOf, treeOf } from "@fec/sdk/settlements";
import { zeroAddress, type Hex } from "viem";
import { chain } from "./chain";
import { adnContract, logsOf } from "./reads";

export interface Settled {
  settlements: number;
  nodes: number;
  principal: bigint;
  unopened: number;
  unopenedPrincipal: bigint;
  /** Settlements whose leaves do not give the root and the sum that the contract has. */
  unproven: number;
}

/** Roots that are asked for at once. */
const AT_ONCE = 50;

/** Adds up all settlements up to a block, and proves each: its leaves give the root and the sum that the contract has. */
export async function settledAt(block: bigint): Promise<Settled> {
  const adn = adnContract();
  const [settled, minted] = await Promise.all([
    logsOf(adn, "NodesSettled", {}, block),
    logsOf(adn, "Transfer", { from: zeroAddress }, block),
  ]);
  const found: Settled = { settlements: settled.length, nodes: 0, principal: 0n, unopened: 0, unopenedPrincipal: 0n, unproven: 0 };
  const left = new Map<bigint, bigint>();
  for (let first = 0; first < settled.length; first += AT_ONCE) {
    const some = settled.slice(first, first + AT_ONCE).map(({ args }) => args);
    const roots = await Promise.all(some.map(({ settlementId }) => rootOf(settlementId)));
    some.forEach(({ settlementId, leaves }, place) => {
      const { root, principals } = treeOf(settlementId, leaves);
      const whole = root === roots[place] && principals.size === countOf(settlementId) && sum(principals.values()) === totalOf(settlementId);
      if (!whole) found.unproven += 1;
      found.nodes += countOf(settlementId);
      found.principal += totalOf(settlementId);
      principals.forEach((principal, tokenId) => left.set(tokenId, principal));
    });
  }
  for (const { args } of minted) left.delete(args.tokenId);
  return { ...found, unopened: left.size, unopenedPrincipal: sum(left.values()) };
}

async function rootOf(settlementId: bigint): Promise<Hex> {
  return (await chain().readContract({ ...adnContract(), functionName: "settlementOf", args: [settlementId] })).root;
}
