/** Signing in with Ethereum (EIP-4361), as the operator of a program. */
import { useState } from "preact/hooks";
import { stringToHex, type Hex } from "viem";
import { createSiweMessage } from "viem/siwe";
import { settings } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import type { Nonce } from "@fec/sdk/generated/api";
import { call } from "../../service";
import { Confirm } from "../../ui/Action";
import { Connect } from "../../ui/Connect";
import { Field, Notice, Waiting } from "../../ui/parts";
import { account, ask } from "../../wallet";

export function SignIn({ onSignedIn }: { onSignedIn(): void }) {
  const served = Object.keys(settings().names);
  const [program, setProgram] = useState(served[0] ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const signIn = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await prove(Number(program));
      onSignedIn();
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="card narrow">
      <p>{t("signIn.intro")}</p>
      <Connect />
      <Field label={t("signIn.program")} hint={t("signIn.programHint")}>
        <input value={program} inputMode="numeric" onInput={(event) => setProgram(event.currentTarget.value)} />
      </Field>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {busy && <Waiting>{t("action.signInWallet")}</Waiting>}
      {account.value && !busy && (
        <Confirm label={t("signIn.go")} ready={/^[1-9]\d{0,9}$/.test(program)} onConfirm={() => void signIn()} onFault={setProblem} />
      )}
    </div>
  );
}

async function prove(programId: number): Promise<void> {
  const address = account.value;
  if (!address) return;
  const { nonce, domain, chainId } = await call<Nonce>("POST", "/v1/session/nonce");
  const statement = `Sign in as the operator of program ${programId}.`;
  const message = createSiweMessage({ address, chainId, domain, nonce, statement, uri: location.origin, version: "1" });
  const signature = await ask<Hex>("personal_sign", [stringToHex(message), address]);
  await call("POST", "/v1/session", { programId, message, signature });
}
