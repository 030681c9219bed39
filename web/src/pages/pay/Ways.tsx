/** The ways to pay: by a signature that the shop sends, with one's own gas, or with what has flowed back. */
import { useEffect, useState } from "preact/hooks";
import { callOf, type Line } from "../../actions";
import { chain, now, settings } from "../../chain";
import { freelyClaimable } from "../../free";
import { t } from "../../i18n";
import { exactFec, fec } from "../../i18n/format";
import { encodedOrder, orderOf, type Choices, type Invoice } from "@fec/sdk/invoice";
import { claimableOf, nodeName, sum, type Node } from "@fec/sdk/nodes";
import { fecContract, checkoutContract, type Holdings } from "../../reads";
import { Action } from "../../ui/Action";
import { Fact, Facts, Fec, Notice } from "../../ui/parts";
import { account } from "../../wallet";
import { Gasless } from "./Gasless";

type Way = "gasless" | "flowed" | "balance" | "nodes";

interface WaysProps {
  invoice: Invoice;
  choices: Choices;
  holdings: Holdings;
  onBegin(): void;
}

export function Ways({ invoice, choices, holdings, onBegin }: WaysProps) {
  const served = settings().service !== null && invoice.id !== "";
  const full = holdings.nodes.filter((node) => claimableOf(node, now.value) > 0n);
  const flowed = sum(full.map((node) => claimableOf(node, now.value)));
  const enough = holdings.balance >= invoice.amount;
  const enoughWithNodes = flowed > 0n && holdings.balance + flowed >= invoice.amount;
  const ways: Way[] = [];
  const free = freelyClaimable(full);
  const flowedFree = sum(free.map((node) => claimableOf(node, now.value)));
  if (enough && served) ways.push("gasless");
  if (served && !enough && holdings.balance + flowedFree >= invoice.amount) ways.push("flowed");
  if (enough) ways.push("balance");
  if (enoughWithNodes) ways.push("nodes");
  const [chosen, setChosen] = useState<Way | null>(null);
  const way = chosen && ways.includes(chosen) ? chosen : ways[0];

  if (!way)
    return (
      <Notice tone="bad" title={t("pay.tooLittleTitle")}>
        {t("pay.tooLittle", { missing: fec(invoice.amount - holdings.balance - flowed), have: fec(holdings.balance) })}
      </Notice>
    );
  const about = {
    gasless: t("pay.wayGasless"),
    flowed: t("pay.wayFlowed", { amount: fec(flowedFree) }),
    balance: t("pay.wayBalance"),
    nodes: t("pay.wayNodes", { amount: fec(flowed) }),
  };
  return (
    <>
      <fieldset class="choices">
        <legend>{t("pay.how")}</legend>
        {ways.map((each) => (
          <label key={each} class="choice">
            <input type="radio" name="way" value={each} checked={each === way} onChange={() => setChosen(each)} />
            <span>{about[each]}</span>
          </label>
        ))}
      </fieldset>
      {way === "gasless" && <Gasless invoice={invoice} choices={choices} onBegin={onBegin} />}
      {way === "flowed" && (
        <Gasless
          invoice={invoice}
          choices={choices}
          onBegin={onBegin}
          claimFrom={nodesFor(free, invoice.amount - holdings.balance, now.value)}
        />
      )}
      {way === "balance" && <ByBalance invoice={invoice} choices={choices} onBegin={onBegin} />}
      {way === "nodes" && <FromNodes invoice={invoice} choices={choices} holdings={holdings} onBegin={onBegin} />}
    </>
  );
}

const pays = (invoice: Invoice): Line[] => [[t("pay.youPay"), `${exactFec(invoice.amount)} FEC`]];

/** One transaction of the coupon, which calls Checkout (ERC-1363). */
function ByBalance({ invoice, choices, onBegin }: Omit<WaysProps, "holdings">) {
  const args = [invoice.checkout, invoice.amount, encodedOrder(invoice, choices)];
  const call = callOf(fecContract(), "transferAndCall", args);
  return <Action plan={{ call, before: () => pays(invoice) }} confirm={t("pay.payNow", { amount: fec(invoice.amount) })} onDone={onBegin} />;
}

/** As few nodes as cover what the balance lacks; the ones that hold most first. */
export function nodesFor(nodes: readonly Node[], lacking: bigint, now: number): Node[] {
  const full = nodes.filter((node) => claimableOf(node, now) > 0n);
  full.sort((a, b) => (claimableOf(b, now) > claimableOf(a, now) ? 1 : -1));
  const picked: Node[] = [];
  let covered = 0n;
  for (const node of full) {
    if (covered >= lacking && picked.length) break;
    picked.push(node);
    covered += claimableOf(node, now);
  }
  return picked;
}

/** Claims from nodes and pays, in one transaction; before it, one approval lets Checkout take the coins. */
function FromNodes({ invoice, choices, holdings, onBegin }: WaysProps) {
  const [allowance, setAllowance] = useState<bigint | null>(null);
  const payer = account.value;
  const picked = nodesFor(holdings.nodes, invoice.amount - holdings.balance, now.value);
  const coins = sum(picked.map((node) => claimableOf(node, now.value)));

  useEffect(() => {
    if (!payer) return;
    const args = [payer, invoice.checkout] as const;
    void chain().readContract({ ...fecContract(), functionName: "allowance", args }).then(setAllowance);
  }, [payer, holdings.block]);

  if (allowance === null) return null;
  if (allowance < invoice.amount) {
    const call = callOf(fecContract(), "approve", [invoice.checkout, invoice.amount]);
    const before = (): Line[] => [[t("pay.checkoutMayTake"), `${exactFec(invoice.amount)} FEC`]];
    return (
      <Action key="approve" plan={{ call, before }} confirm={t("pay.allow")} onDone={() => setAllowance(invoice.amount)}>
        <p>{t("pay.allowFirst")}</p>
      </Action>
    );
  }
  const call = callOf(checkoutContract(), "payFromNodes", [orderOf(invoice, choices), picked.map((node) => node.tokenId)]);
  return (
    <Action key="pay" plan={{ call, before: () => pays(invoice) }} confirm={t("pay.payNow", { amount: fec(invoice.amount) })} onDone={onBegin}>
      <Facts>
        <Fact label={t("pay.fromNodes", { nodes: picked.map((node) => `ADN ${nodeName(node.tokenId)}`).join(", ") })}>
          <Fec wei={coins} />
        </Fact>
      </Facts>
    </Action>
  );
}
