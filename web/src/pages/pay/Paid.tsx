/** The receipt of a paid order: what was bought, where each coin went, what comes back and when, and the transactions. */
import { useEffect, useState } from "preact/hooks";
import type { Hex } from "viem";
import { head, now, settings } from "../../chain";
import { ORDER, principalOf } from "@fec/sdk/escrowed";
import type { Invoice as ServedInvoice } from "@fec/sdk/generated/api";
import { t } from "../../i18n";
import { date, fec } from "../../i18n/format";
import { face } from "@fec/sdk/curve";
import { orderKeyOf, type Invoice } from "@fec/sdk/invoice";
import { endOf, nextOf, nodeName, periodOf, type Node } from "@fec/sdk/nodes";
import { logsOf, nodesOf, checkoutContract, type PaidOrder } from "../../reads";
import { follow, hrefOf } from "../../router";
import { call } from "../../service";
import { Curve, Milestones } from "../../ui/Curve";
import { Address, Fact, Facts, Fec, Notice } from "../../ui/parts";

interface Capture {
  toMerchant: bigint;
  burned: bigint;
  donated: bigint;
  node: Node | null;
  transaction: Hex;
}

interface Record {
  /** Of the payment. */
  transaction: Hex;
  capture: Capture | null;
}

interface PaidProps {
  invoice: Invoice;
  order: PaidOrder;
  /** Whether it was paid here just now. */
  mine: boolean;
}

export function Paid({ invoice, order, mine }: PaidProps) {
  const [record, setRecord] = useState<Record | null>(null);
  const items = useItems(invoice);
  const block = head.value;

  useEffect(() => {
    if (block) recordOf(invoice, block.number).then(setRecord, () => undefined);
  }, [block?.hash, order.status]);

  const capture = record?.capture;
  return (
    <>
      <Notice tone={mine ? "good" : "warn"} title={mine ? t("paid.thanks") : t("paid.already")}>
        {order.status === ORDER.escrowed && t("paid.escrowed", { date: date(Number(order.returnDeadline)) })}
        {order.status === ORDER.refunded && t("paid.refunded")}
        {order.status === ORDER.captured && t("paid.final", { date: date(Number(order.paidAt)) })}
      </Notice>
      <section class="card receipt" aria-label={t("paid.receipt")}>
        <h2>{t("paid.receipt")}</h2>
        <Facts>
          {items && (
            <Fact label={t("paid.items")}>
              <span class="items">{items}</span>
            </Fact>
          )}
          <Fact label={t("pay.order")}>{invoice.orderId}</Fact>
          <Fact label={t("receipt.paid")}>
            <Fec wei={order.amount} />
          </Fact>
          <Fact label={t("paid.when")}>{date(Number(order.paidAt))}</Fact>
          {order.refunded > 0n && (
            <Fact label={t("paid.back")}>
              <Fec wei={order.refunded} />
            </Fact>
          )}
          {capture && (
            <Fact label={t("pay.toShop")}>
              <Fec wei={capture.toMerchant} />
            </Fact>
          )}
          {capture && capture.donated > 0n && (
            <Fact label={t("pay.toCause")}>
              <Fec wei={capture.donated} />
            </Fact>
          )}
          {order.status !== ORDER.refunded && (
            <Fact label={capture ? t("pay.burned") : t("paid.willBurn")} strong>
              <Fec wei={capture ? capture.burned : principalOf(order)} />
            </Fact>
          )}
          {record && (
            <Fact label={t("receipt.transaction")}>
              <Address value={record.transaction} kind="transaction" />
            </Fact>
          )}
          {capture && capture.transaction !== record?.transaction && (
            <Fact label={t("paid.nodeTransaction")}>
              <Address value={capture.transaction} kind="transaction" />
            </Fact>
          )}
        </Facts>
        {order.status === ORDER.escrowed && (
          <>
            <h3>{t("paid.comesBack", { face: fec(face(principalOf(order))) })}</h3>
            <p>{t("paid.nodeLater", { date: date(Number(order.returnDeadline)) })}</p>
            <Milestones principal={principalOf(order)} />
          </>
        )}
        {capture?.node && <NodeMade node={capture.node} />}
      </section>
      {order.status !== ORDER.refunded && (
        <p>
          <a href={hrefOf("wallet")} onClick={(event) => follow(event, "wallet")}>
            {t("paid.toWallet")}
          </a>
        </p>
      )}
    </>
  );
}

function NodeMade({ node }: { node: Node }) {
  const next = nextOf(node, now.value);
  return (
    <div class="appear" data-node={nodeName(node.tokenId)}>
      <h3>{t("paid.node", { node: nodeName(node.tokenId) })}</h3>
      <Curve period={periodOf(node, now.value)} />
      <Facts>
        {next && <Fact label={t("node.next")}>{t("wallet.nextAt", { amount: fec(next.amount), date: date(next.timestamp) })}</Fact>}
        <Fact label={t("node.end")}>{date(endOf(node))}</Fact>
      </Facts>
      <Milestones principal={node.principal} />
    </div>
  );
}

/** What the shop says was bought: for people to read, not signed; "" where no service has it. */
function useItems(invoice: Invoice): string {
  const [items, setItems] = useState("");
  useEffect(() => {
    if (settings().service === null || !invoice.id) return;
    call<ServedInvoice>("GET", `/v1/pay/${invoice.id}`).then(
      (found) => found.orderId === invoice.orderId && setItems(found.items),
      () => undefined,
    );
  }, [invoice.id]);
  return items;
}

async function recordOf(invoice: Invoice, block: bigint): Promise<Record | null> {
  const orderKey = orderKeyOf(invoice);
  const checkout = checkoutContract();
  const [[paid], [captured]] = await Promise.all([
    logsOf(checkout, "OrderPaid", { orderKey }, block),
    logsOf(checkout, "OrderCaptured", { orderKey }, block),
  ]);
  if (!paid) return null;
  if (!captured) return { transaction: paid.transactionHash, capture: null };
  const { tokenId, toMerchant, burned, donated } = captured.args;
  // A node that was merged into another since is gone.
  const [node = null] = tokenId ? await nodesOf([tokenId], block).catch(() => []) : [];
  return { transaction: paid.transactionHash, capture: { toMerchant, burned, donated, node, transaction: captured.transactionHash } };
}
