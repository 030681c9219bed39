/** What the pages are told of a chain: `config.json`, beside them. Its shape is in docs/reference/pages.md. */
import { getAddress, isAddress, type Address } from "viem";

/** How wallet apps on other devices are reached. */
export interface WalletConnect {
  /** The project of the pages' host, with the relay. */
  projectId: string;
  /** Address of the relay; without one, WalletConnect's own. */
  relay?: string;
}

const CONTRACTS = ["FEC", "ADN", "Checkout", "Custodian", "Relay", "MemberVault", "PasskeyVerifier"] as const;

export interface Config {
  chainId: number;
  rpc: string | null;
  /** Address of the service, without a slash at the end; "" for where the pages came from, null for none. */
  service: string | null;
  firstBlock: bigint;
  contracts: Record<(typeof CONTRACTS)[number], Address>;
  /** Gas that the chain takes to check a passkey's signature; null where nobody has found out. */
  passkeyGas: number | null;
  /** Merchants' names by program. */
  names: Record<string, string>;
  walletConnect: WalletConnect | null;
}

export class ConfigInvalid extends Error {}

/** Reads the configuration. The bundles are one folder below the pages, whatever the pages' address is. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch(new URL(/* @vite-ignore */ "../config.json", import.meta.url), { cache: "no-cache" });
  if (!response.ok) throw new ConfigInvalid(`config.json: ${response.status}`);
  return parseConfig(await response.json());
}

export function parseConfig(document: unknown): Config {
  const found = document as Partial<Record<keyof Config, unknown>> & { contracts?: Record<string, string> };
  const address = (name: string): Address => {
    const text = found.contracts?.[name] ?? "";
    if (!isAddress(text)) throw new ConfigInvalid(`contracts.${name}`);
    return getAddress(text);
  };
  if (!Number.isSafeInteger(found.chainId)) throw new ConfigInvalid("chainId");
  const { projectId, relay } = (found.walletConnect ?? {}) as Partial<WalletConnect>;
  return {
    chainId: found.chainId as number,
    rpc: typeof found.rpc === "string" ? found.rpc : null,
    service: typeof found.service === "string" ? found.service.replace(/\/$/, "") : null,
    firstBlock: BigInt(Number.isSafeInteger(found.firstBlock) ? (found.firstBlock as number) : 0),
    contracts: Object.fromEntries(CONTRACTS.map((name) => [name, address(name)])) as Config["contracts"],
    passkeyGas: Number.isSafeInteger(found.passkeyGas) ? (found.passkeyGas as number) : null,
    names: (found.names as Record<string, string> | undefined) ?? {},
    // The chain is not read through a relay: without an address of the chain there is nothing to do for such a wallet.
    walletConnect: projectId && found.rpc ? { projectId, ...(relay && { relay }) } : null,
  };
}
