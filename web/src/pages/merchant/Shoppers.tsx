/** Shoppers: what is outstanding to whom, and what flows back when. */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { fec, number, parseFec, percent, shortDay } from "../../i18n/format";
import type { Calendar, Shopper, ShopperPage } from "@fec/sdk/generated/api";
import { call } from "../../service";
import { Bars } from "../../ui/Bars";
import { Chart } from "../../ui/Chart";
import { Dialog } from "../../ui/Dialog";
import { Address, Button, Fact, Facts, Fec, Notice, Section, Waiting } from "../../ui/parts";
import { Shape } from "../../ui/Curve";
import { shortened } from "../../ui/text";

const WEEKS = 12;
const wei = (text: string) => parseFec(text) ?? 0n;

export function Shoppers() {
  const [items, setItems] = useState<Shopper[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [selected, setSelected] = useState<Shopper | null>(null);
  const load = (after: string | null) =>
    call<ShopperPage>("GET", `/v1/shoppers?limit=50${after ? `&after=${after}` : ""}`).then(
      (page) => {
        setItems((known) => [...(after ? (known ?? []) : []), ...page.items]);
        setNext(page.next);
      },
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  useEffect(() => void load(null), []);

  if (problem) return <Notice tone="bad">{problem}</Notice>;
  if (!items) return <Waiting>{t("shoppers.reading")}</Waiting>;
  return (
    <Section title={t("merchant.shoppers")}>
      <Shape />
      {items.length === 0 && <p>{t("shoppers.none")}</p>}
      <ul class="rows">
        {items.map((each) => (
          <li key={each.address} data-shopper={each.address}>
            <div>
              <Address value={each.address} />
              <br />
              <small>
                {t("shoppers.line", { spend: fec(wei(each.spend)), nodes: number(each.nodes) })}
                {each.burnBps === null ? "" : ` · ${t("shoppers.tier", { tier: (each.tier ?? 0) + 1, share: percent(each.burnBps) })}`}
              </small>
            </div>
            <div class="number">
              <Fec wei={wei(each.outstanding)} />
              <br />
              <small>{t("shoppers.outstanding")}</small>
            </div>
            <Button aria-label={`${t("shoppers.calendar")}: ${shortened(each.address)}`} onClick={() => setSelected(each)}>
              {t("shoppers.calendar")}
            </Button>
          </li>
        ))}
      </ul>
      {next && <Button onClick={() => void load(next)}>{t("orders.more")}</Button>}
      {selected && <FlowBack shopper={selected} onClose={() => setSelected(null)} />}
    </Section>
  );
}

function FlowBack({ shopper, onClose }: { shopper: Shopper; onClose(): void }) {
  const [calendar, setCalendar] = useState<Calendar | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    call<Calendar>("GET", `/v1/shoppers/${shopper.address}/calendar?by=week&count=${WEEKS}`).then(setCalendar, (error: unknown) =>
      setProblem(sentenceOf(error)),
    );
  }, [shopper.address]);
  return (
    <Dialog title={`${t("shoppers.calendar")}: ${shortened(shopper.address)}`} onClose={onClose}>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!calendar && !problem && <Waiting>{t("shoppers.reading")}</Waiting>}
      {calendar && (
        <>
          <Chart path={`/v1/shoppers/${shopper.address}/calendar`} label={t("figures.flowback")} />
          <Bars
            caption={t("shoppers.weeks")}
            bars={calendar.items.map((flow) => ({ label: shortDay(flow.begin), amount: wei(flow.amount) }))}
          />
          <Facts>
            <Fact label={t("node.claimable")}>
              <Fec wei={wei(calendar.claimable)} />
            </Fact>
            <Fact label={t("shoppers.later")}>
              <Fec wei={wei(calendar.later)} />
            </Fact>
          </Facts>
          <Shape />
        </>
      )}
    </Dialog>
  );
}
