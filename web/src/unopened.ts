/** Settled nodes of an account that nobody has opened: from the service, each checked against the chain, or from the logs. */
import type { Address, Hex } from "viem";
import { settings } from "./chain";
import { parseFec } from "./i18n/format";
import type { UnopenedNodes } from "@fec/sdk/generated/api";
import { makeNode, type Node } from "@fec/sdk/nodes";
import { reader } from "./reads";
import { call } from "./service";
import type { Unopened as Leaves } from "@fec/sdk/reader";
import { proves, tokenIdAt } from "@fec/sdk/settlements";

export interface Unopened {
  nodes: Node[];
  others: number;
}

/** How often the service is asked until its index has a block. */
const TRIES = 6;
const PAUSE_MS = 500;

const roots = new Map<bigint, Hex>();

export async function unopenedOf(owner: Address, block: bigint): Promise<Unopened> {
  const found = settings().service === null ? await reader().unopenedOf(owner, block) : await fromService(owner, block);
  const nodes = found.leaves.map((leaf) => ({
    ...makeNode(tokenIdAt(leaf.settlementId, leaf.index, leaf.principal), leaf.principal, 0n),
    leaf,
  }));
  return { nodes, others: found.others };
}

async function fromService(owner: Address, block: bigint): Promise<Leaves> {
  const answer = await upTo(owner, block);
  const leaves = answer.items.map((item) => ({
    settlementId: BigInt(item.settlementId),
    index: item.index,
    owner: item.owner as Address,
    principal: parseFec(item.principal) ?? 0n,
    proof: item.proof as Hex[],
  }));
  const checked = await Promise.all(
    leaves.map(async (leaf) => leaf.owner === owner && proves(await rootOf(leaf.settlementId), leaf)),
  );
  return { leaves: leaves.filter((_, index) => checked[index]), others: answer.others };
}

/** What the service says once its index has a block, or what it says in the end. */
async function upTo(owner: Address, block: bigint): Promise<UnopenedNodes> {
  let answer = await ask(owner);
  for (let tries = 1; tries < TRIES && answer.block < block; tries++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    answer = await ask(owner);
  }
  return answer;
}

const ask = (owner: Address) => call<UnopenedNodes>("GET", `/v1/accounts/${owner}/unopened-nodes`);

async function rootOf(settlementId: bigint): Promise<Hex> {
  const known = roots.get(settlementId);
  if (known) return known;
  const root = await reader().rootOf(settlementId);
  roots.set(settlementId, root);
  return root;
}
