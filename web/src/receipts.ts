/** Waiting for a transaction, also for one that a wallet has sped up. Loaded only once something was sent. */
import type { Client, Hex, TransactionReceipt } from "viem";
import { waitForTransactionReceipt } from "viem/actions";

const POLL_MS = 500;
const TIMEOUT_MS = 600_000;

export const receiptOf = (client: Client, hash: Hex): Promise<TransactionReceipt> =>
  waitForTransactionReceipt(client, { hash, pollingInterval: POLL_MS, timeout: TIMEOUT_MS });
