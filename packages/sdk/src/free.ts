/** What the shop's service sends for a shopper without gas coin. It can pay nobody but the shopper. */
import { FecError, Problem } from "./errors";
import type { Openings, Payout, Payouts } from "./generated/api";
import type { Address } from "./hex";
import type { Node } from "./nodes";
import type { ServiceClient } from "./service";

/** Tokens in one transaction of the service's, and settled nodes that it opens at once. */
const MOST_TOKENS = 100;
const MOST_OPENINGS = 10;
const PAUSE_MS = 400;

type Sleep = (milliseconds: number) => Promise<void>;

/** Nodes that a service claims from: those of its merchants' programs, as many as it takes at once. */
export function freelyClaimable(nodes: readonly Node[], names: Record<string, string>): Node[] {
  const served = nodes.filter((node) => names[String(node.programId)] !== undefined);
  return [...served.filter((node) => !node.leaf).slice(0, MOST_TOKENS), ...served.filter((node) => node.leaf).slice(0, MOST_OPENINGS)];
}

/** Has nodes claimed from for their owner, and waits until that is on the chain. Throws what made it fail. */
export async function claimFreely(service: ServiceClient, sleep: Sleep, owner: Address, nodes: readonly Node[]): Promise<void> {
  const tokens = nodes.filter((node) => !node.leaf);
  if (tokens.length) {
    const nodeIds = tokens.map((node) => node.tokenId.toString());
    const { items } = await service.call<Payouts>("POST", `/v1/accounts/${owner}/payouts`, { nodeIds });
    await Promise.all(items.map((payout) => ended(service, sleep, owner, payout)));
  }
  if (nodes.some((node) => node.leaf)) await opened(service, sleep, owner);
}

async function ended(service: ServiceClient, sleep: Sleep, owner: Address, payout: Payout): Promise<void> {
  let now = payout;
  while (now.state === "requested" || now.state === "sent") {
    await sleep(PAUSE_MS);
    now = await service.call<Payout>("GET", `/v1/accounts/${owner}/payouts/${payout.id}`);
  }
  if (now.state === "failed") throw new FecError("claim.failed", { reason: now.error?.sentence ?? "" });
}

/** Settled nodes are opened and claimed from in one call. Asked again, the service says how far it has come. */
async function opened(service: ServiceClient, sleep: Sleep, owner: Address): Promise<void> {
  for (;;) {
    let items: Openings["items"];
    try {
      ({ items } = await service.call<Openings>("POST", `/v1/accounts/${owner}/openings`));
    } catch (error) {
      // Nothing is left to open: it was done while we waited.
      if (error instanceof Problem && error.kind === "nothing-to-open") return;
      throw error;
    }
    if (items.every(({ state }) => state === "done")) return;
    await sleep(PAUSE_MS);
  }
}
