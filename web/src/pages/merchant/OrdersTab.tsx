/** The orders tab: makes an invoice, shows its QR code, and lists the orders as they arrive. */
import { useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { date, fec, parseFec, plain, shortDay } from "../../i18n/format";
import type { Invoice } from "@fec/sdk/generated/api";
import { call, serviceUrl } from "../../service";
import { Bars, type Bar } from "../../ui/Bars";
import { Dialog } from "../../ui/Dialog";
import { Button, Fact, Facts, Fec, Field, Notice, Section, Waiting } from "../../ui/parts";
import { save } from "../../ui/save";
import { ordersAsCsv, useOrders, type Orders } from "./useOrders";
import { Refund } from "./Refund";

const PAID = ["paid", "captured"];
const DAY = 86_400;
const DAYS_SHOWN = 7;

export function OrdersTab() {
  const orders = useOrders();
  const [openId, setOpenId] = useState<string | null>(null);
  const invoice = orders.items.find((each) => each.id === openId);
  return (
    <div class="counter">
      <NewInvoice onMade={(made) => setOpenId(made.id)} />
      <div>
        <List orders={orders} onShow={setOpenId} />
        {orders.items.length > 0 && <Sales items={orders.items} />}
      </div>
      {invoice && <InvoiceDialog invoice={invoice} onClose={() => setOpenId(null)} />}
    </div>
  );
}

function NewInvoice({ onMade }: { onMade(invoice: Invoice): void }) {
  const [form, setForm] = useState({ orderId: "", amount: "", currencyReference: "", items: "" });
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const amount = parseFec(form.amount);
  const field = (name: keyof typeof form, label: string, hint?: string) => (
    <Field label={label} {...(hint ? { hint } : {})}>
      <input
        name={name}
        value={form[name]}
        maxLength={name === "items" ? 4_000 : 32}
        inputMode={name === "amount" ? "decimal" : "text"}
        autocomplete="off"
        onInput={(event) => setForm({ ...form, [name]: event.currentTarget.value })}
      />
    </Field>
  );
  const make = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      // Sent again after a broken connection, it is the same invoice.
      onMade(await call<Invoice>("POST", "/v1/invoices", { ...form, amount: plain(amount ?? 0n) }, key));
      setForm({ orderId: "", amount: "", currencyReference: "", items: "" });
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setKey(crypto.randomUUID());
      setBusy(false);
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void make();
  };
  return (
    <Section title={t("orders.new")}>
      <form class="card form" onSubmit={submit}>
        {field("orderId", t("orders.orderId"), t("orders.orderIdHint"))}
        {field("amount", t("orders.amount"))}
        {field("currencyReference", t("orders.reference"), t("orders.referenceHint"))}
        {field("items", t("orders.items"), t("orders.itemsHint"))}
        {problem && <Notice tone="bad">{problem}</Notice>}
        <Button kind="main" type="submit" disabled={busy || !amount || !form.orderId}>
          {t("orders.make")}
        </Button>
      </form>
    </Section>
  );
}

