/** Paying by a signature alone: the shop's service sends it, and pays for gas. */
import { useState } from "preact/hooks";
import { serialized } from "@fec/sdk/typed-data";
import { zeroAddress, type Hex } from "viem";
import { look, settings } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { fec, plain } from "../../i18n/format";
import { authorization, type Choices, type Invoice } from "@fec/sdk/invoice";
import type { InvoiceStatus, NewPayment } from "@fec/sdk/generated/api";
import type { Node } from "@fec/sdk/nodes";
import { claimFreely } from "../../free";
import { call, serviceUrl } from "../../service";
import { Confirm } from "../../ui/Action";
import { Notice, Waiting } from "../../ui/parts";
import { account, ask } from "../../wallet";

interface GaslessProps {
  invoice: Invoice;
  choices: Choices;
  /** Nodes that are claimed from first, for the payer; the signature is asked for before. */
  claimFrom?: readonly Node[];
  onBegin(): void;
}

export function Gasless({ invoice, choices, claimFrom = [], onBegin }: GaslessProps) {
  const [stage, setStage] = useState<"idle" | "signing" | "claiming" | "sent">("idle");
  const [problem, setProblem] = useState<string | null>(null);

  const pay = async (): Promise<void> => {
    setProblem(null);
    try {
      setStage("signing");
      const signed = await sign(invoice, choices);
      onBegin();
      if (claimFrom.length) {
        setStage("claiming");
        await claimFreely(choices.customer, claimFrom);
      }
      await call("POST", `/v1/pay/${invoice.id}/payments`, signed);
      setStage("sent");
      await arrived(invoice.id);
      await look();
    } catch (error) {
      setStage("idle");
      setProblem(sentenceOf(error));
    }
  };

  return (
    <div class="action">
      {problem && <Notice tone="bad">{problem}</Notice>}
      {stage === "idle" && (
        <Confirm label={t("pay.signNow", { amount: fec(invoice.amount) })} ready onConfirm={() => void pay()} onFault={setProblem} />
      )}
      {stage === "signing" && <Waiting>{t("action.signInWallet")}</Waiting>}
      {stage === "claiming" && <Waiting>{t("pay.claiming")}</Waiting>}
      {stage === "sent" && <Waiting>{t("pay.sent")}</Waiting>}
      <p class="fine">{t("pay.gaslessWhy")}</p>
    </div>
  );
}

async function sign(invoice: Invoice, choices: Choices): Promise<NewPayment> {
  const payer = account.value ?? zeroAddress;
  const document = authorization(invoice, choices, payer, settings().contracts.FEC);
  const signature = await ask<Hex>("eth_signTypedData_v4", [payer, serialized(document)]);
  return {
    payer,
    customer: choices.customer,
    minPrincipal: plain(choices.minPrincipal),
    cause: choices.cause === zeroAddress ? null : choices.cause,
    validAfter: 0,
    validBefore: invoice.expiry + 1,
    signature,
  };
}

/** Follows the invoice until the payment is on the chain. Throws what made it fail. */
function arrived(id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = new EventSource(serviceUrl(`/v1/pay/${id}/events`), { withCredentials: settings().service !== "" });
    const end = (finish: () => void) => {
      stream.close();
      finish();
    };
    const seen = (event: MessageEvent<string>) => {
      const { status } = JSON.parse(event.data) as { status?: InvoiceStatus };
      if (status && status !== "open" && status !== "expired") end(resolve);
    };
    for (const kind of ["invoice.state", "invoice.paid", "invoice.captured"]) stream.addEventListener(kind, seen);
    stream.addEventListener("payment.failed", (event) => {
      const { error } = JSON.parse((event as MessageEvent<string>).data) as { error: { sentence: string } | null };
      end(() => reject(new Error(error?.sentence ?? "")));
    });
  });
}
