/** What becomes a node: orders whose return window is open, from the chain; and sales to be settled, which shops have promised. */
import { useEffect, useState } from "preact/hooks";
import type { Address as Account } from "viem";
import { head, settings } from "../../chain";
import type { PendingSales } from "@fec/sdk/generated/api";
import { escrowedOf, type Escrowed } from "@fec/sdk/escrowed";
import { t } from "../../i18n";
import { date, fec, parseFec } from "../../i18n/format";
import { reader } from "../../reads";
import { call } from "../../service";
import { Fec, Section } from "../../ui/parts";
import { shopName } from "../../ui/shops";

export interface PendingNodes {
  escrowed: Escrowed[];
  sales: PendingSales | null;
}

/** What of an account is to become nodes; null until the chain has said so. */
export function usePending(owner: Account): PendingNodes | null {
  const [escrowed, setEscrowed] = useState<Escrowed[] | null>(null);
  const [sales, setSales] = useState<PendingSales | null>(null);
  const block = head.value;
  useEffect(() => {
    if (!block) return;
    escrowedOf(reader(), owner, block.number).then(setEscrowed, () => undefined);
    if (settings().service === null) return;
    call<PendingSales>("GET", `/v1/accounts/${owner}/pending-sales`).then(setSales, () => undefined);
  }, [owner, block?.hash]);
  return escrowed && { escrowed, sales };
}

export const countOf = (pending: PendingNodes): number => pending.escrowed.length + (pending.sales?.items.length ?? 0);

export function Pending({ pending: { escrowed, sales } }: { pending: PendingNodes }) {
  return (
    <>
      {escrowed.length > 0 && (
        <Section title={t("pending.escrowTitle")}>
          <p class="fine">{t("pending.escrowWhy")}</p>
          <ul class="rows">
            {escrowed.map((order) => (
              <li key={order.orderKey} data-escrowed={order.orderKey}>
                <div>
                  <b>{shopName(order.programId)}</b> {fec(order.amount)} FEC
                  <br />
                  <small>{t("pending.nodeAfter", { date: date(order.returnDeadline) })}</small>
                </div>
                <Fec wei={order.principal} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {sales !== null && sales.items.length > 0 && (
        <Section title={t("pending.title")}>
          <p class="fine">{sales.sentence}</p>
          <ul class="rows">
            {sales.items.map((sale, index) => (
              <li key={index} data-pending={sale.amount}>
                <div>
                  <b>{shopName(sale.programId)}</b> {sale.currency} {sale.amount}
                  <br />
                  <small>{t("pending.when", { sold: date(sale.soldAt), settles: date(sale.settlesAt) })}</small>
                </div>
                <Fec wei={parseFec(sale.expected) ?? 0n} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
