/** Nodes of sales that were paid elsewhere: what was settled, what nobody has opened, and whether the chain's own logs say the same. */
import { useEffect, useState } from "preact/hooks";
import { settings } from "../../chain";
import { sentenceOf } from "../../errors";
import type { Settlement, SettlementPage } from "@fec/sdk/generated/api";
import { t } from "../../i18n";
import { number, parseFec } from "../../i18n/format";
import { call } from "../../service";
import { settledAt, type Settled } from "../../settled";
import { Button, Fact, Facts, Fec, Notice, Section, Waiting } from "../../ui/parts";
import { shopName } from "../../ui/shops";

export function Settlements({ block }: { block: bigint }) {
  const [told, setTold] = useState<SettlementPage | null>(null);
  const [items, setItems] = useState<Settlement[]>([]);
  const [checked, setChecked] = useState<Settled | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const served = settings().service !== null;
  const run = (task: Promise<unknown>) => task.then(() => setProblem(null), (error: unknown) => setProblem(sentenceOf(error)));
  const load = () =>
    call<SettlementPage>("GET", "/v1/settlements").then((page) => (setTold(page), setItems(page.items), setChecked(null)));
  const more = (before: string) =>
    call<SettlementPage>("GET", `/v1/settlements?before=${before}`).then((page) => (setTold({ ...page, totals: (told ?? page).totals }), setItems([...items, ...page.items])));
  useEffect(() => {
    if (served) void run(load());
  }, []);
  const check = () => {
    setBusy(true);
    void run(settledAt(told ? BigInt(told.asOf.block) : block).then(setChecked)).finally(() => setBusy(false));
  };
  const shown = told ? figuresOf(told) : checked;
  const agree = told && checked && same(figuresOf(told), checked);
  const holds = checked ? checked.unproven === 0 && agree !== false : undefined;
  return (
    <Section title={t("settled.title")} aside={told && <span class="aside">{t("open.block", { block: number(told.asOf.block) })}</span>}>
      <div class="card" data-settled={holds === undefined ? "" : holds ? "ok" : "bad"}>
        <p>{t("settled.intro")}</p>
        {shown && (
          <Facts>
            <Fact label={t("settled.settlements")}>{number(shown.settlements)}</Fact>
            <Fact label={t("settled.nodes")}>{number(shown.nodes)}</Fact>
            <Fact label={t("settled.principal")} strong>
              <Fec wei={shown.principal} />
            </Fact>
            <Fact label={t("settled.unopened")}>{number(shown.unopened)}</Fact>
            <Fact label={t("settled.unopenedPrincipal")}>
              <Fec wei={shown.unopenedPrincipal} />
            </Fact>
          </Facts>
        )}
        {checked && (
          <Notice tone={holds ? "good" : "bad"}>
            {holds ? t("settled.proven", { count: number(checked.settlements) }) : t("settled.unproven", { count: number(checked.unproven) })}
          </Notice>
        )}
        {problem && <Notice tone="bad">{problem}</Notice>}
        {busy ? <Waiting>{t("open.adding")}</Waiting> : <Button onClick={check}>{t("settled.check")}</Button>}
      </div>
      {items.length > 0 && (
        <ul class="rows">
          {items.map((one) => (
            <li key={one.settlementId} data-settlement={one.settlementId}>
              <div>
                <b>{shopName(one.programId)}</b> {t("settled.inBlock", { block: number(one.block) })}
                <br />
                <small>{t("settled.counts", { nodes: number(one.nodes), unopened: number(one.unopened) })}</small>
              </div>
              <Fec wei={parseFec(one.principal) ?? 0n} />
            </li>
          ))}
        </ul>
      )}
      {told?.next && <Button onClick={() => void run(more(told.next ?? ""))}>{t("orders.more")}</Button>}
    </Section>
  );
}

type Figures = Omit<Settled, "unproven">;

function figuresOf({ totals }: SettlementPage): Figures {
  const { settlements, nodes, unopened } = totals;
  return { settlements, nodes, unopened, principal: parseFec(totals.principal) ?? 0n, unopenedPrincipal: parseFec(totals.unopenedPrincipal) ?? 0n };
}

function same(told: Figures, checked: Settled): boolean {
  return (Object.keys(told) as (keyof Figures)[]).every((name) => told[name] === checked[name]);
}
