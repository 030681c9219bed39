/** One act that costs the shopper no gas: what it will do, the one tap, and what it did. */
import { useState } from "preact/hooks";
import type { Line } from "../actions";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { Button, Lines, Notice, Waiting } from "./parts";

interface FreeProps {
  lines: Line[];
  confirm: string;
  /** Said while it is under way. */
  waiting?: string;
  run(): Promise<void>;
  onDone?(): void;
}

export function Free({ lines, confirm, waiting, run, onDone }: FreeProps) {
  const [stage, setStage] = useState<"idle" | "running" | "done">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  // As they were when it was asked for: what follows changes them.
  const [kept, setKept] = useState(lines);

  const go = async (): Promise<void> => {
    setProblem(null);
    setKept(lines);
    setStage("running");
    try {
      await run();
      setStage("done");
      onDone?.();
    } catch (error) {
      setStage("idle");
      setProblem(sentenceOf(error));
    }
  };

  if (stage === "done")
    return (
      <Notice tone="good" title={t("action.done")}>
        <Lines lines={kept} />
      </Notice>
    );
  return (
    <div class="action">
      <div class="preview">
        <h3>{t("action.before")}</h3>
        <Lines lines={stage === "idle" ? lines : kept} />
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {stage === "running" ? (
        <Waiting>{waiting ?? t("action.mining")}</Waiting>
      ) : (
        <Button kind="main" onClick={() => void go()}>
          {confirm}
        </Button>
      )}
      <p class="fine">{t("free.why")}</p>
    </div>
  );
}
