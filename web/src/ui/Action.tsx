/** One action of a wallet: what it will do, the wallet's consent, and what it did. The only way that pages send anything. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Hex, TransactionReceipt } from "viem";
import { receiptLines, send, settled, simulate, type Call, type Line } from "../actions";
import { settings } from "../chain";
import type { Act } from "@fec/sdk/vaults";
import { sentenceOf, Told } from "../errors";
import { t } from "../i18n";
import { actOnVault, vault } from "../vault";
import { onRightChain, switchChain } from "../wallet";
import { Button, Lines, Notice, Waiting } from "./parts";

export interface Plan {
  /** What has to be on the chain before: settled nodes are opened. */
  first?: Call | undefined;
  call: Call;
  /** The same for a vault, all under one signature; what has to be opened before is among them. */
  acts?: Act[] | undefined;
  /** What will happen in coins, told from what the call would give back now. */
  before(result: Hex): Line[];
}

type Stage =
  | { at: "asking"; hash?: undefined }
  | { at: "mining"; hash: Hex }
  | { at: "done"; receipt: TransactionReceipt };

export interface ActionProps {
  /** What is to be done, once what it takes is filled in. */
  plan: Plan | null;
  confirm: string;
  onDone?(receipt: TransactionReceipt): void;
  children?: ComponentChildren;
}

export function Action({ plan, confirm, onDone, children }: ActionProps) {
  const [stage, setStage] = useState<Stage | null>(null);
  const [lines, setLines] = useState<Line[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const data = plan && `${plan.call.to}${plan.call.data}${JSON.stringify(plan.acts)}`;

  useEffect(() => {
    setLines(null);
    setProblem(null);
    if (!plan) return;
    let current = true;
    // What follows an opening cannot be simulated before it.
    simulate(plan.first ?? plan.call).then(
      (result) => current && setLines(plan.before(result)),
      (error: unknown) => current && setProblem(sentenceOf(error)),
    );
    return () => {
      current = false;
    };
  }, [data]);

  const run = async (): Promise<void> => {
    if (!plan) return;
    setProblem(null);
    try {
      setStage({ at: "asking" });
      if (vault.value) {
        if (!plan.acts) throw new Told(t("passkey.notHere"));
        const receipt = await settled(await actOnVault(plan.acts));
        setStage({ at: "done", receipt });
        onDone?.(receipt);
        return;
      }
      if (plan.first) {
        const opening = await send(plan.first);
        setStage({ at: "mining", hash: opening });
        await settled(opening);
        await simulate(plan.call);
        setStage({ at: "asking" });
      }
      const hash = await send(plan.call);
      setStage({ at: "mining", hash });
      const receipt = await settled(hash);
      setStage({ at: "done", receipt });
      onDone?.(receipt);
    } catch (error) {
      setStage(null);
      setProblem(sentenceOf(error));
    }
  };

  if (stage?.at === "done")
    return (
      <Notice tone="good" title={t("action.done")}>
        <Lines lines={receiptLines(stage.receipt)} />
      </Notice>
    );
  return (
    <div class="action">
      <fieldset disabled={stage !== null}>{children}</fieldset>
      {lines && (
        <div class="preview">
          <h3>{t("action.before")}</h3>
          <Lines lines={lines} />
        </div>
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {stage && <Waiting>{stage.at === "mining" ? t("action.mining") : vault.value ? t("passkey.asking") : t("action.confirmInWallet")}</Waiting>}
      {!stage && <Confirm label={confirm} ready={lines !== null} onConfirm={run} onFault={setProblem} />}
    </div>
  );
}

interface ConfirmProps {
  label: string;
  ready: boolean;
  onConfirm(): void;
  onFault(sentence: string): void;
}

/** The button that asks the wallet; before that, the one that has it go to the right chain. */
export function Confirm({ label, ready, onConfirm, onFault }: ConfirmProps) {
  if (!vault.value && !onRightChain.value) {
    const go = () => switchChain(settings()).catch((error: unknown) => onFault(sentenceOf(error)));
    return (
      <>
        <Notice tone="warn">{t("wallet.wrongChain", { chain: settings().chainId })}</Notice>
        <Button kind="main" onClick={() => void go()}>
          {t("wallet.switch", { chain: settings().chainId })}
        </Button>
      </>
    );
  }
  return (
    <Button kind="main" disabled={!ready} onClick={onConfirm}>
      {label}
    </Button>
  );
}
