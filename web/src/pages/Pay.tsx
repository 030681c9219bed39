/** Paying: opens from the shop's QR code. The invoice is checked against the chain before anything is offered. */
import { useEffect, useState } from "preact/hooks";
import { head, now, settings } from "../chain";
import { isUnreachable, sentenceOf } from "../errors";
import { ORDER } from "@fec/sdk/escrowed";
import { t } from "../i18n";
import { date, duration } from "../i18n/format";
import type { Invoice as ServedInvoice } from "@fec/sdk/generated/api";
import { invoiceOf, isSignedBy, orderKeyOf, parseLink, parseShortLink, type Invoice, type ShortLink } from "@fec/sdk/invoice";
import { orderOf, reader, termsOf, type PaidOrder, type Terms } from "../reads";
import { call } from "../service";
import { Address, Fact, Facts, Fec, Notice, Waiting } from "../ui/parts";
import { shopName } from "../ui/shops";
import { Paid } from "./pay/Paid";
import { Payment } from "./pay/Payment";

/** Between two questions for an invoice when nobody answers. */
const AGAIN_MS = 2_000;

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
  const short = parseShortLink(fragment);
  if (short) return <Short key={fragment} short={short} />;
  const invoice = parseLink(fragment);
  if (!invoice) return <None title={fragment ? t("pay.brokenTitle") : t("pay.emptyTitle")} text={fragment ? t("pay.broken") : t("pay.empty")} />;
  return <Asked key={fragment} invoice={invoice} />;
}

/** No invoice: why, and what to do. */
function None({ title, text }: { title: string; text: string }) {
  return (
    <main>
      <h1>{t("pay.title")}</h1>
      <Notice title={title}>{text}</Notice>
    </main>
  );
}

/** The link of a QR code: the service has the invoice, and the link says which one it must be. */
function Short({ short }: { short: ShortLink }) {
  const [found, setFound] = useState<Invoice | "other" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { chainId, contracts, service } = settings();
  useEffect(() => {
    if (service === null) return;
    let timer = 0;
    const load = () =>
      call<ServedInvoice>("GET", `/v1/pay/${short.id}`).then(
        (served) => (setFound(invoiceOf(short, served, chainId, contracts.Checkout) ?? "other"), setProblem(null)),
        (error: unknown) => {
          setProblem(sentenceOf(error));
          // Offline in the shop's cellar: it is asked for until it is there.
          if (isUnreachable(error)) timer = window.setTimeout(() => void load(), AGAIN_MS);
        },
      );
    void load();
    return () => clearTimeout(timer);
  }, []);
  if (service === null) return <None title={t("pay.brokenTitle")} text={t("pay.noService")} />;
  if (found === "other") return <None title={t("pay.forgedTitle")} text={t("pay.otherInvoice")} />;
  if (found) return <Asked invoice={found} />;
  return (
    <main>
      <h1>{t("pay.title")}</h1>
      {problem ? <Notice tone="bad">{problem}</Notice> : <Waiting>{t("pay.checking")}</Waiting>}
    </main>
  );
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
      {left < 0 ? (
        <Notice tone="bad" title={t("pay.expiredTitle")}>
          {t("pay.expired")}
        </Notice>
      ) : (
        <Payment invoice={invoice} terms={terms} onBegin={() => setBegun(true)} />
      )}
      <Facts>
        <Fact label={t("pay.signedBy")}>
          <span class="ok">{t("pay.signatureGood")}</span> <Address value={terms.signer} />
        </Fact>
        <Fact label={t("pay.order")}>{invoice.orderId}</Fact>
        <Fact label={t("pay.expiry")}>
          {date(invoice.expiry)} {left > 0 && <small>({t("pay.timeLeft", { time: duration(left) })})</small>}
        </Fact>
      </Facts>
    </>
  );
}
