/** Paying some of an order back, or all that is left of it. */
import { useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { fec, parseFec, plain } from "../../i18n/format";
import type { Invoice } from "@fec/sdk/generated/api";
import { call } from "../../service";
import { Dialog } from "../../ui/Dialog";
import { Button, Fact, Facts, Fec, Field, Notice } from "../../ui/parts";

export function Refund({ invoice, onClose }: { invoice: Invoice; onClose(): void }) {
  const left = (parseFec(invoice.amount) ?? 0n) - (parseFec(invoice.refunded) ?? 0n);
  const [text, setText] = useState(plain(left));
  // One dialog is one refund, however often its button is pressed.
  const [key] = useState(() => crypto.randomUUID());
  const [state, setState] = useState<"idle" | "busy" | "asked">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const amount = parseFec(text);
  const refund = async (): Promise<void> => {
    setState("busy");
    setProblem(null);
    try {
      await call("POST", `/v1/invoices/${invoice.id}/refunds`, { amount: plain(amount ?? 0n) }, key);
      setState("asked");
    } catch (error) {
      setState("idle");
      setProblem(sentenceOf(error));
    }
  };
  return (
    <Dialog title={`${t("orders.refund")}: ${invoice.orderId}`} onClose={onClose}>
      {state === "asked" ? (
        <Notice tone="good">{t("refund.asked", { amount: fec(amount ?? 0n) })}</Notice>
      ) : (
        <div class="action">
          <Field label={t("refund.amount")} hint={t("refund.left", { amount: fec(left) })}>
            <input value={text} inputMode="decimal" onInput={(event) => setText(event.currentTarget.value)} />
          </Field>
          {amount !== null && amount > 0n && amount <= left && (
            <Facts>
              <Fact label={t("refund.toPayer")}>
                <Fec wei={amount} />
              </Fact>
              <Fact label={t("refund.stays")}>
                <Fec wei={left - amount} />
              </Fact>
            </Facts>
          )}
          {problem && <Notice tone="bad">{problem}</Notice>}
          <Button kind="main" disabled={state === "busy" || !amount} onClick={() => void refund()}>
            {t("orders.refund")}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
