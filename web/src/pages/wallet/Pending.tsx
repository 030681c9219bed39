/** Sales of an account that are not settled yet: promises of shops, told by the service of this site. */
import { useEffect, useState } from "preact/hooks";
import type { Address as Account } from "viem";
import { head, settings } from "../../chain";
import type { PendingSales } from "@fec/sdk/generated/api";
import { t } from "../../i18n";
import { date, parseFec } from "../../i18n/format";
import { call } from "../../service";
import { Fec, Section } from "../../ui/parts";
import { shopName } from "../../ui/shops";

export function Pending({ owner }: { owner: Account }) {
  const [found, setFound] = useState<PendingSales | null>(null);
  useEffect(() => {
    if (settings().service === null) return;
    call<PendingSales>("GET", `/v1/accounts/${owner}/pending-sales`).then(setFound, () => undefined);
  }, [owner, head.value?.hash]);
  if (!found?.items.length) return null;
  return (
    <Section title={t("pending.title")}>
      <p class="fine">{found.sentence}</p>
      <ul class="rows">
        {found.items.map((sale, index) => (
          <li key={index} data-pending={sale.amount}>
            <div>
              <b>{shopName(sale.programId)}</b> {sale.currency} {sale.amount}
              <br />
              <small>{t("pending.when", { sold: date(sale.soldAt), settles: date(sale.settlesAt) })}</small>
            </div>
            <Fec wei={parseFec(sale.expected) ?? 0n} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
