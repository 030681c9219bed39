/** Sending: simulated first, signed by the reader's wallet, waited for, and told from its receipt. */
import { encodeFunctionData, parseEventLogs, type Abi, type Address, type Hex, type TransactionReceipt } from "viem";
import { chain, look } from "./chain";
import { adnAbi, checkoutAbi, fecAbi } from "@fec/sdk/generated/abi";
import { exactFec, number } from "./i18n/format";
import { t } from "./i18n";
import { nodeName } from "@fec/sdk/nodes";
import { shortened } from "./ui/text";
import { account, ask } from "./wallet";

export interface Call {
  to: Address;
  data: Hex;
}

/** What a line of a preview or a receipt says. */
export type Line = [label: string, value: string];

const ZERO = "0x0000000000000000000000000000000000000000";

export function callOf(contract: { address: Address; abi: Abi }, functionName: string, args: readonly unknown[]): Call {
  return { to: contract.address, data: encodeFunctionData({ abi: contract.abi, functionName, args }) };
}

/** What a call would give back if it were sent now, in the block to come. Throws what the contract refuses. */
export async function simulate(call: Call): Promise<Hex> {
  const { data } = await chain().call({ ...call, account: account.value ?? ZERO, blockTag: "pending" });
  return data ?? "0x";
}

/** Has the wallet send a call. */
export async function send(call: Call): Promise<Hex> {
  return ask<Hex>("eth_sendTransaction", [{ from: account.value, to: call.to, data: call.data }]);
}

export class Reverted extends Error {}

/** Waits until a transaction is in a block. Throws Reverted if it failed there. */
export async function settled(hash: Hex): Promise<TransactionReceipt> {
  const { receiptOf } = await import("./receipts");
  const receipt = await receiptOf(chain(), hash);
  if (receipt.status !== "success") throw new Reverted(t("error.reverted"));
  await look();
  return receipt;
}

/** What a transaction did, told from its events. */
export function receiptLines(receipt: TransactionReceipt): Line[] {
  const events = parseEventLogs({ abi: [...adnAbi, ...checkoutAbi, ...fecAbi], logs: receipt.logs });
  const lines: Line[] = [];
  for (const { eventName, args } of events as unknown as { eventName: string; args: Record<string, never> }[]) {
    const line = eventLine(eventName, args);
    if (line) lines.push(line);
  }
  lines.push([t("receipt.transaction"), shortened(receipt.transactionHash)]);
  lines.push([t("receipt.block"), number(receipt.blockNumber)]);
  return lines;
}

function eventLine(name: string, args: Record<string, never>): Line | null {
  const fec = (key: string) => `${exactFec(args[key] as unknown as bigint)} FEC`;
  const node = (key: string) => `ADN ${nodeName(args[key] as unknown as bigint)}`;
  const yes = (key: string) => (args[key] as unknown as boolean) ? t("receipt.allowed") : t("receipt.revoked");
  switch (name) {
    case "PayoutClaimed":
      return [t("receipt.paidOut", { node: node("tokenId") }), fec("claimAmount")];
    case "NodeSplit":
      return [t("receipt.newNode", { node: node("newTokenId") }), t("receipt.principal", { amount: fec("principal") })];
    case "NodeMerged":
      return [t("receipt.merged", { node: node("mergedTokenId") }), t("receipt.principal", { amount: fec("principal") })];
    case "ClaimApproval":
      return [t("receipt.mayClaim", { node: node("tokenId") }), yes("approved")];
    case "ClaimApprovalForAll":
      return [t("receipt.mayClaimAll", { who: shortened(args.spender as unknown as string) }), yes("approved")];
    case "OrderCaptured":
      return [t("receipt.burned"), fec("burned")];
    case "OrderPaid":
      return [t("receipt.paid"), fec("amount")];
    case "Transfer":
      if (args.tokenId === undefined || (args.from as unknown as string) === ZERO || (args.to as unknown as string) === ZERO) return null;
      return [t("receipt.given", { node: node("tokenId") }), shortened(args.to as unknown as string)];
    default:
      return null;
  }
}
