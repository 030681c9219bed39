/** Paying: opens from the shop's QR code. The invoice is checked against the chain before anything is offered. */
import { useEffect, useState } from "preact/hooks";
import { head, now, settings } from "../chain";
import { sentenceOf } from "../errors";
import { ORDER } from "../escrowed";
import { t } from "../i18n";
import { date, duration } from "../i18n/format";
import { isSignedBy, orderKeyOf, parseLink, type Invoice } from "@fec/sdk/invoice";
import { orderOf, reader, termsOf, type PaidOrder, type Terms } from "../reads";
import { Address, Fact, Facts, Fec, Notice, Waiting } from "../ui/parts";
import { shopName } from "../ui/shops";
import { Paid } from "./pay/Paid";
import { Payment } from "./pay/Payment";

interface Checked {
  terms: Terms;
  genuine: boolean;
  order: PaidOrder;
}

export default function Pay() {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => setFragment(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const invoice = parseLink(fragment);
  if (!invoice)
    return (
      <main>
        <h1>{t("pay.title")}</h1>
        <Notice title={fragment ? t("pay.brokenTitle") : t("pay.emptyTitle")}>{fragment ? t("pay.broken") : t("pay.empty")}</Notice>
      </main>
    );
  return <Asked key={fragment} invoice={invoice} />;
}

function Asked({ invoice }: { invoice: Invoice }) {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { chainId, contracts } = settings();
  const here = invoice.chainId === chainId && invoice.checkout === contracts.Checkout;
  const block = head.value?.hash;

  useEffect(() => {
    if (!here) return;
    check(invoice).then(
      (found) => (setChecked(found), setProblem(null)),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, [block]);

  return (
    <main class="pay">
      <h1>{t("pay.asks", { shop: shopName(invoice.programId) })}</h1>
      <p class="ask">
        <Fec wei={invoice.amount} big />
        {invoice.reference && <span class="reference">{invoice.reference}</span>}
      </p>
      {!here && (
        <Notice tone="bad" title={t("pay.elsewhereTitle")}>
          {t("pay.elsewhere", { theirs: invoice.chainId, ours: chainId })}
        </Notice>
      )}
      {here && !checked && !problem && <Waiting>{t("pay.checking")}</Waiting>}
      {here && problem && <Notice tone="bad">{problem}</Notice>}
      {here && checked && <Found invoice={invoice} checked={checked} />}
    </main>
  );
}

async function check(invoice: Invoice): Promise<Checked> {
  const [terms, order] = await Promise.all([termsOf(invoice.programId), orderOf(orderKeyOf(invoice))]);
  return { terms, order, genuine: await isSignedBy(invoice, terms.signer, reader()) };
}

function Found({ invoice, checked }: { invoice: Invoice; checked: Checked }) {
  // What was being paid goes on to its end, whatever the chain says meanwhile.
  const [begun, setBegun] = useState(false);
  const { order, terms, genuine } = checked;
  if (!genuine)
    return (
      <Notice tone="bad" title={t("pay.forgedTitle")}>
        {t("pay.forged", { signer: terms.signer })}
      </Notice>
    );
  if (order.status !== ORDER.unpaid) return <Paid invoice={invoice} order={order} mine={begun} />;
  const left = invoice.expiry - now.value;
  return (
    <>
      <Facts>
        <Fact label={t("pay.signedBy")}>
          <span class="ok">{t("pay.signatureGood")}</span> <Address value={terms.signer} />
        </Fact>
        <Fact label={t("pay.order")}>{invoice.orderId}</Fact>
        <Fact label={t("pay.expiry")}>
          {date(invoice.expiry)} {left > 0 && <small>({t("pay.timeLeft", { time: duration(left) })})</small>}
        </Fact>
      </Facts>
      {left < 0 ? (
        <Notice tone="bad" title={t("pay.expiredTitle")}>
          {t("pay.expired")}
        </Notice>
      ) : (
        <Payment invoice={invoice} terms={terms} onBegin={() => setBegun(true)} />
      )}
    </>
  );
}
