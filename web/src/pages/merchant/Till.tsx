/** The till: a new invoice and its QR code, and the orders as they come in. */
import { useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { date, fec, parseFec, plain, shortDay } from "../../i18n/format";
import { call, serviceUrl, type ServiceInvoice } from "../../service";
import { Bars, type Bar } from "../../ui/Bars";
import { Dialog } from "../../ui/Dialog";
import { Button, Fact, Facts, Fec, Field, Notice, Section, Waiting } from "../../ui/parts";
import { ordersAsCsv, useOrders, type Orders } from "./orders";
import { Refund } from "./Refund";

const PAID = ["paid", "captured"];
const DAY = 86_400;
const DAYS_SHOWN = 7;

export function Till() {
  const orders = useOrders();
  const [shown, setShown] = useState<string | null>(null);
  const invoice = orders.items.find((each) => each.id === shown);
  return (
    <div class="counter">
      <NewInvoice onMade={(made) => setShown(made.id)} />
      <div>
        <List orders={orders} onShow={setShown} />
        {orders.items.length > 0 && <Sales items={orders.items} />}
      </div>
      {invoice && <Shown invoice={invoice} onClose={() => setShown(null)} />}
    </div>
  );
}

function NewInvoice({ onMade }: { onMade(invoice: ServiceInvoice): void }) {
  const [form, setForm] = useState({ orderId: "", amount: "", currencyReference: "", items: "" });
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
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
    setFault(null);
    try {
      // Sent again after a broken connection, it is the same invoice.
      onMade(await call<ServiceInvoice>("POST", "/v1/invoices", { ...form, amount: plain(amount ?? 0n) }, key));
      setForm({ orderId: "", amount: "", currencyReference: "", items: "" });
    } catch (error) {
      setFault(sentenceOf(error));
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
    <Section title={t("till.new")}>
      <form class="card form" onSubmit={submit}>
        {field("orderId", t("till.orderId"), t("till.orderIdHint"))}
        {field("amount", t("till.amount"))}
        {field("currencyReference", t("till.reference"), t("till.referenceHint"))}
        {field("items", t("till.items"), t("till.itemsHint"))}
        {fault && <Notice tone="bad">{fault}</Notice>}
        <Button kind="main" type="submit" disabled={busy || !amount || !form.orderId}>
          {t("till.make")}
        </Button>
      </form>
    </Section>
  );
}

function List({ orders, onShow }: { orders: Orders; onShow(id: string): void }) {
  const [refunding, setRefunding] = useState<ServiceInvoice | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const run = (task: Promise<unknown>) => task.then(() => setFault(null), (error: unknown) => setFault(sentenceOf(error)));
  const capture = () => void run(call("POST", "/v1/captures", {}));
  const aside = <span class={orders.live ? "aside ok" : "aside"}>{orders.live ? t("till.live") : t("till.notLive")}</span>;
  return (
    <Section title={t("till.orders")} aside={aside}>
      {(orders.fault ?? fault) && <Notice tone="bad">{orders.fault ?? fault}</Notice>}
      {orders.failure && <Notice tone="bad">{orders.failure}</Notice>}
      {orders.items.length === 0 && <p class="fine">{t("till.noOrders")}</p>}
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
                <Button aria-label={`${t("till.show")}: ${invoice.orderId}`} onClick={() => onShow(invoice.id)}>
                  {t("till.show")}
                </Button>
              )}
              {invoice.status === "paid" && (
                <Button aria-label={`${t("till.refund")}: ${invoice.orderId}`} onClick={() => setRefunding(invoice)}>
                  {t("till.refund")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      <div class="buttons">
        {orders.more && <Button onClick={orders.more}>{t("till.more")}</Button>}
        <Button onClick={capture}>{t("till.capture")}</Button>
        <Button onClick={() => void run(download())}>{t("till.csv")}</Button>
      </div>
      {refunding && <Refund invoice={refunding} onClose={() => setRefunding(null)} />}
    </Section>
  );
}

async function download(): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await ordersAsCsv()], { type: "text/csv" }));
  link.download = "orders.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

export function statusName(status: ServiceInvoice["status"]): string {
  return {
    open: t("status.open"),
    expired: t("status.expired"),
    paid: t("status.paid"),
    captured: t("status.captured"),
    refunded: t("status.refunded"),
  }[status];
}

/** What was sold on each of the latest days, of the orders listed. */
function Sales({ items }: { items: ServiceInvoice[] }) {
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
    <Section title={t("till.sales")}>
      <Bars bars={bars} caption={t("till.salesCaption")} />
    </Section>
  );
}

/** An invoice for the shopper to scan; says so as soon as it is paid. */
function Shown({ invoice, onClose }: { invoice: ServiceInvoice; onClose(): void }) {
  return (
    <Dialog title={`${invoice.orderId} · ${fec(parseFec(invoice.amount) ?? 0n)} FEC`} onClose={onClose} wide>
      {invoice.status === "open" ? (
        <div class="qr">
          <img src={serviceUrl(`/v1/invoices/${invoice.id}/qr.svg`)} alt={t("till.qr", { order: invoice.orderId })} />
          <Waiting>{t("till.waiting")}</Waiting>
          <a href={invoice.links.pay}>{t("till.link")}</a>
        </div>
      ) : (
        <>
          <Notice tone={PAID.includes(invoice.status) ? "good" : "warn"} title={statusName(invoice.status)}>
            {invoice.returnDeadline ? t("till.returnable", { date: date(invoice.returnDeadline) }) : null}
          </Notice>
          <Facts>
            {invoice.burned !== null && (
              <Fact label={t("pay.burned")}>
                <Fec wei={parseFec(invoice.burned) ?? 0n} />
              </Fact>
            )}
            {invoice.node !== null && <Fact label={t("till.node")}>ADN {invoice.node}</Fact>}
          </Facts>
        </>
      )}
    </Dialog>
  );
}
