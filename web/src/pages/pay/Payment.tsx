/** The quote, the shopper's choices, and the ways to pay. */
import { useEffect, useState } from "preact/hooks";
import { zeroAddress, type Address as Account } from "viem";
import { head } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { date, fec } from "../../i18n/format";
import type { Choices, Invoice } from "@fec/sdk/invoice";
import { claimableOf, sum } from "@fec/sdk/nodes";
import { holdingsOf, reader, type Holdings, type Quote, type Terms } from "../../reads";
import { now } from "../../chain";
import { takesNodes } from "../../receivers";
import { Connect } from "../../ui/Connect";
import { Curve, Milestones, PayBack } from "../../ui/Curve";
import { Fact, Facts, Fec, Notice, Waiting } from "../../ui/parts";
import { shortened } from "../../ui/text";
import { account } from "../../wallet";
import { isVault } from "../../vault";
import { Secure, useSecured } from "../vault/Secure";
import { VaultPay } from "./VaultPay";
import { Ways } from "./Ways";

/** Before a wallet is known the quote is a new customer's; no one has this address' key. */
const NOBODY = "0x000000000000000000000000000000000000dEaD";

interface PaymentProps {
  invoice: Invoice;
  terms: Terms;
  onBegin(): void;
}

export function Payment({ invoice, terms, onBegin }: PaymentProps) {
  const [quote, setQuote] = useState<Quote | null>(null);
  const [holdings, setHoldings] = useState<Holdings | null>(null);
  const [cause, setCause] = useState<Account>(zeroAddress);
  const [problem, setProblem] = useState<string | null>(null);
  const payer = account.value;
  const block = head.value;

  useEffect(() => {
    if (!block) return;
    const customer = payer ?? NOBODY;
    const quoted = reader().quote(invoice.programId, customer, invoice.amount);
    Promise.all([quoted, takesNodes(customer)]).then(
      ([found, takes]) => (setQuote(found), setProblem(takes ? null : t("pay.customerRefuses"))),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
    if (payer) holdingsOf(payer, block.number).then(setHoldings, (error: unknown) => setProblem(sentenceOf(error)));
    else setHoldings(null);
  }, [payer, block?.hash]);

  const isSecured = useSecured();
  if (problem) return <Notice tone="bad">{problem}</Notice>;
  if (!quote) return <Waiting>{t("pay.quoting")}</Waiting>;
  const given = cause === zeroAddress ? 0n : quote.donation;
  const choices: Choices | null = payer && { customer: payer, minPrincipal: quote.principal, cause };
  return (
    <>
      <PayBack burned={quote.principal} face={quote.face} />
      {!payer && <Connect />}
      {payer && !holdings && <Waiting>{t("pay.looking")}</Waiting>}
      {isVault(payer) && isSecured === false && <Secure />}
      {holdings && choices && !isVault(payer) && <Ways invoice={invoice} choices={choices} holdings={holdings} onBegin={onBegin} />}
      {holdings && choices && isVault(payer) && isSecured && (
        <VaultPay invoice={invoice} choices={choices} holdings={holdings} onBegin={onBegin} />
      )}
      {terms.causes.length > 0 && <Causes causes={terms.causes} donation={quote.donation} cause={cause} onPick={setCause} />}
      {holdings && (
        <Facts>
          <Fact label={t("pay.balance")}>
            <Fec wei={holdings.balance} />
          </Fact>
          <Fact label={t("pay.flowedBack")}>
            <Fec wei={sum(holdings.nodes.map((node) => claimableOf(node, now.value)))} />
          </Fact>
        </Facts>
      )}
      <Quoted quote={quote} given={given} />
    </>
  );
}

/** What the payment does: where each coin goes, and what comes back when. */
function Quoted({ quote, given }: { quote: Quote; given: bigint }) {
  const atOnce = quote.returnDeadline <= BigInt(now.value);
  return (
    <>
      <Facts>
        <Fact label={t("pay.toShop")}>
          <Fec wei={quote.toMerchant - given} />
        </Fact>
        {given > 0n && (
          <Fact label={t("pay.toCause")}>
            <Fec wei={given} />
          </Fact>
        )}
        <Fact label={t("pay.burned")} strong>
          <Fec wei={quote.principal} />
        </Fact>
      </Facts>
      <div class="card">
        <h2>{t("pay.nodeTitle", { face: fec(quote.face) })}</h2>
        <Curve period={0} />
        <Milestones principal={quote.principal} />
        <Facts>
          <Fact label={t("pay.nodeComes")}>{atOnce ? t("pay.atOnce") : t("pay.afterWindow", { date: date(Number(quote.returnDeadline)) })}</Fact>
          <Fact label={t("pay.firstCoins")}>{date(Number(quote.firstRelease))}</Fact>
          <Fact label={t("pay.lastCoins")}>{date(Number(quote.lastRelease))}</Fact>
        </Facts>
      </div>
    </>
  );
}

interface CausesProps {
  causes: readonly Account[];
  donation: bigint;
  cause: Account;
  onPick(cause: Account): void;
}

function Causes({ causes, donation, cause, onPick }: CausesProps) {
  const option = (value: Account, label: string) => (
    <label key={value} class="choice">
      <input type="radio" name="cause" checked={cause === value} onChange={() => onPick(value)} />
      <span>{label}</span>
    </label>
  );
  return (
    <fieldset class="choices">
      <legend>{t("pay.causeTitle", { amount: fec(donation) })}</legend>
      {option(zeroAddress, t("pay.noCause"))}
      {causes.map((each) => option(each, shortened(each)))}
    </fieldset>
  );
}

