/** Links between two devices of one person: `#join=` makes a passkey here for a vault elsewhere, `#add=` lets that one sign. */
import { useEffect, useState } from "preact/hooks";
import { acts } from "@fec/sdk/vaults";
import { isAddress, isHex, type Address, type Hex } from "viem";
import { head, settings } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { passkeyObstacle } from "../../passkey/webauthn";
import { PasskeyStart } from "../../ui/Passkey";
import { Button, Notice, Section, Waiting } from "../../ui/parts";
import { Qr } from "../../ui/Qr";
import { checkText, isPasskey } from "../../ui/text";
import { vault } from "../../vault";
import { Signing } from "./Signers";

export type DeviceLink = { join: Address } | { add: Hex };

export function parseDeviceLink(fragment: string): DeviceLink | null {
  const carried = new URLSearchParams(fragment.replace(/^#/, ""));
  const [join, add] = [carried.get("join") ?? "", carried.get("add") ?? ""];
  if (isAddress(join)) return { join };
  // Of the deployment's own verifier: with another one, a key could be made up to look like any other.
  const ours = add.toLowerCase().startsWith(settings().contracts.PasskeyVerifier.toLowerCase());
  return isHex(add) && isPasskey(add) && ours ? { add } : null;
}

/** On the second device: makes its passkey, and shows it to the first one. */
export function Join({ address }: { address: Address }) {
  const [made, setMade] = useState<{ signer: Hex; credentialId: Hex } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const block = head.value?.hash;
  useEffect(() => {
    if (!made) return;
    void import("../../passkey/opening").then(async ({ openAsDevice }) => {
      if (await openAsDevice(address, made.signer, made.credentialId)) location.hash = "";
    });
  }, [made, block]);
  const make = async (): Promise<void> => {
    setProblem(null);
    try {
      const { makeDevice } = await import("../../passkey/opening");
      setMade(await makeDevice(address));
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  const link = made && new URL(`#add=${made.signer}`, new URL("./wallet", location.href)).href;
  return (
    <Section title={t("join.title")}>
      <p>{t("join.why")}</p>
      {passkeyObstacle() && <PasskeyStart />}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!made && !passkeyObstacle() && (
        <Button kind="main" onClick={() => void make()}>
          {t("passkey.continue")}
        </Button>
      )}
      {made && link && (
        <>
          <p>{t("join.scan", { check: checkText(made.signer) })}</p>
          <Qr text={link} label={t("join.qr")} />
          <Waiting>{t("join.waiting")}</Waiting>
        </>
      )}
    </Section>
  );
}

/** On the first device: has the other one's passkey sign for the open vault. */
export function Add({ signer }: { signer: Hex }) {
  return (
    <Section title={t("signers.addDevice")}>
      {vault.value ? (
        <Signing acts={[acts.addSigner(signer)]} confirm={t("signers.add")}>
          <p>{t("signers.addWhy", { check: checkText(signer) })}</p>
        </Signing>
      ) : (
        <p>{t("signers.addOpen")}</p>
      )}
    </Section>
  );
}
