/** The accounts of Checkout, order by order, from its events. Amounts in wei. */
import type { Hex } from "viem";
import { logsOf, checkoutContract } from "./reads";

export interface Ledger {
  payments: number;
  orders: number;
  paid: bigint;
  toMerchants: bigint;
  burned: bigint;
  donated: bigint;
  /** Paid back: by refunds, and burn shares that could not be minted. */
  back: bigint;
  /** What Checkout should still hold for orders. */
  escrowed: bigint;
  /** Orders whose parts do not add up to what was paid for them. */
  unequal: number;
  refunded: number;
  /** Orders refunded in whole that burned something nevertheless. */
  burnedAfterRefund: number;
}

interface Order {
  payments: number;
  amount: bigint;
  refunded: bigint;
  captured: bigint | null;
  burned: bigint;
}

/** Adds up all orders up to a block. */
export async function ledgerAt(block: bigint): Promise<Ledger> {
  const checkout = checkoutContract();
  const [payments, captures, refunds] = await Promise.all([
    logsOf(checkout, "OrderPaid", {}, block),
    logsOf(checkout, "OrderCaptured", {}, block),
    logsOf(checkout, "OrderRefunded", {}, block),
  ]);
  const orders = new Map<Hex, Order>();
  for (const { args } of payments) {
    const known = orders.get(args.orderKey);
    if (known) known.payments += 1;
    else orders.set(args.orderKey, { payments: 1, amount: args.amount, refunded: 0n, captured: null, burned: 0n });
  }
  const found: Ledger = {
    payments: payments.length,
    orders: orders.size,
    paid: 0n,
    toMerchants: 0n,
    burned: 0n,
    donated: 0n,
    back: 0n,
    escrowed: 0n,
    unequal: 0,
    refunded: 0,
    burnedAfterRefund: 0,
  };
  for (const { args } of refunds) {
    const order = orders.get(args.orderKey);
    if (order) order.refunded += args.amount;
    found.back += args.amount;
  }
  for (const { args } of captures) {
    const order = orders.get(args.orderKey);
    if (order) {
      order.captured = args.toMerchant + args.burned + args.donated + args.returned;
      order.burned = args.burned;
    }
    found.toMerchants += args.toMerchant;
    found.burned += args.burned;
    found.donated += args.donated;
    found.back += args.returned;
  }
  for (const order of orders.values()) {
    found.paid += order.amount;
    const left = order.amount - order.refunded;
    if (order.captured === null) found.escrowed += left;
    else if (order.captured !== left) found.unequal += 1;
    if (order.refunded > 0n) found.refunded += 1;
    if (left === 0n && order.burned > 0n) found.burnedAfterRefund += 1;
  }
  return found;
}
