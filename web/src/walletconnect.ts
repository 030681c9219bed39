/** Wallet apps elsewhere, by WalletConnect: an EIP-1193 provider whose other end is behind a relay. Loaded only when it is used. */
import { SignClient } from "@walletconnect/sign-client";
import { encode } from "uqr";
import { numberToHex, type Address } from "viem";
import type { WalletConnect } from "./config";
import { ELSEWHERE, type Announced } from "./wallet";

type Client = InstanceType<typeof SignClient>;
type Session = ReturnType<Client["session"]["get"]>;

/** What another device's wallet is asked in by: the link, and the same as dark squares of a QR code, as an SVG path. */
export interface Invitation {
  uri: string;
  size: number;
  path: string;
}

const METHODS = ["eth_sendTransaction", "personal_sign", "eth_signTypedData_v4", "wallet_switchEthereumChain", "wallet_addEthereumChain"];
const EVENTS = ["accountsChanged", "chainChanged"];
const NO_CHAIN = 5100;
/** The protocol's codes, as EIP-1193 and wallets have them: declined, and a chain that the wallet does not know. */
const CODES: Record<number, number> = { 5000: 4001, 5001: 4001, 5002: 4001, [NO_CHAIN]: 4902 };
const LEFT = { code: 6000, message: "User disconnected." };

let client: Promise<Client> | null = null;
const opened = (settings: WalletConnect): Promise<Client> => (client ??= open(settings));

async function open({ projectId, relay }: WalletConnect): Promise<Client> {
  const metadata = { name: "FEC", description: "", url: location.origin, icons: [new URL("icon.svg", document.baseURI).href] };
  const quiet = { telemetryEnabled: false, logger: "silent" };
  const found = await SignClient.init({ projectId, metadata, ...quiet, ...(relay && { relayUrl: relay }) });
  const { relayer, verify } = found.core;
  // It would embed a third party's page for each request.
  verify.register = async () => "";
  // It would tell the relay, in clear, which contracts are called.
  const publish = relayer.publish.bind(relayer);
  relayer.publish = (topic, message, { tvf: _, ...options } = {}) => publish(topic, message, options);
  return found;
}

/** The session that was agreed on before, if it is still there. */
export async function resume(settings: WalletConnect, chainId: number): Promise<Announced | null> {
  const found = await opened(settings);
  const session = found.session.getAll().findLast((each) => accountsOf(each, chainId).length);
  return session ? walletOf(found, session, chainId) : null;
}

/** Invites a wallet, and waits until it agrees. If `left` by then, the wallet is disconnected. */
export async function pair(
  settings: WalletConnect,
  chainId: number,
  show: (invitation: Invitation) => void,
  left: AbortSignal,
): Promise<Announced> {
  const found = await opened(settings);
  const eip155 = { chains: [`eip155:${chainId}`], methods: METHODS, events: EVENTS };
  const { uri, approval } = await found.connect({ optionalNamespaces: { eip155 } });
  if (uri) show(invitation(uri));
  const session = await approval().catch(rethrow);
  const wallet = walletOf(found, session, chainId);
  const strange = !accountsOf(session, chainId).length;
  if (left.aborted || strange) await wallet.provider.end?.();
  if (strange) rethrow({ code: NO_CHAIN, message: "no account on this chain" });
  return wallet;
}

function invitation(uri: string): Invitation {
  const { size, data } = encode(uri, { border: 4 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return { uri, size, path };
}

function walletOf(found: Client, session: Session, chainId: number): Announced {
  const { topic } = session;
  const listeners: Record<string, ((value: never) => void)[]> = {};
  const emit = (name: string, value: unknown) => listeners[name]?.forEach((listener) => listener(value as never));
  let chain = chainId;

  found.on("session_event", ({ topic: which, params: { event } }) => {
    if (which !== topic) return;
    if (event.name === "chainChanged") emit("chainChanged", numberToHex((chain = Number(event.data))));
    if (event.name === "accountsChanged") emit("accountsChanged", (event.data as string[]).map(addressIn));
  });
  found.on("session_update", ({ topic: which, params }) => which === topic && emit("accountsChanged", accountsOf(params, chainId)));
  found.on("session_delete", ({ topic: which }) => which === topic && emit("accountsChanged", []));
  found.on("session_expire", ({ topic: which }) => which === topic && emit("accountsChanged", []));

  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    if (method === "eth_accounts" || method === "eth_requestAccounts") return accountsOf(found.session.get(topic), chainId);
    if (method === "eth_chainId") return numberToHex(chain);
    const switching = method === "wallet_switchEthereumChain";
    // Each request names its chain: a wallet that cannot be told to switch need not be.
    const needless = switching && !found.session.get(topic).namespaces.eip155?.methods.includes(method);
    const asked = { topic, chainId: `eip155:${chainId}`, request: { method, params } };
    const answer = needless ? null : await found.request(asked).catch(rethrow);
    if (switching) chain = chainId;
    return answer;
  }

  const provider = {
    request,
    on: (name: string, listener: (value: never) => void) => void (listeners[name] ??= []).push(listener),
    // A wallet that cannot be told now finds the session expired one day.
    end: () => found.disconnect({ topic, reason: LEFT }).catch(() => undefined),
  } as Announced["provider"];
  return { info: { uuid: topic, name: "WalletConnect", icon: "", rdns: ELSEWHERE }, provider };
}

/** Accounts are `namespace:chain:address` there. */
const addressIn = (account: string) => account.split(":").at(-1) as Address;

function accountsOf({ namespaces }: Pick<Session, "namespaces">, chainId: number): Address[] {
  const accounts = namespaces.eip155?.accounts ?? [];
  return accounts.filter((each) => each.startsWith(`eip155:${chainId}:`)).map(addressIn);
}

function rethrow(error: { code?: number; message?: string }): never {
  const code = CODES[error.code ?? 0] ?? error.code;
  throw Object.assign(new Error(error.message), { ...error, code });
}
