/** The chain as the pages read it: one client, the latest block, and the chain's own clock. */
import { effect, signal } from "@preact/signals";
import { createClient, custom, http, type Client, type Hex, type PublicActions } from "viem";
import { call, getBlock, getCode, readContract } from "viem/actions";
import type { Config } from "./config";
import { ask, onRightChain, provider } from "./wallet";

const POLL_MS = 2_000;
const TIMEOUT_MS = 15_000;

export interface Head {
  number: bigint;
  hash: Hex;
}

export const head = signal<Head | null>(null);
/** Whether the chain answered the last time it was asked. */
export const reachable = signal(true);
/** The chain's clock, in seconds since the epoch; moves on every second. */
export const now = signal(Math.floor(Date.now() / 1_000));

let config: Config;
/** What the pages ask: all that viem can would be half of what a first visit loads. */
export type Chain = Client & Pick<PublicActions, "call" | "getBlock" | "getCode" | "readContract">;
let client: Chain;
let ahead = 0;

export function settings(): Config {
  return config;
}

/** Reads by the configured address, or through the reader's wallet where there is none. */
export function chain(): Chain {
  return client;
}

/** Whether there is anybody to ask: the configured address, or else a wallet that is on this chain. */
export function readable(): boolean {
  return config.rpc !== null || (provider.value !== null && onRightChain.value);
}

export function openChain(found: Config): void {
  config = found;
  const transport = found.rpc
    ? http(new URL(found.rpc, location.href).href, { batch: { batchSize: 500, wait: 0 }, retryCount: 1, timeout: TIMEOUT_MS })
    : custom({ request: through });
  const base = createClient({ transport, pollingInterval: POLL_MS });
  const actions = { call, getBlock, getCode, readContract } as unknown as Record<string, (from: Client, asked?: unknown) => unknown>;
  const bound = Object.entries(actions).map(([name, action]) => [name, (asked?: unknown) => action(base, asked)]);
  client = Object.assign(base, Object.fromEntries(bound)) as Chain;
  setInterval(() => (now.value = local() + ahead), 1_000);
  document.addEventListener("visibilitychange", () => void look());
  effect(() => void (readable() && look()));
  void follow();
}

const through = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => ask(method, params as unknown[]);

const local = () => Math.floor(Date.now() / 1_000);

async function follow(): Promise<void> {
  if (!document.hidden && readable()) await look();
  setTimeout(() => void follow(), POLL_MS);
}

/** Looks at the latest block now. On a chain where nothing happens it may be old: the clock is the block's to come. */
export async function look(): Promise<void> {
  try {
    const [latest, pending] = await Promise.all([
      client.getBlock({ blockTag: "latest" }),
      client.getBlock({ blockTag: "pending" }).catch(() => null),
    ]);
    const time = Number(pending?.timestamp ?? latest.timestamp);
    ahead = time - local();
    now.value = time;
    reachable.value = true;
    if (latest.hash !== head.value?.hash) head.value = { number: latest.number, hash: latest.hash };
  } catch {
    reachable.value = false;
  }
}
