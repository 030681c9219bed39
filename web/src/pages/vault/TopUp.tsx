/** Getting FEC into an account at the till: the cashier scans its QR code. */
import type { Address } from "viem";
import { t } from "../../i18n";
import { Address as AddressView } from "../../ui/parts";
import { Qr } from "../../ui/Qr";
import { settings } from "../../chain";

export function TopUp({ owner }: { owner: Address }) {
  return (
    <details class="top-up">
      <summary>{t("topUp.title")}</summary>
      <p>{t("topUp.how")}</p>
      <Qr text={`ethereum:${owner}@${settings().chainId}`} label={t("topUp.qr")} />
      <p>
        <AddressView value={owner} />
      </p>
    </details>
  );
}
