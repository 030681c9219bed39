/** Choosing a wallet. */
import { useState } from "preact/hooks";
import { settings } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { account, announced, connect, disconnect, type Announced } from "../wallet";
import { closeVault, isVault } from "../vault";
import { Pairing } from "./Pairing";
import { Address, Button, Notice } from "./parts";
import { passkeysObstructed, PasskeyStart } from "./Passkey";

export function Connect() {
  const [problem, setProblem] = useState<string | null>(null);
  const [pairing, setPairing] = useState(false);
  const elsewhere = settings().walletConnect !== null;
  const use = (wallet: Announced) => {
    setProblem(null);
    connect(wallet).catch((error: unknown) => setProblem(sentenceOf(error)));
  };
  if (account.value)
    return (
      <div class="connected">
        <Address value={account.value} />
        <Button kind="quiet" onClick={isVault(account.value) ? closeVault : disconnect}>
          {t("wallet.disconnect")}
        </Button>
      </div>
    );
  return (
    <div class="connect">
      <PasskeyStart />
      {announced.value.map((wallet) => (
        <Button key={wallet.info.uuid} onClick={() => use(wallet)}>
          <img src={wallet.info.icon} alt="" width="20" height="20" />
          {t("wallet.connect", { wallet: wallet.info.name })}
        </Button>
      ))}
      {elsewhere && (
        <Button onClick={() => setPairing(true)}>
          {t("pairing.offer")}
        </Button>
      )}
      {pairing && <Pairing onClose={() => setPairing(false)} />}
      {!announced.value.length && !elsewhere && passkeysObstructed() && <Notice title={t("wallet.noneTitle")}>{t("wallet.none")}</Notice>}
      {problem && <Notice tone="bad">{problem}</Notice>}
    </div>
  );
}
