/** Paying out of a vault: one touch, also with what its nodes have released, in the same transaction. */
import { useState } from "preact/hooks";
import { claimableOf, sum } from "@fec/sdk/nodes";
import type { SignedPayment } from "@fec/sdk/acting";
import type { Choices, Invoice } from "@fec/sdk/invoice";
import { look, now } from "../../chain";
import { isUnreachable, sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { fec } from "../../i18n/format";
import type { Holdings } from "../../reads";
import { Button, Notice, Waiting } from "../../ui/parts";
import { TopUp } from "../vault/TopUp";
import { nodesFor } from "./Ways";

interface VaultPayProps {
  invoice: Invoice;
  choices: Choices;
  holdings: Holdings;
  onBegin(): void;
}

export function VaultPay({ invoice, choices, holdings, onBegin }: VaultPayProps) {
  const [stage, setStage] = useState<"idle" | "signing" | "sent">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  /** Signed and sent, but nobody answered: whether it arrived is not known. Sent again it is the same payment. */
  const [unsure, setUnsure] = useState<SignedPayment | null>(null);
  // Settled nodes that nobody has opened are no tokens yet: the wallet page claims from them.
  const tokens = holdings.nodes.filter((node) => !node.leaf);
  const flowed = sum(tokens.map((node) => claimableOf(node, now.value)));
  const lacking = invoice.amount - holdings.balance;

  if (stage === "idle" && !unsure && lacking > flowed)
    return (
      <>
        <Notice title={t("pay.tooLittleTitle")}>{t("topUp.missing", { have: fec(holdings.balance + flowed), missing: fec(lacking - flowed) })}</Notice>
        <TopUp owner={choices.customer} />
      </>
    );

  const pay = async (): Promise<void> => {
    setProblem(null);
    let signed = unsure;
    try {
      const { sendSpend, signSpend } = await import("../../passkey/acting");
      if (!signed) {
        setStage("signing");
        const picked = lacking > 0n ? nodesFor(tokens, lacking, now.value) : [];
        signed = await signSpend(invoice, choices, picked.map((node) => node.tokenId));
        onBegin();
      }
      setStage("sent");
      await sendSpend(invoice, signed);
      await look();
    } catch (error) {
      const lost = signed !== null && isUnreachable(error);
      setUnsure(lost ? signed : null);
      setStage("idle");
      setProblem(lost ? t("pay.unknown") : sentenceOf(error));
    }
  };

  return (
    <div class="action">
      {problem && <Notice tone="bad">{problem}</Notice>}
      {stage === "idle" && (
        <Button kind="main" onClick={() => void pay()}>
          {unsure ? t("pay.lookAgain") : t("passkey.pay", { amount: fec(invoice.amount) })}
        </Button>
      )}
      {stage === "signing" && <Waiting>{t("passkey.asking")}</Waiting>}
      {stage === "sent" && <Waiting>{t("pay.sent")}</Waiting>}
      <p class="fine">{lacking > 0n ? t("passkey.withNodes", { amount: fec(lacking) }) : t("passkey.payWhy")}</p>
    </div>
  );
}
