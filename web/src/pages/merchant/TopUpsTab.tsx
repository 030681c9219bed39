/** Selling FEC at the till: the shopper's QR code is scanned into a field, as hand scanners type, and what was paid is noted. */
import { useEffect, useState } from "preact/hooks";
import type { TopUp, TopUpPage } from "@fec/sdk/generated/api";
import { plain } from "@fec/sdk/amounts";
import { isAddress, type Address as Account } from "viem";
import { settings } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { date, parseFec } from "../../i18n/format";
import { call } from "../../service";
import { Address, Button, Fec, Field, Notice, Section } from "../../ui/parts";

/** The account in what a scanner reads: an address, alone or in `ethereum:0x…@chain` of this chain, and nothing else. */
function accountIn(text: string): Account | null {
  const [, found = "", chain] = /^(?:ethereum:)?(0x[0-9a-fA-F]{40})(?:@(\d+))?$/.exec(text.trim()) ?? [];
  return isAddress(found) && (chain === undefined || Number(chain) === settings().chainId) ? found : null;
}

export function TopUpsTab() {
  const [items, setItems] = useState<TopUp[]>([]);
  const [scanned, setScanned] = useState("");
  const [amount, setAmount] = useState("");
  const [price, setPrice] = useState("");
  const [currency, setCurrency] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(() => crypto.randomUUID());
  const look = () => call<TopUpPage>("GET", "/v1/top-ups").then(({ items: found }) => setItems(found), (error: unknown) => setProblem(sentenceOf(error)));
  useEffect(() => void look(), []);
  const [to, wei] = [accountIn(scanned), parseFec(amount)];

  const sell = async (): Promise<void> => {
    if (!to || !wei) return;
    setProblem(null);
    const paid = price.trim() && currency.trim() ? { price: price.trim(), currency: currency.trim().toUpperCase() } : {};
    try {
      // The same key until it was taken: pressed twice, it is one sale.
      await call<TopUp>("POST", "/v1/top-ups", { to, amount: plain(wei), ...paid }, asked);
      setAsked(crypto.randomUUID());
      setScanned("");
      setAmount("");
      setPrice("");
      await look();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <>
      <Section title={t("topUps.title")}>
        <p class="fine">{t("topUps.why")}</p>
        <div class="card narrow action">
          <Field label={t("topUps.scan")} hint={t("topUps.scanHint")}>
            <input value={scanned} onInput={(event) => setScanned(event.currentTarget.value)} autocomplete="off" spellcheck={false} placeholder="0x…" />
          </Field>
          {scanned.trim() !== "" && !to && <Notice tone="warn">{t("task.badAddress")}</Notice>}
          <Field label={t("orders.amount")}>
            <input value={amount} onInput={(event) => setAmount(event.currentTarget.value)} inputMode="decimal" autocomplete="off" />
          </Field>
          <Field label={t("topUps.price")}>
            <input value={price} onInput={(event) => setPrice(event.currentTarget.value)} inputMode="decimal" autocomplete="off" />
          </Field>
          <Field label={t("topUps.currency")}>
            <input value={currency} onInput={(event) => setCurrency(event.currentTarget.value)} maxLength={3} autocomplete="off" placeholder="MYR" />
          </Field>
          {problem && <Notice tone="bad">{problem}</Notice>}
          <Button kind="main" disabled={!to || !wei} onClick={() => void sell()}>
            {t("topUps.sell")}
          </Button>
        </div>
      </Section>
      <Section title={t("topUps.sold")} aside={<Button onClick={() => void look()}>{t("sales.again")}</Button>}>
        {items.length === 0 && <p class="fine">{t("topUps.none")}</p>}
        <ul class="rows orders">
          {items.map((sold) => (
            <li key={sold.id} data-top-up={sold.to} data-state={sold.state}>
              <div>
                <Address value={sold.to} />
                <br />
                <small>
                  {date(sold.createdAt)} · {sold.by} {sold.price && `· ${sold.currency ?? ""} ${sold.price}`}
                </small>
              </div>
              <Fec wei={parseFec(sold.amount) ?? 0n} />
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}
