/** The vault that is open in this browser: whose it is, who signs here, and having its acts sent. Nothing kept here is secret. */
import type { Act, Actor } from "@fec/sdk/vaults";
import type { Account } from "@fec/sdk/account";
import type { TypedData } from "@fec/sdk/typed-data";
import { effect, signal } from "@preact/signals";
import type { Address, Hex } from "viem";
import { account, disconnect } from "./wallet";

export interface OpenVault {
  member: Actor;
  /** Of the passkey on this device; null where a printed code signs. */
  credentialId: Hex | null;
}

const REMEMBERED = "fec.vault";
/** Public values of the last vault that was open: which passkey to ask for. */
export const vault = signal<OpenVault | null>(null);
/** Whether somebody else can sign for it: known once the chain was asked. */
export const secured = signal<boolean | null>(null);
/** The key of a printed code, for as long as the page is open. */
let code: Account | null = null;

/** Forgets the vault once another account was chosen. */
effect(() => {
  if (vault.value && account.value !== vault.value.member.vault) close();
});

export function openVault(found: OpenVault, printed: Account | null = null): void {
  disconnect();
  code = printed;
  secured.value = null;
  account.value = found.member.vault;
  vault.value = found;
  if (found.credentialId) localStorage.setItem(REMEMBERED, JSON.stringify(found));
}

export function closeVault(): void {
  close();
  account.value = null;
}

function close(): void {
  code = null;
  vault.value = null;
  localStorage.removeItem(REMEMBERED);
}

/** Goes on with the vault that was open before. */
export function resumeVault(): boolean {
  const kept = localStorage.getItem(REMEMBERED);
  if (!kept) return false;
  openVault(JSON.parse(kept) as OpenVault);
  return true;
}

/** The signature of who is here over a document: by the authenticator, which asks for a finger, a face or a PIN. */
export async function signHere(data: TypedData): Promise<Hex> {
  const open = vault.value;
  if (!open) throw new Error("no vault");
  if (code) return code.signTypedData(data);
  const { signByPasskey } = await import("./passkey/signing");
  return signByPasskey(data, open.credentialId);
}

/** Has acts carried out: signed once, sent by the service; gives the transaction. Throws what made it fail. */
export async function actOnVault(some: readonly Act[]): Promise<Hex> {
  const { sendActs } = await import("./passkey/acting");
  return sendActs(some);
}

export const isVault = (address: Address | null): boolean => address !== null && vault.value?.member.vault === address;
