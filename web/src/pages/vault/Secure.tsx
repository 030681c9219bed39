/** The second signer of a new vault, before the first FEC is in it: a code on paper. What losing means is said here, not afterwards. */
import { useEffect, useState } from "preact/hooks";
import { head, settings } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { number } from "../../i18n/format";
import type { PrintedCode } from "../../passkey/opening";
import { call } from "../../service";
import { Button, Notice, Waiting } from "../../ui/parts";
import { secured, vault } from "../../vault";

/** Keeps `secured` as the chain has it while a vault is open. */
export function useSecured(): boolean | null {
  const block = head.value?.hash;
  useEffect(() => {
    if (vault.value && block) void import("../../passkey/opening").then((opening) => opening.lookWhetherSecured());
  }, [vault.value, block]);
  return secured.value;
}

export function Secure() {
  const [printed, setPrinted] = useState<PrintedCode | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { passkeyGas } = settings();

  useEffect(() => {
    void import("../../passkey/opening").then(async (opening) => setPrinted(await opening.newCode()));
  }, []);

  const keep = async (): Promise<void> => {
    if (!printed || !vault.value) return;
    setBusy(true);
    setProblem(null);
    const { vault: address } = vault.value.member;
    try {
      const { addCode } = await import("../../passkey/opening");
      await addCode(printed);
      // A shop may greet new vaults with some FEC; if it does not, the till sells some.
      await call("POST", `/v1/vaults/${address}/welcome`).catch(() => undefined);
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section class="card secure" aria-label={t("secure.title")}>
      <h2>{t("secure.title")}</h2>
      <p>{t("secure.why")}</p>
      {printed ? (
        <p class="code" data-code={printed.code}>
          {printed.code}
        </p>
      ) : (
        <Waiting>{t("page.loading")}</Waiting>
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {busy ? (
        <Waiting>{t("passkey.asking")}</Waiting>
      ) : (
        <div class="buttons noprint">
          <Button kind="main" disabled={!printed} onClick={() => void keep()}>
            {t("secure.kept")}
          </Button>
          <Button onClick={() => print()}>{t("secure.print")}</Button>
        </div>
      )}
      <ul class="fine">
        <li>{t("secure.loseOne")}</li>
        <li>{t("secure.loseAll")}</li>
        <li>{t("secure.found")}</li>
        <li>{t("secure.host", { host: location.hostname })}</li>
        {passkeyGas !== null && <li>{t("secure.gas", { gas: number(passkeyGas) })}</li>}
      </ul>
      {vault.value && <p class="fine">{t("secure.vault", { vault: vault.value.member.vault, host: location.host })}</p>}
    </section>
  );
}
