/** What a vault does, signed here and sent by the service, which pays for gas. Deadlines are by the chain's clock, not the device's. */
import type { Acts, Payment, VaultSpend } from "@fec/sdk/generated/api";
import { plain } from "@fec/sdk/amounts";
import { orderData, type Choices, type Invoice } from "@fec/sdk/invoice";
import { hashTypedData } from "@fec/sdk/typed-data";
import { actsData, spendData, type Act } from "@fec/sdk/vaults";
import { zeroAddress, type Hex } from "viem";
import { chain, look, now, settings } from "../chain";
import { custodianContract } from "../reads";
import { call } from "../service";
import { signHere, vault, type OpenVault } from "../vault";

const HOUR = 3_600;
const PAUSE_MS = 400;

function opened(): OpenVault {
  if (!vault.value) throw new Error("no vault");
  return vault.value;
}

/** Signs acts, has them sent and waits for their block. Throws what made them fail. */
export async function sendActs(some: readonly Act[]): Promise<Hex> {
  const { member } = opened();
  const { chainId, contracts } = settings();
  const nonce = await chain().readContract({ ...custodianContract(), functionName: "nonceOf", args: [member.vault, member.signer] });
  const deadline = now.value + HOUR;
  const signature = await signHere(actsData({ vault: member.vault, signer: member.signer, acts: some, nonce, deadline }, chainId, contracts.Custodian));
  const { signer, brand, salt } = member;
  const body = { signer, brand, salt, signature, acts: some, nonce: Number(nonce), deadline, programId: payingProgram() };
  return ended(await call<Acts>("POST", `/v1/vaults/${member.vault}/acts`, body));
}

const LAST_PROGRAM = "fec.program";

/** The merchant who pays for acts: the shop that was paid last, or the first one here. */
function payingProgram(): number {
  const known = Object.keys(settings().names);
  const last = localStorage.getItem(LAST_PROGRAM);
  return Number(last && known.includes(last) ? last : (known[0] ?? 1));
}

/** Signs a payment out of the vault, and gives what is to be sent: again, it is the same payment. */
export async function signSpend(invoice: Invoice, choices: Choices, tokenIds: readonly bigint[]): Promise<Record<string, unknown>> {
  const { member } = opened();
  const orderHash = hashTypedData(orderData(invoice, choices));
  const { chainId, contracts } = settings();
  const signature = await signHere(spendData(member.vault, orderHash, chainId, contracts.Custodian));
  const { signer, brand, salt } = member;
  return {
    ...{ signer, brand, salt, signature, invoiceId: invoice.id, tokenIds: tokenIds.map(String) },
    minPrincipal: plain(choices.minPrincipal),
    cause: choices.cause === zeroAddress ? null : choices.cause,
  };
}

/** Sends a payment out of the vault and waits for its block. Throws what made it fail. */
export async function sendSpend(invoice: Invoice, signed: Record<string, unknown>): Promise<Hex> {
  localStorage.setItem(LAST_PROGRAM, String(invoice.programId));
  return ended(await call<VaultSpend>("POST", `/v1/vaults/${opened().member.vault}/spends`, signed));
}

type Asked = Pick<Payment, "id" | "state" | "transactionHash" | "error">;

async function ended(asked: Asked): Promise<Hex> {
  let found = asked;
  while (found.state === "requested" || found.state === "sent") {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    found = await call<Asked>("GET", `/v1/vaults/${opened().member.vault}/actions/${asked.id}`);
  }
  if (found.state === "failed") throw new Error(found.error?.sentence ?? "");
  await look();
  return found.transactionHash as Hex;
}