function List({ orders, onShow }: { orders: Orders; onShow(id: string): void }) {
  const [refunding, setRefunding] = useState<Invoice | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const run = (task: Promise<unknown>) => task.then(() => setProblem(null), (error: unknown) => setProblem(sentenceOf(error)));
  const capture = () => void run(call("POST", "/v1/captures", {}));
  const aside = <span class={orders.live ? "aside ok" : "aside"}>{orders.live ? t("orders.live") : t("orders.notLive")}</span>;
  return (
    <Section title={t("orders.orders")} aside={aside}>
      {(orders.problem ?? problem) && <Notice tone="bad">{orders.problem ?? problem}</Notice>}
      {orders.failure && <Notice tone="bad">{orders.failure}</Notice>}
      {orders.items.length === 0 && <p class="fine">{t("orders.noOrders")}</p>}
      <ul class="rows orders">
        {orders.items.map((invoice) => (
          <li key={invoice.id} data-order={invoice.orderId} data-status={invoice.status}>
            <div>
              <b>{invoice.orderId}</b> <span class={`status ${invoice.status}`}>{statusName(invoice.status)}</span>
              <br />
              <small>
                {date(invoice.createdAt)} {invoice.currencyReference}
              </small>
            </div>
            <Fec wei={parseFec(invoice.amount) ?? 0n} />
            <div class="buttons">
              {invoice.status === "open" && (
                <Button aria-label={`${t("orders.show")}: ${invoice.orderId}`} onClick={() => onShow(invoice.id)}>
                  {t("orders.show")}
                </Button>
              )}
              {invoice.status === "paid" && (
                <Button aria-label={`${t("orders.refund")}: ${invoice.orderId}`} onClick={() => setRefunding(invoice)}>
                  {t("orders.refund")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      <div class="buttons">
        {orders.more && <Button onClick={orders.more}>{t("orders.more")}</Button>}
        <Button onClick={capture}>{t("orders.capture")}</Button>
        <Button onClick={() => void run(ordersAsCsv().then((text) => save("orders.csv", "text/csv", text)))}>{t("orders.csv")}</Button>
      </div>
      {refunding && <Refund invoice={refunding} onClose={() => setRefunding(null)} />}
    </Section>
  );
}

export function statusName(status: Invoice["status"]): string {
  return {
    open: t("status.open"),
    expired: t("status.expired"),
    paid: t("status.paid"),
    captured: t("status.captured"),
    refunded: t("status.refunded"),
  }[status];
}

/** What was sold on each of the latest days, of the orders listed. */
function Sales({ items }: { items: Invoice[] }) {
  const byDay = new Map<number, bigint>();
  for (const invoice of items) {
    if (!PAID.includes(invoice.status) || invoice.paidAt === null) continue;
    const day = invoice.paidAt - (invoice.paidAt % DAY);
    byDay.set(day, (byDay.get(day) ?? 0n) + (parseFec(invoice.amount) ?? 0n) - (parseFec(invoice.refunded) ?? 0n));
  }
  const days = [...byDay].sort(([a], [b]) => b - a).slice(0, DAYS_SHOWN);
  if (!days.length) return null;
  const bars: Bar[] = days.map(([day, amount]) => ({ label: shortDay(day), amount }));
  return (
    <Section title={t("orders.sales")}>
      <Bars bars={bars} caption={t("orders.salesCaption")} />
    </Section>
  );
}

/** An invoice for the shopper to scan; says so as soon as it is paid. */
function InvoiceDialog({ invoice, onClose }: { invoice: Invoice; onClose(): void }) {
  return (
    <Dialog title={`${invoice.orderId} · ${fec(parseFec(invoice.amount) ?? 0n)} FEC`} onClose={onClose} wide>
      {invoice.status === "open" ? (
        <div class="qr">
          <img src={serviceUrl(`/v1/invoices/${invoice.id}/qr.svg`)} alt={t("orders.qr", { order: invoice.orderId })} />
          <Waiting>{t("orders.waiting")}</Waiting>
          <a href={invoice.links.pay}>{t("orders.link")}</a>
        </div>
      ) : (
        <>
          <Notice tone={PAID.includes(invoice.status) ? "good" : "warn"} title={statusName(invoice.status)}>
            {invoice.returnDeadline ? t("orders.returnable", { date: date(invoice.returnDeadline) }) : null}
          </Notice>
          <Facts>
            {invoice.burned !== null && (
              <Fact label={t("pay.burned")}>
                <Fec wei={parseFec(invoice.burned) ?? 0n} />
              </Fact>
            )}
            {invoice.node !== null && <Fact label={t("orders.node")}>ADN {invoice.node}</Fact>}
          </Facts>
        </>
      )}
    </Dialog>
  );
}
