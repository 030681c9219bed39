/** What a vault does, signed here and sent by the service, which pays for gas. */
import { Vaults, type SignedPayment, type Signer } from "@fec/sdk/acting";
import type { Choices, Invoice } from "@fec/sdk/invoice";
import type { Act } from "@fec/sdk/vaults";
import type { Hex } from "viem";
import { look, settings } from "../chain";
import { reader } from "../reads";
import { service } from "../service";
import { signHere, vault } from "../vault";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
export const vaults = () => new Vaults({ reader: reader(), service: service(), chainId: settings().chainId, sleep });

function signer(): Signer {
  if (!vault.value) throw new Error("no vault");
  return { actor: vault.value.member, sign: signHere };
}

/** Signs acts, has them sent and waits for their block. Throws what made them fail. */
export async function sendActs(some: readonly Act[]): Promise<Hex> {
  const hash = await vaults().act(signer(), some, payingProgram());
  await look();
  return hash;
}

const LAST_PROGRAM = "fec.program";

/** The merchant who pays for acts: the shop that was paid last, or the first one here. */
function payingProgram(): number {
  const known = Object.keys(settings().names);
  const last = localStorage.getItem(LAST_PROGRAM);
  return Number(last && known.includes(last) ? last : (known[0] ?? 1));
}

/** Signs a payment out of the vault, and gives what is to be sent: again, it is the same payment. */
export function signSpend(invoice: Invoice, choices: Choices, tokenIds: readonly bigint[]): Promise<SignedPayment> {
  return vaults().payer(signer()).pay(invoice, choices, tokenIds);
}

/** Sends a payment out of the vault and waits for its block. Throws what made it fail. */
export async function sendSpend(invoice: Invoice, signed: SignedPayment): Promise<Hex> {
  localStorage.setItem(LAST_PROGRAM, String(invoice.programId));
  const hash = await vaults().send(signer().actor.vault, signed);
  await look();
  return hash;
}
