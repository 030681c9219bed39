/** The reader's wallet: found as EIP-6963 has it or, where that is configured, elsewhere by WalletConnect; asked as EIP-1193 has it. */
import { computed, signal } from "@preact/signals";
import { getAddress, numberToHex, type Address, type EIP1193Provider, type Hex } from "viem";
import type { Config } from "./config";
import type { Invitation } from "./walletconnect";

/** `end` is for wallets that have to be told that the reader is done with them. */
type Provider = Pick<EIP1193Provider, "request" | "on"> & { end?(): Promise<void> };

export interface Announced {
  info: { uuid: string; name: string; icon: string; rdns: string };
  provider: Provider;
}

const REMEMBERED = "fec.wallet";
/** What is remembered of a wallet elsewhere. */
export const ELSEWHERE = "walletconnect";

export const announced = signal<Announced[]>([]);
export const provider = signal<Provider | null>(null);
export const account = signal<Address | null>(null);
export const walletChain = signal<number | null>(null);
let wanted = 0;
export const onRightChain = computed(() => walletChain.value === wanted);

/** Any of the wallet's calls; the typed ones do not know all methods. */
export async function ask<T>(method: string, params: unknown[] = []): Promise<T> {
  const wallet = provider.value;
  if (!wallet) throw new Error("no wallet");
  return (await wallet.request({ method, params } as never)) as T;
}

/** Listens for wallets, and goes on with the one that was used before, if it still lets us. */
export function openWallets(config: Config): void {
  wanted = config.chainId;
  window.addEventListener("eip6963:announceProvider", (event) => {
    const { detail } = event as CustomEvent<Announced>;
    if (announced.value.some((known) => known.info.uuid === detail.info.uuid)) return;
    announced.value = [...announced.value, detail];
    if (detail.info.rdns === localStorage.getItem(REMEMBERED)) void connect(detail, "eth_accounts");
  });
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  if (localStorage.getItem(REMEMBERED) === ELSEWHERE) void resumeElsewhere(config);
}

/** Invites a wallet on another device, or another app of this one, and goes on with it once it agrees. */
export async function connectElsewhere(
  { walletConnect, chainId }: Config,
  show: (invitation: Invitation) => void,
  left: AbortSignal,
): Promise<void> {
  if (!walletConnect) return;
  const { pair } = await import("./walletconnect");
  const wallet = await pair(walletConnect, chainId, show, left);
  if (!left.aborted) await connect(wallet);
}

async function resumeElsewhere({ walletConnect, chainId }: Config): Promise<void> {
  if (!walletConnect) return;
  const { resume } = await import("./walletconnect");
  const wallet = await resume(walletConnect, chainId);
  if (wallet) await connect(wallet, "eth_accounts");
  else localStorage.removeItem(REMEMBERED);
}

export async function connect(wallet: Announced, method: "eth_requestAccounts" | "eth_accounts" = "eth_requestAccounts"): Promise<void> {
  const accounts = (await wallet.provider.request({ method })) as Address[];
  if (!accounts[0]) return;
  if (provider.value !== wallet.provider) {
    wallet.provider.on("accountsChanged", (changed) => (account.value = changed[0] ? getAddress(changed[0]) : null));
    wallet.provider.on("chainChanged", (changed) => (walletChain.value = Number(changed)));
  }
  provider.value = wallet.provider;
  walletChain.value = Number(await wallet.provider.request({ method: "eth_chainId" }));
  account.value = getAddress(accounts[0]);
  localStorage.setItem(REMEMBERED, wallet.info.rdns);
}

export function disconnect(): void {
  localStorage.removeItem(REMEMBERED);
  void provider.value?.end?.();
  account.value = null;
  provider.value = null;
}

const UNKNOWN_CHAIN = 4902;

/** Has the wallet go to the configured chain, which it is told of if it does not know it. */
export async function switchChain(config: Config): Promise<void> {
  const chainId = numberToHex(config.chainId);
  try {
    await ask("wallet_switchEthereumChain", [{ chainId }]);
  } catch (error) {
    if ((error as { code?: number }).code !== UNKNOWN_CHAIN || !config.rpc) throw error;
    const coin = { name: "Ether", symbol: "ETH", decimals: 18 };
    const rpcUrls = [new URL(config.rpc, location.href).href];
    await ask("wallet_addEthereumChain", [{ chainId, chainName: `Chain ${config.chainId}`, rpcUrls, nativeCurrency: coin }]);
    await ask("wallet_switchEthereumChain", [{ chainId }]);
  }
  walletChain.value = Number(await ask<Hex>("eth_chainId"));
}
