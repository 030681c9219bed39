/** Connecting a wallet app elsewhere: a QR code for another device, a link for this one. */
import { useEffect, useState } from "preact/hooks";
import { settings } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { connectElsewhere } from "../wallet";
import type { Invitation } from "../walletconnect";
import { Dialog } from "./Dialog";
import { Button, Notice, useCopy, Waiting } from "./parts";

const PATIENCE_MS = 15_000;

export function Pairing({ onClose }: { onClose(): void }) {
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const left = new AbortController();
    connectElsewhere(settings(), setInvitation, left.signal).then(onClose, (error: unknown) => setProblem(sentenceOf(error)));
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => {
      left.abort();
      clearTimeout(timer);
    };
  }, []);
  return (
    <Dialog title={t("pairing.title")} onClose={onClose}>
      {problem ? <Notice tone="bad">{problem}</Notice> : invitation ? <InvitationView {...invitation} /> : <Waiting>{t("pairing.reaching")}</Waiting>}
      {slow && !invitation && !problem && <Notice tone="warn">{t("pairing.slow")}</Notice>}
      <p class="fine">{t("pairing.relay")}</p>
    </Dialog>
  );
}

function InvitationView({ uri, size, path }: Invitation) {
  const [copied, copy] = useCopy(uri);
  return (
    <div class="qr">
      <p>{t("pairing.scan")}</p>
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("pairing.qr")} shape-rendering="crispEdges">
        <path d={path} />
      </svg>
      <div class="buttons">
        <a class="button" href={uri}>
          {t("pairing.open")}
        </a>
        <Button onClick={copy}>{copied ? t("copy.done") : t("pairing.copy")}</Button>
      </div>
      <Waiting>{t("pairing.waiting")}</Waiting>
    </div>
  );
}
