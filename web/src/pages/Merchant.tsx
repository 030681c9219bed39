/** The merchant's page: the operator of a program signs in with Ethereum, makes invoices, and looks after orders and shoppers. */
import { useEffect, useState } from "preact/hooks";
import { settings } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import type { Me } from "@fec/sdk/generated/api";
import { call, Problem } from "../service";
import { Button, Notice, Waiting } from "../ui/parts";
import { shopName } from "../ui/shops";
import { Figures } from "./merchant/Figures";
import { Program } from "./merchant/Program";
import { Shoppers } from "./merchant/Shoppers";
import { TopUpsTab } from "./merchant/TopUpsTab";
import { SignIn } from "./merchant/SignIn";
import { OrdersTab } from "./merchant/OrdersTab";
import { SalesTab } from "./merchant/SalesTab";

type Found = { at: "unknown" } | { at: "out" } | { at: "in"; me: Me } | { at: "failed"; sentence: string };

export default function Merchant() {
  const [found, setFound] = useState<Found>({ at: "unknown" });

  const look = () =>
    call<Me>("GET", "/v1/session").then(
      (me) => setFound({ at: "in", me }),
      (error: unknown) =>
        setFound(error instanceof Problem && error.status === 401 ? { at: "out" } : { at: "failed", sentence: sentenceOf(error) }),
    );
  useEffect(() => {
    if (settings().service !== null) void look();
  }, []);

  return (
    <main class="merchant">
      <h1>{found.at === "in" ? shopName(found.me.programId) : t("merchant.title")}</h1>
      {settings().service === null && <Notice title={t("merchant.noServiceTitle")}>{t("merchant.noService")}</Notice>}
      {settings().service !== null && found.at === "unknown" && <Waiting>{t("merchant.looking")}</Waiting>}
      {found.at === "failed" && (
        <>
          <Notice tone="bad">{found.sentence}</Notice>
          <Button onClick={() => void look()}>{t("merchant.again")}</Button>
        </>
      )}
      {found.at === "out" && <SignIn onSignedIn={() => void look()} />}
      {found.at === "in" && <Desk me={found.me} onOut={() => setFound({ at: "out" })} />}
    </main>
  );
}

const TABS = ["orders", "sales", "topUps", "shoppers", "figures", "program"] as const;

function Desk({ me, onOut }: { me: Me; onOut(): void }) {
  const [tab, setTab] = useState<(typeof TABS)[number]>("orders");
  const names = { orders: t("merchant.orders"), sales: t("merchant.sales"), topUps: t("merchant.topUps"), shoppers: t("merchant.shoppers"), figures: t("merchant.figures"), program: t("merchant.program") };
  const out = () => call("DELETE", "/v1/session").then(onOut, onOut);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] as (typeof TABS)[number];
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <>
      <div class="bar">
        <div role="tablist" aria-label={t("merchant.title")} onKeyDown={move}>
          {TABS.map((each) => (
            <button
              key={each}
              id={`tab-${each}`}
              type="button"
              role="tab"
              aria-selected={each === tab}
              aria-controls="desk"
              tabIndex={each === tab ? 0 : -1}
              onClick={() => setTab(each)}
            >
              {names[each]}
            </button>
          ))}
        </div>
        <Button kind="quiet" onClick={() => void out()}>
          {t("merchant.signOut")}
        </Button>
      </div>
      <div id="desk" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "orders" && <OrdersTab />}
        {tab === "sales" && <SalesTab />}
        {tab === "topUps" && <TopUpsTab />}
        {tab === "shoppers" && <Shoppers />}
        {tab === "figures" && <Figures />}
        {tab === "program" && <Program programId={me.programId} />}
      </div>
    </>
  );
}
