/** Beginning with a fingerprint or face, before any wallet: a new vault, the one of a passkey that is there, or that of a printed code. */
import { useState } from "preact/hooks";
import { settings } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { passkeyObstacle } from "../passkey/webauthn";
import { Dialog } from "./Dialog";
import { Button, Field, Notice, Waiting } from "./parts";

/** Why this page can begin with no passkey; null if it can. */
export const passkeysObstructed = () => (settings().service === null ? ("service" as const) : passkeyObstacle());

export function PasskeyStart() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [typing, setTyping] = useState(false);
  const obstacle = passkeysObstructed();
  if (obstacle) {
    const host = location.host;
    const sentences = {
      service: t("passkey.noService"),
      address: t("passkey.address", { host }),
      insecure: t("passkey.insecure", { host }),
      none: t("passkey.none"),
    };
    return <Notice>{sentences[obstacle]}</Notice>;
  }
  const run = async (what: "makeVault" | "findVault"): Promise<void> => {
    setProblem(null);
    setBusy(true);
    try {
      const opening = await import("../passkey/opening");
      await opening[what]();
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="passkey">
      {problem && <Notice tone="bad">{problem}</Notice>}
      {busy ? (
        <Waiting>{t("passkey.asking")}</Waiting>
      ) : (
        <>
          <Button kind="main" onClick={() => void run("makeVault")}>
            {t("passkey.continue")}
          </Button>
          <div class="buttons">
            <Button kind="quiet" onClick={() => void run("findVault")}>
              {t("passkey.have")}
            </Button>
            <Button kind="quiet" onClick={() => setTyping(true)}>
              {t("passkey.useCode")}
            </Button>
          </div>
        </>
      )}
      {typing && <ByCode onClose={() => setTyping(false)} />}
    </div>
  );
}

function ByCode({ onClose }: { onClose(): void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const open = async (): Promise<void> => {
    setProblem(null);
    try {
      const { openByCode } = await import("../passkey/opening");
      await openByCode(text);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <Dialog title={t("passkey.useCode")} onClose={onClose}>
      <div class="action">
        <Field label={t("passkey.code")} hint={t("passkey.codeHint")}>
          <textarea rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" spellcheck={false} />
        </Field>
        {problem && <Notice tone="bad">{problem}</Notice>}
        <Button kind="main" disabled={!text.trim()} onClick={() => void open()}>
          {t("passkey.openByCode")}
        </Button>
      </div>
    </Dialog>
  );
}
