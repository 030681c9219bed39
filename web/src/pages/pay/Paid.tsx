/** An order that is paid: where it stands, and the node that came of it. */
import { useEffect, useState } from "preact/hooks";
import { head, now } from "../../chain";
import { t } from "../../i18n";
import { date } from "../../i18n/format";
import { orderKeyOf, type Invoice } from "@fec/sdk/invoice";
import { nodeName, periodOf, type Node } from "@fec/sdk/nodes";
import { logsOf, nodesOf, checkoutContract, type PaidOrder } from "../../reads";
import { follow, hrefOf } from "../../router";
import { Curve, Milestones } from "../../ui/Curve";
import { Fact, Facts, Fec, Notice } from "../../ui/parts";

const [ESCROWED, REFUNDED] = [1, 3];

interface Capture {
  toMerchant: bigint;
  burned: bigint;
  donated: bigint;
  node: Node | null;
}

export function Paid({ invoice, order, mine }: { invoice: Invoice; order: PaidOrder; mine: boolean }) {
  const [capture, setCapture] = useState<Capture | null>(null);
  const block = head.value;

  useEffect(() => {
    if (block) captureOf(invoice, block.number).then(setCapture, () => undefined);
  }, [block?.hash, order.status]);

  return (
    <>
      <Notice tone={mine ? "good" : "warn"} title={mine ? t("paid.thanks") : t("paid.already")}>
        {order.status === ESCROWED && t("paid.escrowed", { date: date(Number(order.returnDeadline)) })}
        {order.status === REFUNDED && t("paid.refunded")}
        {order.status !== ESCROWED && order.status !== REFUNDED && t("paid.final", { date: date(Number(order.paidAt)) })}
      </Notice>
      {capture && (
        <Facts>
          <Fact label={t("pay.toShop")}>
            <Fec wei={capture.toMerchant} />
          </Fact>
          {capture.donated > 0n && (
            <Fact label={t("pay.toCause")}>
              <Fec wei={capture.donated} />
            </Fact>
          )}
          <Fact label={t("pay.burned")}>
            <Fec wei={capture.burned} />
          </Fact>
        </Facts>
      )}
      {capture?.node && (
        <div class="card appear" data-node={nodeName(capture.node.tokenId)}>
          <h2>{t("paid.node", { node: nodeName(capture.node.tokenId) })}</h2>
          <Curve period={periodOf(capture.node, now.value)} />
          <Milestones principal={capture.node.principal} />
          <p>
            <a href={hrefOf("wallet")} onClick={(event) => follow(event, "wallet")}>
              {t("paid.toWallet")}
            </a>
          </p>
        </div>
      )}
    </>
  );
}

async function captureOf(invoice: Invoice, block: bigint): Promise<Capture | null> {
  const [log] = await logsOf(checkoutContract(), "OrderCaptured", { orderKey: orderKeyOf(invoice) }, block);
  if (!log) return null;
  const { tokenId, toMerchant, burned, donated } = log.args;
  // A node that was merged into another since is gone.
  const node = tokenId ? await nodesOf([tokenId], block).catch(() => []) : [];
  return { toMerchant, burned, donated, node: node[0] ?? null };
}
