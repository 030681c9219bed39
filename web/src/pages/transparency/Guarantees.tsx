/** Each guarantee with figures of now. What no figure can show is left to proofs and tests, and has no seal here. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { settings } from "../../chain";
import { face, PERIODS, released } from "@fec/sdk/curve";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { fec, number } from "../../i18n/format";
import { ledgerAt, type Ledger } from "../../ledger";
import { Address, Button, Notice, Section, Waiting } from "../../ui/parts";
import type { Figures } from "../Transparency";

const THOUSAND = 1_000n * 10n ** 18n;

interface GuaranteeProps {
  name: string;
  says: string;
  /** Whether the figures are as they should be; unknown until they were read, or for good. */
  holds?: boolean | undefined;
  children: ComponentChildren;
}

function Guarantee({ name, says, holds, children }: GuaranteeProps) {
  const state = holds === undefined ? "" : holds ? "ok" : "bad";
  const verdict = { "": t("open.unseen"), ok: t("open.holds"), bad: t("open.broken") }[state];
  return (
    <li class="card" data-guarantee={name} data-holds={state}>
      <h3>
        <span class={`seal ${state}`}>
          {name} {holds === undefined ? "" : holds ? "✓" : "✗"} <span class="unseen">{verdict}</span>
        </span>{" "}
        {says}
      </h3>
      <p>{children}</p>
    </li>
  );
}

export function Guarantees({ figures }: { figures: Figures }) {
  const [ledger, setLedger] = useState<Ledger | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { supply, outstanding, cap, genesis, burned } = figures;
  const owed = supply + outstanding;
  const paidOut = supply - genesis + burned;

  const check = () => {
    setBusy(true);
    setProblem(null);
    ledgerAt(figures.block)
      .then(setLedger, (error: unknown) => setProblem(sentenceOf(error)))
      .finally(() => setBusy(false));
  };

  return (
    <Section title={t("open.guarantees")}>
      <ol class="guarantees">
        <Guarantee name="G1" says={t("g1.says")} holds={owed <= cap && owed === genesis + 9n * burned}>
          {t("g1.shows", { sum: fec(owed), cap: fec(cap), genesis: fec(genesis), nine: fec(9n * burned) })}
        </Guarantee>
        <Guarantee name="G2" says={t("g2.says")} holds={outstanding === face(burned) - paidOut}>
          {t("g2.shows", { owed: fec(face(burned)), paid: fec(paidOut), outstanding: fec(outstanding) })}
        </Guarantee>
        <Guarantee name="G3" says={t("g3.says")}>
          {t("g3.shows", { first: fec(released(THOUSAND, 1)), last: fec(face(THOUSAND) - released(THOUSAND, PERIODS - 1)) })}
        </Guarantee>
        <Guarantee name="G4" says={t("g4.says")} holds={figures.minter === settings().contracts.ADN}>
          {t("g4.shows")} <Address value={figures.minter} />
        </Guarantee>
        <Guarantee name="G5" says={t("g5.says")} holds={ledger ? ledger.unequal === 0 && figures.checkoutHolds >= ledger.escrowed : undefined}>
          {ledger ? <Parts ledger={ledger} holds={figures.checkoutHolds} /> : t("open.byOrders")}
        </Guarantee>
        <Guarantee name="G6" says={t("g6.says")} holds={ledger ? ledger.burnedAfterRefund === 0 : undefined}>
          {ledger ? t("g6.shows", { refunded: number(ledger.refunded), wrong: number(ledger.burnedAfterRefund) }) : t("open.byOrders")}
        </Guarantee>
        <Guarantee name="G7" says={t("g7.says")} holds={ledger ? ledger.payments === ledger.orders : undefined}>
          {ledger ? t("g7.shows", { paid: number(ledger.payments), orders: number(ledger.orders) }) : t("open.byOrders")}
        </Guarantee>
        <Guarantee name="G8" says={t("g8.says")}>
          {t("g8.shows")}
        </Guarantee>
      </ol>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {busy ? <Waiting>{t("open.adding")}</Waiting> : <Button onClick={check}>{t("open.check")}</Button>}
    </Section>
  );
}

function Parts({ ledger, holds }: { ledger: Ledger; holds: bigint }) {
  return (
    <>
      {t("g5.shows", {
        paid: fec(ledger.paid),
        merchants: fec(ledger.toMerchants),
        burned: fec(ledger.burned),
        donated: fec(ledger.donated),
        back: fec(ledger.back),
        escrowed: fec(ledger.escrowed),
        holds: fec(holds),
      })}
    </>
  );
}
