/** The sales tab: sales that were paid elsewhere, what becomes of each, and what is lacking to settle those that are due. */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import type { Sale, SalePage, SaleProgram } from "@fec/sdk/generated/api";
import { t } from "../../i18n";
import { date, parseFec } from "../../i18n/format";
import { call, Problem, serviceUrl } from "../../service";
import { Dialog } from "../../ui/Dialog";
import { Address, Button, Fec, Notice, Section, Waiting } from "../../ui/parts";

const PAGE = 50;

interface Found {
  program: SaleProgram | null;
  items: Sale[];
  next: string | null;
}

async function load(before: string | null): Promise<Found> {
  const page = await call<SalePage>("GET", `/v1/sales?limit=${PAGE}${before ? `&before=${before}` : ""}`);
  const program = await call<SaleProgram>("GET", "/v1/sales/settings").catch((error: unknown) => {
    if (error instanceof Problem && error.kind === "sales-not-set-up") return null;
    throw error;
  });
  return { program, items: page.items, next: page.next };
}

export function SalesTab() {
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [receipt, setReceipt] = useState<Sale | null>(null);
  const run = (task: Promise<unknown>) => task.then(() => setProblem(null), (error: unknown) => setProblem(sentenceOf(error)));
  const look = () => run(load(null).then(setFound));
  useEffect(() => void look(), []);
  if (!found) return problem ? <Notice tone="bad">{problem}</Notice> : <Waiting>{t("sales.reading")}</Waiting>;
  const { program, items, next } = found;
  const more = () => run(load(next).then((page) => setFound({ ...page, items: [...items, ...page.items] })));
  const decide = (sale: Sale, approved: boolean) => run(call("POST", `/v1/sales/${sale.id}/approval`, { approved }).then(look));
  return (
    <Section title={t("sales.title")} aside={<Button onClick={() => void look()}>{t("sales.again")}</Button>}>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!program && <Notice>{t("sales.notSetUp")}</Notice>}
      {program?.missing && (
        <Notice tone="warn" title={t("sales.missingTitle", { count: program.missing.sales })}>
          {program.missing.what === "file" ? t("sales.file") : t("sales.missing", { what: lacking(program.missing.what), needed: program.missing.needed, available: program.missing.available })}
        </Notice>
      )}
      {program && <p class="fine">{t("sales.next", { date: date(program.nextSettlement) })}</p>}
      {program && items.length === 0 && <p class="fine">{t("sales.none")}</p>}
      <ul class="rows orders">
        {items.map((sale) => (
          <li key={sale.id} data-sale={sale.orderId} data-state={sale.state}>
            <div>
              <b>{sale.orderId}</b> <span class={`status ${sale.state}`}>{stateName(sale)}</span>
              <br />
              <small>
                {date(sale.soldAt)} · {sale.currency} {sale.amount} {sale.settled?.node && `· ADN ${sale.settled.node}`}
              </small>
              {sale.customer && <Address value={sale.customer} />}
            </div>
            <Fec wei={parseFec(sale.value) ?? 0n} />
            <div class="buttons">
              {sale.claim?.link && (
                <Button aria-label={`${t("sales.code")}: ${sale.orderId}`} onClick={() => setReceipt(sale)}>
                  {t("sales.code")}
                </Button>
              )}
              {sale.state === "held" && <Button onClick={() => void decide(sale, true)}>{t("sales.approve")}</Button>}
              {sale.state === "held" && <Button onClick={() => void decide(sale, false)}>{t("sales.refuse")}</Button>}
            </div>
          </li>
        ))}
      </ul>
      {next && <Button onClick={() => void more()}>{t("orders.more")}</Button>}
      {receipt?.claim?.link && <Receipt sale={receipt} link={receipt.claim.link} until={receipt.claim.endsAt} onClose={() => setReceipt(null)} />}
    </Section>
  );
}

interface ReceiptProps {
  sale: Sale;
  link: string;
  /** Last second at which the code can be used. */
  until: number;
  onClose(): void;
}

/** What a shopper without an account takes home: the claim code's link as a QR code, to be scanned here or printed. */
function Receipt({ sale, link, until, onClose }: ReceiptProps) {
  return (
    <Dialog title={`${sale.orderId} · ${sale.currency} ${sale.amount}`} onClose={onClose} wide>
      <div class="qr receipt">
        <img src={serviceUrl(`/v1/sales/${sale.id}/qr.svg`)} crossorigin="use-credentials" alt={t("sales.qr", { order: sale.orderId })} />
        <p>{t("sales.scan", { date: date(until) })}</p>
        <div class="buttons">
          <Button onClick={() => print()}>{t("sales.print")}</Button>
          <a href={link}>{t("sales.claimLink")}</a>
        </div>
      </div>
    </Dialog>
  );
}

function stateName(sale: Sale): string {
  if (sale.state === "pending") return sale.customer ? t("sale.pending") : t("sale.unclaimed");
  return {
    held: t("sale.held"),
    batched: t("sale.batched"),
    settled: t("sale.settled"),
    returned: t("sale.returned"),
    refused: t("sale.refused"),
    lapsed: t("sale.lapsed"),
  }[sale.state];
}

function lacking(what: string): string {
  return { balance: t("sales.balance"), allowance: t("sales.allowance"), quota: t("sales.quota") }[what] ?? what;
}
