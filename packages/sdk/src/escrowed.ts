/** Orders of an account whose return window is still open, from the chain alone: each becomes a node once it is captured. */
import type { PaidOrder } from "./generated/structs";
import type { Address, Hex } from "./hex";
import type { Reader } from "./reader";

/** As in `contracts/interfaces/ICheckout.sol`. */
export const ORDER = { unpaid: 0, escrowed: 1, captured: 2, refunded: 3 } as const;
const BASIS_POINTS = 10_000n;

export interface Escrowed {
  orderKey: Hex;
  programId: number;
  /** Paid less refunded so far, in wei. */
  amount: bigint;
  /** Principal of the node that it becomes if nothing more is refunded, in wei. */
  principal: bigint;
  /** When the return window ends, in seconds since the epoch: the node is made afterwards. */
  returnDeadline: number;
}

/** Principal of the node that an order becomes as it stands, in wei: the twin of `PaymentShares.burnUp`. */
export function principalOf(order: PaidOrder): bigint {
  return ((order.amount - order.refunded) * order.burnBps + BASIS_POINTS - 1n) / BASIS_POINTS;
}

interface Paid {
  orderKey: Hex;
  returnDeadline: bigint;
}

/** The account's orders in escrow as of a block, the one whose window ends first coming first. */
export async function escrowedOf(reader: Reader, customer: Address, block: bigint): Promise<Escrowed[]> {
  const payments = await reader.logs<Paid>(reader.checkout, "OrderPaid", { customer }, block);
  const keys = payments.filter(({ args }) => args.returnDeadline > 0n).map(({ args }) => args.orderKey);
  const orders = await Promise.all(keys.map((key) => reader.orderOf(key)));
  return orders
    .map((order, index) => ({
      orderKey: keys[index] as Hex,
      programId: Number(order.programId),
      amount: order.amount - order.refunded,
      principal: principalOf(order),
      returnDeadline: Number(order.returnDeadline),
      waits: order.status === ORDER.escrowed,
    }))
    .filter(({ waits }) => waits)
    .sort((a, b) => a.returnDeadline - b.returnDeadline);
}
